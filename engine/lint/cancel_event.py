"""Only a transaction can be cancelled (BPMN 2.0, 10.3.5.1, table 10.93)."""

from collections.abc import Iterator

from engine.bpmn.document import Element, local, unprefixed
from engine.lint import Context, Finding, at

ID = "cancel-event"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Cancel end events stand in transactions that are left by a cancel boundary event, and only those have one."""
    document = context.document
    edges = set()
    for event in document.all("boundaryEvent"):
        if _cancels(context, event):
            host = document.target(event.get("attachedToRef"))
            edges.add(unprefixed(event.get("attachedToRef", "")))
            if host is None or local(host) != "transaction":
                yield at(
                    event,
                    "A cancel boundary event belongs on the edge of a transaction.",
                    "取消边界事件只能附着在事务子流程上。",
                )
    for event in document.all("endEvent"):
        if not _cancels(context, event):
            continue
        around = next((e for e in event.iterancestors() if local(e) == "transaction"), None)
        if around is None:
            yield at(
                event,
                "A cancel end event belongs into a transaction.",
                "取消结束事件只能位于事务子流程中。",
            )
        elif around.get("id") not in edges:
            yield at(
                event,
                "The transaction has no cancel boundary event: cancelled, it would lead nowhere.",
                "事务没有取消边界事件，取消后将无路可走。",
            )


def _cancels(context: Context, event: Element) -> bool:
    definitions = context.document.event_definitions(event)
    return any(local(d) == "cancelEventDefinition" for d in definitions)
