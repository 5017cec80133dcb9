"""Cron expressions: what they name, and what they do where the clock is put forward or back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.cron import is_cron, read_cron

BERLIN = ZoneInfo("Europe/Berlin")


def following(text: str, moment: datetime, count: int) -> list[str]:
    """The next times after a moment, as its zone shows them."""
    found = []
    for _ in range(count):
        moment = read_cron(text).after(moment, BERLIN)
        found.append(moment.astimezone(BERLIN).strftime("%a %d %b %H:%M %z"))
    return found


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("0 9 * * MON-FRI", ["Mon 02 Mar 09:00", "Tue 03 Mar 09:00"]),
        ("30 8,17 * * 1", ["Mon 02 Mar 08:30", "Mon 02 Mar 17:30", "Mon 09 Mar 08:30"]),
        ("*/20 7-8 * * *", ["Sun 01 Mar 07:00", "Sun 01 Mar 07:20"]),
        ("5/25 0 2 * *", ["Mon 02 Mar 00:05", "Mon 02 Mar 00:30", "Mon 02 Mar 00:55"]),
        ("0 0 13 * FRI", ["Fri 06 Mar 00:00", "Fri 13 Mar 00:00", "Fri 20 Mar 00:00"]),
        ("0 0 29 feb *", ["Tue 29 Feb 00:00"]),
        ("0 0 * * 7", ["Sun 08 Mar 00:00"]),
        ("@monthly", ["Wed 01 Apr 00:00"]),
        ("@hourly", ["Sun 01 Mar 07:00"]),
    ],
)
def test_what_they_name(text: str, times: list[str]) -> None:
    begin = datetime(2026, 3, 1, 6, 15, tzinfo=BERLIN)
    assert [t[:16] for t in following(text, begin, len(times))] == times


def test_a_time_that_the_clock_skips_comes_when_it_is_put_forward() -> None:
    night = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert following("30 2 * * *", night, 2) == ["Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:30 +0200"]
    late = datetime(2026, 3, 29, 1, 20, tzinfo=BERLIN)
    assert following("*/30 * * * *", late, 3) == [
        "Sun 29 Mar 01:30 +0100",
        "Sun 29 Mar 03:00 +0200",
        "Sun 29 Mar 03:30 +0200",
    ]


def test_a_fixed_time_comes_once_when_the_clock_shows_it_twice() -> None:
    night = datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN)
    assert following("30 2 * * *", night, 2) == ["Sun 25 Oct 02:30 +0200", "Mon 26 Oct 02:30 +0100"]
    assert following("0 * * * *", night.replace(hour=1), 3) == [
        "Sun 25 Oct 02:00 +0200",
        "Sun 25 Oct 02:00 +0100",
        "Sun 25 Oct 03:00 +0100",
    ]


def test_every_quarter_of_an_hour_passes_through_changes_of_the_clock_evenly() -> None:
    for day in (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)):
        moment = day
        for number in range(1, 24):
            moment = read_cron("*/15 * * * *").after(moment, BERLIN)
            assert moment == day + number * timedelta(minutes=15)


@pytest.mark.parametrize(
    "text",
    [
        "", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *",
        "*/0 * * * *", "a * * * *", "1,,2 * * * *", "@never", "-1 * * * *", "* * * * MONDAY", "² * * * *",
    ],
)  # fmt: skip
def test_what_is_no_cron(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_cron(text)


def test_a_day_that_never_comes() -> None:
    with pytest.raises(ValueError, match="never comes"):
        read_cron("0 0 30 2 *").after(datetime(2026, 3, 1, tzinfo=UTC), UTC)
    with pytest.raises(ValueError, match="never comes"):
        read_cron("0 0 1 1 *").after(datetime(9999, 3, 1, tzinfo=UTC), UTC)


def test_what_is_meant_as_cron() -> None:
    assert is_cron("0 9 * * MON")
    assert is_cron("@daily")
    assert not is_cron("R/PT1H")
