"""Guards: what they leave out cannot hold, whatever the data."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from engine.expressions import evaluate
from engine.guards import guard_of
from engine.starts import Group, Start

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
VALUES: list[Any] = [
    None, "", "a", "abc", "xabc", True, False, 0, 3, Decimal("3.5"), 4, [], ["a"], {"b": "a"},
    NOW, NOW - timedelta(hours=4), NOW - timedelta(hours=4, seconds=1), NOW + timedelta(days=2),
    NOW.date(), timedelta(hours=1),
]  # fmt: skip
CONDITIONS = [
    'x = "a"', 'x in ("a", "abc")', "x = true", 'contains(x, "b")', 'starts with(x, "a")',
    "x > 3", "x <= 3", "x < 3.5", 'x <= now() - duration("PT4H")', 'x > now() - duration("PT4H")',
    'x <= now() + duration("P1D")', 'x >= now() - duration("P1M")', 'x.b = "a"',
    'y = 1 and x = "a"', '(x = "a" and y = 1) and contains(x, "a")', 'x = "a" or y = 1',
    'not(x = "a")', "x = 3", "x in (3, 4)", "x in [3..4]", 'x != "a"', "x = y",
]  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_a_guard_leaves_out_does_not_hold(condition: str) -> None:
    guard = guard_of(condition)
    for x, y in itertools.product(VALUES, (1, "a", None)):
        if evaluate(condition, {"x": x, "y": y}, lambda: NOW) is not True or guard is None:
            continue
        value = evaluate(guard.path, {"x": x, "y": y}, lambda: NOW)
        passes = value in guard.values or (guard.test is not None and guard.test(value, NOW))
        assert passes, f"{condition} holds for {x!r}, and its guard leaves it out"


def test_simple_conditions_have_a_guard_and_others_none() -> None:
    guarded = {c for c in CONDITIONS if guard_of(c) is not None}
    assert guarded >= set(CONDITIONS[:11])
    assert not guarded & {'x = "a" or y = 1', 'not(x = "a")', 'x != "a"', "x = y"}


def test_an_equality_is_preferred() -> None:
    guard = guard_of('contains(x, "a") and y = "b"')
    assert guard is not None
    assert (guard.path, guard.values) == ("y", ("b",))


def test_a_condition_that_is_no_feel_spoils_no_other() -> None:
    group = Group()
    for condition in ('x = "a"', "x = = 1"):
        group.add(Start(uuid4(), "s", condition, condition, (0, condition, "s")))
    assert [start.condition for start in group.asked] == ["x = = 1"]
    assert set(group.guarded) == {"x"}
