"""A process that is called begins at its one start event without trigger (BPMN 2.0, 10.5.2)."""

from collections.abc import Iterator

from engine.bpmn.document import children, local
from engine.lint import Context, Finding, at

ID = "called-start"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A called process of the file that has start events has one without trigger; none of the bundle has several."""
    for _, node in context.nodes():
        if node.called_element is not None and _several(context, node.called_element):
            yield Finding(
                node.id,
                f"“{node.called_element}” has several start events without trigger: a call cannot say which is meant.",
                f"流程“{node.called_element}”有多个无触发器的开始事件，调用无法确定从哪一个开始。",
                node.line,
            )
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


def _several(context: Context, key: str) -> bool:
    found = [d.processes[key] for d in context.bundle.files.values() if key in d.processes]
    return any(len(process.scope.plain_starts) > 1 for process in found)
