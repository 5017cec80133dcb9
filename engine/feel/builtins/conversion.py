"""Functions that make values of other values (DMN 1.5 §10.3.4.1)."""

import re
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.numbers import CONTEXT, parse_number
from engine.feel.runtime import Run
from engine.feel.temporal import (
    MAX_OFFSET,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    make_date,
)
from engine.feel.temporal_text import parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.text import text_of

built_ins = BuiltIns()
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _whole(value: Decimal) -> int | None:
    return int(value) if value == value.to_integral_value() and value.adjusted() < 12 else None


@built_ins.add("date", "from: string")
def date_from_text(text: str) -> Date | None:
    return parse_date(text)


@built_ins.add("date", "from: date or date and time")
def date_from_value(value: Date | DateTime) -> Date:
    return value if isinstance(value, Date) else value.date


@built_ins.add("date", "year: number, month: number, day: number")
def date_from_parts(year: Decimal, month: Decimal, day: Decimal) -> Date | None:
    parts = (_whole(year), _whole(month), _whole(day))
    if None in parts:
        return None
    return make_date(int(year), int(month), int(day))


@built_ins.add("time", "from: string")
def time_from_text(text: str) -> Time | None:
    return parse_time(text)


@built_ins.add("time", "from: date and time")
def time_from_value(value: DateTime) -> Time:
    return value.time


@built_ins.add("time", "from: time")
def time_from_time(value: Time) -> Time:
    return value


@built_ins.add(
    "time", "hour: number, minute: number, second: number, offset: days and time duration?"
)
def time_from_parts(
    hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None = None
) -> Time | None:
    hours, minutes = _whole(hour), _whole(minute)
    if hours is None or minutes is None or not 0 <= second < 60:
        return None
    if not (0 <= hours < 24 and 0 <= minutes < 60):
        return None
    zone = None
    if offset is not None:
        zone = abs(offset.nanos) // SECOND * (-1 if offset.nanos < 0 else 1)
        if abs(zone) > MAX_OFFSET:
            return None
    nanos = (hours * 3600 + minutes * 60) * SECOND + int(CONTEXT.scaleb(second, 9))
    return Time(nanos, zone)


@built_ins.add("date and time", "from: string")
def datetime_from_text(text: str) -> DateTime | None:
    found = parse_datetime(text)
    if found is None:
        day = parse_date(text)
        return None if day is None else DateTime(day, 0)
    return found


@built_ins.add("date and time", "from: date and time")
def datetime_from_value(value: DateTime) -> DateTime:
    return value


@built_ins.add("date and time", "date: date or date and time, time: time")
def datetime_from_parts(day: Date | DateTime, time: Time) -> DateTime:
    return DateTime(day if isinstance(day, Date) else day.date, time.nanos, time.zone)


@built_ins.add("duration", "from: string")
def duration(text: str) -> YearsMonths | DaysTime | None:
    return parse_duration(text)


@built_ins.add("string", "from: any")
def string(run: Run, value: Any) -> str | None:
    return None if value is None else text_of(value, run)


@built_ins.add("number", "from: string, grouping separator: string?, decimal separator: string?")
def number(text: str, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    """A number from text with separators: grouping " ", "," or ".", decimal "." or ",", not the same."""
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ","):
        return None
    if grouping is not None and grouping == point:
        return None
    if grouping is not None:
        text = text.replace(grouping, "")
    if point == ",":
        text = "" if "." in text else text.replace(",", ".")
    return parse_number(text) if len(text) <= 6200 and _NUMBER.fullmatch(text) else None


@built_ins.add("number", "from: number")
def number_from_number(value: Decimal) -> Decimal:
    return value
