"""A data store outlives the processes that share it (BPMN 2.0, 10.4.1); a reference to none is data of an instance."""

from collections.abc import Iterator

from engine.bpmn.document import children
from engine.lint import Context, Finding, at

ID = "data-store"
SEVERITY = "warning"


def check(context: Context) -> Iterator[Finding]:
    """Every reference to a data store says to which."""
    for scope in context.document.all("process", "subProcess", "transaction", "adHocSubProcess"):
        for reference in children(scope, "dataStoreReference"):
            if not reference.get("dataStoreRef"):
                yield at(
                    reference,
                    "The reference names no data store (dataStoreRef): each instance has its own, which ends with it.",
                    "该引用未指明数据存储（dataStoreRef）：每个实例各有一份，随实例结束而消失。",
                )
