"""One or many: data and its type agree on it (BPMN 2.0, table 8.50, 10.4)."""

from collections.abc import Iterator

from engine.bpmn.document import local
from engine.lint import Context, Finding, at

ID = "collection"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """isCollection of data elements is that of their item definition."""
    for element in context.document.all(
        "dataInput", "dataOutput", "dataObject", "dataStore", "property"
    ):
        item = context.document.target(element.get("itemSubjectRef"))
        if item is None or local(element) == "property":
            continue
        if (element.get("isCollection") == "true") != (item.get("isCollection") == "true"):
            yield at(
                element,
                "This data and its item definition disagree on whether it is a collection.",
                "数据元素与其类型定义在是否为集合上不一致。",
            )
