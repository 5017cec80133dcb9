"""`value.name`: entries of contexts and the properties of dates, durations and ranges (table 64)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from engine.feel.runtime import Run
from engine.feel.temporal import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
)
from engine.feel.values import CLEAN, Context, Range, entry


def _offset(value: Time | DateTime) -> DaysTime | None:
    offset = value.offset
    return None if offset is None else DaysTime(offset * SECOND)


def _zone_name(value: Time | DateTime) -> str | None:
    return value.zone if isinstance(value.zone, str) else None


def _part(unit: int, modulus: int) -> Callable[[DaysTime], Decimal]:
    def part(value: DaysTime) -> Decimal:
        count = abs(value.nanos) // unit % modulus
        return Decimal(-count if value.nanos < 0 else count)

    return part


def _years(value: YearsMonths) -> Decimal:
    years = abs(value.months) // 12
    return Decimal(-years if value.months < 0 else years)


def _months(value: YearsMonths) -> Decimal:
    months = abs(value.months) % 12
    return Decimal(-months if value.months < 0 else months)


def _of(half: str, part: Callable[[Any], Any]) -> Callable[[DateTime], Any]:
    """A property of the date or of the time of a date and time."""
    if half == "date":
        return lambda value: part(value.date)
    return lambda value: part(value.time)


_DATE: dict[str, Callable[[Date], Any]] = {
    "year": lambda v: Decimal(v.year),
    "month": lambda v: Decimal(v.month),
    "day": lambda v: Decimal(v.day),
    "weekday": lambda v: Decimal(v.weekday),
}
_CLOCK: dict[str, Callable[[Time], Any]] = {
    "hour": lambda v: Decimal(v.hour),
    "minute": lambda v: Decimal(v.minute),
    "second": lambda v: Decimal(v.second),
    "time offset": _offset,
    "timezone": _zone_name,
}
_PROPERTIES: dict[type, dict[str, Callable[[Any], Any]]] = {
    Date: _DATE,
    Time: _CLOCK,
    DateTime: {
        **{name: _of("date", part) for name, part in _DATE.items()},
        **{name: _of("time", part) for name, part in _CLOCK.items()},
        "time offset": _offset,
    },
    YearsMonths: {"years": _years, "months": _months},
    DaysTime: {
        "days": _part(DAY, 10**30),
        "hours": _part(HOUR, 24),
        "minutes": _part(MINUTE, 60),
        "seconds": _part(SECOND, 60),
    },
    Range: {
        "start": lambda v: v.start,
        "end": lambda v: v.end,
        "start included": lambda v: v.start_included,
        "end included": lambda v: v.end_included,
    },
}
# Known to the parser, as names of two words.
PROPERTY_NAMES = ("time offset", "start included", "end included")
_MISSING = object()


def path(value: Any, name: str, run: Run, at: int) -> Any:
    """`value.name`; over a list, the list of its items' `name`."""
    if value.__class__ is Context:
        found = value.get(name, _MISSING)
        if found is not _MISSING:
            return found
    elif value.__class__ is list:
        run.spend(len(value))
        run.enter()
        found = [path(item, name, run, at) for item in value]
        run.leave()
        return found
    elif isinstance(value, Mapping):
        found = value.get(name, _MISSING)
        if found.__class__ in CLEAN:
            return found
        if found is not _MISSING:
            return entry(value, name)
    else:
        properties = _PROPERTIES.get(value.__class__)
        if properties is not None and name in properties:
            return properties[name](value)
        if value is None:
            return run.warn(at, f'null has no "{name}"', f"null 没有“{name}”")
    return run.warn(at, f'there is no "{name}" here', f"这里没有“{name}”")
