"""Arithmetic on dates, times and durations (DMN 1.5 §10.3.2.3 tables, §10.3.2.13)."""

from engine.feel.temporal import (
    DAY,
    MAX_YEAR,
    SECOND,
    Date,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    Zone,
    date_from_epoch_day,
    datetime_from_local,
    days_in_month,
    make_days_time,
    make_years_months,
    zone_offset_at,
)


def add_months(date: Date, months: int) -> Date | None:
    """Same day of a later month; the last day when that month is shorter."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if not -MAX_YEAR <= year <= MAX_YEAR:
        return None
    return Date(year, month + 1, min(date.day, days_in_month(year, month + 1)))


def add_days_time(value: Date | Time | DateTime, nanos: int) -> Date | Time | DateTime | None:
    """A date moves by whole days (its time is midnight), a time wraps, a date and time moves."""
    if isinstance(value, Date):
        return date_from_epoch_day((value.epoch_day * DAY + nanos) // DAY)
    if isinstance(value, Time):
        return Time((value.nanos + nanos) % DAY, value.zone)
    if isinstance(value.zone, str):
        offset = value.offset or 0
        instant = value.local_nanos - offset * SECOND + nanos
        return in_zone(instant, value.zone)
    return datetime_from_local(value.local_nanos + nanos, value.zone)


def in_zone(instant: int, zone: Zone) -> DateTime | None:
    """The wall clock of a zone at `instant` (nanoseconds since 1970-01-01T00:00:00Z)."""
    if not isinstance(zone, str):
        return datetime_from_local(instant + (zone or 0) * SECOND, zone)
    offset = zone_offset_at(zone, instant // SECOND)
    return datetime_from_local(instant + offset * SECOND, zone)


def instant(value: DateTime) -> tuple[bool, int]:
    """(has a zone, nanoseconds since 1970 in UTC, or of the wall clock when it has none)."""
    offset = value.offset
    if offset is None:
        return False, value.local_nanos
    return True, value.local_nanos - offset * SECOND


def time_instant(value: Time) -> tuple[bool, int]:
    offset = value.offset
    if offset is None:
        return False, value.nanos
    return True, value.nanos - offset * SECOND


def midnight_utc(value: Date) -> DateTime:
    return DateTime(value, 0, 0)


def subtract(left: Date | DateTime, right: Date | DateTime) -> DaysTime | None:
    """The time between two dates; None where one has a zone and the other has none."""
    if isinstance(left, Date) and isinstance(right, Date):
        return make_days_time((left.epoch_day - right.epoch_day) * DAY)
    zoned_left, a = instant(midnight_utc(left) if isinstance(left, Date) else left)
    zoned_right, b = instant(midnight_utc(right) if isinstance(right, Date) else right)
    return make_days_time(a - b) if zoned_left == zoned_right else None


def months_between(start: Date | DateTime, end: Date | DateTime) -> YearsMonths | None:
    """Whole months from start to end, rounded towards zero; times of day do not count."""
    a = start if isinstance(start, Date) else start.date
    b = end if isinstance(end, Date) else end.date
    months = (b.year - a.year) * 12 + b.month - a.month
    if months > 0 and b.day < a.day:
        months -= 1
    elif months < 0 and b.day > a.day:
        months += 1
    return make_years_months(months)
