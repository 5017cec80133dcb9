"""Arithmetic on values of all kinds (DMN 1.5 §10.3.2.13, tables 53 to 57)."""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, DecimalException
from typing import Any

from engine.feel.numbers import CONTEXT, power
from engine.feel.runtime import Run
from engine.feel.temporal import (
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    make_days_time,
    make_years_months,
)
from engine.feel.temporal_math import add_days_time, add_months, subtract, time_instant
from engine.feel.types import type_of


def add(left: Any, right: Any, run: Run) -> Any:
    kind, other = left.__class__, right.__class__
    if kind is str and other is str:
        run.check_size(len(left) + len(right))
        return left + right
    if kind is YearsMonths:
        if other is YearsMonths:
            return make_years_months(left.months + right.months)
        if other is Date or other is DateTime:
            return _add_months(right, left.months)
    elif kind is DaysTime:
        if other is DaysTime:
            return make_days_time(left.nanos + right.nanos)
        if other is Date or other is DateTime or other is Time:
            return add_days_time(right, left.nanos)
    elif kind is Date or kind is DateTime or kind is Time:
        if other is DaysTime:
            return add_days_time(left, right.nanos)
        if other is YearsMonths and kind is not Time:
            return _add_months(left, right.months)
    return None


def _add_months(value: Date | DateTime, months: int) -> Date | DateTime | None:
    if isinstance(value, Date):
        return add_months(value, months)
    moved = add_months(value.date, months)
    return None if moved is None else DateTime(moved, value.nanos, value.zone)


def minus(left: Any, right: Any, run: Run) -> Any:
    kind, other = left.__class__, right.__class__
    if other is YearsMonths:
        if kind is YearsMonths:
            return make_years_months(left.months - right.months)
        if kind is Date or kind is DateTime:
            return _add_months(left, -right.months)
    elif other is DaysTime:
        if kind is DaysTime:
            return make_days_time(left.nanos - right.nanos)
        if kind is Date or kind is DateTime or kind is Time:
            return add_days_time(left, -right.nanos)
    elif (kind is Date or kind is DateTime) and (other is Date or other is DateTime):
        return subtract(left, right)
    elif kind is Time and other is Time:
        (zoned_left, a), (zoned_right, b) = time_instant(left), time_instant(right)
        return make_days_time(a - b) if zoned_left == zoned_right else None
    return None


def times(left: Any, right: Any, run: Run) -> Any:
    if left.__class__ is Decimal:
        left, right = right, left
    if right.__class__ is not Decimal:
        return None
    return _scaled(left, CONTEXT.multiply, right)


def divided(left: Any, right: Any, run: Run) -> Any:
    kind = left.__class__
    try:
        if right.__class__ is Decimal:
            return _scaled(left, CONTEXT.divide, right)
        if kind is right.__class__ is YearsMonths:
            return CONTEXT.divide(Decimal(left.months), Decimal(right.months))
        if kind is right.__class__ is DaysTime:
            return CONTEXT.divide(Decimal(left.nanos), Decimal(right.nanos))
    except DecimalException:
        return None
    return None


def _scaled(
    duration: Any, operation: Callable[[Decimal, Decimal], Decimal], factor: Decimal
) -> Any:
    """A duration times or divided by a number, cut to whole months or nanoseconds."""
    if duration.__class__ is YearsMonths:
        count = duration.months
    elif duration.__class__ is DaysTime:
        count = duration.nanos
    else:
        return None
    try:
        result = operation(Decimal(count), factor)
        whole = int(result.to_integral_value(ROUND_DOWN)) if result.adjusted() < 40 else None
    except DecimalException:
        return None
    if whole is None:
        return None
    return (make_years_months if duration.__class__ is YearsMonths else make_days_time)(whole)


def raised(left: Any, right: Any, run: Run) -> Any:
    return None


def negate(value: Any) -> Any:
    """`-value` for numbers and durations, else None."""
    if value.__class__ is Decimal:
        return CONTEXT.minus(value)
    if value.__class__ is YearsMonths:
        return YearsMonths(-value.months)
    return DaysTime(-value.nanos) if value.__class__ is DaysTime else None


# operator -> (numbers, everything else)
ARITHMETIC: dict[
    str, tuple[Callable[[Decimal, Decimal], Decimal | None], Callable[[Any, Any, Run], Any]]
] = {
    "+": (CONTEXT.add, add),
    "-": (CONTEXT.subtract, minus),
    "*": (CONTEXT.multiply, times),
    "/": (CONTEXT.divide, divided),
    "**": (power, raised),
}


def no_result(operator: str, left: Any, right: Any, run: Run, at: int) -> Any:
    a, b = type_of(left), type_of(right)
    if right.__class__ is Decimal and operator == "/" and not right:
        return run.warn(at, "division by zero", "除数为零")
    return run.warn(
        at,
        f"{a} {operator} {b} has no result",
        f"{a} {operator} {b} 没有结果",
    )
