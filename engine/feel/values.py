"""What a FEEL value is in Python, and how foreign data becomes one.

| FEEL                      | Python                                                             |
|---------------------------|--------------------------------------------------------------------|
| null, boolean, string     | None, bool, str                                                    |
| number                    | decimal.Decimal (34 digits)                                        |
| date, time, ... durations | Date, Time, DateTime, YearsMonths, DaysTime of engine.feel.temporal |
| list                      | list                                                               |
| context                   | Context, or any Mapping of the host, read entry by entry           |
| range, function           | Range, Function                                                    |

A host's Mapping is never copied: its entries are turned into FEEL values when they are read, so a lazy
mapping loads only what an expression asks for. No attribute of a host object is ever read.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel.numbers import CONTEXT, from_int, parse_number
from engine.feel.temporal import (
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    Zone,
    make_days_time,
    zone_exists,
)


class Context(dict[str, Any]):
    """A context whose entries are FEEL values already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Range:
    """`[1..10)`, `(< 10)`, `(=5)`, `(!=5)`.

    `operator` is "" for two-ended ranges and the comparison for the unary ones, which leave the other
    end undefined (DMN 1.5 §10.3.2.7).
    """

    start: Any
    end: Any
    start_included: bool
    end_included: bool
    operator: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function value. `call` gets the run and the arguments in the order of `parameters`."""

    name: str
    parameters: tuple[str, ...]
    call: Callable[..., Any]
    parameter_types: tuple[Any, ...] = ()
    result_type: Any = None
    invoke: Callable[..., Any] | None = None  # built-ins choose among their signatures


# Classes that are FEEL values as they are. A plain list or dict is not: its items may be foreign.
CLEAN: frozenset[type] = frozenset(
    {
        type(None), bool, str, Decimal, Date, Time, DateTime, YearsMonths, DaysTime, Context,
        Range, Function,
    }
)  # fmt: skip
MAX_CONVERSION_DEPTH = 60


def to_feel(value: Any) -> Any:
    """A Python value as a FEEL value; what FEEL has no type for becomes null.

    int, float, Decimal -> number (nan and infinities -> null); date, datetime, time, timedelta ->
    their FEEL twins, keeping a zone's name where it has one; list, tuple, set -> list; a Mapping stays
    what it is and is converted entry by entry when read.
    """
    return value if value.__class__ in CLEAN else _convert(value, 0)


def _convert(value: Any, depth: int) -> Any:
    kind = value.__class__
    if kind in CLEAN:
        if kind is Decimal:
            return number_to_feel(value)
        return value
    if kind is int:
        return from_int(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        if depth >= MAX_CONVERSION_DEPTH:
            return None
        return [item if item.__class__ in CLEAN else _convert(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return value
    if isinstance(value, float):
        return parse_number(repr(float(value))) if math.isfinite(value) else None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return from_int(int.__int__(value))
    if isinstance(value, (date, time, timedelta)):
        return _temporal_to_feel(value)
    return number_to_feel(value) if isinstance(value, Decimal) else None


def number_to_feel(value: Decimal) -> Decimal | None:
    return CONTEXT.plus(value) if value.is_finite() else None


def _temporal_to_feel(value: date | time | timedelta) -> Any:
    if isinstance(value, datetime):
        zone = _zone_of(value)
        return DateTime(Date(value.year, value.month, value.day), _nanos(value), zone)
    if isinstance(value, date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, time):
        return Time(_nanos(value), _zone_of(value))
    micros = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    return make_days_time(micros * 1000)


def _nanos(value: datetime | time) -> int:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return seconds * SECOND + value.microsecond * 1000


def _zone_of(value: datetime | time) -> Zone:
    key = getattr(value.tzinfo, "key", None)
    if isinstance(key, str) and key != "UTC" and zone_exists(key):
        return key
    offset = value.utcoffset()
    return None if offset is None else int(offset.total_seconds())


def entry(context: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """The FEEL value of an entry."""
    value = context.get(key, default)
    return value if value.__class__ in CLEAN or value is default else _convert(value, 0)


def entries(context: Mapping[str, Any]) -> dict[str, Any]:
    """All entries as FEEL values."""
    if context.__class__ is Context:
        return context
    return {str(key): to_feel(context[key]) for key in context}
