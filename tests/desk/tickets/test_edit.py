"""Editing a ticket: by who may, each change a line of the trail, nothing lost between two editors."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from desk.application import Desk
from desk.contacts.operations import create_company, create_contact
from desk.tickets.models import Ticket, TrailEntry
from engine.tables import human_task

Mailed = Callable[..., Ticket]


def seen(page: str) -> str:
    (found,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    return str(found)


def ticket_of(desk: Desk, number: int) -> Ticket:
    with desk.reading() as session:
        return session.get_one(Ticket, number)


def edits(desk: Desk, ticket: Ticket) -> list[dict[str, Any]]:
    with desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry)
            .where(TrailEntry.ticket_id == ticket.id, TrailEntry.action == "edited")
            .order_by(TrailEntry.id)
        )
        return [line.data for line in lines]


def values(ticket: Ticket, page: str, **changes: Any) -> dict[str, Any]:
    return {"title": ticket.title, "priority": ticket.priority, "deadline": "", "seen": seen(page),
            "contact_id": ticket.contact_id, **changes}  # fmt: skip


def test_each_change_is_a_line_with_old_and_new(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        company = create_company(session, name="Globex", domain="globex.cn")
        wang = create_contact(session, name="王强", mails=["w@globex.cn"])
    boss = visit(crew.dispatcher)
    address = f"/tickets/{ticket.id}/edit"
    assert address in boss.get(f"/tickets/{ticket.id}").text
    picked = boss.get(f"/customers/pick?q=王强&ticket={ticket.id}").text
    assert f"{address}?contact={wang.id}" in picked
    page = boss.get(f"{address}?contact={wang.id}").text
    assert "王强" in page
    answer = boss.post(
        address,
        values(ticket, page, title="门禁坏了", priority="urgent", deadline="2026-05-06T18:00",
               contact_id=wang.id),
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    now = ticket_of(desk, ticket.id)
    assert (now.title, now.priority, now.contact_id) == ("门禁坏了", "urgent", wang.id)
    assert now.company_id == company.id
    assert now.deadline == datetime(2026, 5, 6, 10, tzinfo=UTC)
    assert edits(desk, ticket) == [
        {"field": "title", "old": "打印机坏了", "new": "门禁坏了"},
        {"field": "priority", "old": "normal", "new": "urgent"},
        {"field": "deadline", "old": None, "new": "2026-05-06T10:00:00+00:00"},
        {"field": "contact_id", "old": "韩梅", "new": "王强"},
    ]
    shown = boss.get(f"/tickets/{ticket.id}").text
    assert "changed the title from “打印机坏了” to “门禁坏了”" in shown
    assert "changed the priority from “Normal” to “Urgent”" in shown
    assert "changed the deadline from “–” to “" in shown
    page = boss.get(address).text
    same = values(now, page, deadline="2026-05-06T18:00")
    assert boss.post(address, same).status_code == 303
    assert len(edits(desk, ticket)) == 4


def test_open_steps_keep_to_the_deadline(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    boss = visit(crew.dispatcher)
    boss.get("/tickets/new")
    boss.post("/tickets/new", {"title": "T", "phone": "13800138000", "priority": "normal",
                               "deadline": "2026-05-06T18:00"})  # fmt: skip
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
    address = f"/tickets/{ticket.id}/edit"
    page = boss.get(address).text
    boss.post(address, values(ticket, page, deadline="2026-05-07T18:00"))
    with desk.reading() as session:
        due = session.scalars(select(human_task.c.due_at)).one()
    assert due == datetime(2026, 5, 7, 10, tzinfo=UTC)


def test_a_handler_who_does_not_own_the_ticket_cannot(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss, lilei, hanmei = visit(crew.dispatcher), visit(crew.lilei), visit(crew.hanmei)
    with desk.reading() as session:
        (task,) = desk.engine.open_tasks(session, ticket.instance_id)
    boss.get(f"/tickets/{ticket.id}")
    boss.post(f"/tasks/{task}/complete", {"outcome": "dispatch", "person": crew.lilei.id})
    assert ticket_of(desk, ticket.id).assignee_id == crew.lilei.id
    assert f"/tickets/{ticket.id}/edit" not in lilei.get(f"/tickets/{ticket.id}").text
    assert lilei.get(f"/tickets/{ticket.id}/edit").status_code == 403
    refused = lilei.post(f"/tickets/{ticket.id}/edit", {"title": "x", "priority": "low"})
    assert refused.status_code == 403
    assert edits(desk, ticket) == []
    # who took it down may
    hanmei.get("/tickets/new")
    made = hanmei.post("/tickets/new", {"title": "T", "phone": "13800138000", "priority": "low"})
    page = hanmei.get(f"{made.location}/edit")
    assert page.status_code == 200
    own = ticket_of(desk, int(made.location.rpartition("/")[2]))
    saved = hanmei.post(f"{made.location}/edit", values(own, page.text, title="U"))
    assert saved.status_code == 303
    assert ticket_of(desk, own.id).title == "U"


def test_two_editors_and_wrong_entries_lose_nothing(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss = visit(crew.dispatcher)
    address = f"/tickets/{ticket.id}/edit"
    page = boss.get(address).text
    wrong = boss.post(address, values(ticket, page, title="", deadline="soon", contact_id=99))
    assert wrong.status_code == 422
    assert "This is not a date and time." in wrong.text
    assert seen(wrong.text) == seen(page)
    nobody = boss.post(address, values(ticket, page, title="mine", contact_id=99))
    assert nobody.status_code == 422
    assert boss.post(address, values(ticket, page, title="first")).status_code == 303
    late = boss.post(address, values(ticket, page, title="second"))
    assert late.status_code == 409
    assert "Somebody else edited this ticket meanwhile" in late.text
    assert 'value="second"' in late.text
    assert "first" in late.text
    assert ticket_of(desk, ticket.id).title == "first"
    once_more = boss.post(address, values(ticket, late.text, title="second"))
    assert once_more.status_code == 303


def test_form_answers_stand_under_their_labels(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, make_user: Any, chinese: None
) -> None:
    given = {"name": "韩梅", "kind": "fault", "photos": [{"name": "现场.png", "key": "k", "size": 3}],
             "unknown": [1, {"name": "b.txt"}]}  # fmt: skip
    ticket = mailed(form_key="request", form_data=given)
    page = visit(crew.dispatcher).get(f"/tickets/{ticket.id}").text
    assert "What is it about?" in page
    assert "Something is broken" in page
    assert "现场.png" in page
    assert "1, b.txt" in page
    chinese_page = visit(make_user("zhu", roles=["supervisor"], locale="zh_CN")).get(
        f"/tickets/{ticket.id}"
    )
    assert "故障报修" in chinese_page.text
