"""When people work: weekly hours with breaks, holidays, make-up days and shifts, in a zone; a plain value.

A moment is working time when the wall clock of the calendar's zone shows one of its hours then, or when a shift covers
it. So an hour that the clock shows twice counts twice, and one that it skips does not count (changes of summer time,
and of a country's zone). All arithmetic is on moments, in whole nanoseconds since 1970 in UTC.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from engine.feel.temporal import SECOND, zone_exists, zone_offset_at

DAY = 86_400  # seconds
HORIZON = timedelta(days=30 * 366)  # nothing is looked for farther away than this
_FIRST = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KEPT = 4096  # days of a calendar in memory
_STRETCH = 3  # days over which an offset is looked at as a whole

Span = tuple[int, int]  # from, to; `to` is outside
Charge = Callable[[int], None]  # told how many days were looked at


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A stretch of a local day, in seconds since its midnight; past 24 hours it reaches into the day after."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 2 * DAY:
            raise ValueError(f"hours from second {self.start} to {self.end} are none")

    @classmethod
    def read(cls, text: str) -> "Hours":
        """`09:00-12:00`; `22:00-06:00` ends the day after, and so does `22:00-30:00`. Raises ValueError."""
        start, dash, end = text.partition("-")
        first, last = _clock(start), _clock(end)
        if not dash or first is None or last is None:
            raise ValueError(f"{text!r} are no hours such as 09:00-12:00")
        return cls(first, last if last > first else last + DAY)

    def __str__(self) -> str:
        """As people write it: `22:00-06:00`, where that is less than a day."""
        end = self.end - DAY if DAY < self.end <= self.start + DAY else self.end
        return "-".join(f"{s // 3600:02}:{s // 60 % 60:02}" for s in (self.start, end))


def _clock(text: str) -> int | None:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) <= 48 and int(minute) < 60):
        return None
    return int(hour) * 3600 + int(minute) * 60


@dataclass(frozen=True, slots=True)
class Workday:
    """The hours of one day, and the breaks in them."""

    hours: tuple[Hours, ...] = ()
    breaks: tuple[Hours, ...] = ()

    @classmethod
    def read(cls, hours: str, breaks: str = "") -> "Workday":
        """`Workday.read("09:00-18:00", breaks="12:00-13:00")`, several with commas. Raises ValueError."""
        return cls(_list(hours), _list(breaks))

    @property
    def worked(self) -> list[Span]:
        """The hours without the breaks, in order and apart from each other."""
        spans = _united((one.start, one.end) for one in self.hours)
        for pause in self.breaks:
            cut = []
            for start, end in spans:
                cut += [(start, min(end, pause.start)), (max(start, pause.end), end)]
            spans = [(start, end) for start, end in cut if start < end]
        return spans


def _list(text: str) -> tuple[Hours, ...]:
    return tuple(Hours.read(part) for part in text.split(",") if part.strip())


FREE = Workday()


@dataclass(frozen=True, eq=False)
class WorkingCalendar:
    """Working time in a zone.

    `week` begins with Monday. On `holidays` nobody works; the days of `special` have hours of their own, holiday or
    not: make-up days, the short day before a feast. `shifts` are moments (aware) from and to, added to all that.
    Raises ValueError, in words, for a week that has not seven days, an unknown zone, a shift that ends too soon.
    """

    name: str
    zone: str
    week: tuple[Workday, ...]
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, Workday] = field(default_factory=dict)
    shifts: tuple[tuple[datetime, datetime], ...] = ()
    _week: tuple[list[Span], ...] = field(init=False, repr=False)
    _shifts: list[Span] = field(init=False, repr=False)
    _days: dict[int, tuple[Span, ...]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has 7 days, not {len(self.week)}")
        if not zone_exists(self.zone):
            raise ValueError(f"there is no zone {self.zone!r}")
        for start, end in self.shifts:
            if start.tzinfo is None or end.tzinfo is None or start >= end:
                raise ValueError(f"{start} to {end} is no shift")
        set_ = object.__setattr__  # computed once, the value stays frozen
        set_(self, "_week", tuple(day.worked for day in self.week))
        set_(self, "_shifts", _united((nanos(start), nanos(end)) for start, end in self.shifts))

    @property
    def empty(self) -> bool:
        """Whether there is no working time at all."""
        return not (any(self._week) or self._shifts or any(d.worked for d in self.special.values()))

    # For programs ---------------------------------------------------------------------------------------------------

    def works_at(self, moment: datetime) -> bool:
        """Whether an aware moment is working time; the moment at which work ends is not."""
        return self.next_nanos(nanos(moment), horizon=1) == nanos(moment)

    def next_working(self, moment: datetime) -> datetime | None:
        """The moment itself when it is working time, else the next that is; UTC. None within HORIZON."""
        return _moment(self.next_nanos(nanos(moment)))

    def add(self, moment: datetime, duration: timedelta) -> datetime | None:
        """The earliest moment until which `duration` was worked since `moment` (UTC); None within HORIZON.

        A negative duration gives the latest moment since which so much was worked; none at all gives the moment.
        """
        return _moment(self.add_nanos(nanos(moment), duration // _MICROSECOND * 1000))

    def between(self, start: datetime, end: datetime) -> timedelta | None:
        """The working time from start to end, negative when end is before; None when they are over HORIZON apart."""
        worked = self.between_nanos(nanos(start), nanos(end))
        return None if worked is None else timedelta(microseconds=worked // 1000)

    # In nanoseconds -------------------------------------------------------------------------------------------------

    def next_nanos(
        self, at: int, *, horizon: int = HORIZON.days, charge: Charge | None = None
    ) -> int | None:
        """As next_working; `horizon` in days."""
        for start, end in self._from(at, horizon, charge):
            if end > at:
                return max(start, at)
        return None

    def add_nanos(self, at: int, amount: int, charge: Charge | None = None) -> int | None:
        """As add."""
        left = abs(amount)
        if not left:
            return at
        if amount < 0:
            for start, end in self._back(at, charge):
                end = min(end, at)
                if end - start >= left:
                    return end - left
                left -= max(end - start, 0)
            return None
        for start, end in self._from(at, HORIZON.days, charge):
            start = max(start, at)
            if end - start >= left:
                return start + left
            left -= max(end - start, 0)
        return None

    def between_nanos(self, start: int, end: int, charge: Charge | None = None) -> int | None:
        """As between."""
        if end < start:
            worked = self.between_nanos(end, start, charge)
            return None if worked is None else -worked
        days = (end - start) // (DAY * SECOND) + 2
        if days > HORIZON.days:
            return None
        worked = 0
        for first, last in self._from(start, days, charge):
            if first >= end:
                break
            worked += max(min(last, end) - max(first, start), 0)
        return worked

    def _from(self, at: int, days: int, charge: Charge | None) -> Iterator[Span]:
        """Working time from the day (UTC) of a moment on, for so many days."""
        if self.empty:
            return
        first = at // (DAY * SECOND)
        for day in range(first, first + days):
            if charge is not None:
                charge(1)
            yield from self._spans(day)

    def _back(self, at: int, charge: Charge | None) -> Iterator[Span]:
        """The same into the past, latest first."""
        if self.empty:
            return
        first = at // (DAY * SECOND)
        for day in range(first, first - HORIZON.days, -1):
            if charge is not None:
                charge(1)
            yield from reversed(self._spans(day))

    def _spans(self, day: int) -> tuple[Span, ...]:
        """The working time within one day of UTC, counted since 1970: in order, apart, in nanoseconds."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _KEPT:
                self._days.clear()
            known = self._days[day] = tuple(self._worked(day))
        return known

    def _worked(self, day: int) -> list[Span]:
        spans = []
        for first, last, offset in _offsets(self.zone, day):
            for local in range((first + offset) // DAY, (last + offset - 1) // DAY + 1):
                midnight = local * DAY - offset
                for start, end in self._local(local):
                    start, end = max(midnight + start, first), min(midnight + end, last)
                    if start < end:
                        spans.append((start * SECOND, end * SECOND))
        if not self._shifts:
            return spans
        begin, end = day * DAY * SECOND, (day + 1) * DAY * SECOND
        clipped = ((max(s, begin), min(e, end)) for s, e in self._shifts if s < end and e > begin)
        return _united([*spans, *clipped])

    def _local(self, day: int) -> list[Span]:
        """The hours of a local day, with those that reach into it from the day before; within the day."""
        today = [(start, min(end, DAY)) for start, end in self._of_date(day) if start < DAY]
        over = [
            (max(start - DAY, 0), end - DAY) for start, end in self._of_date(day - 1) if end > DAY
        ]
        return _united([*over, *today]) if over else today

    def _of_date(self, day: int) -> list[Span]:
        when = date.fromordinal(day + _FIRST)
        own = self.special.get(when)
        if own is not None:
            return own.worked
        return [] if when in self.holidays else self._week[(day + 3) % 7]


def nanos(moment: datetime) -> int:
    """An aware moment in nanoseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND * 1000


def _moment(at: int | None) -> datetime | None:
    return None if at is None else _EPOCH + timedelta(microseconds=at // 1000)


def _united(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap made one."""
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return united


def _offsets(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """(from, to, offset) over one day of UTC, in seconds."""
    steady = _steady_offset(zone, day // _STRETCH)
    if steady is not None:
        return ((day * DAY, (day + 1) * DAY, steady),)
    return _changing_offsets(zone, day)


@lru_cache(maxsize=8192)
def _steady_offset(zone: str, stretch: int) -> int | None:
    """The offset of some days, None when it changes in them.

    No zone has changed there and back so fast: the shortest summer times were four days (Freetown, 1939) and seven.
    """
    begin = stretch * _STRETCH * DAY
    offset = zone_offset_at(zone, begin)
    return offset if zone_offset_at(zone, begin + _STRETCH * DAY) == offset else None


@lru_cache(maxsize=1024)
def _changing_offsets(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """As _offsets, on a day on which the offset may change, once."""
    begin, end = day * DAY, (day + 1) * DAY
    before, after = zone_offset_at(zone, begin), zone_offset_at(zone, end - 1)
    if before == after:
        return ((begin, end, before),)
    low, high = begin, end - 1  # the old offset holds at `low`, no more at `high`
    while high - low > 1:
        middle = (low + high) // 2
        if zone_offset_at(zone, middle) == before:
            low = middle
        else:
            high = middle
    return ((begin, high, before), (high, end, after))


@lru_cache(maxsize=64)
def office_calendar(zone: str) -> WorkingCalendar:
    """Where nobody has drawn up a calendar: Monday to Friday, 09:00 to 18:00, lunch from 12:00 to 13:00."""
    day = Workday.read("09:00-18:00", breaks="12:00-13:00")
    return WorkingCalendar("default", zone, (day,) * 5 + (FREE,) * 2)
