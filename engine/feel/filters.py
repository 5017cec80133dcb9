"""`list[n]` and `list[condition]` (DMN 1.5 §10.3.2.5)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel import syntax
from engine.feel.operators import negate
from engine.feel.runtime import Scope
from engine.feel.values import Context

Code = Callable[[Scope], Any]


def constant_number(node: syntax.Node) -> Decimal | None:
    if isinstance(node, syntax.Literal) and isinstance(node.value, Decimal):
        return node.value
    if isinstance(node, syntax.Negation):
        number = constant_number(node.operand)
        return None if number is None else negate(number)
    return None


def item_at(source: Any, index: Decimal) -> Any:
    """`list[n]`: from 1, or from the end when negative; null outside (§10.3.2.5)."""
    items = source if isinstance(source, list) else [] if source is None else [source]
    if abs(index) > len(items):
        return None
    place = int(index)
    if place > 0:
        return items[place - 1]
    return items[place] if place < 0 else None


def filter_list(
    source: Any, condition: Code, cost: int, scope: Scope, *, strict: bool = False
) -> Any:
    """`list[condition]`, with `item` and the item's entries in scope (§10.3.2.5).

    Strict filters (boxed ones) are null when the condition is neither boolean nor null.
    """
    items = source if isinstance(source, list) else [] if source is None else [source]
    run = scope.run
    kept = []
    first = True
    for item in items:
        run.spend(cost)
        answer = condition(item_scope(item, scope))
        if answer is True:
            kept.append(item)
        elif first and answer.__class__ is Decimal:
            return item_at(items, answer)
        elif strict and answer is not None and answer is not False:
            return run.warn(0, "the match is not boolean", "筛选条件不是布尔值")
        first = False
    if not items:
        answer = condition(item_scope(None, scope))
        if answer.__class__ is Decimal:
            return None
    return kept


def item_scope(item: Any, scope: Scope) -> Scope:
    named = Scope({"item": item}, scope, scope.run)
    if isinstance(item, Mapping):
        return Scope(item, named, scope.run, item.__class__ is Context)
    return named
