"""A reference to a data object in a state carries the object's name and the state (BPMN 2.0, 10.4.1)."""

from collections.abc import Iterator

from engine.bpmn.document import child
from engine.lint import Context, Finding, at

ID = "data-state"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Named “object [state]”."""
    for reference in context.document.all("dataObjectReference"):
        state = child(reference, "dataState")
        data = context.document.target(reference.get("dataObjectRef"))
        if state is None or not state.get("name") or data is None or not data.get("name"):
            continue
        wanted = f"{data.get('name')} [{state.get('name')}]"
        if reference.get("name") != wanted:
            yield at(
                reference,
                f"By its data object and state this should be named “{wanted}”.",
                f"按数据对象及其状态，名称应为“{wanted}”。",
            )
