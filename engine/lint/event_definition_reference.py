"""An event definition that others refer to stands at the root (BPMN 2.0, 10.5.5)."""

from collections.abc import Iterator

from engine.bpmn.document import local, text
from engine.lint import Context, Finding, at

ID = "event-definition-reference"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """eventDefinitionRef names an event definition that is a child of `definitions`."""
    for reference in context.document.all("eventDefinitionRef"):
        target = context.document.target(text(reference))
        at_root = target is not None and target.getparent() is context.document.root
        if not at_root or not local(target).endswith("EventDefinition"):
            yield at(
                reference,
                f"“{text(reference)}” is no event definition at the root of the file.",
                f"“{text(reference)}” 不是文件根级的事件定义。",
            )
