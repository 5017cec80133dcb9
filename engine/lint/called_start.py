"""A process that is called begins at a start event without trigger (BPMN 2.0, 10.5.2)."""

from collections.abc import Iterator

from engine.bpmn.document import children, local
from engine.lint import Context, Finding, at

ID = "called-start"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A called process of the file that has start events has one without trigger."""
    for call in context.document.all("callActivity"):
        process = context.document.target(call.get("calledElement"))
        if process is None or local(process) != "process":
            continue
        starts = children(process, "startEvent")
        if starts and all(context.document.event_definitions(s) for s in starts):
            yield at(
                call,
                f"“{process.get('id')}” has no start event without trigger: a call cannot start it.",
                f"流程“{process.get('id')}”没有无触发器的开始事件，无法被调用。",
            )
