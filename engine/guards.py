"""Something simple that must be true for a condition to hold, found in its syntax tree.

`new.state = "ended" and …` cannot hold for any other state: so a thousand conditions are sorted by a field and a value,
or by a test in plain Python, and only those left are worked out as FEEL. A guard may let pass what does not hold, never
the reverse.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.feel import compile_expression, syntax, to_python
from engine.feel.expression import syntax_tree
from engine.functions import FUNCTIONS

# Whether a value (never null) may pass; the second argument is now().
Test = Callable[[Any, datetime], bool]


@dataclass(frozen=True)
class Guard:
    """`path` must have one of `values`, or pass `test`."""

    path: str
    values: tuple[Any, ...] = ()
    test: Test | None = None


@lru_cache(maxsize=8192)
def guard_of(condition: str) -> Guard | None:
    """The best guard of a condition, None when it says nothing so simple. Raises FeelSyntaxError."""
    found = list(_guards(syntax_tree(condition, functions=FUNCTIONS)))
    return next((g for g in found if g.values), found[0] if found else None)


def _guards(tree: syntax.Node) -> Iterator[Guard]:
    for part in _conjuncts(tree):
        guard = _equality(part) or _words(part) or _comparison(part)
        if guard is not None:
            yield guard


def _conjuncts(tree: syntax.Node) -> Iterator[syntax.Node]:
    if isinstance(tree, syntax.Logic) and tree.operator == "and":
        for operand in tree.operands:
            yield from _conjuncts(operand)
    else:
        yield tree


def _equality(node: syntax.Node) -> Guard | None:
    if isinstance(node, syntax.Comparison) and node.operator == "=":
        path, values = _path(node.left), [_text(node.right)]
    elif isinstance(node, syntax.In):
        path, values = _path(node.value), [_text(test) for test in node.tests]
    else:
        return None
    if path is None or None in values:
        return None
    return Guard(path, tuple(values))


def _words(node: syntax.Node) -> Guard | None:
    """`contains(path, "x")`, `starts with(path, "x")`."""
    if not isinstance(node, syntax.Call) or node.names is not None or len(node.arguments) != 2:
        return None
    name = node.function.name if isinstance(node.function, syntax.Name) else None
    path, wanted = _path(node.arguments[0]), _text(node.arguments[1])
    if path is None or not isinstance(wanted, str):
        return None
    if name == "contains":
        return Guard(path, test=lambda value, _now: not isinstance(value, str) or wanted in value)
    if name == "starts with":
        return Guard(
            path, test=lambda value, _now: not isinstance(value, str) or value.startswith(wanted)
        )
    return None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _comparison(node: syntax.Node) -> Guard | None:
    """`path > 3`, `path <= now() - duration("PT4H")`."""
    if not isinstance(node, syntax.Comparison) or node.operator not in _COMPARE:
        return None
    path, compare = _path(node.left), _COMPARE[node.operator]
    if path is None:
        return None
    limit = node.right.value if isinstance(node.right, syntax.Literal) else None
    if isinstance(limit, Decimal):
        return Guard(path, test=lambda value, _now: not _is_number(value) or compare(value, limit))
    shift = _from_now(node.right)
    if shift is None:
        return None

    def by_time(value: Any, now: datetime) -> bool:
        if not isinstance(value, datetime) or value.tzinfo is None:
            return True
        return compare(value, now + shift)

    return Guard(path, test=by_time)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _from_now(node: syntax.Node) -> timedelta | None:
    """How far from now: `now() + duration("…")` with a duration of days and time."""
    if not isinstance(node, syntax.Arithmetic) or node.operator not in "+-":
        return None
    now, span = node.left, node.right
    if not (isinstance(now, syntax.Call) and _named(now.function, "now") and not now.arguments):
        return None
    if not (isinstance(span, syntax.Call) and _named(span.function, "duration")):
        return None
    text = _text(span.arguments[0]) if len(span.arguments) == 1 else None
    if not isinstance(text, str) or '"' in text:
        return None
    length = to_python(compile_expression(f'duration("{text}")').evaluate({}))
    if not isinstance(length, timedelta):
        return None
    return length if node.operator == "+" else -length


def _named(node: syntax.Node, name: str) -> bool:
    return isinstance(node, syntax.Name) and node.name == name


def _path(node: syntax.Node) -> str | None:
    """`new.state` of its syntax tree; None for anything else."""
    if isinstance(node, syntax.Name):
        return node.name if node.name.isidentifier() else None
    if isinstance(node, syntax.Path):
        source = _path(node.source)
        return f"{source}.{node.name}" if source and node.name.isidentifier() else None
    return None


def _text(node: syntax.Node) -> Any:
    """A text or a truth value; numbers are left out, as 1 and 1.0 and true would be one key."""
    if isinstance(node, syntax.Literal) and isinstance(node.value, str | bool):
        return node.value
    return None
