"""Reading dates, times and durations: the lexical forms of XML Schema, and FEEL's `@zone`."""

import re

from engine.feel.temporal import (
    DAY,
    HOUR,
    MAX_OFFSET,
    MINUTE,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Temporal,
    Time,
    YearsMonths,
    Zone,
    datetime_from_local,
    make_date,
    make_days_time,
    make_years_months,
    zone_exists,
)

_YEAR = r"(-?(?:[1-9]\d{4,8}|\d{4}))"
_DATE = re.compile(_YEAR + r"-(\d\d)-(\d\d)", re.ASCII)
_CLOCK = r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+\-/]+)?"
_TIME = re.compile(_CLOCK, re.ASCII)
_DATETIME = re.compile(_YEAR + r"-(\d\d)-(\d\d)T" + _CLOCK, re.ASCII)
_YM = re.compile(r"(-?)P(?:(\d{1,12})Y)?(?:(\d{1,12})M)?", re.ASCII)
_DT = re.compile(
    r"(-?)P(?:(\d{1,12})D)?(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,15})(?:\.(\d*))?S)?)?",
    re.ASCII,
)


def parse_date(text: str) -> Date | None:
    found = _DATE.fullmatch(text)
    return _date_of(found.groups()) if found else None


def _date_of(groups: tuple[str, ...]) -> Date | None:
    return make_date(int(groups[0]), int(groups[1]), int(groups[2]))


def _zone_of(text: str | None) -> tuple[bool, Zone]:
    """(valid, zone)."""
    if not text:
        return True, None
    if text == "Z":
        return True, 0
    if text[0] == "@":
        return zone_exists(text[1:]), text[1:]
    parts = [int(part) for part in text[1:].split(":")]
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    valid = seconds <= MAX_OFFSET and all(part < 60 for part in parts[1:])
    return valid, -seconds if text[0] == "-" else seconds


def _clock_of(groups: tuple[str | None, ...]) -> tuple[int, Zone] | None:
    """(nanos, zone) of the five groups of _CLOCK; nanos is one whole day for 24:00:00."""
    hour, minute, second = (int(part or 0) for part in groups[:3])
    nanos = int(((groups[3] or "") + "000000000")[:9])
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second or nanos)):
        return None
    valid, zone = _zone_of(groups[4])
    return ((hour * 3600 + minute * 60 + second) * SECOND + nanos, zone) if valid else None


def parse_time(text: str) -> Time | None:
    found = _TIME.fullmatch(text)
    clock = _clock_of(found.groups()) if found else None
    return Time(clock[0] % DAY, clock[1]) if clock else None


def parse_datetime(text: str) -> DateTime | None:
    found = _DATETIME.fullmatch(text)
    if not found:
        return None
    groups = found.groups()
    date = _date_of(groups[:3])
    clock = _clock_of(groups[3:])
    if date is None or clock is None:
        return None
    if clock[0] == DAY:
        return datetime_from_local((date.epoch_day + 1) * DAY, clock[1])
    return DateTime(date, *clock)


def parse_duration(text: str) -> YearsMonths | DaysTime | None:
    found = _YM.fullmatch(text)
    if found and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return make_years_months(-months if found[1] else months)
    found = _DT.fullmatch(text)
    if not found or text.endswith(("P", "T")):
        return None
    nanos = (
        int(found[2] or 0) * DAY
        + int(found[3] or 0) * HOUR
        + int(found[4] or 0) * MINUTE
        + int(found[5] or 0) * SECOND
        + int(((found[6] or "") + "000000000")[:9])
    )
    return make_days_time(-nanos if found[1] else nanos)


def parse_temporal(text: str) -> Temporal | None:
    """What an at-literal `@"..."` means (DMN 1.5 §10.3.1.2 rule 62)."""
    return parse_date(text) or parse_datetime(text) or parse_time(text) or parse_duration(text)
