"""Working time against an oracle that asks the clock of every minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.functions import Hours, Workday, WorkingCalendar, office_calendar
from engine.functions.working_calendar import FREE

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
# A day around which the zone's clock or the zone itself changes, some by half an hour, some by a day.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Havana", date(2026, 11, 1)),  # one o'clock becomes midnight
    ("America/St_Johns", date(2010, 11, 7)),  # a minute past midnight becomes the evening before
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("America/Recife", date(2000, 10, 11)),  # summer time for seven days
    ("Asia/Pyongyang", date(2018, 5, 5)),
    ("Asia/Shanghai", date(1991, 9, 15)),
    ("Asia/Shanghai", date(2026, 3, 2)),
]


def works(calendar: WorkingCalendar, moment: datetime) -> bool:
    """The definition, in the plainest words: what the clock shows, on today's list or as the end of yesterday's."""
    if any(start <= moment < end for start, end in calendar.shifts):
        return True
    local = moment.astimezone(ZoneInfo(calendar.zone))
    for back in (0, 1):
        day = local.date() - back * DAY
        plan = calendar.special.get(day)
        if plan is None:
            plan = FREE if day in calendar.holidays else calendar.week[day.weekday()]
        second = back * 86_400 + local.hour * 3600 + local.minute * 60 + local.second
        if any(one.start <= second < one.end for one in plan.hours) and not any(
            one.start <= second < one.end for one in plan.breaks
        ):
            return True
    return False


@st.composite
def spans(draw: st.DrawFn) -> Hours:
    start = draw(st.integers(0, 95))
    return Hours(start * 900, (start + draw(st.integers(1, 60))) * 900)


WORKDAYS = st.builds(
    Workday,
    st.lists(spans(), max_size=3).map(tuple),
    st.lists(spans(), max_size=2).map(tuple),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkingCalendar, datetime]:
    """A calendar, and a moment near a day that matters."""
    zone, day = draw(st.sampled_from(CHANGES))
    near = st.integers(-4, 4).map(lambda n: day + n * DAY)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moments = st.integers(-4 * 1440, 4 * 1440).map(lambda n: midnight + n * MINUTE)
    shifts = draw(st.lists(st.tuples(moments, st.integers(1, 3000)), max_size=2))
    calendar = WorkingCalendar(
        "drawn",
        zone,
        draw(st.tuples(*[WORKDAYS] * 7)),
        draw(st.frozensets(near, max_size=3)),
        draw(st.dictionaries(near, WORKDAYS, max_size=2)),
        tuple((start, start + length * MINUTE) for start, length in shifts),
    )
    return calendar, draw(moments)


SLOW = settings(max_examples=120)


@SLOW
@given(cases(), st.integers(-3000, 3000))
def test_adding_and_measuring_agree_with_the_clock(
    case: tuple[WorkingCalendar, datetime], minutes: int
) -> None:
    calendar, start = case
    step = MINUTE if minutes >= 0 else -MINUTE
    moment, worked, soonest = start, 0, None
    for _ in range(7 * 1440):
        if worked == abs(minutes):
            break
        at = moment if minutes >= 0 else moment - MINUTE
        if works(calendar, at):
            worked += 1
            soonest = soonest or moment
        moment += step
    else:
        moment = start + 7 * 1440 * step
        found = calendar.add(start, minutes * MINUTE)
        assert found is None or (found - moment) * (1 if minutes > 0 else -1) >= timedelta(0)
    if worked == abs(minutes):
        assert calendar.add(start, minutes * MINUTE) == moment
    assert calendar.between(start, moment) == worked * step
    assert calendar.between(moment, start) == -worked * step
    assert calendar.works_at(start) == works(calendar, start)
    if minutes > 0 and soonest is not None:
        assert calendar.next_working(start) == soonest


@SLOW
@given(cases(), st.integers(0, 10**13), st.integers(0, 10**6))
def test_fractions_of_a_minute_are_kept(
    case: tuple[WorkingCalendar, datetime], micros: int, shift: int
) -> None:
    calendar, start = case
    start += timedelta(microseconds=shift)
    wanted = timedelta(microseconds=micros % (86_400 * 10**6))
    found = calendar.add(start, wanted)
    if found is not None:
        assert calendar.between(start, found) == wanted
        assert not wanted or calendar.between(start, found - timedelta(microseconds=1)) != wanted


def test_an_hour_that_the_clock_shows_twice_is_worked_twice() -> None:
    night = WorkingCalendar("night", "Europe/Berlin", (Workday.read("22:00-06:00"),) * 7)
    evening = datetime(2026, 10, 24, 22, tzinfo=ZoneInfo("Europe/Berlin"))
    assert night.between(evening, evening.replace(day=25, hour=6)) == timedelta(hours=9)
    spring = datetime(2026, 3, 28, 22, tzinfo=ZoneInfo("Europe/Berlin"))
    assert night.between(spring, spring.replace(day=29, hour=6)) == timedelta(hours=7)


def test_make_up_days_win_over_weekends_and_holidays() -> None:
    office = office_calendar("Asia/Shanghai")
    saturday, monday = date(2026, 2, 14), date(2026, 2, 16)
    calendar = WorkingCalendar(
        "festival",
        office.zone,
        office.week,
        holidays=frozenset({monday, saturday}),
        special={saturday: office.week[0]},
    )
    friday = datetime(2026, 2, 13, 17, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.add(friday, timedelta(hours=2)) == friday.replace(day=14, hour=10)
    assert calendar.add(friday, timedelta(hours=10)) == friday.replace(day=17, hour=10)


def test_a_shift_adds_to_the_hours_and_never_counts_twice() -> None:
    office = office_calendar("Asia/Shanghai")
    start = datetime(2026, 3, 2, 17, tzinfo=ZoneInfo("Asia/Shanghai"))
    calendar = WorkingCalendar(
        "late", office.zone, office.week, shifts=((start, start + timedelta(hours=3)),)
    )
    assert calendar.between(start, start + timedelta(hours=5)) == timedelta(hours=3)


def test_a_calendar_without_working_time_ends_the_search_at_once() -> None:
    empty = WorkingCalendar("empty", "UTC", (FREE,) * 7)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert empty.empty
    assert empty.add(now, timedelta(hours=1)) is None
    assert empty.next_working(now) is None
    assert empty.between(now, now + DAY) == timedelta(0)
    past = WorkingCalendar(
        "past", "UTC", (FREE,) * 7, special={date(2020, 1, 1): Workday.read("0:00-9:00")}
    )
    assert past.add(now, timedelta(hours=1)) is None
    assert past.add(now, -timedelta(hours=9)) == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-12:30", Hours(32_400, 45_000)),
        ("22:00-06:00", Hours(79_200, 108_000)),
        ("22:00-30:00", Hours(79_200, 108_000)),
        ("00:00-24:00", Hours(0, 86_400)),
        ("08:00-33:00", Hours(28_800, 118_800)),
        ("08:00-08:00", Hours(28_800, 115_200)),
    ],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    assert Hours.read(text) == hours
    assert Hours.read(str(hours)) == hours


def test_hours_over_midnight_are_written_as_people_do() -> None:
    assert str(Hours.read("22:00-30:00")) == "22:00-06:00"


@pytest.mark.parametrize(
    "text", ["", "9", "9:00", "9:00-", "9:60-10:00", "49:00-50:00", "a-b", "-1:00-2:00"]
)
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        Hours.read(text)


def test_calendars_that_make_no_sense_are_refused() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="7 days"):
        WorkingCalendar("short", "UTC", (FREE,) * 6)
    with pytest.raises(ValueError, match="no zone"):
        WorkingCalendar("nowhere", "Mars/Olympus", (FREE,) * 7)
    for shift in ((now, now), (now.replace(tzinfo=None), now.replace(tzinfo=None))):
        with pytest.raises(ValueError, match="no shift"):
            WorkingCalendar("shift", "UTC", (FREE,) * 7, shifts=(shift,))
