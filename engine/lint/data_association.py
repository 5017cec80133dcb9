"""Data is copied from data to data (BPMN 2.0, 10.4.2)."""

from collections.abc import Iterator
from itertools import product

from engine.bpmn.document import Document, Element, children, local, references
from engine.lint import Context, Finding, at

ID = "data-association"
SEVERITY = "error"

_READABLE = {"dataObject", "dataObjectReference", "dataStoreReference", "property", "dataInput", "dataOutput",
             "inputDataItem", "outputDataItem", "dataStore"}  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """Both ends are data, and of one structure; a callable's inputs are only read, its outputs only written; several
    sources need a transformation."""
    document = context.document
    for association in document.all("dataInputAssociation", "dataOutputAssociation"):
        sources = [document.target(r) for r in references(association, "sourceRef")]
        targets = [document.target(r) for r in references(association, "targetRef")]
        for end in (*sources, *targets):
            if end is None or local(end) not in _READABLE:
                yield at(
                    association,
                    "Both ends of a data association must be data.",
                    "数据关联的两端必须是数据元素。",
                )
        outside = targets if local(association) == "dataOutputAssociation" else sources
        wrong = "dataInput" if outside is targets else "dataOutput"
        for end in outside:
            if end is not None and local(end) == wrong:
                yield at(
                    association,
                    "A data input is only read, and a data output only written.",
                    "数据输入只能读取，数据输出只能写入。",
                )
        if children(association, "transformation", "assignment"):
            continue
        for source, target in product(sources, targets):
            if source is not None and target is not None and _differ(document, source, target):
                yield at(
                    association,
                    "What is copied has another structure than what it is copied to.",
                    "数据关联两端的数据结构不同，需要转换表达式。",
                )
        if len(sources) > 1:
            yield at(
                association,
                "Several sources need a transformation that makes one of them.",
                "多个来源的数据关联需要转换表达式。",
            )


def _differ(document: Document, source: Element, target: Element) -> bool:
    """Whether both say their structure, and not the same one."""
    one, other = _structure(document, source), _structure(document, target)
    return bool(one and other and one != other)


def _structure(document: Document, data: Element) -> str | None:
    """The structure of a piece of data; a reference has that of what it refers to."""
    for reference in ("dataObjectRef", "dataStoreRef"):
        if (referred := document.target(data.get(reference))) is not None:
            data = referred
    item = document.target(data.get("itemSubjectRef"))
    return None if item is None else item.get("structureRef")
