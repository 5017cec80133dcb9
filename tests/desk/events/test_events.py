"""The catalogue, and how events reach diagrams."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.application import Desk
from desk.events import EVENTS, declare, emit
from desk.events.manual import page
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.operators import Text
from engine.scheduler import expire
from engine.tables import event_chain, job, process_instance
from tests.engine.diagrams import diagram

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("name", "locale"), [("events.md", "en"), ("events.zh-CN.md", "zh_CN")])
def test_the_page_of_the_catalogue_is_up_to_date(name: str, locale: str) -> None:
    kept = (ROOT / "docs" / "manual" / name).read_text(encoding="utf-8")
    assert kept == page(locale), "run python -m desk.events"


def test_every_event_has_words_in_both_languages_and_types() -> None:
    for event in EVENTS.values():
        for words in (event.title, event.help, *(field.title for field in event.payload)):
            assert words.en, event.name
            assert any("\u4e00" <= c <= "\u9fff" for c in words.zh) or words.zh == "SLA", event.name


def test_an_event_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        declare("ticket.created", Text("a", "b"), {}, help=Text("a", "b"))


def test_an_event_that_is_not_in_the_catalogue_is_no_event(desk: Desk) -> None:
    with desk.database.transaction() as session, pytest.raises(KeyError):
        emit(session, desk.engine, "ticket.exploded", {}, actor=SYSTEM, ticket_id=1)


def jobs(desk: Desk) -> list[Any]:
    with desk.reading() as session:
        found = session.scalars(select(job.c.parameters).where(job.c.operator.like("engine.%")))
        return [parameters for parameters in found if "name" in parameters]


def test_an_event_that_nobody_listens_to_writes_nothing(desk: Desk, mailed: Any) -> None:
    ticket = mailed()
    before = len(jobs(desk))
    with desk.database.transaction() as session:
        emit(
            session,
            desk.engine,
            "ticket.linked",
            {"other_id": 2},
            actor=SYSTEM,
            ticket_id=ticket.id,
        )
    assert len(jobs(desk)) == before


def hearing(desk: Desk, name: str, key: str, body: str, outside: str = "") -> None:
    outside = outside or f'<message id="m" name="{name}"/>'
    with desk.database.transaction() as session:
        desk.engine.deploy(
            session, {f"{key}.bpmn": diagram(body, key=key, outside=outside)}, actor=SYSTEM
        )


STARTS = (
    '<startEvent id="s"><messageEventDefinition id="d" messageRef="m"/></startEvent>'
    '<endEvent id="e"/>s->e'
)


def test_who_waits_and_all_that_start_hear_of_it_once_and_together(
    desk: Desk, mailed: Any, settle: Any
) -> None:
    hearing(desk, "ticket.changed", "first", STARTS)
    hearing(desk, "ticket.changed", "second", STARTS)
    hearing(
        desk, "ticket.changed", "waiting",
        '<startEvent id="s"/><intermediateCatchEvent id="c"><messageEventDefinition id="d" messageRef="m"/>'
        '</intermediateCatchEvent><endEvent id="e"/>s->c c->e',
        '<message id="m" name="ticket.changed"><extensionElements>'
        '<subscription xmlns="urn:lanedesk:bpmn:1.0" correlationKey="=key"/></extensionElements></message>',
    )  # fmt: skip
    ticket = mailed()
    settle()
    with desk.database.transaction() as session:
        key = f"ticket:{ticket.id}"
        mine = desk.engine.start(session, "waiting", {"key": key}, actor=SYSTEM)
        other = desk.engine.start(session, "waiting", {"key": "ticket:999"}, actor=SYSTEM)
        before = session.scalar(select(func.count()).select_from(process_instance))
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, desk, kept, {"title": "A"}, actor=SYSTEM)
        edit_ticket(session, desk, kept, {"title": "B", "priority": "low"}, actor=SYSTEM)
    settle()
    with desk.reading() as session:
        after = session.scalar(select(func.count()).select_from(process_instance))
        states = dict(
            session.execute(
                select(process_instance.c.id, process_instance.c.status).where(
                    process_instance.c.id.in_([mine, other])
                )
            ).all()
        )
    assert (after or 0) - (before or 0) == 2, "two changes of one update are one event"
    assert (states[mine], states[other]) == ("completed", "active")
    told = [p for p in jobs(desk) if p["name"] == "ticket.changed" and p.get("starts")]
    assert told[-1]["payload"]["fields"] == ["title", "priority"]
    assert told[-1]["payload"]["new"] == {"title": "B", "priority": "low"}


def test_nothing_is_told_of_what_was_rolled_back(desk: Desk, mailed: Any) -> None:
    hearing(desk, "ticket.changed", "first", STARTS)
    ticket = mailed()
    before = len(jobs(desk))
    with desk.database.transaction() as session:
        edit_ticket(session, desk, session.get_one(Ticket, ticket.id), {"title": "A"}, actor=SYSTEM)
        session.rollback()
    assert len(jobs(desk)) == before


def test_a_change_that_is_taken_back_within_an_update_is_none(desk: Desk, mailed: Any) -> None:
    hearing(desk, "ticket.changed", "first", STARTS)
    ticket = mailed()
    before = len(jobs(desk))
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        title = kept.title
        edit_ticket(session, desk, kept, {"title": "A"}, actor=SYSTEM)
        edit_ticket(session, desk, kept, {"title": title}, actor=SYSTEM)
    assert len(jobs(desk)) == before


def test_a_chain_is_forgotten_a_week_after_it_began(desk: Desk) -> None:
    now = desk.engine.clock()
    rows = [
        {"root": f"r{days}", "at": now - timedelta(days=days), "started": 1, "stopped": False}
        for days in (1, 8)
    ]
    with desk.database.transaction() as session:
        session.execute(event_chain.insert(), rows)
    expire(desk.engine, desk.database)
    with desk.reading() as session:
        assert session.scalars(select(event_chain.c.root)).all() == ["r1"]
