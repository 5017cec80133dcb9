"""Finding the rules whose constant cells match an input, without trying every rule.

Each input column becomes a ColumnIndex. A set of rules is an int with one bit a rule: sets of columns are
intersected with `&`. Constants are looked up in a dict, constant intervals by bisection among their ends;
cells that hold expressions are left to be tried one by one ("maybe").
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.feel import syntax
from engine.feel.expression import UnaryTests
from engine.feel.operators import negate
from engine.feel.temporal import Date

_EQUAL_CLASSES = (str, Decimal, bool)
_ORDERED_CLASSES = (Decimal, Date)


class _Interval:
    """lo..hi with their inclusions; None is unbounded."""

    __slots__ = ("low", "low_in", "high", "high_in")

    def __init__(self, low: Any, low_in: bool, high: Any, high_in: bool) -> None:
        self.low, self.low_in, self.high, self.high_in = low, low_in, high, high_in


def _constant(node: syntax.Node) -> Any:
    """The value of a literal, else None (which no index holds)."""
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Negation):
        return negate(_constant(node.operand))
    return None


def _part(node: syntax.Node) -> Any:
    """A constant, an _Interval, or None for a test that must be tried."""
    value = _constant(node)
    if value.__class__ in _EQUAL_CLASSES or value.__class__ is Date:
        return value
    if isinstance(node, syntax.UnaryRange):
        end = _constant(node.operand)
        if node.operator == "=" and end.__class__ in _EQUAL_CLASSES:
            return end
        if end.__class__ not in _ORDERED_CLASSES:
            return None
        if node.operator in ("<", "<="):
            return _Interval(None, False, end, node.operator == "<=")
        if node.operator in (">", ">="):
            return _Interval(end, node.operator == ">=", None, False)
    if isinstance(node, syntax.RangeLiteral):
        low, high = _constant(node.start), _constant(node.end)
        if low.__class__ in _ORDERED_CLASSES and low.__class__ is high.__class__:
            return _Interval(low, node.start_included, high, node.end_included)
    return None


def constant_parts(tests: UnaryTests) -> list[Any] | None:
    """What a cell's tests are made of, when all of them are constant; [] for `-`."""
    if tests.tree.negated:
        return None
    parts = [_part(test) for test in tests.tree.tests]
    return None if None in parts else parts


def _key(value: Any) -> Any:
    """Something that orders as the value does, among values of its class."""
    return (value.year, value.month, value.day) if value.__class__ is Date else value


class _Intervals:
    """The intervals of one class in one column: between two neighbouring ends the same rules match."""

    def __init__(self, found: list[tuple[int, _Interval]]) -> None:
        ends = {_key(end) for _, one in found for end in (one.low, one.high) if end is not None}
        self.ends = sorted(ends)
        # Place 2i+1 is the end i itself, place 2i the gap before it.
        changes: list[int] = [0] * (2 * len(self.ends) + 2)
        for rule, one in found:
            first = 0 if one.low is None else self._place(one.low, after=not one.low_in)
            last = len(changes) - 2
            if one.high is not None:
                last = self._place(one.high, after=False) - (not one.high_in)
            if first <= last:
                changes[first] ^= 1 << rule
                changes[last + 1] ^= 1 << rule
        self.rules: list[int] = []
        current = 0
        for change in changes[:-1]:
            current ^= change
            self.rules.append(current)

    def _place(self, end: Any, *, after: bool) -> int:
        return 2 * bisect_left(self.ends, _key(end)) + 1 + after

    def matching(self, value: Any) -> int:
        key = _key(value)
        at = bisect_left(self.ends, key)
        exact = at < len(self.ends) and self.ends[at] == key
        return self.rules[2 * at + exact]


class ColumnIndex:
    """One input column of a table."""

    def __init__(self, cells: Sequence[UnaryTests | None]) -> None:
        self.always = 0
        self.tried = 0  # cells to be tried for every value
        self.never = 0
        self.equal: dict[tuple[type, Any], int] = {}
        self.indexed = 0
        found: dict[type, list[tuple[int, _Interval]]] = {}
        for rule, cell in enumerate(cells):
            bit = 1 << rule
            parts = None if cell is None else constant_parts(cell)
            if cell is None:
                self.never |= bit
            elif parts is None:
                self.tried |= bit
            elif not parts:
                self.always |= bit
            else:
                self.indexed |= bit
                self._add(rule, parts, found)
        self.intervals = {kind: _Intervals(list_) for kind, list_ in found.items()}

    def _add(
        self, rule: int, parts: list[Any], found: dict[type, list[tuple[int, _Interval]]]
    ) -> None:
        for part in parts:
            if isinstance(part, _Interval):
                kind = (part.low if part.low is not None else part.high).__class__
                found.setdefault(kind, []).append((rule, part))
            else:
                key = (part.__class__, part)
                self.equal[key] = self.equal.get(key, 0) | 1 << rule

    def candidates(self, value: Any) -> tuple[int, int]:
        """(rules whose cell matches, rules whose cell must be tried)."""
        kind = value.__class__
        if value is None or kind in _EQUAL_CLASSES or kind is Date:
            matching = self.always | self.equal.get((kind, value), 0)
            intervals = self.intervals.get(kind)
            if intervals is not None:
                matching |= intervals.matching(value)
            return matching, self.tried & ~matching
        # Lists, dates with times and the rest have rules of their own: every cell is tried.
        return self.always, self.tried | self.indexed
