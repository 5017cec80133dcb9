"""Automations: what time has passed over is acted on once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.events import emit
from desk.notices.models import Notice
from desk.rules import operations
from desk.rules.rule import EVERY, Action, Condition, Rule
from desk.tickets.events import request_ticket
from desk.tickets.models import Message, Ticket, TrailEntry
from desk.tickets.operations import receive_message
from desk.tickets.relations.merging import merge
from desk.tickets.types import SHIPPED, ensure_types, requested_type
from engine.actors import SYSTEM, Actor
from engine.scheduler import run_due
from engine.tables import job, timer
from engine.timestamps import utc_now


@pytest.fixture
def later(desk: Desk, settle: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`later(hours)`: so much time passes, and what is due is done."""
    passed = timedelta()

    def wait(hours: float) -> None:
        nonlocal passed
        passed += timedelta(hours=hours)
        monkeypatch.setattr(desk.engine, "clock", lambda: utc_now() + passed)
        run_due(desk.engine, desk.database)
        settle()

    return wait


def notes(desk: Desk, ticket: Ticket) -> int:
    with desk.reading() as session:
        found = session.scalars(
            select(Message.id).where(Message.ticket_id == ticket.id, Message.kind == "note")
        )
        return len(found.all())


def test_a_ticket_is_acted_on_once_and_again_after_its_state_has_changed(
    desk: Desk, mailed: Any, settle: Any, later: Any
) -> None:
    rule = Rule(
        "automation", "", "一小时无人派发", every="PT15M",
        all=(Condition("ticket.state", "is", ("pending",)), Condition("ticket.processed_at", "older", ("1",))),
        then=(Action("note", (("text", "请尽快派发"),)),),
    )  # fmt: skip
    with desk.database.transaction() as session:
        operations.save(session, desk.engine, rule, actor=SYSTEM)
    ticket = mailed()
    settle()
    later(0.5)
    assert notes(desk, ticket) == 0
    later(0.6)
    assert notes(desk, ticket) == 1
    later(2)
    assert notes(desk, ticket) == 1
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).processed_at = desk.engine.clock()
    later(0.5)
    assert notes(desk, ticket) == 1
    later(0.7)
    assert notes(desk, ticket) == 2
    other = mailed()  # and of two that were merged, on the one that goes on
    with desk.database.transaction() as session:
        both = [session.get_one(Ticket, found.id) for found in (ticket, other)]
        both[0].processed_at = desk.engine.clock()
        merge(session, desk, *both, actor=SYSTEM)
    before = notes(desk, other)
    later(2)
    assert notes(desk, ticket) == 0
    assert notes(desk, other) == before + 1


def test_an_automation_looks_as_often_as_it_says(desk: Desk) -> None:
    found = {}
    for every in EVERY:
        rule = Rule("automation", "", every, every=every, then=(Action("note", (("text", "x"),)),))
        with desk.database.transaction() as session:
            before = set(session.scalars(select(timer.c.id)))
            operations.save(session, desk.engine, rule, actor=SYSTEM)
            (due,) = session.scalars(select(timer.c.due_at).where(timer.c.id.not_in(before)))
            found[every] = round((due - utc_now()) / timedelta(minutes=1))
    assert found == {"PT15M": 15, "PT1H": 60, "P1D": 1440}


def test_a_customer_who_does_not_answer_is_reminded_then_the_handler_is_told(
    desk: Desk, crew: Any, mailed: Any, settle: Any, later: Any
) -> None:
    ticket = mailed()
    settle()
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = crew.lilei.id
        emit(
            session, desk.engine, "ticket.waiting", {"waiting": True},
            actor=SYSTEM, ticket_id=ticket.id,
        )  # fmt: skip
    settle()
    later(70)
    assert notes(desk, ticket) == 0
    later(4)
    assert notes(desk, ticket) == 1
    with desk.reading() as session:
        sent = session.scalars(select(job.c.parameters).where(job.c.operator == "mail.send")).all()
    (reminder,) = [one for one in sent if one.get("template") == "message"]
    assert "我们还需要您的回复" in reminder["body"]
    later(96)
    with desk.reading() as session:
        told = session.scalars(select(Notice.text).where(Notice.user_id == crew.lilei.id)).all()
    assert any("客户七天未回复" in text["zh"] for text in told)
    assert notes(desk, ticket) == 1


def test_a_ticket_of_any_type_is_closed_when_the_customer_does_not_answer(
    desk: Desk, crew: Any, settle: Any, later: Any
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
        waiting = [
            request_ticket(
                session, desk.engine, actor=Actor("user", crew.lilei.id, "李雷"),
                title="试一试", text="", kind=requested_type(session, key, crew.dispatcher),
                form_data={},
            )
            for key in SHIPPED
        ]  # fmt: skip
    settle()
    with desk.database.transaction() as session:
        for ticket in waiting:
            emit(
                session, desk.engine, "ticket.waiting", {"waiting": True},
                actor=SYSTEM, ticket_id=ticket.id,
            )  # fmt: skip
    settle()

    def ended() -> dict[str, str]:
        """Of each type, the words with which its ticket has ended."""
        with desk.reading() as session:
            found = session.execute(
                select(Ticket.type, TrailEntry.remark)
                .join(TrailEntry, TrailEntry.ticket_id == Ticket.id)
                .where(Ticket.state == "ended", TrailEntry.action == "ended")
            )
            return {row.type: row.remark for row in found}

    later(13 * 24)
    assert ended() == {}
    later(25)
    assert ended().keys() == SHIPPED.keys()
    assert all("没有收到您的回复" in words for words in ended().values())

    # who answers after all is heard: the work goes on
    with desk.database.transaction() as session:
        for ticket in waiting:
            said = receive_message(
                session, kind="customer", channel="mail", author=SYSTEM, text="在"
            )
            desk.engine.message(
                session, "customer.wrote", {"message_id": said.id},
                actor=SYSTEM, correlation=f"ticket:{ticket.id}",
            )  # fmt: skip
    with desk.reading() as session:
        assert set(session.scalars(select(Ticket.state))) == {"processing"}
