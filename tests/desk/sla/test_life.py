"""Service levels from the mail to the end, on the real engine: the shipped diagram, tables and operators."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from desk.notices.models import Notice
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Ticket, TrailEntry
from desk.tickets.operations import receive_message
from desk.tickets.relations.merging import merge, undo_merge
from engine.actors import SYSTEM, Actor
from engine.tables import incident
from tests.desk.sla.conftest import MONDAY, World
from tests.desk.tickets.conftest import acting

Arrive = Callable[..., Ticket]
CLOCKS = ("首次响应", "二次响应", "解决时限")


def at(text: str) -> datetime:
    """A moment of the test's week, by the desk's wall clock."""
    return datetime.fromisoformat(f"2026-03-{text}:00+08:00")


def trail(world: World, ticket: Ticket) -> list[str]:
    with world.desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry.action)
            .where(TrailEntry.ticket_id == ticket.id)
            .order_by(TrailEntry.id)
        )
        return [line for line in lines if line.startswith("sla")]


def told(world: World) -> list[tuple[int, str]]:
    with world.desk.reading() as session:
        notices = session.scalars(select(Notice).order_by(Notice.id))
        told = [(notice.user_id, notice.text["zh"]) for notice in notices]
        return [(who, text) for who, text in told if any(clock in text for clock in CLOCKS)]


def test_the_clocks_of_a_new_ticket(world: World, arrived: Arrive) -> None:
    clocks = world.clocks(arrived())
    assert {kind: clock.due_at for kind, clock in clocks.items()} == {
        "first_response": at("02T10:30"),
        "second_response": at("02T11:00"),
        "resolution": at("02T15:00"),  # two hours before lunch, two after it
    }
    assert {clock.policy for clock in clocks.values()} == {"P3"}


def test_replies_meet_the_response_clocks_and_the_end_the_last(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    ticket = arrived()
    world.wait(minutes=10)
    world.say(ticket, "reply", crew.lilei)
    world.wait(minutes=70)
    world.say(ticket, "reply", crew.lilei)
    clocks = world.clocks(ticket)
    assert clocks["first_response"].met_at == at("02T10:10")
    assert not clocks["first_response"].missed
    assert clocks["second_response"].met_at == at("02T11:20")
    assert clocks["second_response"].breached_at == at("02T11:00")
    assert not clocks["resolution"].over
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, person=f"user:{crew.lilei.id}")
    world.complete(ticket, "accept", "accept", crew.lilei)
    world.complete(ticket, "process", "finish", crew.lilei, solution="好了")
    clocks = world.clocks(ticket)
    assert clocks["resolution"].met_at == world.at
    assert not clocks["resolution"].missed
    assert trail(world, ticket) == ["sla_missed"]


def test_reminders_escalations_and_the_line_of_the_trail(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    ticket = arrived()
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, person=f"user:{crew.lilei.id}")
    world.wait(minutes=23)
    assert [who for who, _ in told(world)].count(crew.lilei.id) == 0
    world.wait(minutes=2)  # 80 % of half an hour
    reminded = told(world)
    assert [(who, "首次响应即将到期" in text) for who, text in reminded] == [(crew.lilei.id, True)]
    world.wait(minutes=6)
    assert trail(world, ticket) == ["sla_missed"]
    assert any("首次响应已超时" in text for who, text in told(world) if who == crew.lilei.id)
    world.wait(hours=1)
    supervisors = [text for who, text in told(world) if who == crew.dispatcher.id]
    assert any("超时 1 小时" in text for text in supervisors)
    with world.desk.reading() as session:
        english = session.scalars(select(Notice)).all()[-1].text["en"]
    assert "First response missed (an hour late)" in english
    assert "超时" not in english
    count = len(told(world))
    world.wait(days=30)
    later = told(world)[count:]
    assert sum("首次响应" in text for _, text in later) == 0, "each link of the chain once"
    assert world.clocks(ticket)["resolution"].breached_at == at("02T15:00")
    with world.desk.reading() as session:
        assert session.scalars(select(incident.c.message)).all() == []


def test_a_promise_that_was_missed_can_wait_too(
    world: World, arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any]
) -> None:
    ticket = arrived()
    browser = visit(crew.dispatcher)
    world.wait(days=1)
    page = browser.get(f"/tickets/{ticket.id}/clocks").text
    assert "Waiting for the customer" in page
    assert "Held" not in page
    browser.post(f"/tickets/{ticket.id}/waiting", {"waiting": "1"})
    world.work()
    page = browser.get(f"/tickets/{ticket.id}/clocks").text
    assert page.count("Held") == 3
    assert "Let the clocks go on" in page


def test_waiting_for_the_customer_stops_the_clocks(
    world: World, arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any]
) -> None:
    ticket = arrived()
    browser = visit(crew.dispatcher)
    world.wait(minutes=15)
    page = browser.get(f"/tickets/{ticket.id}")
    assert "Waiting for the customer" in page.text
    browser.post(f"/tickets/{ticket.id}/waiting", {"waiting": "1"})
    world.work()
    held = world.clocks(ticket)
    assert {clock.due_at for clock in held.values()} == {None}
    assert held["resolution"].paused_at == at("02T10:15")
    assert "3 h 45 min left" in browser.get(f"/tickets/{ticket.id}/clocks").text
    world.wait(days=3)
    assert trail(world, ticket) == ["sla_paused"], "nothing becomes due while it is held"
    for text in ("答复", "再补充一句"):
        with world.desk.database.transaction() as session:
            message = receive_message(
                session, kind="customer", channel="mail", author=Actor("contact", None, "韩梅"),
                subject="Re", text=text, sender_mail="han@acme.cn",
            )  # fmt: skip
            world.desk.engine.message(
                session, "customer.wrote", {"message_id": message.id}, actor=SYSTEM,
                correlation=f"ticket:{ticket.id}",
            )  # fmt: skip
        world.work()
    clocks = world.clocks(ticket)
    assert clocks["resolution"].due_at == at("05T15:00"), "Thursday 10:15 and 3:45 of work"
    assert trail(world, ticket) == ["sla_paused", "sla_resumed"], "what runs does not go on again"


def test_a_merged_ticket_owes_nothing_until_it_stands_for_itself_again(
    world: World, arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any]
) -> None:
    ticket, other = arrived(), arrived()
    world.wait(minutes=15)
    with world.desk.database.transaction() as session:
        one, two = (session.get_one(Ticket, found.id) for found in (ticket, other))
        merge(session, world.desk, one, two, actor=acting(crew.dispatcher))
    world.wait(days=1)
    assert trail(world, ticket) == []
    assert "sla_missed" in trail(world, other)
    page = visit(crew.dispatcher).get(f"/tickets/{ticket.id}/clocks").text
    assert page.count("Held") == 3
    assert "Let the clocks go on" not in page
    with world.desk.database.transaction() as session:
        undo_merge(session, world.desk, session.get_one(Ticket, ticket.id), actor=SYSTEM)
    world.work()
    due = world.clocks(ticket)["resolution"].due_at
    assert due == at("03T15:00"), "Tuesday 10:15 and 3:45 of work, with lunch between"


def test_another_priority_aims_the_clocks_anew(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    ticket = arrived()
    world.wait(minutes=20)

    def becomes(priority: str) -> None:
        with world.desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            edit_ticket(session, world.desk, kept, {"priority": priority}, actor=SYSTEM)
        world.work()

    becomes("low")
    assert world.clocks(ticket)["resolution"].due_at == at("04T10:00")
    becomes("urgent")
    world.wait()
    clocks = world.clocks(ticket)
    assert clocks["first_response"].due_at == MONDAY + timedelta(minutes=15)
    assert clocks["first_response"].missed, "fifteen minutes had passed already"
    assert clocks["second_response"].due_at == MONDAY + timedelta(minutes=30)
    assert trail(world, ticket) == ["sla_aimed", "sla_aimed", "sla_missed"]
    becomes("low")
    assert not world.clocks(ticket)["first_response"].missed, "two hours have not"


def test_a_reopened_ticket_owes_the_resolution_again(
    world: World, arrived: Arrive, crew: SimpleNamespace
) -> None:
    ticket = arrived()
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, person=f"user:{crew.lilei.id}")
    world.complete(ticket, "accept", "accept", crew.lilei)
    world.wait(hours=1)
    world.complete(ticket, "process", "finish", crew.lilei, solution="好了")
    ended = world.at
    assert world.clocks(ticket)["resolution"].met_at == ended
    world.wait(days=1)
    with world.desk.database.transaction() as session:
        message = receive_message(
            session, kind="customer", channel="mail", author=Actor("contact", None, "韩梅"),
            subject="Re", text="又坏了", sender_mail="han@acme.cn",
        )  # fmt: skip
        world.desk.engine.message(
            session, "customer.wrote", {"message_id": message.id}, actor=SYSTEM,
            correlation=f"ticket:{ticket.id}",
        )  # fmt: skip
    world.work()
    clock = world.clocks(ticket)["resolution"]
    assert not clock.over
    assert clock.due_at == at("03T15:00"), "Tuesday 11:00 and the three hours that are left"
    assert world.clocks(ticket)["first_response"].over
