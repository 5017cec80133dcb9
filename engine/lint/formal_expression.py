"""What a machine shall evaluate is a formal expression (BPMN 2.0, 8.3.6 and 8.3.7)."""

from collections.abc import Iterator

from engine.bpmn.document import BPMN, local, unprefixed
from engine.lint import Context, Finding, at

ID = "formal-expression"
SEVERITY = "error"

# A sequence flow's condition is let off: many tools write it without a type and mean it formally all the same.
_EXPRESSIONS = (
    "condition", "loopCondition", "loopCardinality", "completionCondition", "activationCondition",
    "timeDate", "timeDuration", "timeCycle", "from", "to",
)  # fmt: skip
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def check(context: Context) -> Iterator[Finding]:
    """Expressions of executable processes carry xsi:type="tFormalExpression"."""
    for process in context.document.all("process"):
        if process.get("isExecutable") != "true":
            continue
        for element in process.iter(*(f"{{{BPMN}}}{name}" for name in _EXPRESSIONS)):
            if unprefixed(element.get(_TYPE, "")) != "tFormalExpression":
                yield at(
                    element,
                    f"“{local(element)}” is not marked as a formal expression"
                    ' (xsi:type="tFormalExpression").',
                    f'“{local(element)}” 没有标记为形式表达式（xsi:type="tFormalExpression"）。',
                )
