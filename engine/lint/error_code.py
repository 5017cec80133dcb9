"""An error that is thrown needs a code to be caught by (BPMN 2.0, table 8.40)."""

from collections.abc import Iterator

from engine.bpmn.document import local
from engine.lint import Context, Finding, at

ID = "error-code"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Error end events name an error that has a code."""
    for event in context.document.all("endEvent"):
        for definition in context.document.event_definitions(event):
            if local(definition) != "errorEventDefinition":
                continue
            error = context.document.target(definition.get("errorRef"))
            if error is None or not error.get("errorCode"):
                yield at(event, "The error that is thrown has no code.", "抛出的错误没有错误代码。")
