"""What the desk sends: threaded, signed, once, to the ticket's customer and nobody else."""

from dataclasses import replace

import pytest

from connectors.mail.outgoing import Order, send
from connectors.mail.tokens import reply_address
from desk.tickets.attachments import StoredFile
from desk.tickets.models import Message
from engine.operators import OperatorError, PermanentFailure
from tests.connectors.mail.conftest import MailDesk, plain_mail
from tests.connectors.mail.test_automatic import bounce
from tests.fixtures.smtp import SmtpSink


@pytest.fixture
def sending_desk(mail_desk: MailDesk, smtp_sink: SmtpSink) -> MailDesk:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, smtp_url=smtp_sink.url)
    return mail_desk


def test_an_agents_reply_is_threaded_and_carries_the_token(
    sending_desk: MailDesk, smtp_sink: SmtpSink
) -> None:
    sending_desk.take(plain_mail(References="<a@example.com>"))
    (ticket,) = sending_desk.tickets()
    key = sending_desk.desk.storage.put(b"%PDF-1.4", suffix=".pdf")
    file = StoredFile("说明.pdf", "application/pdf", 8, key)
    sending_desk.reply(ticket.id, "请重启。\n\n再试一次。", attachments=[file])
    sending_desk.work()
    reply = smtp_sink.wait(2)[1]
    settings = sending_desk.desk.settings
    assert reply["In-Reply-To"] == "<m1@example.com>"
    assert str(reply["References"]).split() == ["<a@example.com>", "<m1@example.com>"]
    expected = reply_address(settings.secret_key, settings.mail_address, ticket.id)
    assert reply["Reply-To"].addresses[0].addr_spec == expected
    assert reply["X-Envelope-To"] == "wang@example.com"
    body = reply.get_body(("plain",))
    assert body is not None
    assert "再试一次" in body.get_content()
    assert "李雷" in body.get_content()
    assert [a.get_filename() for a in reply.iter_attachments()] == ["说明.pdf"]
    (message,) = sending_desk.messages(kind="reply")
    assert message.delivery == "sent"
    assert f"<{message.mail_message_id}>" == reply["Message-ID"]


def test_a_retry_sends_nothing_twice(sending_desk: MailDesk, smtp_sink: SmtpSink) -> None:
    sending_desk.take(plain_mail())
    (ticket,) = sending_desk.tickets()
    order = Order(ticket.id, "reopened", "mail.send:once")
    first = send(sending_desk.desk, order)
    assert first["sent"]
    assert send(sending_desk.desk, order) == first
    assert len(smtp_sink.wait(2)) == 2  # the acknowledgement and this one
    assert len(sending_desk.messages(kind="automatic")) == 2


def test_a_step_that_fails_afterwards_does_not_send_the_mail_again(
    sending_desk: MailDesk, smtp_sink: SmtpSink
) -> None:
    sending_desk.take(plain_mail())
    (ticket,) = sending_desk.tickets()
    order = Order(ticket.id, "reopened", "mail.send:then-wrong")

    def go_wrong(_session: object, _result: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(sending_desk.desk, order, go_wrong)
    assert send(sending_desk.desk, order)["sent"]
    assert len(smtp_sink.wait(2)) == 2  # the acknowledgement and this one
    assert len(sending_desk.messages(kind="automatic")) == 2


def test_later_is_a_reason_to_retry_and_never_one_to_give_up(
    sending_desk: MailDesk, smtp_sink: SmtpSink
) -> None:
    sending_desk.take(plain_mail())
    (ticket,) = sending_desk.tickets()
    order = Order(ticket.id, "reopened", "key")
    smtp_sink.refuse = "450 4.2.1 later, please"
    with pytest.raises(OperatorError, match="later, please") as later:
        send(sending_desk.desk, order)
    assert not isinstance(later.value, PermanentFailure)
    smtp_sink.refuse = "550 5.1.1 no such user"
    with pytest.raises(PermanentFailure, match="no such user"):
        send(sending_desk.desk, order)
    assert sending_desk.messages(kind="automatic")[-1].delivery == "failed"
    smtp_sink.refuse = None
    assert send(sending_desk.desk, order)["sent"]
    assert [m.delivery for m in sending_desk.messages(kind="automatic")] == ["sent", "sent"]


def test_a_server_that_is_away_is_tried_again(mail_desk: MailDesk) -> None:
    mail_desk.desk.settings = replace(mail_desk.desk.settings, smtp_url="smtp://127.0.0.1:1")
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    with pytest.raises(OperatorError, match="cannot be reached"):
        send(mail_desk.desk, Order(ticket.id, "reopened", "key"))
    (job,) = [j for j in mail_desk.jobs() if j.operator == "mail.send"]
    assert (job.status, job.tries) == ("waiting", 1)


def test_reply_to_is_followed_for_the_customer_only(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail(Reply_To="buero@example.com"))
    (ticket,) = mail_desk.tickets()
    mail_desk.reply(ticket.id, "eins")
    mail_desk.work()
    acknowledgement, reply = mail_desk.outbox()
    # an automatic answer goes to the author, not where the author points (RFC 3834 §4)
    assert acknowledgement["To"].addresses[0].addr_spec == "wang@example.com"
    assert reply["To"].addresses[0].addr_spec == "buero@example.com"
    # a third person who joins the talk, by whatever way, does not get the answers
    mail_desk.take(
        plain_mail(
            message_id="<x@evil.test>", sender="x@evil.test", Reply_To="y@evil.test",
            In_Reply_To="<m1@example.com>",
        )
    )  # fmt: skip
    mail_desk.reply(ticket.id, "zwei")
    mail_desk.work()
    assert mail_desk.outbox()[-1]["To"].addresses[0].addr_spec == "wang@example.com"


def test_the_answer_is_in_the_customers_language(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    with mail_desk.desk.database.transaction() as session:
        from desk.contacts.models import Contact

        session.get_one(Contact, ticket.contact_id).locale = "en"
    send(mail_desk.desk, Order(ticket.id, "ended", "key", words="Your printer prints again."))
    body = mail_desk.outbox()[-1].get_body(("plain",))
    assert body is not None
    assert "Your printer prints again." in body.get_content()
    assert "#rate" in body.get_content()


def test_a_message_of_another_ticket_is_never_sent(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    mail_desk.take(plain_mail(message_id="<m2@example.com>"))
    first, second = mail_desk.tickets()
    message_id = mail_desk.reply(first.id, "geheim")
    mail_desk.work()
    with pytest.raises(PermanentFailure, match="is not one of ticket"):
        send(mail_desk.desk, Order(second.id, "reply", "key", message_id=message_id))
    with pytest.raises(PermanentFailure, match="no ticket"):
        send(mail_desk.desk, Order(999, "ended", "key"))


def test_a_ticket_without_a_mail_address_is_not_mailed(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    with mail_desk.desk.database.transaction() as session:
        from sqlalchemy import delete, update

        from desk.contacts.models import ContactAddress

        session.execute(delete(ContactAddress))
        session.execute(update(Message).values(raw_mail_id=None))
    assert send(mail_desk.desk, Order(ticket.id, "ended", "key")) == {
        "sent": False,
        "reason": "no_address",
    }


def copies(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address, "name": ""} for address in addresses]


def test_a_reply_goes_to_further_addresses_as_one_mail(
    sending_desk: MailDesk, smtp_sink: SmtpSink
) -> None:
    sending_desk.take(plain_mail())
    (ticket,) = sending_desk.tickets()
    own = sending_desk.desk.settings.mail_address
    cc = [{"address": "li@partner.cn", "name": "李明"}, *copies("wang@example.com", own, "no@partner.cn")]
    smtp_sink.refused = {"no@partner.cn"}
    sending_desk.reply(ticket.id, "请重启。", cc=cc)
    sending_desk.work()
    reply = smtp_sink.wait(2)[1]
    assert len(smtp_sink.messages) == 2  # the acknowledgement and this one
    assert reply["X-Envelope-To"] == "wang@example.com, li@partner.cn"
    assert [one.addr_spec for one in reply["To"].addresses] == ["wang@example.com"]
    assert [(one.display_name, one.addr_spec) for one in reply["Cc"].addresses] == [
        ("李明", "li@partner.cn"), ("", "no@partner.cn"),
    ]  # fmt: skip
    assert reply["In-Reply-To"] == "<m1@example.com>"
    (message,) = sending_desk.messages(kind="reply")
    assert message.delivery == "sent"
    assert [(one["address"], one["state"]) for one in message.cc or ()] == [
        ("li@partner.cn", "sent"), ("wang@example.com", "sent"), (own, "own"), ("no@partner.cn", "refused"),
    ]  # fmt: skip


def test_what_the_customer_does_not_get_nobody_gets(
    sending_desk: MailDesk, smtp_sink: SmtpSink
) -> None:
    sending_desk.take(plain_mail())
    (ticket,) = sending_desk.tickets()
    smtp_sink.wait(1)
    smtp_sink.refused = {"wang@example.com"}
    sending_desk.reply(ticket.id, "请重启。", cc=copies("li@partner.cn"))
    sending_desk.work()
    assert len(smtp_sink.messages) == 1
    (message,) = sending_desk.messages(kind="reply")
    assert message.delivery == "failed"
    assert message.cc == copies("li@partner.cn")


def test_who_got_a_copy_answers_into_the_ticket_and_is_not_the_customer(
    mail_desk: MailDesk,
) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.reply(ticket.id, "eins", cc=copies("li@partner.cn"))
    mail_desk.work()
    sent = mail_desk.outbox()[-1]
    mail_desk.take(
        plain_mail(
            message_id="<li@partner.cn>", sender="li@partner.cn", In_Reply_To=str(sent["Message-ID"]),
            to=sent["Reply-To"].addresses[0].addr_spec,
        )
    )  # fmt: skip
    assert len(mail_desk.tickets()) == 1
    answer = mail_desk.messages(kind="customer")[-1]
    assert (answer.ticket_id, answer.sender_mail) == (ticket.id, "li@partner.cn")
    mail_desk.reply(ticket.id, "zwei")
    mail_desk.work()
    last = mail_desk.outbox()[-1]
    assert last["To"].addresses[0].addr_spec == "wang@example.com"
    assert last["Cc"] is None


def test_a_copy_that_comes_back_is_marked_and_the_reply_stays_sent(mail_desk: MailDesk) -> None:
    mail_desk.take(plain_mail())
    (ticket,) = mail_desk.tickets()
    mail_desk.reply(ticket.id, "eins", cc=copies("li@partner.cn", "wu@partner.cn"))
    mail_desk.work()
    (message,) = mail_desk.messages(kind="reply")
    mail_desk.take(bounce(f"<{message.mail_message_id}>", recipient="li@partner.cn"), envelope_from="")
    (message,) = mail_desk.messages(kind="reply")
    assert message.delivery == "sent"
    assert [one["state"] for one in message.cc or ()] == ["bounced", "sent"]
    assert "li@partner.cn" in mail_desk.messages(kind="note")[-1].text
    second = bounce(f"<{message.mail_message_id}>").replace(b"dsn1", b"dsn2")
    mail_desk.take(second, envelope_from="")
    assert mail_desk.messages(kind="reply")[0].delivery == "bounced"
