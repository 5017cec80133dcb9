"""A desk without pages: a database, people, and a step as the engine gives it to operators."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.people.models import Team, User
from desk.settings import Settings
from desk.tickets.models import Ticket
from desk.tickets.operations import receive_message
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.operators import Step
from engine.tables import deployment, process_instance, process_version
from lanedesk.build import all_operators
from tests.desk.web.fixtures import (  # noqa: F401
    Browser,
    bearer,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


@dataclass
class Told:
    """Stands in for the live events."""

    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def publish(self, _session: Session, topic: str, kind: str, data: dict[str, Any]) -> None:
        self.events.append((topic, kind, data))

    @property
    def topics(self) -> set[str]:
        return {topic for topic, _, _ in self.events}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def new_instance(database: Database) -> Callable[[Session], UUID]:
    """Writes the row of a running process, as the engine does."""
    version = uuid4()
    with database.transaction() as session:
        made = uuid4()
        session.execute(insert(deployment).values(id=made, at=NOW, actor={}, note=""))
        session.execute(
            insert(process_version).values(
                id=version,
                key="ticket-basic",
                version=1,
                name={"zh": "工单", "en": "Ticket"},
                deployment_id=made,
                resource="ticket.bpmn",
                sha256="0" * 64,
                at=NOW,
                latest=True,
                calls={},
            )  # fmt: skip
        )

    def make(session: Session) -> UUID:
        instance = uuid4()
        session.execute(
            insert(process_instance).values(
                id=instance,
                version_id=version,
                status="active",
                revision=1,
                state=b"",
                history_seq=0,
                history_hash=b"\0" * 32,
                depth=0,
                started_at=NOW,
            )  # fmt: skip
        )
        return instance

    return make


@pytest.fixture
def run(told: Told) -> Callable[..., dict[str, Any]]:
    """Calls an operator as the engine does: arguments checked, one step."""
    operators = all_operators()
    services = SimpleNamespace(settings=Settings(), live=told, engine=None)

    def run(
        session: Session,
        name: str,
        *,
        instance: UUID | None = None,
        actor: Actor = SYSTEM,
        now: datetime = NOW,
        **arguments: Any,
    ) -> dict[str, Any]:
        operator = operators[name]
        step = Step(
            session, actor, instance or uuid4(), "Task_1", {"zh": "派发", "en": "Dispatch"}, {},
            now, services,
        )  # fmt: skip
        result: dict[str, Any] = operator.function(step, **operator.check_arguments(arguments))
        session.flush()
        return result

    return run


@pytest.fixture
def people(database: Database) -> SimpleNamespace:
    """A dispatcher, two agents of one team, and that team."""
    with database.transaction() as session:
        team = Team(name="一线")
        users = [
            User(login=login, name=name, password_hash="-", roles=[role])
            for login, name, role in (
                ("diao", "调度", "supervisor"),
                ("lilei", "李雷", "agent"),
                ("hanmei", "韩梅梅", "agent"),
            )
        ]
        team.members = users[1:]
        session.add_all([team, *users])
    return SimpleNamespace(team=team, dispatcher=users[0], lilei=users[1], hanmei=users[2])


def acting(user: User) -> Actor:
    return Actor("user", user.id, user.name)


@pytest.fixture
def crew(desk: Desk, library: None, make_user: Any, make_team: Any) -> SimpleNamespace:  # noqa: F811
    """A desk with the basic ticket deployed, a dispatcher, two agents of a team, and an auditor."""
    dispatcher = make_user("diao", name="调度", roles=["supervisor"])
    lilei = make_user("lilei", name="李雷")
    hanmei = make_user("hanmei", name="韩梅梅")
    auditor = make_user("audit", name="审计", roles=["auditor"])
    team = make_team("一线", [lilei, hanmei])
    return SimpleNamespace(
        dispatcher=dispatcher, lilei=lilei, hanmei=hanmei, auditor=auditor, team=team
    )


@pytest.fixture
def visit(app: Flask) -> Callable[[User], Browser]:
    """`visit(user)`: a browser with this person signed in."""

    def visit(user: User) -> Browser:
        browser = Browser(app)
        assert browser.sign_in(user.login).status_code == 303
        return browser

    return visit


@pytest.fixture
def mailed(desk: Desk, crew: SimpleNamespace) -> Callable[..., Ticket]:
    """`mailed(text=…)`: a ticket that a customer's mail has started, as the mail connector does it."""

    def arrive(**changes: Any) -> Ticket:
        given: dict[str, Any] = {
            "kind": "customer", "channel": "mail", "author": Actor("contact", None, "韩梅"),
            "subject": "打印机坏了", "text": "它不工作", "sender_mail": "han@acme.cn", **changes,
        }  # fmt: skip
        with desk.database.transaction() as session:
            message = receive_message(session, **given)
            delivery = desk.engine.message(
                session, "mail.received", {"message_id": message.id}, actor=SYSTEM
            )
            (instance,) = delivery.started
            return session.scalars(select(Ticket).where(Ticket.instance_id == instance)).one()

    return arrive
