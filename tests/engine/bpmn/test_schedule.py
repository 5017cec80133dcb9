"""When timers are due: months of the calendar, cycles that began long ago, changes of the clock, downtime."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn.schedule import arm_timer, next_round

BERLIN = ZoneInfo("Europe/Berlin")


def rounds(text: str, now: datetime, count: int) -> list[str]:
    """The first times of a cycle, each asked when the one before was due, as the zone of `now` shows them."""
    armed: list[Any] | None = arm_timer("cycle", text, now)
    found = []
    while armed is not None and len(found) < count:
        found.append(armed[0].astimezone(now.tzinfo).strftime("%d.%m. %H:%M"))
        armed = next_round(armed, armed[0].astimezone(now.tzinfo))
    return found


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("R/P1M", ["28.02. 09:00", "31.03. 09:00", "30.04. 09:00", "31.05. 09:00"]),
        ("R2/P1M", ["28.02. 09:00", "31.03. 09:00"]),
        ("R/P1MT2H", ["28.02. 11:00", "31.03. 13:00", "30.04. 15:00"]),
        ("R3/2026-02-28T12:00/P1Y", ["28.02. 12:00", "28.02. 12:00", "28.02. 12:00"]),
        ("R3/P1M/2026-05-31T08:00", ["31.03. 08:00", "30.04. 08:00", "31.05. 08:00"]),
    ],
)
def test_months_are_those_of_the_calendar(text: str, times: list[str]) -> None:
    assert rounds(text, datetime(2026, 1, 31, 9, tzinfo=BERLIN), len(times) + 1)[: len(times)] == times


def test_a_month_from_now_is_the_same_day_or_the_last() -> None:
    due = arm_timer("duration", "P1M", datetime(2026, 1, 31, 9, tzinfo=BERLIN))[0]
    assert due.astimezone(BERLIN) == datetime(2026, 2, 28, 9, tzinfo=BERLIN)
    over_the_change = arm_timer("duration", "P1M", datetime(2026, 3, 15, 9, tzinfo=BERLIN))[0]
    assert over_the_change.astimezone(BERLIN) == datetime(2026, 4, 15, 9, tzinfo=BERLIN)


def test_days_and_hours_are_time_that_passes_whatever_clocks_do() -> None:
    before = datetime(2026, 3, 28, 9, tzinfo=BERLIN)
    assert rounds("R/P1D", before, 2) == ["29.03. 10:00", "30.03. 10:00"]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("R/2026-01-01T08:00/P1D", ["03.03. 08:00", "04.03. 08:00"]),
        ("R4/2026-02-28T08:00/P1D", ["03.03. 08:00"]),
        ("R/2026-01-31T08:00/P1M", ["31.03. 08:00", "30.04. 08:00"]),
        ("R3/PT1H/2026-03-02T10:30", ["02.03. 09:30", "02.03. 10:30"]),
        ("R2/2026-01-01T08:00/P1D", ["02.01. 08:00"]),  # over: its last round, at once
        ("R/2026-03-02T09:00/P1D", ["02.03. 09:00", "03.03. 09:00"]),
    ],
)
def test_a_cycle_that_began_before_goes_on_from_now(text: str, times: list[str]) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    count = 2 if text.startswith("R/") else 9
    assert rounds(text, now, count) == times


@pytest.mark.parametrize(
    ("down_for", "left"), [(0.0, 1), (0.9, 1), (1.0, 0), (1.9, 0), (2.0, None), (9.0, None)]
)
def test_rounds_that_were_missed_count(down_for: float, left: int | None) -> None:
    armed = arm_timer("cycle", "R3/PT1H", datetime(2026, 3, 2, 9, tzinfo=UTC))
    following = next_round(armed, armed[0] + timedelta(hours=down_for))
    assert (following and following[2]) == left
    if following:
        assert following[0] > armed[0] + timedelta(hours=down_for)
