"""Expressions of diagrams: FEEL with the desk's functions, over the scope's data and the desk's records.

Whatever compiles an expression or a decision, compiles it with `FUNCTIONS`: so the same can be written everywhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.feel import Expression, compile_expression, syntax, to_python
from engine.feel.expression import CACHE_SIZE, syntax_tree
from engine.functions import FUNCTIONS, Host


@lru_cache(maxsize=CACHE_SIZE)
def compiled(text: str) -> Expression:
    """The expression, from a cache when it was seen before. Raises FeelSyntaxError."""
    return compile_expression(text, functions=FUNCTIONS)


@lru_cache(maxsize=CACHE_SIZE)
def names_in(text: str) -> frozenset[str]:
    """The names that an expression may ask for: variables, functions, entries. Raises FeelSyntaxError."""
    return frozenset(_names(syntax_tree(text, functions=FUNCTIONS)))


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, syntax.Name):
        yield node.name
    elif isinstance(node, tuple | list):
        for part in node:
            yield from _names(part)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _names(getattr(node, field.name))


def evaluate(
    text: str,
    variables: Mapping[str, Any],
    clock: Callable[[], datetime],
    host: Host | None = None,
) -> Any:
    """The value as plain Python (int or Decimal, str, bool, None, list, dict, dates and times).

    `variables` is asked for the names the expression uses and no others, so records are loaded only when named.
    `clock` gives now() in the zone in which it is meant, `host` knows the calendars. Raises FeelError for text that
    is no FEEL and for expressions that run over their budget.
    """
    return to_python(compiled(text).evaluate(variables, clock=clock, host=host))
