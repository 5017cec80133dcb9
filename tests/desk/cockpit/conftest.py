"""A whole desk with processes that wait, fail and come back, with a clock that tests move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from desk.application import Desk
from desk.cockpit import projection
from desk.settings import Settings
from desk.tickets.models import Ticket
from engine import jobs
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.inspection import look
from engine.operators import JobRun, Operators, PermanentFailure, Text
from engine.timestamps import utc_now
from lanedesk.build import build_desk
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)
from tests.engine.diagrams import diagram, person, service

WORDS = Text("test", "测试")
REVIEW = (
    '<startEvent id="s"/><endEvent id="e"/><exclusiveGateway id="g"/>'
    + person("write") + person("check")
    + "s->write write->check check->g g->>e g->write[again = true]"
)  # fmt: skip
CALLS = (
    '<startEvent id="s"/><endEvent id="e"/>'
    + service("call", "test.call", "answer", number="=number") + "s->call call->e"
)  # fmt: skip


class Line:
    """The world outside: calls succeed for numbers that are right."""

    def __init__(self) -> None:
        self.called: list[str] = []


@pytest.fixture
def line() -> Line:
    """What was called."""
    return Line()


@pytest.fixture
def desk(settings: Settings, database: Database, line: Line) -> Desk:
    """A desk with two processes: `review` goes round, `calls` fails for wrong numbers."""
    desk = build_desk(settings)
    desk.database = database
    operators: Operators = desk.engine.operators

    @operators.job("test.call", title=WORDS, help=WORDS)
    def call(run: JobRun, *, number: str) -> dict[str, Any]:
        if not number.startswith("+"):
            raise PermanentFailure(f"{number!r} is no number")
        line.called.append(number)
        return {"answer": "yes"}

    with desk.database.transaction() as session:
        bundle = {"r.bpmn": diagram(REVIEW, key="review"), "c.bpmn": diagram(CALLS, key="calls")}
        desk.engine.deploy(session, bundle, actor=SYSTEM, note="first")
    return desk


class Floor:
    """What happens at the desk, as tests want it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        desk.engine.clock = lambda: self.now

    def start(self, key: str, **data: Any) -> UUID:
        """Start an instance."""
        with self.desk.database.transaction() as session:
            started: UUID = self.desk.engine.start(session, key, data, actor=SYSTEM)
            return started

    def ticket(self, instance_id: UUID, number: str, **more: Any) -> int:
        """The ticket of an instance."""
        with self.desk.database.transaction() as session:
            row = Ticket(
                number=number, title=f"Title of {number}", channel="desk", instance_id=instance_id,
                created_at=utc_now(), **more,
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    def complete(self, instance_id: UUID, *, after: float = 0, **values: Any) -> None:
        """Complete the open task of an instance, `after` seconds."""
        self.now += timedelta(seconds=after)
        with self.desk.database.transaction() as session:
            (task,) = self.desk.engine.open_tasks(session, instance_id)
            self.desk.engine.complete(
                session, task, values, outcome=None, actor=Actor("user", 1, "Ann")
            )

    def work(self) -> None:
        """Let the workers do what is due, and the figures be worked out."""
        jobs.work(self.desk.engine, self.desk.database, "engine")
        projection.catch_up(self.desk.engine, self.desk.database, "UTC")

    def status(self, instance_id: UUID) -> str:
        """How an instance is."""
        with self.desk.reading() as session:
            return look(self.desk.engine, session, instance_id).status


@pytest.fixture
def floor(desk: Desk) -> Floor:
    """The desk at work."""
    return Floor(desk)


@pytest.fixture
def as_role(browser: Any, make_user: Callable[..., Any]) -> Callable[..., Any]:  # noqa: F811
    """`as_role("auditor")`: the browser, signed in as a new person with that role."""

    def sign_in(role: str, **more: Any) -> Any:
        make_user(role, roles=[role], **more)
        browser.sign_in(role)
        return browser

    return sign_in
