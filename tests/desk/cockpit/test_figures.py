"""Passes, durations, rework and variables are worked out of the history once, whatever comes when."""

from typing import Any

import pytest
from sqlalchemy import func, select

from desk.application import Desk
from desk.cockpit import findings, projection, queries
from desk.cockpit.durations import Durations, bucket_of, middle_of
from desk.cockpit.filters import InstanceFilter
from desk.cockpit.models import InstanceVariable, Pass, PassSum
from desk.people.models import User
from engine.actors import SYSTEM
from engine.tables import process_version
from tests.desk.cockpit.conftest import Floor
from tests.engine.diagrams import diagram, person, timer

NONE = InstanceFilter()
EVER = queries.Period()


@pytest.fixture
def admin(make_user: Any) -> User:
    user: User = make_user("root", roles=["administrator"])
    return user


def heat(desk: Desk, user: User, key: str, wanted: InstanceFilter = NONE) -> dict[str, Durations]:
    with desk.reading() as session:
        ids = list(
            session.scalars(select(process_version.c.id).where(process_version.c.key == key))
        )
        return queries.passes(session, user, ids, wanted, EVER)


def test_passes_and_durations_of_steps_and_ways(desk: Desk, floor: Floor, admin: User) -> None:
    two = floor.start("review")
    floor.complete(two, after=10)
    one = floor.start("review")
    floor.complete(one, after=60)
    floor.complete(one, after=600, again=True)
    floor.complete(one, after=60)
    floor.complete(one, after=1200, again=False)
    floor.work()
    found = heat(desk, admin, "review")
    assert (found["write"].count, found["write"].again) == (3, 1)
    assert (found["check"].count, found["check"].longest) == (2, 1_200_000)
    assert found["check"].total == 1_800_000
    assert found["check"].median == pytest.approx(600_000, rel=0.05)
    assert found["check"].p90 == pytest.approx(1_200_000, rel=0.05)
    assert {e: found[e].count for e in ("g-write", "g-e", "write-check", "s-write")} == {
        "g-write": 1, "g-e": 1, "write-check": 3, "s-write": 2,
    }  # fmt: skip
    assert found["g"].total == 0
    with desk.reading() as session:
        version = desk.engine.library.latest(session, "review")
        waiting = queries.live(session, admin, [version.id], NONE)
    assert waiting == {"check": 1}
    (back,) = findings.rework(version.program, found)
    assert (back.source, back.target, back.count) == ("g", "write", 1)
    first, *_rest = findings.bottlenecks(version.program, found, waiting)
    assert (first.element, first.waiting) == ("check", 1)
    assert first.share > 0.9


def test_what_waits_beside_is_no_token(desk: Desk, floor: Floor, admin: User) -> None:
    arms = (
        f'<intermediateCatchEvent id="m">{timer("Duration", "PT2H")}</intermediateCatchEvent>'
        f'<intermediateCatchEvent id="w">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    )
    edge = (
        '<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">'
        + timer("Duration", "PT1H") + '</boundaryEvent><endEvent id="e2"/>'
    )  # fmt: skip
    body = (
        '<startEvent id="s"/><endEvent id="e"/><eventBasedGateway id="g"/><parallelGateway id="f"/>'
    )
    flows = "s->f f->a f->g g->m g->w m->e w->e a->e b->e2"
    with desk.database.transaction() as session:
        content = diagram(body + arms + person("a") + edge + flows, key="waits")
        desk.engine.deploy(session, {"w.bpmn": content}, actor=SYSTEM)
    floor.start("waits")
    with desk.reading() as session:
        version = desk.engine.library.latest(session, "waits")
        waiting = queries.live(session, admin, [version.id], NONE)
    assert waiting == {"a": 1, "b": 1, "m": 1, "w": 1}
    assert findings.standing(version.program, waiting) == {"a": 1, "g": 1}


def test_nothing_counts_twice_and_nothing_is_lost(
    desk: Desk, floor: Floor, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "ROWS", 3)
    for _round in range(4):
        for instance in [floor.start("review") for _ in range(3)]:
            floor.complete(instance)  # many rows of one moment
        projection.catch_up(desk.engine, desk.database, "UTC", rounds=2)
    floor.work()
    floor.work()
    assert heat(desk, admin, "review")["write"].count == 12
    with desk.reading() as session:
        passes = session.scalar(select(func.count()).select_from(Pass))
        summed = session.scalar(select(func.sum(PassSum.count)))
    assert passes == summed


def test_sums_and_single_passes_agree(desk: Desk, floor: Floor, admin: User) -> None:
    for seconds in (1, 20, 300, 4000):
        instance = floor.start("review", kind="a")
        floor.complete(instance, after=seconds)
    floor.work()
    every = heat(desk, admin, "review")
    filtered = heat(desk, admin, "review", InstanceFilter(variable="kind", value="a"))
    assert every == filtered
    assert heat(desk, admin, "review", InstanceFilter(variable="kind", value="b")) == {}


def test_a_period_takes_whole_days(desk: Desk, floor: Floor, admin: User) -> None:
    floor.complete(floor.start("review"))
    first = floor.now
    floor.complete(floor.start("review"), after=3 * 86400)
    floor.work()
    with desk.reading() as session:
        ids = [desk.engine.library.latest(session, "review").id]

        def count(period: queries.Period) -> int:
            return queries.passes(session, admin, ids, NONE, period)["write"].count

        assert count(EVER) == 2
        assert count(queries.Period(since=floor.now)) == 1
        assert count(queries.Period(since=first, until=floor.now)) == 1


def test_the_newest_value_of_a_variable_is_known(desk: Desk, floor: Floor) -> None:
    instance = floor.start("review", a="x", b=[1, 2], c=True, d=3)
    floor.complete(instance, a="y", d=None)
    floor.work()
    with desk.reading() as session:
        rows = session.execute(
            select(InstanceVariable.name, InstanceVariable.value).where(
                InstanceVariable.instance_id == instance
            )
        )
        assert dict(rows.all()) == {"a": "y", "c": "true"}


@pytest.mark.parametrize("milliseconds", [1, 7, 999, 60_000, 3_600_000, 30 * 86_400_000])
def test_the_middle_of_a_bucket_is_near(milliseconds: int) -> None:
    assert middle_of(bucket_of(milliseconds)) == pytest.approx(milliseconds, rel=0.05)


def test_what_took_no_time_has_no_bucket_to_guess_from() -> None:
    assert Durations(3, 0, 0, 0, {0: 3}).median == 0
