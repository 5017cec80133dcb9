"""A desk with all diagrams, people, and a clock that the tests move."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.application import Desk
from desk.sla.models import SlaClock
from desk.sla.operations import clocks_of
from desk.tickets import events
from desk.tickets.models import Ticket
from engine import jobs, scheduler
from engine.actors import SYSTEM
from engine.tables import timer
from lanedesk.deploying import LIBRARY
from tests.desk.tickets.conftest import acting, crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)

MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+08:00")


class World:
    """The desk and its time: `at` is now, `work()` does all jobs, `wait(hours=1)` lets timers fire at their time."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk, self.at = desk, MONDAY
        desk.engine.clock = lambda: self.at
        for module in ("desk.tickets.operations", "desk.database", "desk.tickets.changes"):
            monkeypatch.setattr(f"{module}.utc_now", lambda: self.at)

    def work(self) -> None:
        for _round in range(50):
            with self.desk.database.reading() as session:
                queues = list(jobs.due_queues(session, self.at))
            if not queues:
                return
            for queue in queues:
                jobs.work(self.desk.engine, self.desk.database, queue, limit=1000)
        raise AssertionError("jobs go on making jobs")

    def wait(self, **length: float) -> None:
        until = self.at + timedelta(**length)
        for _round in range(200):
            self.work()
            with self.desk.database.reading() as session:
                due = session.scalar(select(func.min(timer.c.due_at)))
            if due is None or due > until:
                self.at = until
                self.work()
                return
            self.at = max(self.at, due)
            scheduler.run_due(self.desk.engine, self.desk.database)
        raise AssertionError("timers go on firing")

    def clocks(self, ticket: Ticket) -> dict[str, SlaClock]:
        with self.desk.reading() as session:
            return {clock.kind: clock for clock in clocks_of(session, ticket.id)}

    def complete(
        self, ticket: Ticket, element: str, outcome: str, user: Any, **values: Any
    ) -> None:
        engine = self.desk.engine
        with self.desk.database.transaction() as session:
            for task_id in engine.open_tasks(session, ticket.instance_id):
                if engine.task(session, task_id).element_id == element:
                    engine.complete(session, task_id, values, outcome=outcome, actor=acting(user))
                    break
            else:
                raise AssertionError(f"no open step {element}")
        self.work()

    def say(self, ticket: Ticket, kind: Any, user: Any, text: str = "…") -> None:
        with self.desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            events.say(session, self.desk.engine, kept, kind=kind, author=acting(user), text=text)
        self.work()


@pytest.fixture
def library(desk: Desk) -> None:
    """Deploys the diagrams that these tests are about."""
    with desk.database.transaction() as session:
        for folder in ("sla/ticket-sla", "tickets/basic"):
            files = [file for file in (LIBRARY / folder).iterdir() if file.suffix != ".yaml"]
            desk.engine.deploy(session, {f.name: f.read_bytes() for f in files}, actor=SYSTEM)


@pytest.fixture
def world(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(desk, monkeypatch)


@pytest.fixture
def arrived(
    world: World,
    crew: SimpleNamespace,  # noqa: F811
    mailed: Callable[..., Ticket],  # noqa: F811
) -> Callable[..., Ticket]:
    """`arrived(priority="urgent")`: a customer's mail became a ticket, and its clocks have started."""

    def arrive(**changes: Any) -> Ticket:
        ticket = mailed(**changes)
        world.work()
        return ticket

    return arrive
