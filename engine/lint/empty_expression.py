"""An expression that says nothing decides nothing (BPMN 2.0, 8.3.7)."""

from collections.abc import Iterator

from engine.bpmn.document import local, text
from engine.lint import Context, Finding, at

ID = "empty-expression"
SEVERITY = "error"

_EXPRESSIONS = (
    "condition", "conditionExpression", "loopCondition", "loopCardinality", "completionCondition",
    "activationCondition", "messagePath", "dataPath", "transformation", "from", "to",
    "timeDate", "timeDuration", "timeCycle",
)  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """Expressions have a text."""
    for element in context.document.all(*_EXPRESSIONS):
        if not text(element):
            yield at(element, f"“{local(element)}” is empty.", f"“{local(element)}” 为空。")
