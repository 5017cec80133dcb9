"""A data store outlives the process that writes it (BPMN 2.0, 10.4.1); here it lasts as long as its instance."""

from collections.abc import Iterator

from engine.bpmn.document import children
from engine.lint import Context, Finding, at

ID = "data-store"
SEVERITY = "warning"


def check(context: Context) -> Iterator[Finding]:
    """No data store in what runs, unless each instance may have its own."""
    for scope in context.document.all("process", "subProcess", "transaction", "adHocSubProcess"):
        for store in children(scope, "dataStoreReference"):
            yield at(
                store,
                "Each instance has a data store of its own here; what others shall see belongs into a record.",
                "此处每个实例各有一份数据存储；需要共享的内容应写入业务记录。",
            )
