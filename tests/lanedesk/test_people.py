"""People from the command line, and the first start."""

import re

import pytest
from sqlalchemy import func, select

from desk.application import Desk
from desk.people import queries
from desk.people.models import User
from desk.people.passwords import verify_password
from desk.tickets.models import Ticket
from engine.tables import process_version
from lanedesk import people
from lanedesk.first_start import first_start


def password_in(words: str) -> str:
    found = re.search(r"password (\S+)", words)
    assert found
    return found.group(1)


def user(desk: Desk, login: str) -> User:
    with desk.database.reading() as session:
        found = queries.user_by_login(session, login)
        assert found is not None
        session.expunge(found)
        return found


def test_a_new_person_can_sign_in_and_has_to_change_the_password(desk: Desk) -> None:
    words = people.add(desk, "Li.Lei", name="李雷", email=None, roles=["agent"], teams=[])
    made = user(desk, "li.lei")
    assert verify_password(made.password_hash, password_in(words))
    assert made.must_change_password


def test_a_new_password_replaces_the_old_one(desk: Desk) -> None:
    old = password_in(people.add(desk, "lilei", name="李雷", email=None, roles=["agent"], teams=[]))
    new = password_in(people.new_password(desk, "lilei"))
    assert verify_password(user(desk, "lilei").password_hash, new)
    assert not verify_password(user(desk, "lilei").password_hash, old)


@pytest.mark.parametrize(
    ("login", "roles", "teams", "words"),
    [
        ("x", ["agent"], [], "login"),
        ("lilei", ["emperor"], [], "roles"),
        ("lilei", ["agent"], ["no such"], "there is no team no such"),
    ],
)
def test_what_cannot_be_done_is_said(
    desk: Desk, login: str, roles: list[str], teams: list[str], words: str
) -> None:
    with pytest.raises(people.CannotDo, match=words):
        people.add(desk, login, name="李雷", email=None, roles=roles, teams=teams)
    assert people.listing(desk) == ""


def test_the_first_start_fills_an_empty_desk_once(desk: Desk) -> None:
    welcome = first_start(desk)
    assert welcome.password
    assert verify_password(user(desk, "admin").password_hash, welcome.password)
    assert "wangfang\t王芳\tsupervisor" in people.listing(desk)
    with desk.database.reading() as session:
        states = session.scalars(select(Ticket.state).order_by(Ticket.id)).all()
        assert states == ["pending", "pending", "dispatched", "processing", "ended"]
        shipped = set(session.scalars(select(process_version.c.key)))
        assert {"ticket-basic", "ticket-complaint", "ticket-sla"} <= shipped
    assert first_start(desk).password is None
    with desk.database.reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 5


def test_a_first_start_without_demo_has_one_person_and_no_ticket(desk: Desk) -> None:
    first_start(desk, demo=False)
    assert people.listing(desk).startswith("admin\t")
    assert len(people.listing(desk).splitlines()) == 1
    with desk.database.reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 0
