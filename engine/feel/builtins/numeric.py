"""Functions on numbers (DMN 1.5 §10.3.4.5)."""

from decimal import Decimal, DecimalException
from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.numbers import CONTEXT, ROUNDINGS, WIDE, round_to
from engine.feel.temporal import DaysTime, YearsMonths

built_ins = BuiltIns()
MIN_SCALE, MAX_SCALE = -6111, 6176


def _rounded(n: Decimal, scale: Decimal | None, rounding: str) -> Decimal | None:
    places = Decimal(0) if scale is None else scale
    if not MIN_SCALE <= places <= MAX_SCALE:
        return None
    return round_to(n, int(places), ROUNDINGS[rounding])


@built_ins.add("decimal", "n: number, scale: number")
def decimal(n: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(n, scale, "even")


@built_ins.add("floor", "n: number", "n: number, scale: number")
def floor(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return _rounded(n, scale, "floor")


@built_ins.add("ceiling", "n: number", "n: number, scale: number")
def ceiling(n: Decimal, scale: Decimal | None = None) -> Decimal | None:
    return _rounded(n, scale, "ceiling")


@built_ins.add("round up", "n: number, scale: number")
def round_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(n, scale, "up")


@built_ins.add("round down", "n: number, scale: number")
def round_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(n, scale, "down")


@built_ins.add("round half up", "n: number, scale: number")
def round_half_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(n, scale, "half up")


@built_ins.add("round half down", "n: number, scale: number")
def round_half_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return _rounded(n, scale, "half down")


@built_ins.add("abs", "n: number or duration")
def absolute(n: Any) -> Any:
    if isinstance(n, Decimal):
        return CONTEXT.abs(n)
    return YearsMonths(abs(n.months)) if isinstance(n, YearsMonths) else DaysTime(abs(n.nanos))


@built_ins.add("modulo", "dividend: number, divisor: number")
def modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """dividend - divisor * floor(dividend / divisor): the sign is the divisor's."""
    if not divisor:
        return None
    try:
        rest = WIDE.remainder(dividend, divisor)
        if rest and (rest < 0) != (divisor < 0):
            rest = WIDE.add(rest, divisor)
        return CONTEXT.plus(rest)
    except DecimalException:
        return None


@built_ins.add("sqrt", "number: number")
def sqrt(number: Decimal) -> Decimal | None:
    return None if number < 0 else CONTEXT.sqrt(number)


@built_ins.add("log", "number: number")
def log(number: Decimal) -> Decimal | None:
    return CONTEXT.ln(number) if number > 0 else None


@built_ins.add("exp", "number: number")
def exp(number: Decimal) -> Decimal | None:
    try:
        return CONTEXT.exp(number)
    except DecimalException:
        return None


@built_ins.add("odd", "number: number")
def odd(number: Decimal) -> bool | None:
    even_number = even(number)
    return None if even_number is None else not even_number


@built_ins.add("even", "number: number")
def even(number: Decimal) -> bool | None:
    if number != number.to_integral_value():
        return None
    return not WIDE.remainder(number, Decimal(2))
