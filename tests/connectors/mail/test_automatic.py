"""Automatic mail, bounces and loops: filed, marked, and never answered by a machine."""

from dataclasses import replace

import pytest

from connectors.mail.loops import LOOP_HEADER
from connectors.mail.outgoing import Order, send
from engine import inspection
from tests.connectors.mail.conftest import MailDesk, plain_mail

AUTOMATIC = {"Auto_Submitted": "auto-replied"}


def acknowledge(desk: MailDesk, ticket_id: int, unique: str = "again") -> dict[str, object]:
    return send(desk.desk, Order(ticket_id, "acknowledgement", unique))


def test_an_absence_notice_is_filed_and_not_answered(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    (ours,) = mail_desk.outbox()
    mail_desk.take(
        plain_mail(message_id="<ooo@example.com>", In_Reply_To=ours["Message-ID"], **AUTOMATIC)
    )
    filed = [m for m in mail_desk.messages(kind="automatic") if m.raw_mail_id is not None]
    assert [(m.ticket_id, m.automatic) for m in filed] == [(ticket.id, True)]
    assert len(mail_desk.outbox()) == 1
    with mail_desk.desk.database.reading() as session:
        history = inspection.history_of(session, ticket.instance_id)
    assert not [row for row in history if row["event"] == "received"]


@pytest.mark.parametrize(
    ("headers", "envelope_from"),
    [
        (AUTOMATIC, "someone@example.com"),
        ({"Precedence": "bulk"}, "someone@example.com"),
        ({"List_Id": "<list.example.com>"}, "someone@example.com"),
        ({}, ""),
        ({**AUTOMATIC, "message_id": ""}, "someone@example.com"),
    ],
)
def test_automatic_mail_of_its_own_opens_a_ticket_that_nobody_answers(
    mail_desk: MailDesk, headers: dict[str, str], envelope_from: str
) -> None:
    mail_desk.take(plain_mail(**headers), envelope_from=envelope_from)
    assert len(mail_desk.tickets()) == 1
    (message,) = mail_desk.messages(kind="customer")
    assert message.automatic
    assert mail_desk.outbox() == []


def test_our_own_mail_that_comes_back_is_put_aside(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ours,) = mail_desk.outbox()
    mail_desk.take(ours.as_bytes())
    del ours["Message-ID"]
    mail_desk.take(ours.as_bytes())
    assert mail_desk.statuses() == ["parsed", "loop", "loop"]
    assert len(mail_desk.tickets()) == 1
    assert len(mail_desk.outbox()) == 1


def test_a_ticket_of_the_desks_own_address_is_not_answered(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail(sender="desk@desk.test"))
    assert mail_desk.outbox() == []


def bounce(
    original_id: str, *, action: str = "failed", recipient: str = "wang@example.com"
) -> bytes:
    return (
        "From: MAILER-DAEMON@relay.test\r\nTo: desk@desk.test\r\nSubject: Undelivered\r\n"
        "Message-ID: <dsn1@relay.test>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original_id}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


def test_a_bounce_marks_what_was_sent_and_leaves_a_note(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    (ours,) = mail_desk.outbox()
    for copy in range(2):
        raw = bounce(ours["Message-ID"]).replace(b"dsn1", f"dsn{copy}".encode())
        mail_desk.take(raw, envelope_from="")
    assert len(mail_desk.tickets()) == 1
    assert mail_desk.statuses() == ["parsed", "report", "report"]
    assert [m.delivery for m in mail_desk.messages(kind="automatic")] == ["bounced"]
    (note,) = mail_desk.messages(kind="note")
    assert note.ticket_id == ticket.id
    assert "wang@example.com" in note.text
    assert "no such user" in note.text


def test_a_bounce_that_tells_no_id_finds_its_ticket_by_the_envelope(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ours,) = mail_desk.outbox()
    token_address = ours["Reply-To"].addresses[0].addr_spec
    mail_desk.take(bounce("<>"), envelope_from="", envelope_to=[token_address])
    assert [m.delivery for m in mail_desk.messages(kind="automatic")] == ["bounced"]


@pytest.mark.parametrize(
    "raw", [bounce("<stranger@example.com>"), bounce("<x@y>", action="delayed")]
)
def test_reports_on_other_mails_and_on_delays_change_nothing(
    mail_desk: MailDesk, raw: bytes
) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(raw, envelope_from="")
    assert mail_desk.statuses() == ["parsed", "report"]
    assert mail_desk.messages(kind="note") == []
    assert [m.delivery for m in mail_desk.messages(kind="automatic")] == ["sent"]


def test_one_address_causes_so_many_automatic_answers_an_hour(mail_desk: MailDesk) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, mail_rate_per_hour=3)
    for number in range(5):
        mail_desk.take(plain_mail(message_id=f"<m{number}@example.com>", text=f"Nr. {number}"))
    mail_desk.take(plain_mail(message_id="<other@example.com>", sender="li@example.com"))
    assert len(mail_desk.tickets()) == 6  # the words are all taken; only the answers end
    assert [m["To"].addresses[0].addr_spec for m in mail_desk.outbox()] == [
        *["wang@example.com"] * 3,
        "li@example.com",
    ]
    last = mail_desk.tickets()[4]
    assert acknowledge(mail_desk, last.id) == {"sent": False, "reason": "rate"}
    with mail_desk.desk.database.reading() as session:
        assert inspection.awaited(session, last.instance_id)


def exchange(here: MailDesk, there: MailDesk, *, strip: tuple[str, ...] = ()) -> int:
    """Carry every new mail of either desk to the other until both are silent; how many mails there were."""
    carried: set[str] = set()
    while True:
        fresh = [
            (target, mail)
            for source, target in ((here, there), (there, here))
            for mail in source.outbox()
            if mail["Message-ID"] not in carried
        ]
        if not fresh:
            return len(carried)
        assert len(carried) < 20, "the two desks do not stop"
        for target, mail in fresh:
            carried.add(mail["Message-ID"])
            sender = mail["Reply-To"].addresses[0].addr_spec
            recipient = mail["To"].addresses[0].addr_spec
            for name in strip:
                del mail[name]
            target.take(mail.as_bytes(), envelope_from=sender, envelope_to=[recipient])


@pytest.mark.parametrize(
    "strip",
    [
        (),
        # gateways that take away what should have stopped it, and the thread with it
        ("Auto-Submitted", "X-Auto-Response-Suppress"),
        (
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "In-Reply-To",
            "References",
            "Reply-To-Token",
        ),
        ("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References", "Message-ID"),
    ],
)
def test_two_desks_answering_each_other_stop_after_three_mails(
    mail_desk: MailDesk, other_desk: MailDesk, strip: tuple[str, ...]
) -> None:
    # a customer writes as if from the other desk: our acknowledgement goes there
    mail_desk.take(plain_mail(sender="help@other.test"))
    assert 1 <= exchange(mail_desk, other_desk, strip=strip) <= 3


def test_every_mail_carries_the_mark_against_loops(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.reply(ticket.id, "我们马上处理。")
    mail_desk.work()
    acknowledgement, reply = mail_desk.outbox()
    assert acknowledgement["Auto-Submitted"] == "auto-replied"
    assert reply["Auto-Submitted"] is None
    assert acknowledgement[LOOP_HEADER] == reply[LOOP_HEADER]
    assert reply[LOOP_HEADER].endswith("hops=1")
