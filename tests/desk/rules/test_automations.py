"""Automations: what time has passed over is acted on once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.rules import operations
from desk.rules.rule import Action, Condition, Rule
from desk.tickets.models import Message, Ticket
from engine.actors import SYSTEM
from engine.scheduler import run_due
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
