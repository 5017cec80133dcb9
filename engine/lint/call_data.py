"""A call hands over what the called element declares (BPMN 2.0, 10.3.6)."""

from collections.abc import Iterator

from engine.bpmn.document import child, children
from engine.lint import Context, Finding, at

ID = "call-data"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """As many data inputs and outputs as the called element of the file, of the same types."""
    document = context.document
    for call in document.all("callActivity"):
        called = document.target(call.get("calledElement"))
        declared = None if called is None else child(called, "ioSpecification")
        if declared is None:
            continue
        given = child(call, "ioSpecification")
        for name in ("dataInput", "dataOutput"):
            wanted = [e.get("itemSubjectRef") for e in children(declared, name)]
            found = (
                [] if given is None else [e.get("itemSubjectRef") for e in children(given, name)]
            )
            fits = len(wanted) == len(found) and all(
                document.equivalent(a, b) for a, b in zip(wanted, found, strict=True)
            )
            if not fits:
                yield at(
                    call,
                    f"The call's {name}s are not those that “{call.get('calledElement')}” declares.",
                    f"调用活动的 {name} 与“{call.get('calledElement')}”所声明的不一致。",
                )
