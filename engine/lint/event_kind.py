"""Which event definitions may stand where (BPMN 2.0, table 10.93)."""

from collections.abc import Iterator

from engine.bpmn.document import EVENTS, Element, local, of_kind
from engine.lint import Context, Finding, at

ID = "event-kind"
SEVERITY = "error"

_START = {"message", "timer", "conditional", "signal"}
_INSIDE = _START | {"escalation", "error", "compensate"}
_END = {"message", "escalation", "error", "cancel", "compensate", "signal", "terminate"}
_CATCH = {"message", "timer", "conditional", "link", "signal"}
_THROW = {"message", "escalation", "link", "compensate", "signal"}
_EDGE = {"message", "timer", "escalation", "error", "cancel", "compensate", "conditional", "signal"}
_ALWAYS_INTERRUPT = {"error", "cancel", "compensate"}


def check(context: Context) -> Iterator[Finding]:
    """Kinds by place; errors, cancels and compensations always interrupt."""
    for event in context.document.all(*EVENTS):
        kinds = {of_kind(local(d)) for d in context.document.event_definitions(event)}
        place, allowed, needed = _place(event)
        for kind in sorted(kinds - allowed):
            yield at(
                event,
                f"A {kind} event cannot be {place[0]}.",
                f"{kind} 事件不能用作{place[1]}。",
            )
        if needed and not kinds:
            yield at(
                event,
                "The event does not say what it waits for.",
                "事件没有定义等待的内容。",
            )
        beside = "false" in (event.get("cancelActivity"), event.get("isInterrupting"))
        for kind in sorted(kinds & _ALWAYS_INTERRUPT & allowed):
            if beside and local(event) in ("startEvent", "boundaryEvent"):
                yield at(
                    event,
                    f"A {kind} event always interrupts.",
                    f"{kind} 事件总是中断型的。",
                )


def _place(event: Element) -> tuple[tuple[str, str], set[str], bool]:
    """Words for the place, what may stand there, and whether something must."""
    kind, around = local(event), event.getparent()
    if kind == "startEvent":
        if around.get("triggeredByEvent") == "true":
            return ("the start of an event sub-process", "事件子流程的开始"), _INSIDE, True
        if local(around) in ("process", "choreography", "subChoreography"):
            return ("the start of a process", "流程的开始"), _START, False
        return ("the start of a sub-process", "子流程的开始"), set(), False
    if kind == "endEvent":
        return ("an end event", "结束事件"), _END, False
    if kind == "intermediateCatchEvent":
        return ("an intermediate catch event", "中间捕获事件"), _CATCH, True
    if kind == "intermediateThrowEvent":
        return ("an intermediate throw event", "中间抛出事件"), _THROW, False
    return ("a boundary event", "边界事件"), _EDGE, True
