"""Who is preferred: each way on its own, in combination, and shares over many tickets."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.assignment.ranking import (
    DEFAULT,
    WAYS,
    Candidate,
    Place,
    UnknownWay,
    ranked,
    ways_of,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHANGHAI, SUZHOU, BEIJING = Place(31.23, 121.47), Place(31.30, 120.58), Place(39.90, 116.40)


def somebody(number: int, **changes: Any) -> Candidate:
    given: dict[str, Any] = {
        "name": f"P{number}", "load": 0, "capacity": None, "share": 1, "assigned": 0,
        "last_assigned_at": None, "level": 0, "place": None, **changes,
    }  # fmt: skip
    return Candidate(number, **given)


def first(ways: list[str], *people: Candidate, place: Place | None = None) -> int:
    return ranked(people, ways, place)[0].user_id


@pytest.mark.parametrize(
    ("way", "better"),
    [
        ("owner", {"owner": True}),
        ("last_served", {"served_last": True}),
        ("level", {"level": 7}),
        ("least_load", {"load": 1}),
        ("percentage", {"share": 5}),
        ("nearest", {"place": SUZHOU}),
        ("round_robin", {"last_assigned_at": NOON - timedelta(hours=2)}),
    ],
)
def test_each_way_prefers_its_own(way: str, better: dict[str, Any]) -> None:
    common: dict[str, Any] = {
        "load": 3, "level": 2, "assigned": 4, "place": BEIJING, "last_assigned_at": NOON,
    }  # fmt: skip
    plain, preferred = somebody(1, **common), somebody(2, **{**common, **better})
    assert first([way], plain, preferred, place=SHANGHAI) == 2
    assert first([way], preferred, plain, place=SHANGHAI) == 2
    assert set(WAYS) >= {way}


def test_the_first_way_decides_and_the_next_breaks_the_draw() -> None:
    busy_master = somebody(1, level=9, load=5)
    idle_master = somebody(2, level=9, load=1)
    novice = somebody(3, level=1, load=0)
    assert first(["level", "least_load"], busy_master, idle_master, novice) == 2
    assert first(["least_load", "level"], busy_master, idle_master, novice) == 3


def test_a_place_that_is_not_known_is_the_farthest() -> None:
    assert first(["nearest"], somebody(1), somebody(2, place=BEIJING), place=SHANGHAI) == 2
    assert first(["nearest"], somebody(2, place=BEIJING), somebody(1)) == 1
    assert 80 < SHANGHAI.distance(SUZHOU) < 90
    assert 1060 < SHANGHAI.distance(BEIJING) < 1075


def test_capacity() -> None:
    assert somebody(1, load=3).free
    assert somebody(1, load=2, capacity=3).free
    assert not somebody(1, load=3, capacity=3).free
    assert not somebody(1, capacity=0).free


@given(st.lists(st.integers(0, 5), min_size=2, max_size=6).filter(any), st.integers(1, 300))
def test_tickets_by_percentage_come_out_as_the_shares_say(shares: list[int], tickets: int) -> None:
    people = {n: somebody(n, share=share) for n, share in enumerate(shares)}
    got: Counter[int] = Counter()
    for _ in range(tickets):
        chosen = ranked(people.values(), ["percentage"])[0].user_id
        got[chosen] += 1
        people[chosen] = replace(people[chosen], assigned=got[chosen])
    for number, share in enumerate(shares):
        assert abs(got[number] - tickets * share / sum(shares)) <= len(shares)


@given(st.integers(2, 7), st.integers(1, 60))
def test_in_turn_nobody_gets_two_more_than_another(people: int, tickets: int) -> None:
    crew = {n: somebody(n) for n in range(people)}
    got: Counter[int] = Counter()
    for number in range(tickets):
        chosen = ranked(crew.values(), ["round_robin"])[0].user_id
        got[chosen] += 1
        crew[chosen] = replace(crew[chosen], last_assigned_at=NOON + timedelta(seconds=number))
    counts = [got[n] for n in crew]
    assert max(counts) - min(counts) <= 1


def test_what_a_rule_may_say() -> None:
    assert list(ways_of("owner，least_load , level")) == ["owner", "least_load", "level"]
    assert ways_of(None) == ways_of(" ") == DEFAULT
    with pytest.raises(UnknownWay, match="astrology"):
        ways_of("owner, astrology")
