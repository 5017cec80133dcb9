"""One act on many instances: counted truly, each item wholly or not at all, whatever happens to the workers."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from engine import batches, inspection, jobs
from engine.batch_acts import ACTS, Item
from engine.errors import Reason
from engine.jobs import LEASE
from engine.tables import batch_item, history, incident
from tests.engine.conftest import ALICE, BOB, Rig
from tests.engine.diagrams import diagram, person, service

ENDS = '<startEvent id="s"/><endEvent id="e"/>'
WAITS = diagram(ENDS + person("a") + person("b") + "s->a a->b b->e")


class Killed(BaseException):
    """The worker's process ends here: nothing catches it, nothing is tidied up."""


def create(rig: Rig, kind: str, ids: list[UUID], **parameters: Any) -> UUID:
    with rig.database.transaction() as session:
        return batches.create(
            rig.engine, session, kind, parameters, ids, actor=ALICE, reason="because"
        )


def counts(rig: Rig, batch_id: UUID) -> tuple[int, int, int]:
    """todo, done, failed"""
    with rig.database.reading() as session:
        found = batches.progress(session, batch_id)
    assert found is not None
    assert found.todo + found.done + found.failed + found.stopped == found.total
    return found.todo, found.done, found.failed


def failures(rig: Rig, batch_id: UUID) -> dict[UUID, tuple[Reason, ...]]:
    with rig.database.reading() as session:
        return {i.subject: i.reasons for i in batches.items(session, batch_id, status="failed")}


def test_a_batch_does_each_item_and_says_why_it_could_not(rig: Rig) -> None:
    rig.deploy(WAITS)
    running = [rig.start() for _ in range(3)]
    ended = rig.start()
    with rig.database.transaction() as session:
        rig.engine.cancel(session, ended, actor=BOB, reason="over")
    nowhere = uuid4()
    batch_id = create(rig, "suspend", [*running, ended, nowhere, running[0]])
    assert counts(rig, batch_id) == (5, 0, 0)  # one id came twice
    rig.work()
    assert counts(rig, batch_id) == (0, 3, 2)
    assert {rig.status(i) for i in running} == {"suspended"}
    gone = (Reason("", "The instance has ended.", "实例已结束。"),)
    assert failures(rig, batch_id) == {ended: gone, nowhere: gone}
    with rig.database.reading() as session:
        found = batches.progress(session, batch_id)
        last = inspection.history_of(session, running[0])[-1]
    assert found is not None
    assert (found.actor, found.reason, found.ended_at) == (ALICE, "because", rig.now)
    assert (last["event"], last["actor"], last["data"]["reason"]) == (
        "suspended", ALICE.as_json(), "because",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "parameters", "after"),
    [
        ("cancel", {}, []),
        ("move", {"from": "a", "to": "b"}, ["b"]),
        ("set_variables", {"variables": {"x": 3}}, ["a"]),
    ],
)
def test_kinds(rig: Rig, kind: str, parameters: dict[str, Any], after: list[str]) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(3)]
    batch_id = create(rig, kind, ids, **parameters)
    rig.work()
    assert counts(rig, batch_id) == (0, 3, 0)
    assert [rig.active(i) for i in ids] == [after] * 3
    if kind == "set_variables":
        assert rig.data(ids[0])["x"] == 3


def test_instances_are_migrated_and_brought_back(rig: Rig) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(4)]
    rig.complete("a")
    rig.complete("b")  # the first has ended
    rig.deploy(diagram(ENDS + person("a2") + "s->a2 a2->e"))
    with rig.database.reading() as session:
        target = rig.engine.library.latest(session, "p")
    mapping = {"a": "a2"}
    batch_id = create(rig, "migrate", ids, version=str(target.id), mapping=mapping)
    rig.work()
    assert counts(rig, batch_id) == (0, 3, 1)
    assert [rig.active(i) for i in ids[1:]] == [["a2"]] * 3
    back = create(rig, "revert", ids[1:])
    rig.work()
    assert counts(rig, back) == (0, 3, 0)
    assert [rig.active(i) for i in ids[1:]] == [["a"]] * 3


def test_incidents_are_retried_by_instance(rig: Rig) -> None:
    rig.deploy(diagram(ENDS + service("j", "test.work") + "s->j j->e"))
    rig.fail = [RuntimeError("down")] * 6
    ids = [rig.start(), rig.start()]
    for _ in range(3):
        rig.work()
        rig.now += timedelta(minutes=5)
    assert len(rig.incidents()) == 2
    healthy = create(rig, "retry", [*ids, ids[0]])
    rig.work()
    assert counts(rig, healthy) == (0, 2, 0)
    assert {rig.status(i) for i in ids} == {"completed"}
    again = create(rig, "retry", ids)
    rig.work()
    assert counts(rig, again) == (0, 0, 2)
    with rig.database.reading() as session:
        assert set(session.scalars(select(incident.c.resolution))) == {"retried"}


def test_a_batch_that_is_too_long_for_a_slice_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(5)]
    batch_id = create(rig, "suspend", ids)
    ticks = iter(range(1000))
    monkeypatch.setattr(batches, "monotonic", lambda: next(ticks) * 4.0)  # two items a slice
    assert rig.work() > 1
    assert counts(rig, batch_id) == (0, 5, 0)


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_counts_are_true_after_a_killed_worker(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Killed in the middle of an item, before or after its act: the item is done once, by who comes next."""
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(6)]
    batch_id = create(rig, "set_variables", ids, variables={"x": 1})
    act, lives = ACTS["set_variables"], [3]

    def deadly(item: Item) -> None:
        lives[0] -= 1
        if where == "before" and lives[0] == 0:
            raise Killed
        act(item)
        if where == "after" and lives[0] == 0:
            raise Killed

    monkeypatch.setitem(ACTS, "set_variables", deadly)
    with pytest.raises(Killed):
        rig.work()
    assert counts(rig, batch_id) == (4, 2, 0)
    rig.now += LEASE + timedelta(seconds=1)
    rig.work()
    assert counts(rig, batch_id) == (0, 6, 0)
    with rig.database.reading() as session:
        edited = session.scalars(select(history.c.instance_id).where(history.c.event == "edited"))
        assert sorted(edited) == sorted(ids)


def test_an_item_that_kills_every_worker_is_found_out(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(4)]
    batch_id = create(rig, "suspend", ids)
    act = ACTS["suspend"]

    def deadly(item: Item) -> None:
        if item.subject == ids[1]:
            raise Killed
        act(item)

    monkeypatch.setitem(ACTS, "suspend", deadly)
    for _ in range(2):
        with pytest.raises(Killed):
            rig.work()
        rig.now += LEASE + timedelta(seconds=1)
    rig.work()
    assert counts(rig, batch_id) == (0, 3, 1)
    assert "died or hung" in failures(rig, batch_id)[ids[1]][0].en


def test_a_worker_that_comes_back_late_does_nothing_twice(rig: Rig) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(3)]
    batch_id = create(rig, "set_variables", ids, variables={"x": 1})
    (late,) = jobs.claim(rig.engine, rig.database, "engine", 1)
    rig.now += LEASE + timedelta(seconds=1)
    rig.work()
    jobs.perform(rig.engine, rig.database, late)
    assert counts(rig, batch_id) == (0, 3, 0)
    with rig.database.reading() as session:
        edited = session.scalars(select(history.c.instance_id).where(history.c.event == "edited"))
        assert len(list(edited)) == 3


def test_a_batch_is_stopped(rig: Rig) -> None:
    rig.deploy(WAITS)
    ids = [rig.start() for _ in range(3)]
    batch_id = create(rig, "cancel", ids)
    with rig.database.transaction() as session:
        assert batches.stop(rig.engine, session, batch_id, actor=BOB)
        assert not batches.stop(rig.engine, session, batch_id, actor=BOB)
    rig.work()
    assert counts(rig, batch_id) == (0, 0, 0)
    assert {rig.status(i) for i in ids} == {"active"}
    with rig.database.reading() as session:
        found = batches.progress(session, batch_id)
        statuses = set(session.scalars(select(batch_item.c.status)))
    assert found is not None
    assert found.stopped_by == BOB
    assert statuses == {"stopped"}


@pytest.mark.parametrize(
    ("kind", "parameters", "count", "reason"),
    [
        ("explode", {}, 1, "x"),
        ("move", {"from": "a"}, 1, "x"),
        ("cancel", {}, 0, "x"),
        ("cancel", {}, 1, "  "),
    ],
)
def test_what_makes_no_sense_is_refused(
    rig: Rig, kind: str, parameters: dict[str, str], count: int, reason: str
) -> None:
    ids = [uuid4() for _ in range(count)]
    with rig.database.transaction() as session, pytest.raises(ValueError):
        batches.create(rig.engine, session, kind, parameters, ids, actor=ALICE, reason=reason)
    with rig.database.reading() as session:
        assert batches.progress(session, uuid4()) is None
