"""The clocks against an oracle that asks the wall clock of every minute: ten years of random calendars, pauses, other
targets, edited calendars, and zones that change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.calendars.building import OFFICE_WEEK, built
from desk.calendars.public import public_days
from desk.sla import clocks
from desk.sla.clocks import Target
from desk.sla.models import SlaClock
from engine.functions import Workday, WorkingCalendar
from engine.functions.working_calendar import FREE
from tests.engine.functions.test_working_calendar import CHANGES, WORKDAYS, works

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST_YEAR, YEARS = 2017, 10
FAR = 4 * 1440  # minutes that the oracle walks to find a due moment


@dataclass
class Oracle:
    """The same clock in the plainest words: minutes are counted one by one."""

    calendar: WorkingCalendar
    now: datetime
    target: int
    running: bool = True
    worked: int = 0
    began: datetime = field(init=False)
    before: int = 0  # minutes that were worked before the clock last began to run

    def __post_init__(self) -> None:
        self.began = self.now

    def pass_time(self, minutes: int) -> None:
        for _ in range(minutes):
            if self.running and works(self.calendar, self.now):
                self.worked += 1
            self.now += MINUTE

    def begin(self) -> None:
        self.began, self.before = self.now, self.worked

    def edit(self, calendar: WorkingCalendar) -> None:
        """As if the calendar had always been so since the clock last began to run."""
        self.calendar = calendar
        if self.running:
            end, self.now, self.worked = self.now, self.began, self.before
            self.pass_time((end - self.now) // MINUTE)

    def due(self) -> datetime | None:
        """The first moment at which the target is worked, None when it is farther than FAR or has passed."""
        worked, moment = self.worked, self.now
        if not self.running or worked >= self.target:
            return None
        for _ in range(FAR):
            if worked == self.target:
                return moment
            worked += works(self.calendar, moment)
            moment += MINUTE
        return None


@st.composite
def calendars(draw: st.DrawFn, near: date) -> WorkingCalendar:
    """A random calendar whose exceptions lie around a day, in a zone that may change around it."""
    zone = draw(st.sampled_from([*{zone for zone, _ in CHANGES}, "America/Sao_Paulo"]))
    days = st.integers(-3, 6).map(lambda n: near + n * DAY)
    return WorkingCalendar(
        "drawn",
        zone,
        draw(st.tuples(*[WORKDAYS] * 7)),
        draw(st.frozensets(days, max_size=3)),
        draw(st.dictionaries(days, WORKDAYS, max_size=2)),
    )


@st.composite
def stories(
    draw: st.DrawFn,
) -> tuple[datetime, WorkingCalendar, int, list[tuple[int, str, object]]]:
    """A moment within ten years (often near a change of some zone), a calendar, a target, and what happens then."""
    any_day = st.integers(0, YEARS * 365).map(lambda n: date(FIRST_YEAR, 1, 1) + n * DAY)
    changes = [day for _, day in CHANGES if FIRST_YEAR <= day.year < FIRST_YEAR + YEARS]
    day = draw(st.one_of(any_day, st.sampled_from(changes)))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + draw(st.integers(0, 1439)) * MINUTE
    happening = st.one_of(
        st.tuples(st.integers(1, 900), st.just("hold"), st.none()),
        st.tuples(st.integers(1, 900), st.just("run"), st.none()),
        st.tuples(st.integers(1, 900), st.just("aim"), st.integers(1, 2000)),
        st.tuples(st.integers(1, 900), st.just("zone"), calendars(day)),
        st.tuples(st.integers(1, 900), st.just("edit"), calendars(day)),
    )
    return (
        start,
        draw(calendars(day)),
        draw(st.integers(1, 2000)),
        draw(st.lists(happening, max_size=5)),
    )


def fresh(target: int) -> SlaClock:
    return SlaClock(
        ticket_id=1, kind="resolution", policy="", calendar="a", target_seconds=target * 60,
        worked_seconds=0, steps_done=0,
    )  # fmt: skip


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stories())
def test_clocks_agree_with_the_clock_on_the_wall(
    story: tuple[datetime, WorkingCalendar, int, list[tuple[int, str, object]]],
) -> None:
    start, calendar, target, happenings = story
    oracle = Oracle(calendar, start, target)
    clock = fresh(target)
    clocks.run(clock, calendar, start)
    compare(clock, oracle)
    for number, (minutes, what, given_) in enumerate(happenings):
        oracle.pass_time(minutes)
        if what == "hold" and oracle.running:
            clocks.hold(clock, oracle.calendar, oracle.now)
            oracle.running = False
        elif what == "run" and not oracle.running:
            clocks.run(clock, oracle.calendar, oracle.now)
            oracle.running = True
            oracle.begin()
        elif what == "aim":
            assert isinstance(given_, int)
            named = Target(given_ * 60, f"c{number}", "")
            clocks.aim(clock, oracle.calendar, named, oracle.calendar, oracle.now)
            oracle.target = given_
            oracle.begin()
        elif what == "zone":  # the table now names another calendar, in another zone
            assert isinstance(given_, WorkingCalendar)
            named = Target(oracle.target * 60, f"c{number}", "")
            clocks.aim(clock, oracle.calendar, named, given_, oracle.now)
            oracle.calendar = given_
            oracle.begin()
        elif what == "edit":  # the same calendar was changed
            assert isinstance(given_, WorkingCalendar)
            clocks.reckon(clock, given_)
            oracle.edit(given_)
        compare(clock, oracle)


def compare(clock: SlaClock, oracle: Oracle) -> None:
    assert clocks.worked(clock, oracle.calendar, oracle.now) == oracle.worked * 60
    expected = oracle.due()
    if expected is not None:
        assert clock.due_at == expected
    elif not oracle.running:
        assert clock.due_at is None
    elif oracle.worked > oracle.target:
        assert clock.due_at is not None
        assert clock.due_at < oracle.now, "it had passed already"
    elif oracle.worked < oracle.target:
        assert clock.due_at is None or clock.due_at >= oracle.now + FAR * MINUTE


def mainland(local: datetime) -> bool:
    """The desk's built-in calendar, told by the notices of the State Council."""
    known, day = public_days("cn"), local.date()
    if day in known.holidays or (day.weekday() > 4 and day not in known.make_up_days):
        return False
    return 9 <= local.hour < 12 or 13 <= local.hour < 18


def night(local: datetime) -> bool:
    """Ten in the evening to six, every night."""
    return local.hour >= 22 or local.hour < 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("calendar", "is_worked"),
    [
        (built("office", "Asia/Shanghai", OFFICE_WEEK, "cn"), mainland),
        (WorkingCalendar("night", "Europe/Berlin", (Workday.read("22:00-06:00"),) * 7), night),
    ],
    ids=["mainland", "berlin nights"],
)
def test_ten_years_minute_by_minute(
    calendar: WorkingCalendar, is_worked: Callable[[datetime], bool]
) -> None:
    """Every minute of ten years, with the holidays, make-up days and clock changes in them."""
    zone = ZoneInfo(calendar.zone)
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    begin, end = int(start.timestamp()), int(start.replace(year=FIRST_YEAR + YEARS).timestamp())
    worked, before, checked = 0, 0, 0
    for second in range(begin, end, 60):
        if second % 86_400 == 0:
            day = datetime.fromtimestamp(second, UTC)
            assert calendar.between(day - DAY, day) == (worked - before) * MINUTE or day == start
            before = worked
            if checked % 100 == 99:
                assert calendar.between(start, day) == worked * MINUTE
                due = calendar.add(start, worked * MINUTE)
                assert due is not None
                assert calendar.between(start, due) == worked * MINUTE
            checked += 1
        worked += is_worked(datetime.fromtimestamp(second, zone))
    assert checked == 3652
    assert calendar.between(start, datetime.fromtimestamp(end, UTC)) == worked * MINUTE


def test_a_clock_by_a_calendar_without_working_time_is_never_due() -> None:
    empty = WorkingCalendar("empty", "UTC", (FREE,) * 7)
    clock = fresh(60)
    clocks.run(clock, empty, datetime(2026, 3, 2, tzinfo=UTC))
    assert clock.due_at is None
    assert (
        clocks.coming(clock, empty, [{"when": "80%"}], datetime(2027, 1, 1, tzinfo=UTC)).state
        == "held"
    )
