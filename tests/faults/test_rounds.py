"""A few of the rounds, and that the rounds would notice what they are there for."""

from pathlib import Path

import pytest

from engine.bpmn.kinds.gateways import Inclusive
from engine.bpmn.tokens import Scope
from tests.faults.comparing import Databases, Figures, Unequal, fits, generate, play
from tests.faults.oracle import Record
from tests.faults.rounds import prepare
from tests.faults.structure import Branch, Condition, Gateway, Human, Room, Sequence


@pytest.fixture
def databases(tmp_path: Path) -> Databases:
    return prepare(tmp_path)


@pytest.mark.parametrize("first", [1, 6, 11])
def test_random_processes_run_as_the_oracle_says(databases: Databases, first: int) -> None:
    figures = [
        play(seed, generate(seed, size=10), databases, f"p{seed}")
        for seed in range(first, first + 5)
    ]
    assert sum(f.reloads for f in figures) > 25


def test_the_same_seed_gives_the_same_process() -> None:
    assert generate(7, size=20) == generate(7, size=20)
    assert generate(7, size=20) != generate(8, size=20)


def inclusive() -> Room:
    branches = [Branch(None, Sequence((Human("u0", ()),)))]
    branches += [Branch(Condition("a", n), Sequence((Human(f"u{n}", ()),))) for n in (1, 2)]
    return Room(Sequence((Gateway("g", "inclusive", tuple(branches)), Human("u9", ()))))


def test_a_join_that_does_not_wait_is_noticed(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play(1, inclusive(), databases, "right") == Figures(steps=6, reloads=11)

    def hasty(self: Inclusive, scope: Scope) -> None:
        if waiting := self.waiting(scope):
            self.merge(scope, [tokens[0] for tokens in waiting.values()])

    monkeypatch.setattr(Inclusive, "reconsider", hasty)
    with pytest.raises(Unequal, match=r"seed 1, act 1: kept in memory: too much"):
        play(1, inclusive(), databases, "wrong")


def test_state_that_is_not_stored_is_noticed(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.bpmn import state

    load = state.load

    def forgetful(*arguments: object) -> object:
        instance = load(*arguments)  # type: ignore[arg-type]
        instance.top.local.pop("v_u1", None)
        return instance

    monkeypatch.setattr(state, "load", forgetful)
    with pytest.raises(Unequal, match="read back"):
        play(1, inclusive(), databases, "p")


@pytest.mark.parametrize(
    ("rows", "fit"),
    [("abab", True), ("aabb", True), ("baab", False), ("abba", False), ("bbaa", False)],
)
def test_an_order_is_compared_as_far_as_there_is_one(rows: str, fit: bool) -> None:
    records = [Record("completed", e, after) for e, after in
               (("a", ()), ("b", (0,)), ("a", ()), ("b", (2,)))]  # fmt: skip
    assert fits([("completed", row) for row in rows], records, 0) is fit
