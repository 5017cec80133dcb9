"""The judge of the kills sees what is lost, stuck or doubled."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from engine import jobs, scheduler
from engine.actors import SYSTEM
from engine.database import Database
from engine.operators import Operators
from engine.runtime import Engine
from engine.tables import history, human_task
from engine.timestamps import utc_now
from tests.faults import parts
from tests.faults.judging import judge, quiet


class Shop:
    """The orders of the kills, with nobody killed."""

    def __init__(self, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts.random, "random", lambda: 1.0)  # no job fails
        self.database, self.log = database, folder / "producer-1.log"
        self.now = utc_now()
        operators = Operators()
        operators.include(parts.operators)
        self.engine = Engine(operators, clock=lambda: self.now)
        parts.effect_metadata.create_all(database.engine)
        with database.transaction() as session:
            session.execute(delete(parts.effect))
            self.engine.deploy(session, parts.diagrams(), actor=SYSTEM)

    def say(self, *lines: str) -> None:
        """What was acknowledged."""
        self.log.write_text("".join(f"{line}\n" for line in lines))

    def message(self, name: str, number: int) -> None:
        """An order, or the answer to it."""
        payload = {"order" if name == "order.placed" else "answer": number}
        key = None if name == "order.placed" else str(number)
        with self.database.transaction() as session:
            self.engine.message(session, name, payload, actor=SYSTEM, correlation=key)

    def finish(self) -> None:
        """Jobs, timers and people do their part."""
        for _ in range(3):
            jobs.work(self.engine, self.database, "engine")
            self.now += timedelta(seconds=3)
            scheduler.run_due(self.engine, self.database)
            with self.database.transaction() as session:
                query = select(human_task.c.id).where(human_task.c.status == "open")
                for task in session.scalars(query).all():
                    self.engine.complete(session, task, {}, outcome=None, actor=SYSTEM)


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(database, tmp_path, monkeypatch)


def test_all_is_well(shop: Shop) -> None:
    shop.message("order.placed", 1)
    assert not quiet(shop.database)
    jobs.work(shop.engine, shop.database, "engine")
    shop.message("order.answered", 1)
    shop.finish()
    assert quiet(shop.database)
    shop.say("intended 1", "started 1", "answered 1")
    verdict = judge(shop.database, [shop.log])
    assert verdict.wrong == []
    assert (verdict.instances, verdict.messages, verdict.jobs["done"]) == (2, 2, 3)


def test_an_acknowledged_order_that_is_not_there_is_missing(shop: Shop) -> None:
    shop.say("intended 1", "started 1")
    assert judge(shop.database, [shop.log]).missing == 1


def test_an_instance_that_waits_is_stuck(shop: Shop) -> None:
    shop.message("order.placed", 1)
    jobs.work(shop.engine, shop.database, "engine")
    assert judge(shop.database, []).stuck == 1


def test_an_order_that_is_there_twice_is_doubled(shop: Shop) -> None:
    shop.message("order.placed", 1)
    shop.message("order.placed", 1)
    assert judge(shop.database, []).doubled == 1


def test_a_line_that_is_gone_breaks_the_chain(shop: Shop) -> None:
    shop.message("order.placed", 1)
    jobs.work(shop.engine, shop.database, "engine")
    with shop.database.reading() as session:
        last = session.scalar(select(func.max(history.c.seq)))
    for seq in (last, 2):
        with shop.database.transaction() as session:
            session.execute(delete(history).where(history.c.seq == seq))
        assert any("breaks the chain" in line for line in judge(shop.database, []).wrong)
