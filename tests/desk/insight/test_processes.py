"""Variants agree with process mining; conformance lists whatever somebody did beside what is drawn."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from desk.audit.snapshot import snapshot
from desk.cockpit import projection
from desk.cockpit.filters import InstanceFilter
from desk.exports import source, xes
from desk.exports.wanted import Wanted
from desk.insight.conformance import Conformance, conformance, misfits
from desk.insight.variants import collapsed, variants
from engine import inspection, migration, modification
from engine.actors import SYSTEM, Actor
from engine.tables import process_instance
from tests.desk.insight.conftest import Shop
from tests.engine.diagrams import diagram, person

BOSS = Actor("user", 9, "Boss")
ALL = InstanceFilter(process="review")


@pytest.fixture
def walked(shop: Shop) -> list[UUID]:
    """Four reviews: at once, at once and slower, twice round, and one that is under way."""
    floor = shop.floor
    found = []
    for rounds, seconds in ((0, 10), (0, 30), (2, 10)):
        instance = floor.start("review")
        for _ in range(rounds):
            floor.complete(instance, after=seconds)
            floor.complete(instance, after=seconds, again=True)
        floor.complete(instance, after=seconds)
        floor.complete(instance, after=seconds, again=False)
        found.append(instance)
    found.append(floor.start("review"))
    floor.complete(found[-1], after=5)
    floor.work()
    return found


def named(shop: Shop, **options: Any) -> dict[tuple[str, ...], tuple[int, float | None]]:
    with shop.desk.reading() as session:
        rows = variants(session, shop.reader, ALL, **options)
        return {tuple(one.names(session, "en")): (one.count, one.median) for one in rows}


def test_variants_with_share_and_duration(shop: Shop, walked: list[UUID]) -> None:
    way, once = ("s", "write", "check", "g"), ("write", "check", "g")
    assert named(shop) == {
        (*way, "e"): (2, 20.0), (*way, *once, *once, "e"): (1, 60.0), ("s", "write"): (1, None),
    }  # fmt: skip
    assert named(shop, collapse=True) == {(*way, "e"): (3, 60.0), ("s", "write"): (1, None)}
    with shop.desk.reading() as session:
        shares = [one.share for one in variants(session, shop.reader, ALL)]
    assert shares == [0.5, 0.25, 0.25]


def test_variants_are_those_of_pm4py(
    shop: Shop, walked: list[UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pm4py

    monkeypatch.setenv("TQDM_DISABLE", "1")
    late = shop.floor.now + timedelta(days=1)
    shop.floor.now = late
    shop.floor.complete(shop.floor.start("review"), after=3)
    shop.floor.work()
    for wanted, filtered in (
        (Wanted(format="xes", processes=("review",)), ALL),
        (
            Wanted(format="xes", processes=("review",), since=late),
            InstanceFilter(process="review", started_from=late),
        ),
    ):
        path = tmp_path / "log.xes"
        with snapshot(shop.desk.database) as session, path.open("wb") as out:
            out.write(xes.head())
            xes.write_cases(out, source.cases(session, wanted), xes.Texts())
            out.write(xes.tail())
        theirs = pm4py.get_variants(pm4py.read_xes(str(path)))
        with shop.desk.reading() as session:
            ours: Counter[tuple[str, ...]] = Counter()
            for one in variants(session, shop.reader, filtered):
                ours[tuple(one.names(session, "en"))] += one.count
        assert ours == theirs
        assert ours


def test_the_work_may_come_in_pieces(shop: Shop) -> None:
    floor = shop.floor
    instance = floor.start("review")
    floor.work()
    floor.complete(instance)
    floor.work()
    floor.complete(instance, again=False)
    floor.work()
    projection.catch_up(shop.desk.engine, shop.desk.database, "UTC")
    assert list(named(shop)) == [("s", "write", "check", "g", "e")]


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("", ""), ("abc", "abc"), ("aabbc", "abc"), ("abcbcd", "abcd"), ("abab", "ab"),
        ("aabaab", "ab"), ("abcabcabc", "abc"), ("abca", "abca"), ("aaaa", "a"),
    ],
)  # fmt: skip
def test_repetitions_count_once(path: str, short: str) -> None:
    assert collapsed(tuple(path)) == tuple(short)


def checked(shop: Shop, **options: Any) -> Conformance:
    with shop.desk.reading() as session:
        return conformance(
            shop.desk.engine,
            session,
            shop.reader,
            InstanceFilter(process="review", **options),
            locale="en",
        )


def test_what_went_as_drawn(shop: Shop, walked: list[UUID]) -> None:
    found = checked(shop)
    assert (found.total, found.deviating, found.share) == (4, 0, 1.0)
    assert (found.rows, found.misfits) == ([], [])


def test_whatever_somebody_did_is_listed(shop: Shop, walked: list[UUID]) -> None:
    desk, floor = shop.desk, shop.floor
    moved, edited, migrated = (floor.start("review") for _ in range(3))
    shop.ticket(floor.now, instance=moved)
    with desk.database.transaction() as session:
        (token,) = inspection.look(desk.engine, session, moved).tokens
        modification.move_token(
            desk.engine, session, moved, token.id, "e", actor=BOSS, reason="solved by phone"
        )
        modification.edit_variables(
            desk.engine, session, edited, {"colour": "red"}, actor=BOSS, reason="typo"
        )
        bundle = {"r.bpmn": diagram(
            '<startEvent id="s"/><endEvent id="e"/>' + person("write") + "s->write write->e", key="review"
        )}  # fmt: skip
        desk.engine.deploy(session, bundle, actor=SYSTEM, note="second")
        target = desk.engine.library.latest(session, "review")
        migration.migrate(
            desk.engine,
            session,
            migrated,
            target,
            {"write": "write"},
            actor=BOSS,
            reason="simpler now",
        )
    floor.work()
    found = checked(shop)
    assert (found.total, found.deviating) == (7, 3)
    assert found.kinds == {"moved": 1, "edited": 1, "migrated": 1}
    rows = {row.event: row for row in found.rows}
    assert (rows["moved"].element, rows["moved"].to, rows["moved"].ticket) == (
        "write",
        "e",
        "WN-000001",
    )
    assert {(row.who, row.reason) for row in found.rows} == {
        ("Boss", "solved by phone"), ("Boss", "typo"), ("Boss", "simpler now"),
    }  # fmt: skip
    assert [(misfit.name, misfit.count) for misfit in found.misfits] == [("e", 1)]
    assert checked(shop, ids=(edited,)).share == 0


def test_a_step_that_nothing_explains(shop: Shop, walked: list[UUID]) -> None:
    desk = shop.desk
    with desk.reading() as session:
        version = session.scalar(
            select(process_instance.c.version_id).where(process_instance.c.id == walked[0])
        )
        assert version is not None
        nodes = desk.engine.library.version(session, version).program.nodes
    assert misfits(nodes, ("s", "write", "check", "g", "write", "check", "g", "e")) == []
    assert misfits(nodes, ("s", "check", "g", "e")) == ["check"]
    assert misfits(nodes, ("s", "write", "e")) == ["e"]


def test_the_pages_lead_from_a_variant_to_its_tickets(
    shop: Shop, walked: list[UUID], as_role: Callable[..., Any]
) -> None:
    shop.ticket(shop.floor.now, instance=walked[2])
    browser = as_role("auditor")
    assert "/insight/processes/review" in browser.get("/insight/processes").text
    page = browser.get("/insight/processes/review?days=").text
    assert page.count("/variants/") == 3
    assert "All went as drawn" in page
    import re

    links = [
        found.replace("&amp;", "&") for found in re.findall(r'href="([^"]*/variants/[^"]*)"', page)
    ]
    assert sum("WN-000001" in browser.get(link).text for link in links) == 1
    merged = browser.get("/insight/processes/review?days=&loops=1").text
    assert merged.count("/variants/") == 2
    assert browser.get("/insight/processes/none").status_code == 404


def test_an_agent_sees_only_the_own(
    shop: Shop, walked: list[UUID], as_role: Callable[..., Any]
) -> None:
    page = as_role("agent").get("/insight/processes/review?days=").text
    assert page.count("/variants/") == 0
