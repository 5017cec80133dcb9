"""Working time in expressions: what is due after so many working hours, and how much was worked between two moments."""

from typing import Any

from engine.feel import NoResult
from engine.feel.runtime import Run
from engine.feel.temporal import SECOND, Date, DateTime, DaysTime
from engine.feel.temporal_math import in_zone, instant
from engine.feel.temporal_text import parse_duration
from engine.feel.values import to_feel
from engine.functions.catalogue import Family, Host
from engine.functions.working_calendar import HORIZON, WorkingCalendar
from engine.operators import Text

family = Family(
    Text("Working time", "工作时间"),
    Text(
        "Calendars say when people work: weekly hours with breaks, holidays, make-up days and shifts, in the"
        ' calendar\'s own zone. Without a name, the calendar "default" is meant. A moment without a zone is one of the'
        f" calendar's clock, and results are in its zone. Nothing is looked for more than"
        f" {HORIZON.days // 366} years away.",
        "日历规定何时上班：每周工作时段与休息、节假日、调休上班日和班次，均按日历自己的时区。不写名称时使用名为“default”的日历。"
        f"不带时区的时间按日历的钟点理解，结果也使用日历的时区。最多只向前或向后查找 {HORIZON.days // 366} 年。",
    ),
)
YEARS = range(1900, 2200)
DAY_COST = 20  # steps of the budget for a day that was looked at

Moment = Date | DateTime
_NO_TIME = NoResult(
    "the calendar has no such working time within reach", "该日历在可查找的范围内没有足够的工作时间"
)
_MOMENT = "date or date and time"


def _calendar(run: Run, name: str | None) -> WorkingCalendar | NoResult:
    wanted = name or "default"
    found = run.host.calendar(wanted) if isinstance(run.host, Host) else None
    if found is None:
        return NoResult(f'there is no calendar "{wanted}"', f"没有名为“{wanted}”的日历")
    if found.empty:
        return NoResult(
            f'the calendar "{wanted}" has no working time', f"日历“{wanted}”没有任何工作时间"
        )
    return found


def _nanos(value: Moment, calendar: WorkingCalendar) -> int | None:
    """Since 1970 in UTC; a date is its midnight. None out of reach."""
    moment = DateTime(value, 0) if isinstance(value, Date) else value
    if moment.date.year not in YEARS:
        return None
    if moment.zone is None:
        moment = DateTime(moment.date, moment.nanos, calendar.zone)
    return instant(moment)[1]


def _duration(value: Any) -> DaysTime | None:
    read = parse_duration(value) if isinstance(value, str) else value
    return read if isinstance(read, DaysTime) else None


def _charge(run: Run) -> Any:
    return lambda days: run.spend(days * DAY_COST)


def _added(run: Run, start: Moment, duration: Any, name: str | None) -> Any:
    calendar, amount = _calendar(run, name), _duration(duration)
    if isinstance(calendar, NoResult):
        return calendar
    if amount is None:
        return NoResult(
            "the duration must be of days and time, such as PT8H", "时长应为天与时间，例如 PT8H"
        )
    at = _nanos(start, calendar)
    if at is None:
        return _NO_TIME
    if abs(amount.nanos) > HORIZON.days * 86_400 * SECOND:
        return _NO_TIME
    found = calendar.add_nanos(at, amount.nanos, _charge(run))
    return _NO_TIME if found is None else in_zone(found, calendar.zone)


@family.add(
    "add business duration",
    f"from: {_MOMENT}, duration: any, calendar: string?",
    "date and time",
    title=Text("Add working time", "加上工作时长"),
    help=Text(
        "The moment at which so much was worked since `from`; a negative duration goes back. The duration is one of"
        " days and time, or its text; a day counts as 24 working hours.",
        "从 `from` 起累计满该工作时长的时刻；时长为负则向前推算。"
        "时长为“天与时间”类型或其文本；一天按 24 个工作小时计。",
    ),
    examples={
        'add business duration(@"2026-03-06T16:00:00", "PT4H")': "2026-03-09T11:00:00@Asia/Shanghai",
        'add business duration(@"2026-03-09T10:00:00", duration("-PT2H"))': (
            "2026-03-06T17:00:00@Asia/Shanghai"
        ),
    },
)
def add_business_duration(run: Run, start: Moment, duration: Any, calendar: str | None) -> Any:
    return _added(run, start, duration, calendar)


@family.add(
    "business duration",
    "duration: any, calendar: string?",
    "date and time",
    title=Text("Working time from now", "从现在起的工作时长"),
    help=Text(
        "The moment at which so much was worked from now on: what a timer or a due date needs.",
        "从现在起累计满该工作时长的时刻，用于定时器和截止时间。",
    ),
    examples={'business duration("PT8H")': "2026-03-02T18:00:00@Asia/Shanghai"},
)
def business_duration(run: Run, duration: Any, calendar: str | None) -> Any:
    return _added(run, to_feel(run.now()), duration, calendar)


@family.add(
    "business duration between",
    f"from: {_MOMENT}, to: {_MOMENT}, calendar: string?",
    "days and time duration",
    title=Text("Working time between", "两个时刻之间的工作时长"),
    help=Text(
        "How much of the time between two moments is working time; negative when `to` is before `from`.",
        "两个时刻之间有多少工作时间；`to` 早于 `from` 时为负。",
    ),
    examples={
        'business duration between(@"2026-03-06T16:00:00", @"2026-03-09T11:00:00")': "PT4H",
        'business duration between(@"2026-03-07", @"2026-03-09")': "PT0S",
    },
)
def business_duration_between(run: Run, start: Moment, end: Moment, calendar: str | None) -> Any:
    found = _calendar(run, calendar)
    if isinstance(found, NoResult):
        return found
    first, last = _nanos(start, found), _nanos(end, found)
    if first is None or last is None:
        return _NO_TIME
    worked = found.between_nanos(first, last, _charge(run))
    if worked is None:
        return NoResult("the moments are too far apart", "两个时刻相距太远")
    return DaysTime(worked)


@family.add(
    "is working time",
    f"at: {_MOMENT}, calendar: string?",
    "boolean",
    title=Text("Is working time", "是否工作时间"),
    help=Text(
        "Whether people work at a moment. The moment at which work begins is working time, that at which it ends is"
        " not.",
        "某一时刻是否在上班。上班的时刻算工作时间，下班的时刻不算。",
    ),
    examples={
        'is working time(@"2026-03-06T17:59:00")': "true",
        'is working time(@"2026-03-06T12:30:00")': "false",
    },
)
def is_working_time(run: Run, at: Moment, calendar: str | None) -> Any:
    found = _calendar(run, calendar)
    if isinstance(found, NoResult):
        return found
    moment = _nanos(at, found)
    if moment is None:
        return _NO_TIME
    return found.next_nanos(moment, horizon=1, charge=_charge(run)) == moment


@family.add(
    "next working time",
    f"from: {_MOMENT}, calendar: string?",
    "date and time",
    title=Text("Next working time", "下一个工作时刻"),
    help=Text(
        "The moment itself when it is working time, else the next at which work begins.",
        "该时刻若在工作时间内就是它本身，否则为下一次上班的时刻。",
    ),
    examples={
        'next working time(@"2026-03-07T10:00:00")': "2026-03-09T09:00:00@Asia/Shanghai",
        'next working time(@"2026-03-09T10:30:00")': "2026-03-09T10:30:00@Asia/Shanghai",
    },
)
def next_working_time(run: Run, start: Moment, calendar: str | None) -> Any:
    found = _calendar(run, calendar)
    if isinstance(found, NoResult):
        return found
    at = _nanos(start, found)
    moment = None if at is None else found.next_nanos(at, charge=_charge(run))
    return _NO_TIME if moment is None else in_zone(moment, found.zone)
