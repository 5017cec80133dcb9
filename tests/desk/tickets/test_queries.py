"""The list with its filters and pages [004 §4.10.2], my tasks [004 §4.8.2], the conversation."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, true
from sqlalchemy.orm import Session

from desk.contacts.operations import create_company, create_contact
from desk.tickets.conversation import conversation
from desk.tickets.models import Message, Ticket
from desk.tickets.operations import receive_message
from desk.tickets.queries import (
    SORTS,
    BadCursor,
    TicketFilter,
    count_states,
    list_tickets,
    other_tickets,
    ticket_by_id,
    ticket_by_number,
)
from desk.tickets.tasks import count_my_tasks, due_group, my_tasks, names_of
from engine.database import Database
from engine.tables import human_task, human_task_candidate

from .conftest import NOW, acting

SHANGHAI = ZoneInfo("Asia/Shanghai")
NewTicket = Callable[..., Ticket]


@pytest.fixture
def new_ticket(new_instance: Callable[[Session], UUID]) -> NewTicket:
    made = 0

    def make(session: Session, **changes: Any) -> Ticket:
        nonlocal made
        made += 1
        given: dict[str, Any] = {
            "number": f"WN-20260504-{made:06d}", "title": f"Ticket {made}", "state": "pending",
            "channel": "mail", "instance_id": new_instance(session), "created_at": NOW,
            "processed_at": NOW, "last_message_at": NOW, "created_by": {}, **changes,
        }  # fmt: skip
        ticket = Ticket(**given)
        session.add(ticket)
        session.flush()
        return ticket

    return make


def numbers(session: Session, **wanted: Any) -> list[int]:
    page = list_tickets(session, TicketFilter(zone=SHANGHAI, **wanted), ascending=True)
    return [int(row.number[-6:]) for row in page.rows]


def test_every_filter_finds_its_tickets(
    database: Database, new_ticket: NewTicket, people: SimpleNamespace
) -> None:
    with database.transaction() as session:
        acme = create_company(session, name="Acme 100%")
        han = create_contact(session, name="韩梅", phones=["13800138000"], company_id=acme.id)
        new_ticket(session, title="打印机 100% 坏了", contact_id=han.id, company_id=acme.id)
        new_ticket(session, state="dispatched", team_id=people.team.id, priority="high")
        new_ticket(
            session, state="processing", assignee_id=people.lilei.id,
            created_at=datetime(2026, 5, 4, 16, 30, tzinfo=NOW.tzinfo),  # 5 May, 00:30 in Shanghai
            processed_at=NOW + timedelta(days=3),
        )  # fmt: skip
    with database.reading() as session:
        assert numbers(session) == [1, 2, 3]
        assert numbers(session, state="pending") == [1]
        assert numbers(session, text="打印机") == [1]
        assert numbers(session, text="acme") == [1]
        assert numbers(session, text="0_%") == []
        assert numbers(session, text="100%") == [1]
        assert numbers(session, text="138 0013 8000") == [1]
        assert numbers(session, text="wn-20260504-000002") == [2]
        assert numbers(session, number="000003") == [3]
        assert numbers(session, customer="梅") == [1]
        assert numbers(session, phone="0013 8000") == [1]
        assert numbers(session, contact_id=1) == [1]
        assert numbers(session, company_id=1) == [1]
        assert numbers(session, assignee_id=people.lilei.id) == [3]
        assert numbers(session, unassigned=True) == [1, 2]
        assert numbers(session, team_id=people.team.id) == [2]
        assert numbers(session, priority="high") == [2]
        assert numbers(session, channel="form") == []
        assert numbers(session, created_from=date(2026, 5, 5)) == [3]
        assert numbers(session, created_to=date(2026, 5, 4)) == [1, 2]
        assert numbers(session, created_from=date.min, created_to=date.max) == [1, 2, 3]
        assert numbers(session, processed_from=date(2026, 5, 5)) == [3]
        assert numbers(session, processed_to=date(2026, 5, 5)) == [1, 2]
        row = list_tickets(session, TicketFilter(), ascending=True).rows[0]
        assert (row.customer, row.phone, row.company) == ("韩梅", "+8613800138000", "Acme 100%")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_forward_and_back_show_every_ticket_once(
    database: Database, new_ticket: NewTicket, sort: str, ascending: bool
) -> None:
    """Equal times and empty deadlines are the hard part of paging by key."""
    with database.transaction() as session:
        for n in range(11):
            deadline = NOW + timedelta(days=n // 3) if n % 2 else None
            new_ticket(
                session, created_at=NOW + timedelta(hours=n // 4), deadline=deadline,
                processed_at=NOW + timedelta(hours=n // 5), last_message_at=NOW,
            )  # fmt: skip
    with database.reading() as session:

        def page(cursor: str | None) -> Any:
            return list_tickets(
                session, TicketFilter(), sort=sort, ascending=ascending, cursor=cursor, limit=3
            )

        everything = [
            row.id
            for row in list_tickets(session, TicketFilter(), sort=sort, ascending=ascending).rows
        ]
        forward, current = [], page(None)
        assert current.previous is None
        while True:
            forward.append([row.id for row in current.rows])
            if current.next is None:
                break
            current = page(current.next)
        assert sum(forward, []) == everything
        assert len(set(everything)) == 11
        backward = [forward[-1]]
        while current.previous is not None:
            current = page(current.previous)
            backward.append([row.id for row in current.rows])
        assert backward[::-1] == forward


@pytest.mark.parametrize("cursor", ["", "x", "W10", "eyJhIjogMX0", "WyIyMDI2IiwgImEiLCAwXQ"])
def test_a_foreign_cursor_is_refused(database: Database, cursor: str) -> None:
    with database.reading() as session:
        if not cursor:
            assert list_tickets(session, TicketFilter(), cursor=cursor).rows == ()
            return
        with pytest.raises(BadCursor):
            list_tickets(session, TicketFilter(), cursor=cursor)


def test_states_are_counted(database: Database, new_ticket: NewTicket) -> None:
    with database.transaction() as session:
        for state in ("pending", "pending", "returned", "ended"):
            new_ticket(session, state=state)
        assert count_states(session, true()) == {
            "pending": 2, "dispatched": 0, "processing": 0, "returned": 1,
        }  # fmt: skip


def test_one_ticket_and_its_neighbours(database: Database, new_ticket: NewTicket) -> None:
    with database.transaction() as session:
        han = create_contact(session, name="Han", mails=["han@acme.cn"])
        first = new_ticket(session, contact_id=han.id)
        second = new_ticket(session, contact_id=han.id)
        lonely = new_ticket(session)
        session.expire_all()
        found = ticket_by_number(session, " wn-20260504-000001 ")
        assert found is first
        assert ticket_by_id(session, 99) is None
        assert other_tickets(session, first, true()) == [second]
        assert other_tickets(session, lonely, true()) == []


def add_task(session: Session, ticket: Ticket, *candidates: str, **changes: Any) -> UUID:
    number = uuid4()
    given: dict[str, Any] = {
        "id": number, "instance_id": ticket.instance_id, "element_id": "Task", "status": "open",
        "name": {"zh": "派发", "en": "Dispatch"}, "created_at": NOW, "priority": 50,
        "claimed": False, **changes,
    }  # fmt: skip
    session.execute(insert(human_task).values(given))
    for candidate in candidates:
        session.execute(insert(human_task_candidate).values(task_id=number, candidate=candidate))
    return number


def test_my_tasks_are_mine_or_free_for_me(
    database: Database, new_ticket: NewTicket, people: SimpleNamespace
) -> None:
    me, team = f"user:{people.lilei.id}", f"team:{people.team.id}"
    other = f"user:{people.hanmei.id}"
    with database.transaction() as session:
        ticket = new_ticket(session, deadline=NOW + timedelta(hours=5), priority="high")
        plain = new_ticket(session)
        mine = add_task(session, plain, assignee=me)
        free = add_task(session, ticket, team)
        soon = add_task(session, plain, team, due_at=NOW + timedelta(hours=1), assignee=me)
        add_task(session, plain, team, assignee=other)
        add_task(session, plain, "team:99")
        add_task(session, plain, me, status="completed")
        rows = my_tasks(session, candidates=[me, team], me=me)
        assert [row.id for row in rows] == [soon, free, mine]
        assert rows[1].due_at == NOW + timedelta(hours=5)
        assert (rows[1].ticket_priority, rows[1].name["zh"]) == ("high", "派发")
        assert rows[1].flow["zh"] == "工单"
        assert count_my_tasks(session, candidates=[me, team], me=me) == 3
        assert names_of(session, [me, None, "role:x"]) == {me: "李雷"}


def test_due_headings_follow_the_desks_days() -> None:
    now = datetime(2026, 5, 4, 15, 0, tzinfo=NOW.tzinfo)  # 23:00 in Shanghai
    expected = {-1: "late", 0.5: "today", 2: "tomorrow", 30: "week", 24 * 8: "later"}
    for hours, group in expected.items():
        assert due_group(now + timedelta(hours=hours), now, SHANGHAI) == group
    assert due_group(None, now, SHANGHAI) == "none"


def test_the_conversation_comes_in_pages(
    database: Database, run: Any, new_instance: Any, people: SimpleNamespace
) -> None:
    lilei = acting(people.lilei)

    def say(session: Session, kind: str, minute: int) -> Message:
        message = receive_message(
            session,
            kind=kind,
            channel="desk",
            author=lilei,
            text=f"{kind} {minute}",  # type: ignore[arg-type]
        )
        message.created_at = NOW + timedelta(minutes=minute)
        return message

    with database.transaction() as session:
        first = say(session, "customer", 0)
        number = run(session, "ticket.create", instance=new_instance(session), message_id=first.id)[
            "ticket_id"
        ]
        for minute in range(1, 8):
            message = say(session, "note" if minute % 2 else "reply", minute)
            run(session, "ticket.add_message", ticket_id=number, message_id=message.id)
        run(session, "ticket.dispatch", ticket_id=number, person=people.lilei.id,
            now=NOW + timedelta(minutes=3, seconds=30))  # fmt: skip
    with database.reading() as session:
        talk = conversation(session, number, limit=5)
        assert [getattr(item, "text", None) or item.action for item in talk.merged()] == [
            "note 3", "dispatched", "reply 4", "note 5", "reply 6", "note 7",
        ]  # fmt: skip
        before = conversation(session, number, before=talk.earlier, limit=5)
        assert [getattr(item, "text", None) or item.action for item in before.merged()] == [
            "customer 0", "created", "note 1", "reply 2",
        ]  # fmt: skip
        assert before.earlier is None
        public = conversation(session, number, kinds=("customer", "reply"))
        assert {message.kind for message in public.messages} == {"customer", "reply"}
