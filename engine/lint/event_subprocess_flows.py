"""An event starts an event sub-process, no flow does (BPMN 2.0, 10.3.5)."""

from collections.abc import Iterator

from engine.lint import Context, Finding, at

ID = "event-subprocess-flows"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """No sequence flow in or out, and no boundary event: there is no activity that a token is in."""
    for event in context.document.all("boundaryEvent"):
        host = context.document.target(event.get("attachedToRef"))
        if host is not None and host.get("triggeredByEvent") == "true":
            yield at(
                event,
                "An event sub-process carries no boundary events; let an event sub-process inside it listen.",
                "事件子流程上不能附着边界事件，请在其内部使用事件子流程。",
            )
    for flow in context.document.all("sequenceFlow"):
        for end in ("sourceRef", "targetRef"):
            target = context.document.target(flow.get(end))
            if target is not None and target.get("triggeredByEvent") == "true":
                yield at(
                    flow,
                    "No flow may lead into or out of an event sub-process.",
                    "事件子流程不能有流入或流出的连线。",
                )
