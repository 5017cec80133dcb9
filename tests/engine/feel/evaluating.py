"""What the FEEL tests share: evaluate a text, and compare with another text's value."""

from typing import Any

from engine.feel import compile_expression


def feel(text: str, **context: Any) -> Any:
    """The FEEL value of a text over a context."""
    return compile_expression(text, context).evaluate(context)


def reasons(text: str, **context: Any) -> list[str]:
    """The English warnings of an evaluation."""
    _, warnings = compile_expression(text, context).evaluate_with_warnings(context)
    return [warning.message["en"] for warning in warnings]


def same(text: str, expected: str) -> bool:
    """Whether two texts have one value, zones and fractions of seconds and all; None only with None."""
    value, wanted = feel(text), feel(expected)
    if wanted is None or value is None:
        return value is wanted
    return feel("is(a, b)", a=value, b=wanted) is True
