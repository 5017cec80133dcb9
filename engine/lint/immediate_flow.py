"""In an executable process nothing hides between two steps (BPMN 2.0, table 8.60)."""

from collections.abc import Iterator

from engine.bpmn.document import BPMN
from engine.lint import Context, Finding, at

ID = "immediate-flow"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """No sequence flow with isImmediate="false"."""
    for process in context.document.all("process"):
        if process.get("isExecutable") == "true":
            for flow in process.iter(f"{{{BPMN}}}sequenceFlow"):
                if flow.get("isImmediate") == "false":
                    yield at(
                        flow,
                        'isImmediate="false" says that steps are left out; they would not run.',
                        'isImmediate="false" 表示省略了步骤，可执行流程中不允许。',
                    )
