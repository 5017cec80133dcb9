"""FEEL's dates, times and durations as plain immutable values (DMN 1.5 §10.3.2.3.4 to .8).

Python's own `datetime` ends at year 9999 and knows no named zone in its text, so FEEL has its own:
years run from -999,999,999 to 999,999,999 in the proleptic Gregorian calendar, seconds have nine
decimals, and a zone is either None (local), an offset in seconds, or a name of the tz database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Zone = int | str | None

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MAX_YEAR = 999_999_999
MAX_OFFSET = 18 * 3600
MAX_MONTHS = 12 * MAX_YEAR * 10
MAX_NANOS = 366 * MAX_YEAR * DAY * 10
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def _epoch_day(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 (Howard Hinnant's days_from_civil)."""
    if month <= 2:
        year -= 1
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return (
        era * 146097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719468
    )


def _civil(epoch_day: int) -> tuple[int, int, int]:
    """The inverse of _epoch_day: (year, month, day)."""
    z = epoch_day + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (1 if month <= 2 else 0), month, doy - (153 * mp + 2) // 5 + 1


@lru_cache(maxsize=512)
def _zone_info(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_exists(name: str) -> bool:
    return _zone_info(name) is not None


def zone_offset(zone: Zone, local_seconds: int) -> int | None:
    """The offset in seconds at a local wall-clock second since 1970; None for a local time.

    Years outside Python's are mapped to the same place in the 400-year cycle of the calendar.
    """
    if zone is None or isinstance(zone, int):
        return zone
    info = _zone_info(zone)
    if info is None:
        return None
    day, second = divmod(local_seconds, 86400)
    year, month, dom = _civil(day)
    if not 2 <= year <= 9998:
        year = 2000 + year % 400 if year > 0 else 1600 + year % 400
    moment = datetime(year, month, dom, tzinfo=info) + timedelta(seconds=second)
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset is not None else None


def zone_offset_at(zone: str, utc_seconds: int) -> int:
    """The offset in seconds of a named zone at a second since 1970 in UTC."""
    info = _zone_info(zone)
    day, second = divmod(utc_seconds, 86400)
    year, month, dom = _civil(day)
    if not 2 <= year <= 9998:
        year = 2000 + year % 400 if year > 0 else 1600 + year % 400
    if info is None:
        return 0
    moment = datetime(year, month, dom, tzinfo=UTC) + timedelta(seconds=second)
    offset = moment.astimezone(info).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True, slots=True)
class Date:
    year: int
    month: int
    day: int

    @property
    def epoch_day(self) -> int:
        return _epoch_day(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """1 is Monday, 7 is Sunday (ISO 8601)."""
        return (self.epoch_day + 3) % 7 + 1

    @property
    def day_of_year(self) -> int:
        return self.epoch_day - _epoch_day(self.year, 1, 1) + 1

    @property
    def iso_week(self) -> int:
        thursday = self.epoch_day + 4 - self.weekday
        return (thursday - _epoch_day(_civil(thursday)[0], 1, 1)) // 7 + 1

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


def _zone_text(zone: Zone) -> str:
    if zone is None:
        return ""
    if isinstance(zone, str):
        return "@" + zone
    if zone == 0:
        return "Z"
    minutes, seconds = divmod(abs(zone), 60)
    text = f"{'-' if zone < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def _clock_text(nanos: int) -> str:
    seconds, fraction = divmod(nanos, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:09d}".rstrip("0") if fraction else text


@dataclass(frozen=True, slots=True)
class Time:
    """`nanos` is the time of day in nanoseconds, 0 to 86,399,999,999,999."""

    nanos: int
    zone: Zone = None

    @property
    def hour(self) -> int:
        return self.nanos // HOUR

    @property
    def minute(self) -> int:
        return self.nanos // MINUTE % 60

    @property
    def second(self) -> int:
        return self.nanos // SECOND % 60

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC. A named zone is taken as it stands on 1970-01-01 (no date known)."""
        return zone_offset(self.zone, self.nanos // SECOND)

    def __str__(self) -> str:
        return _clock_text(self.nanos) + _zone_text(self.zone)


@dataclass(frozen=True, slots=True)
class DateTime:
    date: Date
    nanos: int
    zone: Zone = None

    @property
    def time(self) -> Time:
        return Time(self.nanos, self.zone)

    @property
    def local_nanos(self) -> int:
        """Nanoseconds of the wall clock since 1970-01-01T00:00:00."""
        return self.date.epoch_day * DAY + self.nanos

    @property
    def offset(self) -> int | None:
        zone = self.zone
        if zone is None or isinstance(zone, int):
            return zone
        return zone_offset(zone, self.local_nanos // SECOND)

    def __str__(self) -> str:
        return f"{self.date}T{_clock_text(self.nanos)}{_zone_text(self.zone)}"


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years and months duration: a whole number of months."""

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        if not self.months:
            return "P0M"
        return f"{sign}P{f'{years}Y' if years else ''}{f'{months}M' if months else ''}"


@dataclass(frozen=True, slots=True)
class DaysTime:
    """A days and time duration: a whole number of nanoseconds."""

    nanos: int

    def __str__(self) -> str:
        if not self.nanos:
            return "PT0S"
        rest = abs(self.nanos)
        days, rest = divmod(rest, DAY)
        hours, rest = divmod(rest, HOUR)
        minutes, rest = divmod(rest, MINUTE)
        seconds, fraction = divmod(rest, SECOND)
        text = ("-" if self.nanos < 0 else "") + "P" + (f"{days}D" if days else "")
        if hours or minutes or seconds or fraction:
            text += "T" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
            if fraction:
                text += f"{seconds}.{fraction:09d}".rstrip("0") + "S"
            elif seconds:
                text += f"{seconds}S"
        return text


Temporal = Date | Time | DateTime | YearsMonths | DaysTime
TEMPORALS = (Date, Time, DateTime, YearsMonths, DaysTime)

# --- making -------------------------------------------------------------------------------------


def make_date(year: int, month: int, day: int) -> Date | None:
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12):
        return None
    return Date(year, month, day) if 1 <= day <= days_in_month(year, month) else None


def date_from_epoch_day(day: int) -> Date | None:
    if abs(day) > 366 * MAX_YEAR:
        return None
    return make_date(*_civil(day))


def datetime_from_local(local_nanos: int, zone: Zone) -> DateTime | None:
    day, nanos = divmod(local_nanos, DAY)
    date = date_from_epoch_day(day)
    return None if date is None else DateTime(date, nanos, zone)


def make_years_months(months: int) -> YearsMonths | None:
    return YearsMonths(months) if abs(months) <= MAX_MONTHS else None


def make_days_time(nanos: int) -> DaysTime | None:
    return DaysTime(nanos) if abs(nanos) <= MAX_NANOS else None
