"""A reply says how far it has come: on its way, sent, failed with a way to try again, or not for the mail at all."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select, update

from desk.application import Desk
from desk.tickets.models import Message, Ticket
from engine.tables import incident, job
from tests.fixtures.smtp import SmtpSink


def reply(browser: Any, ticket: Ticket, text: str = "请重启打印机") -> None:
    path = f"/tickets/{ticket.id}/messages"
    assert browser.post(path, {"kind": "reply", "text": text}).status_code == 303


def talk(browser: Any, ticket: Ticket) -> str:
    return str(browser.get(f"/tickets/{ticket.id}?part=conversation").text)


def live_events(desk: Desk, topic: str) -> list[str]:
    from desk.web.live.models import LiveEvent

    with desk.reading() as session:
        return list(session.scalars(select(LiveEvent.kind).where(LiveEvent.topic == topic)))


def test_a_reply_is_on_its_way_until_the_mail_server_has_it(
    desk: Desk,
    crew: SimpleNamespace,
    visit: Any,
    mailed: Callable[..., Ticket],
    smtp_sink: SmtpSink,
    settle: Any,
) -> None:
    desk.settings = replace(desk.settings, smtp_url=smtp_sink.url)
    ticket = mailed()
    settle()
    boss = visit(crew.dispatcher)
    reply(boss, ticket)
    assert "Sending" in talk(boss, ticket)

    smtp_sink.refuse = "450 later, please"
    settle()
    assert "Not sent yet, is tried again" in talk(boss, ticket)
    assert "later, please" in talk(boss, ticket)  # why, for who asks

    smtp_sink.refuse = None
    with desk.database.transaction() as session:
        session.execute(
            update(job).where(job.c.status == "waiting").values(due_at=job.c.created_at)
        )
    settle()
    shown = talk(boss, ticket)
    assert "Sending" not in shown
    assert "Sent</span>" in shown


def test_a_reply_that_failed_says_why_and_is_sent_again(
    desk: Desk,
    crew: SimpleNamespace,
    visit: Any,
    mailed: Callable[..., Ticket],
    smtp_sink: SmtpSink,
    settle: Any,
) -> None:
    desk.settings = replace(desk.settings, smtp_url=smtp_sink.url)
    ticket = mailed()
    settle()
    boss, auditor = visit(crew.dispatcher), visit(crew.auditor)
    reply(boss, ticket)
    with desk.reading() as session:
        message = session.scalars(select(Message).where(Message.kind == "reply")).one()
    smtp_sink.refuse = "550 no such user"
    settle()
    shown = talk(boss, ticket)
    assert "The mail did not arrive" in shown
    assert "no such user" in shown
    assert "ticket.stopped" in live_events(desk, f"ticket:{ticket.id}")
    assert "incident.opened" in live_events(desk, "incidents")

    again = f"/tickets/{ticket.id}/messages/{message.id}/again"
    assert again in shown
    assert again not in talk(auditor, ticket)
    assert auditor.post(again, {}).status_code == 403

    smtp_sink.refuse = None
    assert boss.post(again, {}).status_code == 303
    assert "Sending" in talk(boss, ticket)
    assert boss.post(again, {}).status_code == 303  # a second click finds it dealt with
    settle()
    assert "Sent</span>" in talk(boss, ticket)
    bodies = [m.get_body(("plain",)) for m in smtp_sink.messages]
    assert sum("请重启打印机" in body.get_content() for body in bodies if body) == 1
    with desk.reading() as session:
        kept = session.execute(select(incident)).one()
    assert kept.resolution == "retried"
    assert kept.resolved_by["id"] == crew.dispatcher.id


def test_a_customer_without_an_address_gets_no_mail_and_the_page_says_so(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Callable[..., Ticket], settle: Any
) -> None:
    ticket = mailed(sender_mail=None, sender_phone="13800138000", channel="form")
    settle()
    boss = visit(crew.dispatcher)
    reply(boss, ticket)
    settle()
    assert "Not mailed" in talk(boss, ticket)
