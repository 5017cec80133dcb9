"""Equality and order of FEEL values in three-valued logic (DMN 1.5 §10.3.2.13, tables 50 to 52)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.runtime import Run
from engine.feel.temporal import DAY, SECOND, Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.temporal_math import instant, midnight_utc, time_instant
from engine.feel.values import Function, Range, entry


def equal(left: Any, right: Any, run: Run) -> bool | None:
    """`=`; None where the two are of different types, which have no equality."""
    if left is None or right is None:
        return left is right
    kind = left.__class__
    if kind is right.__class__:
        if kind is Decimal or kind is str or kind is bool:
            return bool(left == right)
        if kind is list:
            return _equal_lists(left, right, run)
        if kind is Time:
            return _equal_times(left, right)
        if kind is DateTime:
            return _equal_datetimes(left, right)
        if kind is Range:
            return _equal_ranges(left, right, run)
        if kind is Date or kind is YearsMonths or kind is DaysTime:
            return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _equal_contexts(left, right, run)
    if kind is Function and right.__class__ is Function:
        return left is right
    return None


def _equal_lists(left: list[Any], right: list[Any], run: Run) -> bool | None:
    if len(left) != len(right):
        return False
    run.spend(len(left) + 1)
    run.enter()
    result: bool | None = True
    for a, b in zip(left, right, strict=True):
        same = equal(a, b, run)
        if same is False or (same is None and (a is None or b is None)):
            result = False
            break
        if same is None:
            result = None
    run.leave()
    return result


def _equal_contexts(left: Mapping[str, Any], right: Mapping[str, Any], run: Run) -> bool | None:
    if len(left) != len(right):
        return False
    run.spend(len(left) + 1)
    run.enter()
    result: bool | None = True
    for key in left:
        if key not in right:
            result = False
            break
        same = equal(entry(left, key), entry(right, key), run)
        if same is False:
            result = False
            break
        if same is None:
            result = None
    run.leave()
    return result


def _equal_ranges(left: Range, right: Range, run: Run) -> bool | None:
    if (left.operator, left.start_included, left.end_included) != (
        right.operator,
        right.start_included,
        right.end_included,
    ):
        return False
    ends = (equal(left.start, right.start, run), equal(left.end, right.end, run))
    if False in ends:
        return False
    return None if None in ends else True


def _equal_times(left: Time, right: Time) -> bool:
    """Times are compared by hour, minute, second and offset: fractions do not count."""
    (zoned_left, a), (zoned_right, b) = time_instant(left), time_instant(right)
    return zoned_left == zoned_right and a // SECOND % (DAY // SECOND) == b // SECOND % (
        DAY // SECOND
    )


def _equal_datetimes(left: DateTime, right: DateTime) -> bool:
    (zoned_left, a), (zoned_right, b) = instant(left), instant(right)
    return zoned_left == zoned_right and a // SECOND == b // SECOND


def identical(left: Any, right: Any, run: Run) -> bool:
    """The built-in `is`: same type and same value, zones and all (§10.3.4.9)."""
    if left.__class__ is not right.__class__:
        return False
    if isinstance(left, (Time, DateTime)):
        return bool(left == right)
    return equal(left, right, run) is True


def order_keys(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Two plain keys that order as the values do; None when the values have no order."""
    kind = left.__class__
    if kind is right.__class__:
        if kind is Decimal or kind is str:
            return left, right
        if kind is Date:
            return (left.year, left.month, left.day), (right.year, right.month, right.day)
        if kind is YearsMonths:
            return left.months, right.months
        if kind is DaysTime:
            return left.nanos, right.nanos
        if kind is Time:
            return _same_zoning(time_instant(left), time_instant(right))
        if kind is DateTime:
            return _same_zoning(instant(left), instant(right))
        return None
    if kind is Date and right.__class__ is DateTime:
        return _same_zoning(instant(midnight_utc(left)), instant(right))
    if kind is DateTime and right.__class__ is Date:
        return _same_zoning(instant(left), instant(midnight_utc(right)))
    return None


def _same_zoning(left: tuple[bool, int], right: tuple[bool, int]) -> tuple[int, int] | None:
    return (left[1], right[1]) if left[0] == right[0] else None


def less(left: Any, right: Any) -> bool | None:
    keys = order_keys(left, right)
    return None if keys is None else bool(keys[0] < keys[1])


def compare(operator: str, left: Any, right: Any, run: Run) -> bool | None:
    """One of = != < <= > >= on two values."""
    if operator == "=":
        return equal(left, right, run)
    if operator == "!=":
        same = equal(left, right, run)
        return None if same is None else not same
    keys = order_keys(left, right)
    if keys is None:
        return None
    a, b = keys
    if operator == "<":
        return bool(a < b)
    if operator == "<=":
        return bool(a <= b)
    if operator == ">":
        return bool(a > b)
    return bool(a >= b)


def in_range(value: Any, span: Range, run: Run) -> bool | None:
    """Whether a value lies in a range; None when it cannot be compared with its ends."""
    if span.operator:
        end = span.start if span.operator in (">", ">=", "=", "!=") else span.end
        return compare(span.operator, value, end, run)
    low = compare(">=" if span.start_included else ">", value, span.start, run)
    high = compare("<=" if span.end_included else "<", value, span.end, run)
    if low is None or high is None:
        return None
    return low and high
