"""A condition is true or false (BPMN 2.0, 10.3.8 and 13.3)."""

from collections.abc import Iterator

from engine.bpmn.model import Node
from engine.expressions import compiled
from engine.feel import FeelSyntaxError
from engine.lint import Context, Finding

ID = "boolean-condition"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """No condition is a number, a text or another constant that is never true."""
    for scope, node in context.nodes():
        conditions = [(node.id, text) for text in _conditions(node)]
        conditions += [(f.id, f.condition) for f in node.outgoing if f.id in scope.flows]
        for element, text in conditions:
            if text and _never_boolean(text.removeprefix("=")):
                yield Finding(
                    element,
                    f"“{text}” is neither true nor false.",
                    f"条件“{text}”的值既不是 true 也不是 false。",
                    node.line,
                )


def _conditions(node: Node) -> Iterator[str | None]:
    yield from (node.start_condition, node.activation_condition)
    yield from (t.expression for t in node.triggers if t.kind == "conditional")
    if node.loop is not None:
        yield from (node.loop.condition, node.loop.completion)


def _never_boolean(text: str) -> bool:
    try:
        expression = compiled(text)
    except FeelSyntaxError:
        return False  # expression-syntax says so
    return expression.constant and expression.evaluate({}).__class__ is not bool
