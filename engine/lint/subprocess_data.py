"""An embedded sub-process sees the data around it and declares no inputs or outputs (BPMN 2.0, 10.4.1)."""

from collections.abc import Iterator

from engine.bpmn.document import children
from engine.lint import Context, Finding, at

ID = "subprocess-data"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """No ioSpecification in a sub-process."""
    for scope in context.document.all("subProcess", "transaction", "adHocSubProcess"):
        for element in children(scope, "ioSpecification"):
            yield at(
                element,
                "A sub-process cannot declare data inputs and outputs.",
                "嵌入式子流程不能声明数据输入和输出。",
            )
