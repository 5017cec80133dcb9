"""Extension elements of ours stand where the engine reads them; anywhere else they would do nothing, without a word."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, Element, local
from engine.bpmn.extensions import LANEDESK
from engine.bpmn.reading import GLOBAL_TASKS
from engine.lint import Context, Finding, at

ID = "extension-place"
SEVERITY = "error"

_GLOBAL = frozenset(GLOBAL_TASKS)
_CATCHING = {"startEvent", "intermediateCatchEvent", "boundaryEvent"}
# extension -> the elements that it means something at; None: any
_PLACES: dict[str, frozenset[str] | set[str] | None] = {
    "text": None,
    "input": None,  # input-mapping says where
    "output": ACTIVITIES | _CATCHING | _GLOBAL,
    "called": {"callActivity"},
    "assign": {"scriptTask", "globalScriptTask"},
    "decision": {"businessRuleTask", "globalBusinessRuleTask"},
    "humanTask": {"userTask", "globalUserTask"},
    "loop": {"multiInstanceLoopCharacteristics"},
    "operator": {"serviceTask", "sendTask"} | _GLOBAL,
    "rule": {"process"},
    "startCondition": {"startEvent", "receiveTask", "intermediateCatchEvent"},
    "subscription": {"message"},
}


def check(context: Context) -> Iterator[Finding]:
    """Known extensions at the elements they are for; a start condition where a message or signal starts a process."""
    entries = {
        node.id
        for process in context.definitions.processes.values()
        for node in process.scope.entries
        if any(trigger.kind in ("message", "signal") for trigger in node.triggers)
    }
    for holder in context.document.all("extensionElements"):
        element = holder.getparent()
        for extension in holder.iterchildren(f"{{{LANEDESK}}}*"):
            name = local(extension)
            places = _PLACES.get(name, frozenset())
            if places is not None and local(element) not in places:
                yield _misplaced(element, name)
            elif name == "startCondition" and element.get("id") not in entries:
                yield at(
                    element,
                    "A start condition is asked only where a message or a signal starts a process.",
                    "只有由消息或信号启动流程时才会检查启动条件。",
                )


def _misplaced(element: Element, name: str) -> Finding:
    return at(
        element,
        f"“{name}” does nothing at a {local(element)}; take it out or use the element it is for.",
        f"“{name}”在 {local(element)} 上不起作用，请删除或改用对应的元素。",
    )
