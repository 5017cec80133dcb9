"""A desk with the assignment diagrams, an automatic team, and a clock that the tests move."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from desk.application import Desk
from desk.people import work
from desk.people.models import Team, User
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from lanedesk.deploying import LIBRARY
from tests.desk.sla.conftest import World, world  # noqa: F401
from tests.desk.tickets.conftest import crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)

FOLDERS = ("assignment/agent-absence", "assignment/ticket-assign", "tickets/basic")


@pytest.fixture
def library(desk: Desk) -> None:
    """Deploys the diagrams that these tests are about."""
    with desk.database.transaction() as session:
        for folder in FOLDERS:
            files = [file for file in (LIBRARY / folder).iterdir() if file.suffix != ".yaml"]
            desk.engine.deploy(session, {f.name: f.read_bytes() for f in files}, actor=SYSTEM)


@pytest.fixture
def automatic(desk: Desk, crew: SimpleNamespace) -> SimpleNamespace:  # noqa: F811
    """The crew, with a team that gives its tickets to its people."""
    with desk.database.transaction() as session:
        team = session.get_one(Team, crew.team.id)
        work.set_assignment(session, team, automatic=True, lead_id=None, actor=SYSTEM)
    return crew


@pytest.fixture
def limit(desk: Desk) -> Callable[..., None]:
    """`limit(user, capacity=1)`: how somebody takes work."""

    def set_work(user: User, **changes: Any) -> None:
        given = {
            "capacity": None, "share": 1, "on_rota": False, "latitude": None, "longitude": None,
            **changes,
        }  # fmt: skip
        with desk.database.transaction() as session:
            work.change_work(session, session.get_one(User, user.id), **given, actor=SYSTEM)

    return set_work


@pytest.fixture
def dispatched(
    world: World,  # noqa: F811
    automatic: SimpleNamespace,
    mailed: Callable[..., Ticket],  # noqa: F811
) -> Callable[..., Ticket]:
    """A customer's mail that was dispatched to the automatic team."""

    def dispatch(**changes: Any) -> Ticket:
        ticket = mailed(**changes)
        world.complete(
            ticket, "dispatch", "dispatch", automatic.dispatcher, team=f"team:{automatic.team.id}"
        )
        return ticket

    return dispatch


@pytest.fixture
def handler(desk: Desk) -> Callable[[Ticket], int | None]:
    """Who has a ticket now."""

    def find(ticket: Ticket) -> int | None:
        with desk.reading() as session:
            return session.get_one(Ticket, ticket.id).assignee_id

    return find
