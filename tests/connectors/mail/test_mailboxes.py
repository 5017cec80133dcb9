"""Several addresses of one desk: which of them a mail came to, what it becomes there, and who answers."""

import smtplib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.mail import smtp_server
from connectors.mail.mailboxes import api, operations, pages, queries
from connectors.mail.mailboxes.models import MailboxRow
from connectors.mail.mailboxes.queries import Mailbox, read_mailboxes
from connectors.mail.mailboxes.sealing import SealBroken, unseal
from connectors.mail.outgoing import Order, send
from connectors.mail.polling import ImapPollers
from connectors.mail.smtp_server import MailListener
from connectors.mail.staff import tell
from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.people.models import Team
from desk.tickets.models import TicketType
from desk.tickets.operations import receive_message
from desk.tickets.relations.refusal import Refused
from desk.web.application import create_web
from engine.actors import SYSTEM, Actor
from lanedesk import doctor
from tests.connectors.mail.conftest import MailDesk, plain_mail
from tests.connectors.mail.imap_server import MailboxServer
from tests.desk.web.fixtures import (  # noqa: F401
    Browser,
    MakeUser,
    app,
    bearer,
    compiled_templates,
    make_user,
    quick_hashes,
)

Save = Callable[..., int]


@pytest.fixture
def desk(mail_desk: MailDesk) -> Desk:
    return mail_desk.desk


@pytest.fixture
def save(desk: Desk) -> Save:
    """`save("sales@desk.test", way="imap", …)`: a mailbox; its number."""

    def save(address: str, *, number: int | None = None, **given: Any) -> int:
        with desk.database.transaction() as session:
            row = session.get(MailboxRow, number) if number is not None else None
            given = {"address": address, "active": True, **given}
            return operations.save_mailbox(session, desk.settings, row, given, actor=SYSTEM).id

    return save


def from_of(mail: Any) -> str:
    return str(mail["From"].addresses[0].addr_spec)


def test_a_mail_is_answered_from_the_mailbox_that_it_came_to(mail_desk: MailDesk, save: Save) -> None:
    sales = save("Sales@desk.test", name="销售部")
    mail_desk.take(plain_mail(to="sales@desk.test"), envelope_to=["sales@desk.test"])
    (ticket,) = mail_desk.tickets()
    mail_desk.reply(ticket.id, "您好")
    mail_desk.work()
    receipt, reply = mail_desk.outbox()
    for mail in (receipt, reply):
        assert from_of(mail) == "sales@desk.test"
        assert mail["From"].addresses[0].display_name == "销售部"
        assert mail["Reply-To"].addresses[0].addr_spec.startswith("sales+")
    assert mail_desk.raw_mails()[0].mailbox_id == sales

    # the talk goes on wherever the customer writes, and from the same address
    again = plain_mail(message_id="<m2@example.com>", **{"In-Reply-To": reply["Message-ID"]})
    mail_desk.take(again, envelope_to=["desk@desk.test"])
    assert len(mail_desk.tickets()) == 1
    assert mail_desk.raw_mails()[1].mailbox_id is None
    assert send(mail_desk.desk, Order(ticket.id, "reopened", "again"))["sent"]
    assert {from_of(mail) for mail in mail_desk.outbox()} == {"sales@desk.test"}

    # one that is withdrawn answers no more
    save("sales@desk.test", number=sales, active=False)
    send(mail_desk.desk, Order(ticket.id, "reopened", "afterwards"))
    assert from_of(mail_desk.outbox()[-1]) == "desk@desk.test"


def test_other_tickets_are_answered_from_the_default_one(mail_desk: MailDesk, save: Save) -> None:
    def asked() -> str:
        """A ticket that was taken down at the desk, and the address of its receipt."""
        with mail_desk.desk.database.transaction() as session:
            message = receive_message(
                session, kind="customer", channel="desk", author=Actor("contact", None, "王"),
                text="打不开", sender_mail="wang@example.com",
            )  # fmt: skip
            mail_desk.desk.engine.message(
                session, "mail.received", {"message_id": message.id}, actor=SYSTEM
            )
        mail_desk.work()
        return from_of(mail_desk.outbox()[-1])

    assert asked() == "desk@desk.test"
    sales = save("sales@desk.test", is_default=True)
    assert asked() == "sales@desk.test"
    help_ = save("help@desk.test", is_default=True)
    assert asked() == "help@desk.test"
    with mail_desk.desk.database.reading() as session:
        assert not session.get_one(MailboxRow, sales).is_default
    with pytest.raises(Refused):
        save("help@desk.test", number=help_, is_default=True, active=False)
    # the one of the settings answers what came to it, whatever the default one is
    mail_desk.take(plain_mail(sender="li@example.com"), envelope_to=["desk@desk.test"])
    assert from_of(mail_desk.outbox()[-1]) == "desk@desk.test"


@pytest.mark.parametrize("header", ["X-Original-To", "Delivered-To", "To"])
def test_a_forwarded_mail_is_known_by_its_headers(
    mail_desk: MailDesk, save: Save, header: str
) -> None:
    info = save("info@company.test", way="forward", aliases=["hello@company.test"])
    direct = save("sales@desk.test")
    for number, address in enumerate(("info@company.test", "Hello@company.test")):
        headers = {"to": "list@else.where", **({header: address} if header != "To" else {"to": address})}
        raw = plain_mail(message_id=f"<{number}@example.com>", **headers)
        mail_desk.take(raw, envelope_to=["desk@desk.test"])
    # a mail to two addresses of the desk belongs to the one that it was handed in for
    both = plain_mail(message_id="<both@example.com>", to="sales@desk.test, desk@desk.test")
    mail_desk.take(both, envelope_to=["desk@desk.test"])
    mail_desk.take(plain_mail(message_id="<x@example.com>"), envelope_to=["sales@desk.test"])
    assert [mail.mailbox_id for mail in mail_desk.raw_mails()] == [info, info, None, direct]


def test_mail_becomes_a_ticket_of_the_mailboxs_type_and_team(mail_desk: MailDesk, save: Save) -> None:
    diagram = (Path(__file__).parent / "talk.bpmn").read_bytes()
    diagram = diagram.replace(b"mail.received", b"ticket.requested")
    diagram = diagram.replace(b"talk-process", b"repair-process")
    with mail_desk.desk.database.transaction() as session:
        mail_desk.desk.engine.deploy(session, {"repair.bpmn": diagram}, actor=SYSTEM)
        kind = TicketType(
            key="repair", name={"zh": "报修"}, process_key="repair-process", prefix="RP",
            priority="high",
        )  # fmt: skip
        team = Team(name="维修")
        session.add_all([kind, team])
        session.flush()
        team_id = team.id
    save("repair@desk.test", type="repair", team_id=team_id)
    mail_desk.take(plain_mail(subject="漏水"), envelope_to=["repair@desk.test"])
    (ticket,) = mail_desk.tickets()
    assert (ticket.type, ticket.team_id, ticket.title) == ("repair", team_id, "漏水")
    assert ticket.number.startswith("RP-")
    assert from_of(mail_desk.outbox()[0]) == "repair@desk.test"
    with mail_desk.desk.database.transaction() as session:
        session.scalars(select(TicketType)).one().active = False
    later = plain_mail(message_id="<later@example.com>")
    mail_desk.take(later, envelope_to=["repair@desk.test"])
    assert mail_desk.tickets()[1].type == "basic", "withdrawn: a general ticket, and nothing is lost"


def test_our_own_mailboxes_never_answer_each_other(mail_desk: MailDesk, save: Save) -> None:
    save("sales@desk.test", aliases=["shop@desk.test"])
    mail_desk.take(plain_mail(), envelope_to=["desk@desk.test"])
    (receipt,) = mail_desk.outbox()
    mail_desk.take(receipt.as_bytes(), envelope_to=["sales@desk.test"])
    assert mail_desk.statuses() == ["parsed", "loop"]
    # a mail that bears one of our addresses as its sender is filed, and not answered
    forged = plain_mail(message_id="<forged@example.com>", sender="shop@desk.test")
    mail_desk.take(forged, envelope_to=["desk@desk.test"])
    assert len(mail_desk.tickets()) == 2
    assert len(mail_desk.outbox()) == 1
    order = Order(mail_desk.tickets()[1].id, "reply", "x", words="x")
    assert send(mail_desk.desk, order) == {"sent": False, "reason": "own_address"}


def test_people_of_the_desk_are_told_from_the_default_one(
    mail_desk: MailDesk,
    save: Save,
    make_user: MakeUser,  # noqa: F811
) -> None:
    save("sales@desk.test", is_default=True, name="Sales")
    person = make_user("li", email="li@example.com")
    ours = make_user("robot", email="Sales@desk.test")
    assert tell(mail_desk.desk, person.id, "Hello", "Words", None, "one")["sent"]
    assert from_of(mail_desk.outbox()[0]) == "sales@desk.test"
    assert tell(mail_desk.desk, ours.id, "Hello", "x", None, "two")["reason"] == "own_address"


def test_the_listener_takes_mail_for_an_address_as_soon_as_it_is_there(
    mail_desk: MailDesk, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_server, "UNKNOWN_SECONDS", 0)
    monkeypatch.setattr(smtp_server, "KNOWN_SECONDS", 0)
    listener = MailListener(mail_desk.desk)
    listener.start()
    try:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=20) as client:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("wang@example.com", ["sales@desk.test"], plain_mail())
            number = save("sales@desk.test", aliases=["shop@desk.test"])
            client.sendmail("wang@example.com", ["Shop+x@desk.test"], plain_mail())
            save("sales@desk.test", number=number, active=False)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("wang@example.com", ["sales@desk.test"], plain_mail())
            client.sendmail("wang@example.com", ["desk@desk.test"], plain_mail())
    finally:
        listener.stop()
    assert len(mail_desk.raw_mails()) == 2


def test_mailboxes_are_fetched_as_they_are_added_and_withdrawn(mail_desk: MailDesk, save: Save) -> None:
    server = MailboxServer(mails={3: plain_mail().replace(b"\n", b"\r\n")}, seen=set())
    url = server.start()
    pollers = ImapPollers(mail_desk.desk, refresh_seconds=0.02)
    pollers.start()
    try:
        number = save("sales@desk.test", way="imap", imap_url=url)
        until(lambda: len(mail_desk.raw_mails()) == 1)
        mail_desk.work()
        (mail,) = mail_desk.raw_mails()
        assert (mail.mailbox_id, mail.source, mail.status) == (number, "imap", "parsed")
        assert from_of(mail_desk.outbox()[0]) == "sales@desk.test"
        changed = {"imap_url": url.replace(":secret@", "@"), "imap_password": "no"}
        save("sales@desk.test", number=number, way="imap", **changed)
        until(lambda: error_of(mail_desk, number) != "")
    finally:
        pollers.stop()
        server.stop()


def error_of(mail_desk: MailDesk, number: int) -> str:
    with mail_desk.desk.database.reading() as session:
        return session.get_one(MailboxRow, number).error


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_passwords_are_sealed_kept_and_never_shown(mail_desk: MailDesk, save: Save) -> None:
    def kept() -> str:
        with mail_desk.desk.database.reading() as session:
            row = session.get_one(MailboxRow, number)
            assert "hunter2" not in row.imap_url + row.imap_password
            return unseal(mail_desk.desk.settings.secret_key, row.imap_password)

    number = save("a@desk.test", way="imap", imap_url="imaps://me:hunter2@mail.test/INBOX")
    assert kept() == "hunter2"
    with mail_desk.desk.database.reading() as session:
        (box,) = read_mailboxes(session, mail_desk.desk.settings).all[1:]
        assert "hunter2" not in str(session.scalars(select(AuditEntry.new)).all())
    assert box.account(mail_desk.desk.settings) == "imaps://me:hunter2@mail.test/INBOX"
    save("a@desk.test", number=number, way="imap", imap_url=box.imap_url, name="A")
    assert kept() == "hunter2", "without a new one it stays"
    save("a@desk.test", number=number, way="imap", imap_url="imaps://me@thief.test/INBOX")
    assert kept() == "", "it goes to no server but its own"
    save("a@desk.test", number=number, way="imap", imap_url=box.imap_url, imap_password="p@ss:w/d")
    with mail_desk.desk.database.reading() as session:
        (box,) = read_mailboxes(session, mail_desk.desk.settings).all[1:]
    assert box.account(mail_desk.desk.settings) == "imaps://me:p%40ss%3Aw%2Fd@mail.test/INBOX"
    with pytest.raises(SealBroken):
        unseal("another secret", box.imap_password)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("address", {"address": "nobody"}),
        ("address", {"address": "desk@desk.test"}),
        ("address", {"address": "taken@desk.test"}),
        ("address", {"address": "alias@desk.test"}),
        ("address", {"address": "a+b@desk.test"}),
        ("aliases", {"aliases": ["taken@desk.test"]}),
        ("aliases", {"aliases": ["new@desk.test"]}),
        ("aliases", {"aliases": ["x@desk.test", "X@desk.test"]}),
        ("way", {"way": "pigeon"}),
        ("imap_url", {"way": "imap"}),
        ("imap_url", {"way": "imap", "imap_url": "https://me@mail.test"}),
        ("imap_url", {"way": "imap", "imap_url": "imaps://mail.test"}),
        ("smtp_url", {"smtp_url": "smtp://[mail"}),
        ("type", {"type": "none"}),
        ("team_id", {"team_id": 4711}),
    ],
)
def test_a_mailbox_that_cannot_be(save: Save, field: str, given: dict[str, Any]) -> None:
    save("taken@desk.test", aliases=["alias@desk.test"])
    with pytest.raises(Refused) as refused:
        save(**{"address": "new@desk.test", **given})
    assert refused.value.field == field


def test_an_administrator_sets_up_mailboxes(
    desk: Desk,
    app: Flask,  # noqa: F811
    make_user: MakeUser,  # noqa: F811
) -> None:
    app.register_blueprint(pages.blueprint)
    browser = Browser(app)
    make_user("admin", roles=["administrator"])
    browser.sign_in("admin")
    page = browser.get("/settings/mailboxes").text
    assert "desk@desk.test" in page
    browser.get("/settings/mailboxes/new")
    given = {
        "address": "sales@desk.test", "name": "Sales", "aliases": "shop@desk.test\nbuy@desk.test",
        "way": "imap", "imap_url": "imaps://me@mail.test/INBOX", "imap_password": "hunter2",
        "active": "1", "is_default": "1",
    }  # fmt: skip
    wrong = browser.post("/settings/mailboxes/new", {**given, "address": "x"})
    assert wrong.status_code == 422
    assert "This is not a mail address." in wrong.text
    assert "shop@desk.test" in wrong.text
    assert browser.post("/settings/mailboxes/new", given).status_code == 303
    assert "sales@desk.test" in browser.get("/settings/mailboxes").text
    with desk.reading() as session:
        (row,) = session.scalars(select(MailboxRow))
        assert row.aliases == ["shop@desk.test", "buy@desk.test"]
    page = browser.get(f"/settings/mailboxes/{row.id}").text
    assert "hunter2" not in page
    assert row.imap_password not in page
    first = {"name": "Help desk", "is_default": "1", "address": "evil@desk.test"}
    assert browser.post("/settings/mailboxes/of-settings", first).status_code == 303
    with desk.reading() as session:
        mailboxes = read_mailboxes(session, desk.settings)
    assert (mailboxes.default.id, mailboxes.default.address) == (None, "desk@desk.test")
    assert mailboxes.default.name == "Help desk"
    assert browser.get("/settings/mailboxes/4711").status_code == 404


def test_programs_set_up_mailboxes(
    desk: Desk,
    make_user: MakeUser,  # noqa: F811
    bearer: Any,  # noqa: F811
) -> None:
    client = create_web(desk, subjects=["people"], api=[api.blueprint]).test_client()
    headers = bearer(make_user("admin", roles=["administrator"]))
    agent = bearer(make_user("li"))
    given = {"address": "sales@desk.test", "way": "imap", "imap_url": "imaps://me:hunter2@mail.test"}
    made = client.post("/api/v1/mailboxes", headers=headers, json=given)
    assert made.status_code == 201, made.text
    assert "hunter2" not in made.text
    number = made.json["id"]
    changed = client.put(
        f"/api/v1/mailboxes/{number}", headers=headers, json={**given, "is_default": True}
    )
    assert changed.json["is_default"]
    refused = client.post("/api/v1/mailboxes", headers=headers, json=given)
    assert refused.status_code == 422
    first = client.put("/api/v1/mailboxes/of-settings", headers=headers, json={"name": "Desk"})
    assert (first.json["id"], first.json["address"], first.json["name"]) == (0, "desk@desk.test", "Desk")
    listed = client.get("/api/v1/mailboxes", headers=headers)
    assert [box["address"] for box in listed.json["items"]] == ["desk@desk.test", "sales@desk.test"]
    assert "hunter2" not in listed.text
    assert client.put("/api/v1/mailboxes/4711", headers=headers, json=given).status_code == 404
    assert client.get("/api/v1/mailboxes", headers=agent).status_code == 403


def test_the_doctor_says_when_a_mailbox_cannot_be_reached(mail_desk: MailDesk, save: Save) -> None:
    settings = mail_desk.desk.settings
    assert doctor.mailboxes(settings).grade == "ok"
    save("sales@desk.test", way="imap", imap_url="imap://me:hunter2@127.0.0.1:1/INBOX")
    save("out@desk.test", smtp_url="smtp://127.0.0.1:1")
    finding = doctor.mailboxes(settings)
    assert finding.grade == "wrong"
    assert "sales@desk.test cannot be read" in finding.words
    assert "out@desk.test cannot send" in finding.words
    assert "hunter2" not in finding.words
    sealed = Mailbox(9, "b@desk.test", "B", way="imap", imap_url="imaps://me@x.test", imap_password="?")
    assert "entered again" in " ".join(operations.troubles(settings, sealed))


def test_what_another_process_has_saved_is_seen_soon(
    desk: Desk, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known() -> list[str]:
        with desk.database.reading() as session:
            return [one.name for one in read_mailboxes(session, desk.settings).all[1:]]

    number = save("a@desk.test", name="A")
    assert known() == ["A"]
    with desk.database.transaction() as session:
        session.get_one(MailboxRow, number).name = "B"
    assert known() == ["A"], "not every mail asks anew"
    now = queries.monotonic()
    monkeypatch.setattr(queries, "monotonic", lambda: now + queries.FRESH)
    assert known() == ["B"]
    save("a@desk.test", number=number, name="C")
    assert known() == ["C"], "what was saved here is seen at once"
