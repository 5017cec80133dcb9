"""A multi-instance activity runs over a collection of its own data, item by item (BPMN 2.0, 10.3.8.2)."""

from collections.abc import Iterator

from engine.bpmn.document import Document, Element, child, local, text
from engine.lint import Context, Finding, at

ID = "loop-data"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """The collection is a data input or output of the activity; an item has its type and is no collection."""
    document = context.document
    for loop in document.all("multiInstanceLoopCharacteristics"):
        for side in ("Input", "Output"):
            reference = text(child(loop, f"loopData{side}Ref"))
            item = child(loop, f"{side.lower()}DataItem")
            whole = document.target(reference)
            if reference and (whole is None or local(whole) not in _DATA):
                yield at(
                    loop,
                    f"loopData{side}Ref names no data.",
                    f"loopData{side}Ref 没有引用数据元素。",
                )
            elif whole is not None and item is not None and not _fits(document, item, whole):
                yield at(
                    item,
                    "The item has another type than the collection, or is one itself.",
                    "单项的类型与集合不一致，或其本身就是集合。",
                )


_DATA = ("dataInput", "dataOutput", "dataObject", "dataObjectReference", "property")


def _fits(document: Document, item: Element, whole: Element) -> bool:
    one, many = (document.target(e.get("itemSubjectRef")) for e in (item, whole))
    if item.get("isCollection") == "true":
        return False
    if one is None or many is None:
        return True
    same = one.get("structureRef") == many.get("structureRef")
    return bool(same and one.get("isCollection") != "true")
