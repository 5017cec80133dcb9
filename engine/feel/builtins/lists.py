"""Functions on lists, and `sort` (DMN 1.5 §10.3.4.4 and §10.3.4.7)."""

from collections.abc import Callable
from decimal import Decimal, DecimalException
from functools import cmp_to_key
from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.calls import call_function
from engine.feel.compare import equal, less
from engine.feel.numbers import CONTEXT, ONE, ZERO
from engine.feel.runtime import Run
from engine.feel.values import Function

built_ins = BuiltIns()
_HASHED = (str, Decimal, bool, type(None))


def _contains(items: list[Any], wanted: Any, run: Run) -> bool:
    return any(equal(item, wanted, run) is True for item in items)


def _numbers(items: list[Any], run: Run) -> bool:
    run.spend(len(items))
    return all(item.__class__ is Decimal for item in items)


@built_ins.add("list contains", "list: list, element: any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    run.spend(len(items))
    return _contains(items, element, run)


@built_ins.add("count", "list: list")
def count(items: list[Any]) -> Decimal:
    return Decimal(len(items))


@built_ins.add("min", "list: list*")
def minimum(run: Run, items: list[Any]) -> Any:
    return _extreme(items, run, lambda item, best: less(item, best))


@built_ins.add("max", "list: list*")
def maximum(run: Run, items: list[Any]) -> Any:
    return _extreme(items, run, lambda item, best: less(best, item))


def _extreme(items: list[Any], run: Run, better: Callable[[Any, Any], bool | None]) -> Any:
    run.spend(len(items))
    if not items or better(items[0], items[0]) is None:
        return None
    best = items[0]
    for item in items[1:]:
        wins = better(item, best)
        if wins is None:
            return None
        if wins:
            best = item
    return best


@built_ins.add("sum", "list: list*")
def total(run: Run, items: list[Any]) -> Decimal | None:
    """null for an empty list."""
    if not items or not _numbers(items, run):
        return None
    result = ZERO
    try:
        for item in items:
            result = CONTEXT.add(result, item)
    except DecimalException:
        return None
    return result


@built_ins.add("product", "list: list*")
def product(run: Run, items: list[Any]) -> Decimal | None:
    if not items or not _numbers(items, run):
        return None
    result = ONE
    try:
        for item in items:
            result = CONTEXT.multiply(result, item)
    except DecimalException:
        return None
    return result


@built_ins.add("mean", "list: list*")
def mean(run: Run, items: list[Any]) -> Decimal | None:
    result = total(run, items)
    return None if result is None else CONTEXT.divide(result, Decimal(len(items)))


@built_ins.add("median", "list: list*")
def median(run: Run, items: list[Any]) -> Decimal | None:
    if not items or not _numbers(items, run):
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]  # type: ignore[no-any-return]
    return CONTEXT.divide(CONTEXT.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@built_ins.add("stddev", "list: list*")
def stddev(run: Run, items: list[Any]) -> Decimal | None:
    """The deviation of a sample (divided by n - 1); null for fewer than two numbers."""
    average = mean(run, items)
    if average is None or len(items) < 2:
        return None
    try:
        squares = ZERO
        for item in items:
            distance = CONTEXT.subtract(item, average)
            squares = CONTEXT.add(squares, CONTEXT.multiply(distance, distance))
        return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(items) - 1)))
    except DecimalException:
        return None


@built_ins.add("mode", "list: list*")
def mode(run: Run, items: list[Any]) -> list[Any] | None:
    """The most frequent numbers, ascending; all of them when several tie."""
    if not _numbers(items, run):
        return None
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, times in counts.items() if times == most)


@built_ins.add("sublist", "list: list, start position: number, length: number?")
def sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any] | None:
    first = _place(start, len(items))
    if first is None or (length is not None and (length < 0 or length > len(items) - first)):
        return None
    return items[first:] if length is None else items[first : first + int(length)]


def _place(position: Decimal, size: int) -> int | None:
    """A position that counts from 1, or from the end when negative, as an index; None outside."""
    if abs(position) > size:
        return None
    place = int(position)
    if place == 0:
        return None
    return place - 1 if place > 0 else size + place


@built_ins.add("append", "list: list, item: any*")
def append(run: Run, items: list[Any], added: list[Any]) -> list[Any]:
    return _sized([*items, *added], run)


def _sized(items: list[Any], run: Run) -> list[Any]:
    run.spend(len(items))
    run.check_size(len(items))
    return items


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@built_ins.add("concatenate", "list: any*")
def concatenate(run: Run, lists: list[Any]) -> list[Any] | None:
    if None in lists:
        return None
    joined: list[Any] = []
    for one in lists:
        joined.extend(_as_list(one))
        _sized(joined, run)
    return joined


@built_ins.add("union", "list: any*")
def union(run: Run, lists: list[Any]) -> list[Any] | None:
    joined = concatenate(run, lists)
    return None if joined is None else distinct_values(run, joined)


@built_ins.add("distinct values", "list: list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    hashed: set[tuple[type, Any]] = set()
    others: list[Any] = []
    run.spend(len(items))
    for item in items:
        if item.__class__ in _HASHED:
            key = (item.__class__, item)
            if key in hashed:
                continue
            hashed.add(key)
        else:
            run.spend(len(others))
            if _contains(others, item, run):
                continue
            others.append(item)
        kept.append(item)
    return kept


@built_ins.add("insert before", "list: list, position: number, newItem: any")
def insert_before(run: Run, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    place = _place(position, len(items))
    if place is None:
        return None
    return _sized([*items[:place], item, *items[place:]], run)


@built_ins.add("remove", "list: list, position: number")
def remove(items: list[Any], position: Decimal) -> list[Any] | None:
    place = _place(position, len(items))
    return None if place is None else items[:place] + items[place + 1 :]


@built_ins.add("list replace", "list: list, position: number, newItem: any")
def list_replace(items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    place = _place(position, len(items))
    return None if place is None else [*items[:place], item, *items[place + 1 :]]


@built_ins.add("list replace", "list: list, match: function, newItem: any")
def list_replace_matching(
    run: Run, items: list[Any], match: Function, new: Any
) -> list[Any] | None:
    if len(match.parameters) != 2:
        return None
    replaced = []
    for item in items:
        answer = call_function(match, [item, new], run, 0)
        if answer.__class__ is not bool:
            return None
        replaced.append(new if answer else item)
    return replaced


@built_ins.add("reverse", "list: list")
def reverse(items: list[Any]) -> list[Any]:
    return items[::-1]


@built_ins.add("index of", "list: list, match: any")
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    run.spend(len(items))
    return [
        Decimal(place) for place, item in enumerate(items, 1) if equal(item, match, run) is True
    ]


@built_ins.add("flatten", "list: list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    run.enter()
    for item in items:
        if isinstance(item, list):
            flat.extend(flatten(run, item))
        else:
            flat.append(item)
    run.leave()
    return _sized(flat, run)


class _NoOrder(Exception):
    """A comparison of two items gave no boolean."""


@built_ins.add("sort", "list: list, precedes: function")
def sort(run: Run, items: list[Any], precedes: Function) -> list[Any] | None:
    """Stable; null when `precedes` gives anything but booleans."""
    return _sorted(items, lambda a, b: call_function(precedes, [a, b], run, 0), run)


@built_ins.add("sort", "list: list")
def sort_ascending(run: Run, items: list[Any]) -> list[Any] | None:
    return _sorted(items, less, run)


def _sorted(items: list[Any], precedes: Callable[[Any, Any], Any], run: Run) -> list[Any] | None:
    def order(a: Any, b: Any) -> int:
        run.spend(1)
        first = precedes(a, b)
        if first.__class__ is not bool:
            raise _NoOrder
        if first:
            return -1
        return 1 if precedes(b, a) is True else 0

    try:
        return sorted(items, key=cmp_to_key(order))
    except _NoOrder:
        return None
