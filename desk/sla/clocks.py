"""What the clocks of a service level do: run, be held, go on, be met, be aimed anew. Plain arithmetic.

All working time is whole seconds of the clock's calendar (engine.functions.WorkingCalendar). A moment given as `at` is
when something happened, not when the desk came to know of it: an event that a worker delivers late changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from desk.sla.models import SlaClock
from engine.feel.temporal import SECOND, DaysTime
from engine.feel.temporal_text import parse_duration
from engine.functions import WorkingCalendar

DEFAULT_CALENDAR = "default"
LONGEST = 10 * 366 * 86_400  # seconds of a target


class TargetRefused(ValueError):
    """A row of the table of targets cannot be used; `str()` says why."""


@dataclass(frozen=True)
class Target:
    """What is promised of one clock: seconds of working time by a calendar. None: nothing."""

    seconds: int | None
    calendar: str
    policy: str


@dataclass(frozen=True)
class Coming:
    """What a clock waits for next. `held`: for a change only, `over`: for nothing any more."""

    state: Literal["running", "held", "over"]
    at: datetime | None = None
    what: Literal["step", "breach"] | None = None
    step: Mapping[str, Any] | None = None


def target_of(row: Mapping[str, Any] | None, kind: str) -> Target:
    """The promise of a clock in a row that the decision gave: {policy, calendar, first_response: "PT15M", …}.

    Raises TargetRefused for what is no positive length of time.
    """
    given = dict(row or {})
    policy = str(given.get("policy") or "")[:120]
    calendar = str(given.get("calendar") or DEFAULT_CALENDAR)[:64]
    value = given.get(kind)
    if value is None or value == "":
        return Target(None, calendar, policy)
    seconds = seconds_of(value)
    if seconds is None or not 0 < seconds <= LONGEST:
        raise TargetRefused(f"{kind}: {value!r:.40} is no length of time such as PT4H")
    return Target(seconds, calendar, policy)


def seconds_of(value: Any) -> int | None:
    """The seconds of a duration (PT15M, a FEEL or Python duration); a day counts 24 hours. None for anything else."""
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, str):
        value = parse_duration(value)
    return value.nanos // SECOND if isinstance(value, DaysTime) else None


def worked(clock: SlaClock, calendar: WorkingCalendar, at: datetime) -> int:
    """Seconds of working time that the clock has counted at a moment."""
    if clock.running_since is None or at <= clock.running_since:
        return clock.worked_seconds
    passed = calendar.between(clock.running_since, at)
    return clock.worked_seconds + (int(passed.total_seconds()) if passed is not None else 0)


def run(clock: SlaClock, calendar: WorkingCalendar, at: datetime) -> None:
    """Start the clock, or let it go on; what runs or is over stays as it is."""
    if clock.over or clock.running_since is not None:
        return
    clock.running_since, clock.paused_at = at, None
    reckon(clock, calendar)


def hold(clock: SlaClock, calendar: WorkingCalendar, at: datetime) -> None:
    """Stop counting until `run`; what is held or over stays as it is."""
    if clock.over or clock.running_since is None:
        return
    clock.worked_seconds = worked(clock, calendar, at)
    clock.running_since, clock.due_at, clock.paused_at = None, None, at


def meet(clock: SlaClock, at: datetime) -> None:
    """The promise is kept, in time or late; the first time counts."""
    if clock.over:
        return
    if clock.due_at is not None and at > clock.due_at:
        clock.breached_at = clock.breached_at or clock.due_at
    clock.met_at = at


def drop(clock: SlaClock, at: datetime) -> None:
    """Nothing is owed any more: the ticket was cancelled."""
    if not clock.over:
        clock.dropped_at = at


def reopen(clock: SlaClock, calendar: WorkingCalendar, at: datetime) -> None:
    """Owe it again: the time between the end and the reopening is not counted, what was worked before is."""
    if not clock.over:
        return
    ended = clock.met_at or clock.dropped_at
    assert ended is not None  # over
    if clock.running_since is not None:
        clock.worked_seconds = worked(clock, calendar, ended)
        clock.running_since = None
    clock.met_at = clock.dropped_at = clock.breached_at = None
    run(clock, calendar, at)


def aim(
    clock: SlaClock, old: WorkingCalendar, target: Target, new: WorkingCalendar, at: datetime
) -> None:
    """Promise something else from a moment on; what was worked so far counts towards it.

    A clock over stays as it is. A new target that has passed already is missed at once; one that has not is not.
    """
    same = (clock.target_seconds, clock.calendar) == (target.seconds, target.calendar)
    if clock.over or same:
        return
    if clock.running_since is not None:
        clock.worked_seconds = worked(clock, old, at)
        clock.running_since = at
    clock.target_seconds, clock.calendar = target.seconds, target.calendar
    clock.policy = target.policy
    reckon(clock, new)
    if clock.breached_at is not None and (clock.due_at is None or clock.due_at > at):
        clock.breached_at = None


def reckon(clock: SlaClock, calendar: WorkingCalendar) -> None:
    """Set `due_at` from what is left; empty where nothing is promised or the calendar never has so much time."""
    if clock.running_since is None or clock.target_seconds is None or clock.over:
        clock.due_at = None if not clock.over else clock.due_at
        return
    left = clock.target_seconds - clock.worked_seconds
    clock.due_at = calendar.add(clock.running_since, timedelta(seconds=left))


def coming(
    clock: SlaClock, calendar: WorkingCalendar, chain: Sequence[Mapping[str, Any]], now: datetime
) -> Coming:
    """What the clock waits for next, by its chain of notices.

    Each link says `when`: "-PT15M" before the target, "PT30M" after it, or "80%" of it. Links whose moments lie in the
    future again (the target moved) are open again. The target itself comes before notices of the same moment.
    """
    if clock.over:
        return Coming("over")
    if clock.due_at is None:
        return Coming("held")
    moments = sorted(
        ((moment_of(link, clock, calendar), number, link) for number, link in enumerate(chain)),
        key=lambda one: one[:2],
    )
    done = min(clock.steps_done, len(moments))
    while done and moments[done - 1][0] > now:
        done -= 1
    clock.steps_done = done
    if done < len(moments):
        at, _number, link = moments[done]
        if clock.breached_at is not None or at < clock.due_at:
            return Coming("running", at, "step", link)
    if clock.breached_at is None:
        return Coming("running", clock.due_at, "breach")
    return Coming("held")


def moment_of(link: Mapping[str, Any], clock: SlaClock, calendar: WorkingCalendar) -> datetime:
    """When a link of the chain is due, in working time around the target. Raises TargetRefused."""
    assert clock.due_at is not None
    when = link.get("when")
    if isinstance(when, str) and when.strip().endswith("%"):
        share = when.strip().removesuffix("%").strip()
        if not share.isdecimal():
            raise TargetRefused(f"{when!r:.40} is no share of the target such as 80%")
        offset: int | None = (clock.target_seconds or 0) * (int(share) - 100) // 100
    else:
        offset = seconds_of(when)
    if offset is None:
        raise TargetRefused(f"{when!r:.40} is no time before or after the target such as -PT15M")
    # Nothing so far away is looked for: then the target's own moment is the best answer.
    return calendar.add(clock.due_at, timedelta(seconds=offset)) or clock.due_at
