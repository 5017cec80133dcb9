"""FEEL values back to Python: for programs (to_python) and for storing as JSON (to_json)."""

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.numbers import as_text
from engine.feel.runtime import Run
from engine.feel.temporal import SECOND, TEMPORALS, Date, DateTime, DaysTime, Time, Zone
from engine.feel.text import text_of
from engine.feel.values import entry, to_feel

MAX_SAFE_INT = 2**53


def to_python(value: Any) -> Any:
    """A FEEL value as plain Python.

    number -> int when integral, else Decimal; date, time, date and time -> datetime's types where
    the year fits (else their text); days and time duration -> timedelta; years and months duration,
    ranges and functions -> their text; lists and contexts -> list and dict, all the way down.
    """
    value = to_feel(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Decimal):
        return _int_or(value, value)
    if isinstance(value, list):
        return [to_python(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_python(value[key]) for key in value}
    return _temporal(value)


def _int_or(value: Decimal, other: Any) -> Any:
    return int(value) if value == value.to_integral_value() and value.adjusted() < 34 else other


def _temporal(value: Any) -> Any:
    if isinstance(value, Date) and MINYEAR <= value.year <= MAXYEAR:
        return date(value.year, value.month, value.day)
    if isinstance(value, Time):
        return _clock(value.nanos, value.zone)
    if isinstance(value, DateTime) and MINYEAR <= value.date.year <= MAXYEAR:
        day = date(value.date.year, value.date.month, value.date.day)
        return datetime.combine(day, _clock(value.nanos, value.zone))
    if isinstance(value, DaysTime) and abs(value.nanos) < 10**9 * 86400 * SECOND:
        return timedelta(microseconds=value.nanos // 1000)
    return text_of(value, Run())


def _clock(nanos: int, zone: Zone) -> time:
    seconds, rest = divmod(nanos, SECOND)
    return time(
        seconds // 3600, seconds // 60 % 60, seconds % 60, rest // 1000, tzinfo=_tzinfo(zone)
    )


def _tzinfo(zone: Zone) -> tzinfo | None:
    if zone is None:
        return None
    return ZoneInfo(zone) if isinstance(zone, str) else timezone(timedelta(seconds=zone))


def to_json(value: Any) -> Any:
    """A FEEL value as what json can hold, without loss.

    number -> int when integral and within +-2**53 (every JSON reader keeps those), else its exact
    decimal text as a string: never a float. Dates, times, durations, ranges -> their FEEL text.
    Reading `"0.10"` back as a number is the reader's decision (`number(x)`); field types tell.
    """
    value = to_feel(value)
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) <= MAX_SAFE_INT:
            return int(value)
        return as_text(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(entry(value, key)) for key in value}
    if value is None or isinstance(value, (bool, str)):
        return value
    return str(value) if isinstance(value, TEMPORALS) else text_of(value, Run())
