"""Exporting and deleting many tickets: what was ticked, or all that the filters find."""

import csv
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.contacts.models import Company
from desk.tickets.changes import delete_ticket
from desk.tickets.export import HEADINGS, harmless
from desk.tickets.models import Ticket, TrailEntry
from engine.actors import SYSTEM
from engine.tables import human_task, process_instance

Mailed = Callable[..., Ticket]


def table(answer: Any) -> list[list[str]]:
    assert answer.data.startswith(b"\xef\xbb\xbf"), "the mark by which Excel knows UTF-8"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def logged(desk: Desk, action: str) -> list[AuditEntry]:
    with desk.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


@pytest.fixture
def chief(make_user: Any) -> Any:
    return make_user("chief", name="管理员", roles=["administrator"])


def test_the_filtered_list_as_csv(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    mailed(subject="打印机坏了")
    network = mailed(subject='=cmd|"/c calc"!A1', sender_mail="b@b.cn")
    boss = visit(crew.dispatcher)
    answer = boss.get("/tickets/export.csv?scope=found&q=calc&state=pending")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=tickets-")
    head, *rows = table(answer)
    assert head == [str(heading) for heading in HEADINGS]
    (row,) = rows
    assert row[:3] == [network.number, '\'=cmd|"/c calc"!A1', "Waiting for dispatch"]
    (line,) = logged(desk, "tickets_exported")
    assert line.subject == f"user:{crew.dispatcher.id}"
    assert line.new == {"tickets": 1, "filter": "q=calc&state=pending"}


def test_only_the_ticked_tickets_and_in_the_readers_language(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, make_user: Any, chinese: None
) -> None:
    one, _two, three = mailed(), mailed(subject="B"), mailed(subject="C")
    reader = visit(make_user("zhu", roles=["supervisor"], locale="zh_CN"))
    head, *rows = table(reader.get(f"/tickets/export.csv?scope=ticked&id={one.id}&id={three.id}"))
    assert head[:3] == ["工单编号", "标题", "状态"]
    assert [row[0] for row in rows] == [three.number, one.number]
    assert rows[0][2] == "待派发"


def test_more_tickets_than_one_page_and_nothing_ticked(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk.tickets import queries

    made = [mailed(subject=f"T{n}").number for n in range(5)]
    walk = queries.walk_tickets(desk.reading, queries.TicketFilter(), ascending=True, at_once=2)
    assert [row.number for row in walk] == made
    boss = visit(crew.dispatcher)
    answer = boss.get("/tickets/export.csv?state=pending")
    assert answer.status_code == 302 or answer.status_code == 303
    assert answer.location == "/tickets?state=pending"
    assert "Tick tickets in the list first" in boss.get(answer.location).text
    assert logged(desk, "tickets_exported") == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "＝1+1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"a{text}") == f"a{text}"


def test_deleted_tickets_are_gone_but_kept(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, chief: Any
) -> None:
    ticket, other = mailed(), mailed(subject="bleibt", sender_mail="b@b.cn")
    with desk.database.transaction() as session:
        for made in (ticket, other):
            session.get_one(Ticket, made.id).assignee_id = crew.lilei.id
    admin, lilei = visit(chief), visit(crew.lilei)
    page = admin.get("/tickets").text
    assert f'name="id" value="{ticket.id}"' in page
    asked = admin.get(f"/tickets/delete?id={ticket.id}")
    assert "Delete one ticket?" in asked.text
    assert ticket.number in asked.text
    assert other.number not in asked.text
    again = admin.post("/tickets/delete", {"id": ticket.id, "reason": " "})
    assert again.status_code == 422
    assert "Say why" in again.text
    done = admin.post("/tickets/delete", {"id": ticket.id, "reason": "测试数据"})
    assert done.status_code == 303

    assert ticket.number not in lilei.get("/tickets").text
    assert other.number in lilei.get("/tickets").text
    assert ticket.number not in visit(crew.dispatcher).get("/tasks").text
    assert lilei.get(f"/tickets/{ticket.id}").status_code == 404
    assert lilei.get(f"/search?q={ticket.number}").status_code == 200
    assert lilei.post(f"/tickets/{ticket.id}/messages", {"text": "x"}).status_code == 404
    assert "Deleted" in visit(crew.auditor).get(f"/tickets/{ticket.id}").text
    assert ticket.number in visit(crew.auditor).get("/tickets?state=deleted").text
    assert ticket.number not in lilei.get("/tickets?state=deleted").text

    with desk.reading() as session:
        instance = session.execute(
            select(process_instance.c.status).where(process_instance.c.id == ticket.instance_id)
        ).scalar_one()
        assert instance == "cancelled"
        tasks = select(human_task.c.status).where(human_task.c.instance_id == ticket.instance_id)
        assert set(session.scalars(tasks)) == {"cancelled"}
        line = session.scalars(
            select(TrailEntry).where(TrailEntry.ticket_id == ticket.id).order_by(-TrailEntry.id)
        ).first()
        assert line is not None
        assert (line.action, line.remark, line.actor["name"]) == ("deleted", "测试数据", "管理员")
    (row,) = logged(desk, "ticket_deleted")
    assert row.new == {"number": ticket.number, "reason": "测试数据"}
    once_more = admin.post("/tickets/delete", {"id": ticket.id, "reason": "x"})
    assert once_more.status_code == 303
    assert len(logged(desk, "ticket_deleted")) == 1


def test_all_that_were_found_are_shown_before_they_are_deleted(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, chief: Any
) -> None:
    spam = [mailed(subject=f"spam {n}") for n in range(3)]
    kept = mailed(subject="no")
    admin = visit(chief)
    asked = admin.get("/tickets/delete?scope=found&q=spam").text
    assert "Delete 3 tickets?" in asked
    later = mailed(subject="spam later")
    admin.post("/tickets/delete", {"id": [t.id for t in spam], "reason": "垃圾"})
    left = admin.get("/tickets").text
    assert kept.number in left
    assert later.number in left
    assert spam[0].number not in left


def test_a_ticket_whose_process_has_ended_can_be_deleted(
    desk: Desk, crew: SimpleNamespace, mailed: Mailed
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        desk.engine.cancel(session, ticket.instance_id, actor=SYSTEM, reason="")
    with desk.database.transaction() as session:
        found = session.get_one(Ticket, ticket.id)
        delete_ticket(session, desk, found, reason="x", actor=SYSTEM)
    with desk.reading() as session:
        assert session.get_one(Ticket, ticket.id).deleted_at is not None


def test_who_may_not(desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed) -> None:
    ticket = mailed()
    boss = visit(crew.dispatcher)
    assert boss.get(f"/tickets/delete?id={ticket.id}").status_code == 403
    assert boss.post("/tickets/delete", {"id": ticket.id, "reason": "x"}).status_code == 403
    assert "/tickets/delete" not in boss.get("/tickets").text
    assert "/tickets/delete" not in boss.get(f"/tickets/{ticket.id}").text


def test_filters_and_columns_of_the_requirement(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    with desk.database.transaction() as session:
        session.add(Company(name="Acme", domain="acme.cn", address="上海市浦东新区世纪大道 1 号"))
    acme, other = mailed(), mailed(subject="b", sender_mail="b@b.cn")
    boss = visit(crew.dispatcher)
    boss.get("/tickets/new")
    boss.post(
        "/tickets/new",
        {
            "title": "口述",
            "phone": "13800138000",
            "name": "王强",
            "priority": "normal",
            "deadline": "2026-05-06",
        },  # fmt: skip
    )
    for query, found in (
        ("address=世纪大道", "打印机坏了"),
        (f"creator={crew.dispatcher.id}", "口述"),
        ("creator=me", "口述"),
        ("deadline_from=2026-05-06&deadline_to=2026-05-06", "口述"),
    ):
        page = boss.get(f"/tickets?{query}").text
        assert found in page, query
        assert other.number not in page, query
    for nothing in ("processed_to=2001-01-01", "assignee=me"):
        assert "No ticket fits" in boss.get(f"/tickets?{nothing}").text, nothing
    plain = boss.get("/tickets").text
    assert "138 0013 8000" not in plain
    wide = boss.get("/tickets?column=phone&column=address&column=creator&column=x").text
    assert "138 0013 8000" in wide
    assert "世纪大道" in wide
    assert "column=phone" in wide.partition("<tbody")[0]
    assert acme.number in wide
