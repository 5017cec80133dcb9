"""Behind an event-based gateway stand events that can be waited for (BPMN 2.0, 10.6.6)."""

from collections.abc import Iterator

from engine.bpmn.document import Document, Element, local, of_kind, unprefixed
from engine.lint import Context, Finding, at

ID = "event-gateway-arms"
SEVERITY = "error"

_WAITS = {"message", "timer", "conditional", "signal"}


def check(context: Context) -> Iterator[Finding]:
    """Two arms at least; each a fitting event or receive task with this one way in; no message events beside receive
    tasks; nothing leads into a gateway that starts the process."""
    document = context.document
    for gateway in document.all("eventBasedGateway"):
        flows = [
            f for f in document.all("sequenceFlow") if _end(f, "sourceRef") == gateway.get("id")
        ]
        arms = [a for a in (document.target(f.get("targetRef")) for f in flows) if a is not None]
        if len(flows) < 2:
            yield at(
                gateway,
                "An event-based gateway needs at least two ways.",
                "事件网关至少需要两条分支。",
            )
        for arm in arms:
            yield from _arm(document, arm)
        kinds = {of_kind(local(d)) for a in arms for d in document.event_definitions(a)}
        if "message" in kinds and any(local(a) == "receiveTask" for a in arms):
            yield at(
                gateway,
                "Receive tasks and message events cannot stand behind the same gateway.",
                "接收任务与消息事件不能位于同一事件网关之后。",
            )
        if gateway.get("instantiate") == "true" and any(
            _end(f, "targetRef") == gateway.get("id") for f in document.all("sequenceFlow")
        ):
            yield at(
                gateway,
                "No flow may lead into a gateway that starts the process.",
                "用于启动流程的事件网关不能有流入连线。",
            )


def _arm(document: Document, arm: Element) -> Iterator[Finding]:
    kinds = {of_kind(local(d)) for d in document.event_definitions(arm)}
    if local(arm) not in ("intermediateCatchEvent", "receiveTask") or kinds - _WAITS:
        yield at(
            arm,
            "Only messages, timers, conditions, signals and receive tasks may follow an event-based gateway.",
            "事件网关之后只能是消息、定时、条件、信号事件或接收任务。",
        )
    if sum(_end(f, "targetRef") == arm.get("id") for f in document.all("sequenceFlow")) > 1:
        yield at(
            arm,
            "No other flow may lead to what follows an event-based gateway.",
            "事件网关之后的元素不能再有其他流入连线。",
        )
    if any(
        unprefixed(b.get("attachedToRef", "")) == arm.get("id")
        for b in document.all("boundaryEvent")
    ):
        yield at(
            arm,
            "A receive task behind an event-based gateway carries no boundary events.",
            "事件网关之后的接收任务不能带有边界事件。",
        )


def _end(flow: Element, end: str) -> str:
    return unprefixed(flow.get(end, ""))
