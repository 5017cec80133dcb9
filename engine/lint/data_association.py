"""Data is copied from data to data (BPMN 2.0, 10.4.2)."""

from collections.abc import Iterator

from engine.bpmn.document import children, local, references
from engine.lint import Context, Finding, at

ID = "data-association"
SEVERITY = "error"

_READABLE = {"dataObject", "dataObjectReference", "dataStoreReference", "property", "dataInput", "dataOutput",
             "inputDataItem", "outputDataItem", "dataStore"}  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """Both ends are data; a callable's inputs are only read, its outputs only written; several sources need a
    transformation."""
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
        if len(sources) > 1 and not children(association, "transformation"):
            yield at(
                association,
                "Several sources need a transformation that makes one of them.",
                "多个来源的数据关联需要转换表达式。",
            )
