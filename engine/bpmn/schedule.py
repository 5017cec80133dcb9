"""When a timer is due: date, duration, cycle (ISO 8601; BPMN 2.0, 10.5.5.1), and cron as a cycle.

A timer remembers `[due, every, left]`: the next time as an aware datetime in UTC, the period in seconds (0: none) or as
a cron expression, and the rounds left after the next (-1: no end). What has no zone of its own (a date, a cron
expression) is meant in the zone of `now`; everything else counts the time that passes, whatever clocks do.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

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
        return [now + _duration(wanted, now), 0, 0]
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
        every = _duration(first, now)
        return [now + every, every.total_seconds(), left]
    if first.upper().startswith("P"):
        every = _duration(first, now)
        end = _moment(second, zone)
        return [end - every * max(left, 0), every.total_seconds(), left]
    start = _moment(first, zone)
    return [start, _duration(second, start).total_seconds(), left]


def next_round(armed: Armed, now: datetime) -> Armed | None:
    """The next round of a cycle after it fired at `now`, None when it is over.

    Rounds that were missed while nobody looked are not made up for: the timer fires once and goes on from now.
    """
    due, every, left = armed
    if not every or left == 0:
        return None
    if isinstance(every, str):
        return [read_cron(every).after(max(due, now), now.tzinfo or UTC), every, left]
    due = due + timedelta(seconds=every)
    if due <= now:
        missed = int((now - due).total_seconds() // every) + 1
        due += timedelta(seconds=every * missed)
        if left > 0:
            left = max(0, left - missed)
            if left == 0:
                return None
    return [due, every, left - 1 if left > 0 else left]


def _moment(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, datetime):
        moment = value
    else:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise ValueError(f"{value!r} is no date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _duration(value: Any, start: datetime) -> timedelta:
    if isinstance(value, timedelta):
        return value
    text = str(value).strip()
    if not text.upper().startswith("P"):
        raise ValueError(f"{text!r} is no duration such as PT8H or P7D")
    try:
        parsed = TimerEventDefinition.parse_iso_duration(text)
        result: timedelta = TimerEventDefinition.get_timedelta_from_start(parsed, start)
    except Exception as error:
        raise ValueError(f"{text!r} is no duration such as PT8H or P7D") from error
    return result
