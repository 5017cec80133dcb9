"""Mail to people of the desk: each in their language, once, with the way to the ticket."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from connectors.mail.operators import operators
from connectors.mail.staff import tell
from desk.application import Desk
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.operators import Step
from engine.timestamps import utc_now


@pytest.fixture
def reachable(desk: Desk, crew: SimpleNamespace) -> SimpleNamespace:
    """The dispatcher reads English, 李雷 Chinese; 韩梅梅 has no address."""
    with desk.database.transaction() as session:
        session.get_one(User, crew.lilei.id).email = "lilei@desk.example"
        session.get_one(User, crew.lilei.id).locale = "zh_CN"
        session.get_one(User, crew.dispatcher.id).email = "diao@desk.example"
        session.get_one(User, crew.dispatcher.id).locale = "en"
    return crew


def outbox(desk: Desk) -> dict[str, EmailMessage]:
    """The mails that went out, by recipient."""
    found = {}
    for file in (desk.settings.data_dir / "outbox").glob("*.eml"):
        mail = message_from_bytes(file.read_bytes(), policy=default)
        found[mail["To"].addresses[0].addr_spec] = mail
    return found


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_diagram_mails_the_handler_a_team_and_a_role(
    desk: Desk, reachable: SimpleNamespace, mailed: Any, settle: Any
) -> None:
    ticket = mailed()
    settle()
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = reachable.lilei.id
        step = Step(session, SYSTEM, uuid4(), "t", {"en": "t"}, {}, utc_now(), desk)
        assert operators["notify.mail"].function(
            step,
            to=f"handler, team:{reachable.team.id}, role:supervisor, user:999",
            subject="“{{ticket.subject}}” 超时",
            text="请尽快处理 {{ticket.ticketId}}",
            ticket_id=ticket.id,
        ) == {"mailed": 2, "without_address": ["韩梅梅"]}
    settle()
    mails = outbox(desk)
    mine, theirs = mails["lilei@desk.example"], mails["diao@desk.example"]
    assert mine["Subject"] == f"[{ticket.number}] “打印机坏了” 超时"
    assert mine["Auto-Submitted"] == "auto-generated"
    assert f"http://desk.test/tickets/{ticket.id}" in body(mine)
    assert f"请尽快处理 {ticket.number}" in body(mine)
    assert "不要直接回复" in body(mine)
    assert "not to this mail" in body(theirs)


def test_a_retry_is_the_same_mail_and_who_cannot_be_reached_gets_none(
    desk: Desk, reachable: SimpleNamespace
) -> None:
    lilei = reachable.lilei.id
    first = tell(desk, lilei, "早会", "九点", None, "mail.tell:once")
    assert first["sent"]
    assert tell(desk, lilei, "早会", "九点", None, "mail.tell:once") == first
    assert outbox(desk)["lilei@desk.example"]["Subject"] == "早会"
    assert tell(desk, reachable.hanmei.id, "x", "x", None, "2")["reason"] == "no_address"
    with desk.database.transaction() as session:
        session.get_one(User, lilei).email = desk.settings.mail_address
    assert tell(desk, lilei, "x", "x", None, "3")["reason"] == "own_address"
    with desk.database.transaction() as session:
        session.get_one(User, lilei).active = False
    assert tell(desk, lilei, "x", "x", None, "4")["reason"] == "no_account"
