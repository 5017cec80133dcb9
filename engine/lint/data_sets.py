"""Sets of inputs and outputs agree with each other and with themselves (BPMN 2.0, tables 10.60 and 10.61)."""

from collections.abc import Iterator

from engine.bpmn.document import local, references
from engine.lint import Context, Finding, at

ID = "data-sets"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Optional and while-executing data belongs to its set; sets that need each other say so on both sides."""
    document = context.document
    for side, whole in (("Input", "dataInputRefs"), ("Output", "dataOutputRefs")):
        for data_set in document.all(f"{side.lower()}Set"):
            members = set(references(data_set, whole))
            for part in (f"optional{side}Refs", f"whileExecuting{side}Refs"):
                if set(references(data_set, part)) - members:
                    yield at(
                        data_set,
                        f"{part} names data that is not among the set's {whole}.",
                        f"{part} 引用的数据不在该集合的 {whole} 中。",
                    )
            other = "outputSet" if side == "Input" else "inputSet"
            for reference in references(data_set, f"{other}Refs"):
                target = document.target(reference)
                back = references(target, f"{local(data_set)}Refs") if target is not None else []
                if data_set.get("id") not in back:
                    yield at(
                        data_set,
                        f"The set names “{reference}”, which does not name it in turn.",
                        f"该集合引用了“{reference}”，但对方没有反向引用。",
                    )
