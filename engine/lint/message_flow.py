"""A message flow goes from one pool to another (BPMN 2.0, 9.3)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, Document, Element, local, of_kind, unprefixed
from engine.lint import Context, Finding, at

ID = "message-flow"
SEVERITY = "error"

_ENDS = {"participant", "conversation", "subConversation", "callConversation", *ACTIVITIES, *EVENTS}
_CATCHES = {"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"}
_THROWS = {"endEvent", "intermediateThrowEvent", "sendTask"}


def check(context: Context) -> Iterator[Finding]:
    """Its ends are pools, activities or message events of two pools, and point the right way."""
    document = context.document
    for flow in document.all("messageFlow"):
        if local(flow.getparent()) != "collaboration":
            continue
        ends = [document.target(flow.get(end)) for end in ("sourceRef", "targetRef")]
        for end in ends:
            if end is not None and local(end) not in _ENDS:
                yield at(
                    flow,
                    f"A message flow cannot begin or end at a {local(end)}.",
                    f"消息流不能以 {local(end)} 为起点或终点。",
                )
        source, target = ends
        if source is None or target is None:
            continue
        if _pool(document, source) is _pool(document, target) is not None:
            yield at(
                flow,
                "A message flow must lead from one pool to another.",
                "消息流必须从一个泳池指向另一个泳池。",
            )
        yield from _event(document, flow, source, _CATCHES, _THROWS)
        yield from _event(document, flow, target, _THROWS, _CATCHES)


def _event(
    document: Document, flow: Element, end: Element, wrong: set[str], right: set[str]
) -> Iterator[Finding]:
    kind = local(end)
    if kind in wrong:
        yield at(
            flow,
            f"A {kind} only {'receives' if wrong is _CATCHES else 'sends'}: turn the flow round.",
            f"{kind} 只能{'接收' if wrong is _CATCHES else '发送'}消息，消息流方向有误。",
        )
    elif kind in right and kind in EVENTS:
        kinds = {of_kind(local(d)) for d in document.event_definitions(end)}
        if "message" not in kinds:
            yield at(
                end,
                "A message flow is drawn here, but the event has no message.",
                "此事件连接了消息流，但没有消息定义。",
            )


def _pool(document: Document, element: Element) -> Element | None:
    """The participant, or the process where it has none."""
    if local(element) == "participant":
        return element
    process = next((e for e in element.iterancestors() if local(e) == "process"), None)
    if process is None:
        return None
    for participant in document.all("participant"):
        if unprefixed(participant.get("processRef", "")) == process.get("id"):
            return participant
    return process
