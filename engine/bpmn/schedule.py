"""When a timer is due: date, duration, cycle (ISO 8601; BPMN 2.0, 10.5.5.1), and cron as a cycle.

A timer remembers `[due, every, left]`: the next time as an aware datetime in UTC; the period in seconds (0: none), as a
cron expression, or, where months have part in it, as `start/period`; and the rounds left after the next (-1: no end).
A date without a zone, a cron expression and the day that is a month later are meant in the zone of `now`; everything
else counts the time that passes, whatever clocks do.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.bpmn.model import TimerKind
from engine.cron import is_cron, read_cron

Armed = list[Any]

_CYCLE = re.compile(r"^R(\d*)/(.+)$", re.IGNORECASE)


def arm_timer(kind: TimerKind, wanted: Any, now: datetime) -> Armed:
    """Work out a timer from ISO text, cron text or a FEEL value. Raises ValueError in words.

    A duration may also be a moment: the value of `business duration("PT8H")`.
    """
    zone = now.tzinfo or UTC
    now = now.astimezone(UTC)
    if wanted is None:
        raise ValueError("the timer's expression is null")
    if kind == "date" or (kind == "duration" and isinstance(wanted, datetime)):
        return [_moment(wanted, zone), 0, 0]
    if kind == "duration":
        return [_Period.read(wanted).after(now, zone), 0, 0]
    text = str(wanted).strip()
    if is_cron(text):
        return [read_cron(text).after(now, zone), text, -1]
    match = _CYCLE.match(text)
    if match is None:
        raise ValueError(f"{wanted!r} is no cycle such as R3/PT1H or 0 9 * * MON-FRI")
    rounds = int(match[1]) if match[1] else -1
    first, _, second = match[2].partition("/")
    if rounds == 0:
        raise ValueError(f"{wanted!r} never fires")
    left = rounds - 1 if rounds > 0 else -1
    if not second:
        every = _Period.read(first)
        return [every.after(now, zone), every.repeated_from(now), left]
    if first.upper().startswith("P"):
        every = _Period.read(first)
        start = every.after(_moment(second, zone), zone, -max(left, 0))
    else:
        every = _Period.read(second)
        start = _moment(first, zone)
    return _from_now([start, every.repeated_from(start), left], every, now, zone)


def _from_now(armed: Armed, every: "_Period", now: datetime, zone: tzinfo) -> Armed:
    """Of a cycle that began before now, what is still to come; of one that is over its last round."""
    start, _, left = armed
    if start >= now:
        return armed
    following = next_round(armed, now.astimezone(zone))
    return following or [every.after(start, zone, max(left, 0)), 0, 0]


def next_round(armed: Armed, now: datetime) -> Armed | None:
    """The next round of a cycle after it fired at `now`, None when it is over.

    Rounds that were missed while nobody looked are not made up for: the timer fires once and goes on from now.
    """
    due, every, left = armed
    if not every or left == 0:
        return None
    if isinstance(every, str):
        zone = now.tzinfo or UTC
        start, _, period = every.partition("/P")
        if not period:
            return [read_cron(every).after(max(due, now), zone), every, left]
        months = _Period.read(f"P{period}")
        following, passed = months.rounds(datetime.fromisoformat(start), due, now, zone)
    else:
        following, passed = _rounds(due, timedelta(seconds=every), now)
    if left > 0:
        left -= passed
        if left < 0:
            return None
    return [following, every, left]


def _rounds(due: datetime, every: timedelta, now: datetime) -> tuple[datetime, int]:
    """The first round after `due` that is still to come, and how many rounds on it is."""
    passed = max(1, (now - due) // every + 1)
    return due + every * passed, passed


@dataclass(frozen=True)
class _Period:
    """A duration: whole months of the calendar, then time that passes."""

    months: int
    rest: timedelta

    @classmethod
    def read(cls, value: Any) -> Self:
        """From ISO text or a FEEL value. Raises ValueError in words."""
        if isinstance(value, timedelta):
            return cls(0, value)
        text = str(value).strip()
        try:
            if not text.upper().startswith("P"):
                raise ValueError
            parts = TimerEventDefinition.parse_iso_duration(text)
            months = parts.pop("years", 0) * 12 + parts.pop("months", 0)
            if months != int(months):
                raise ValueError
            return cls(int(months), timedelta(**parts))
        except Exception as error:
            raise ValueError(f"{text!r} is no duration such as PT8H or P7D") from error

    def after(self, moment: datetime, zone: tzinfo, times: int = 1) -> datetime:
        """So many periods after a moment, in UTC: the same day of a later month, or its last."""
        if self.months:
            local = moment.astimezone(zone)
            year, month = divmod(local.year * 12 + local.month - 1 + self.months * times, 12)
            day = min(local.day, monthrange(year, month + 1)[1])
            moment = local.replace(year=year, month=month + 1, day=day)
        return moment.astimezone(UTC) + self.rest * times

    def repeated_from(self, start: datetime) -> float | str:
        """As a timer remembers it that repeats from `start`."""
        seconds = self.rest.total_seconds()
        if not self.months:
            return seconds
        return f"{start.isoformat()}/P{self.months}M" + (f"T{seconds:g}S" if seconds else "")

    def rounds(
        self, start: datetime, due: datetime, now: datetime, zone: tzinfo
    ) -> tuple[datetime, int]:
        """As `_rounds`, counted from the start, so that the 31st comes again after a shorter month."""
        times = passed = 0
        following = start
        while following <= max(due, now):
            times += 1
            following = self.after(start, zone, times)
            passed += following > due
        return following, passed


def _moment(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValueError(f"{value!r} is no date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
