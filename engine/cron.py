"""Cron expressions of five fields: minute, hour, day of month, month, day of week (POSIX, with names and steps).

Times are those of the wall clock in a zone. Where the clock is put forward, a time that it skips comes when it is put
forward; where it is put back, a fixed time comes once and `*` or `*/n` in the hours go on through both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FARTHEST = 366 * 8 + 2  # days: from one 29 February to the next over a year such as 2100


@dataclass(frozen=True)
class Cron:
    """When it fires, as sets. With both days restricted, either is enough."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday
    either_day: bool
    every_hour: bool  # the hours are written with a star

    def after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first time after an aware moment, in UTC. Raises ValueError when it never comes (30 February)."""
        local = moment.astimezone(zone)
        for ahead in range(_FARTHEST):
            try:
                day = local.date() + timedelta(days=ahead)
            except OverflowError:
                break
            if self._on(day):
                earliest = local.hour if ahead == 0 else 0
                for candidate in self._times(day, earliest, zone):
                    if candidate > moment:
                        return candidate
        raise ValueError("the cron expression names a day that never comes")

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week

    def _times(self, day: date, earliest: int, zone: tzinfo) -> Iterator[datetime]:
        """The times of a day from an hour on, those of one hour in order."""
        for hour in self.hours:
            if hour < earliest:
                continue
            found: set[datetime] = set()
            for minute in self.minutes:
                wall = datetime.combine(day, time(hour, minute), zone)
                found.update(_moments(wall, self.every_hour))
            yield from sorted(found)


def _moments(wall: datetime, again: bool) -> Iterator[datetime]:
    """The moments at which a clock shows a time: one, of two the first or both, or where it is skipped over."""
    first, second = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    yield min(first, second) if first <= second else _skipped(wall, second, first, again)
    if again and first < second:
        yield second


def _skipped(wall: datetime, low: datetime, high: datetime, again: bool) -> datetime:
    """The moment at which the clock is put forward over a time; every hour's times just go on behind it."""
    zone = wall.tzinfo
    assert zone is not None
    if again:
        return high
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


@lru_cache(maxsize=512)
def read_cron(text: str) -> Cron:
    """Read `0 9 * * MON-FRI`, `*/15 8-18 * * *`, `@daily`. Raises ValueError in words."""
    fields = _SHORT.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise ValueError(f"{text!r} is no cron expression of five fields such as 0 9 * * MON-FRI")
    minutes = _field(fields[0], 0, 59, "minute")
    hours = _field(fields[1], 0, 23, "hour")
    days = _field(fields[2], 1, 31, "day of month")
    months = _field(fields[3], 1, 12, "month", {name: n for n, name in enumerate(_MONTHS, 1)})
    weekdays = _field(fields[4], 0, 7, "day of week", {n: i for i, n in enumerate(_WEEKDAYS)})
    return Cron(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        frozenset(days),
        frozenset(months),
        frozenset(day % 7 for day in weekdays),
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
        every_hour=fields[1].startswith("*"),
    )


def is_cron(text: str) -> bool:
    """Whether a text is meant as cron, right or wrong."""
    return text.strip().startswith("@") or len(text.split()) == 5


def _field(
    text: str, low: int, high: int, what: str, names: dict[str, int] | None = None
) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _number(first, low, high, what, names)
            end = _number(last, low, high, what, names) if dash else (high if slash else start)
        every = _number(step, 1, high, what, None) if slash else 1
        if start > end:
            raise ValueError(f"{part!r} is no range of the field {what}")
        found.update(range(start, end + 1, every))
    return found


def _number(text: str, low: int, high: int, what: str, names: dict[str, int] | None) -> int:
    value = (names or {}).get(text.upper())
    if value is None:
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1
    if not low <= value <= high:
        raise ValueError(f"{text!r} is no value of the field {what} ({low} to {high})")
    return value
