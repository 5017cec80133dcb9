"""Printing one ticket, many tickets, and changing layouts, as people meet it."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.background.models import DONE, BackgroundJob
from desk.background.running import work_due
from desk.people.models import User
from desk.tickets.models import Ticket
from desk.tickets.types import ensure_types, type_by_key
from printing.models import PrintLayout, PrintLayoutVersion
from printing.pages import showing
from printing.press import Press
from tests.printing.conftest import texts


@pytest.fixture
def boss(make_user: Any, crew: SimpleNamespace) -> User:
    return make_user("boss", name="管理员", roles=["administrator"], locale="zh_CN")


def logged(desk: Desk, action: str) -> list[AuditEntry]:
    with desk.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_ticket_is_printed_from_its_page(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace, machine: Press
) -> None:
    ticket = mailed(subject="打印机坏了", text="三楼的打印机一直提示缺纸")
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = crew.lilei.id
    browser = visit(crew.lilei)
    page = browser.get(f"/tickets/{ticket.id}")
    assert f'href="/tickets/{ticket.id}/print"' in page.text
    page = browser.get(f"/tickets/{ticket.id}/print")
    assert "Work order" in page.text
    assert "Audit pack" not in page.text  # an agent does not read the history
    shown = browser.get(f"/tickets/{ticket.id}/print/preview?layout=ticket")
    assert "data:image/png;base64," in shown.text
    answer = browser.client.get(f"/tickets/{ticket.id}/print/ticket.pdf")
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    (first, *_rest) = texts(answer.data)
    assert "打印机坏了" in first
    assert "三楼的打印机一直提示缺纸" in first
    assert ticket.number in first
    (row,) = logged(desk, "tickets_printed")
    assert row.subject == f"ticket:{ticket.id}"
    assert row.new["layout"] == "ticket"
    assert row.actor["name"] == "李雷"


def test_what_may_not_be_seen_is_not_printed(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace
) -> None:
    ticket = mailed()
    browser = visit(crew.lilei)
    assert browser.client.get(f"/tickets/{ticket.id}/print/audit_pack.pdf").status_code == 404
    assert browser.client.get(f"/tickets/{ticket.id}/print/nothing.pdf").status_code == 404
    assert browser.get("/tickets/999/print").status_code == 404
    assert browser.get("/settings/layouts").status_code == 403
    assert not logged(desk, "tickets_printed")


def test_many_tickets_become_one_pdf(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace, machine: Press
) -> None:
    made = [mailed(subject=f"工单第{n}张") for n in range(3)]
    browser = visit(crew.dispatcher)
    ticked = "&".join(f"id={ticket.id}" for ticket in made[:2])
    page = browser.get(f"/tickets/print?scope=ticked&{ticked}")
    assert "Print 2 tickets" in page.text
    ids = [ticket.id for ticket in made[:2]]
    answer = browser.post("/tickets/print", data={"id": ids, "layout": "ticket"})
    assert answer.status_code == 303
    assert work_due(desk) == 1
    with desk.reading() as session:
        (job,) = session.scalars(select(BackgroundJob))
    assert (job.status, job.error, job.done, job.total) == (DONE, None, 2, 2)
    pages = texts(desk.storage.get(job.file_key))
    assert len(pages) == 2
    assert all("1/1" in page for page in pages)  # each ticket counts its own pages
    assert ["工单第0张" in pages[0], "工单第1张" in pages[1]] == [True, True]
    (row,) = logged(desk, "tickets_printed")
    assert row.new["tickets"] == 2


def test_a_report_is_one_document_over_many(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace, machine: Press
) -> None:
    made = [mailed(subject=f"工单第{n}张") for n in range(3)]
    browser = visit(crew.dispatcher)
    browser.get("/tickets")
    browser.post("/tickets/print", data={"id": [t.id for t in made], "layout": "report"})
    work_due(desk)
    with desk.reading() as session:
        (job,) = session.scalars(select(BackgroundJob))
    (page,) = texts(desk.storage.get(job.file_key))
    assert "Ticketsinall:3" in page
    assert all(ticket.number in page for ticket in made)


def test_an_agent_without_the_right_to_export_prints_no_batch(
    make_user: Any, visit: Any, crew: SimpleNamespace, mailed: Any
) -> None:
    ticket = mailed()
    designer = make_user("impl", roles=["implementer"])
    assert visit(designer).get(f"/tickets/print?id={ticket.id}").status_code == 403


def test_a_layout_is_changed_previewed_and_restored(
    desk: Desk, mailed: Any, visit: Any, boss: User, machine: Press, chinese: None
) -> None:
    ticket = mailed(subject="打印机坏了")
    browser = visit(boss)
    page = browser.get("/settings/layouts/ticket")
    assert "系统自带" in page.text
    fields = {"source": "<p>甲方 {{ ticket.subject }} {{ ticket.nonsense }}</p>", "seen": "0"}
    shown = browser.post("/settings/layouts/ticket/preview", data=fields)
    assert "data:image/png" in shown.text
    assert "nonsense" in shown.text  # a name without value is pointed out
    with desk.reading() as session:
        assert session.scalar(select(PrintLayout)) is None  # looking keeps nothing
    assert browser.post("/settings/layouts/ticket", data=fields).status_code == 303
    browser.get("/settings/layouts/ticket")
    printed = texts(browser.client.get(f"/tickets/{ticket.id}/print/ticket.pdf").data)
    assert "甲方打印机坏了" in printed[0]
    browser.get("/settings/layouts/ticket")
    browser.post("/settings/layouts/ticket/restore", data={"version": "0", "seen": "1"})
    with desk.reading() as session:
        kept = list(session.scalars(select(PrintLayoutVersion.version)))
        row = session.scalars(select(PrintLayout)).one()
    assert (kept, row.version) == ([1, 2], 2)
    assert len(logged(desk, "layout_changed")) == 2
    printed = texts(browser.client.get(f"/tickets/{ticket.id}/print/ticket.pdf").data)
    assert "甲方" not in printed[0]


def test_two_who_edit_the_same_layout_do_not_overwrite_each_other(
    desk: Desk, visit: Any, boss: User, machine: Press, chinese: None
) -> None:
    browser = visit(boss)
    browser.get("/settings/layouts/ticket")
    assert (
        browser.post(
            "/settings/layouts/ticket", data={"source": "<p>一</p>", "seen": "0"}
        ).status_code
        == 303
    )
    browser.get("/settings/layouts/ticket")
    late = browser.post("/settings/layouts/ticket", data={"source": "<p>二</p>", "seen": "0"})
    assert late.status_code == 409
    assert "&lt;p&gt;二" in late.text  # what was written is kept on the page
    with desk.reading() as session:
        assert session.scalars(select(PrintLayoutVersion.source)).all() == ["<p>一</p>"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% if %}", "第 1 行"),
        ("{{ ''.__class__.__mro__ }}", "不允许"),
        ("{% include 'secrets.html' %}", "不能引用"),
    ],
)
def test_a_layout_that_cannot_be_printed_is_not_kept(
    desk: Desk, visit: Any, boss: User, machine: Press, chinese: None, source: str, words: str
) -> None:
    browser = visit(boss)
    browser.get("/settings/layouts/ticket")
    answer = browser.post("/settings/layouts/ticket", data={"source": source, "seen": "0"})
    assert answer.status_code == 422
    assert words in answer.text
    with desk.reading() as session:
        assert session.scalar(select(PrintLayout)) is None


def test_layouts_are_added_and_withdrawn(
    desk: Desk, mailed: Any, visit: Any, boss: User, machine: Press, chinese: None
) -> None:
    ticket = mailed()
    browser = visit(boss)
    browser.get("/settings/layouts")
    wrong = browser.post(
        "/settings/layouts", data={"kind": "ticket", "key": "ticket", "name_zh": "甲"}
    )
    assert wrong.status_code == 422
    browser.post(
        "/settings/layouts", data={"kind": "work_order", "key": "repair", "name_zh": "维修单"}
    )
    assert "维修单" in browser.get(f"/tickets/{ticket.id}/print").text
    browser.get("/settings/layouts")
    browser.post("/settings/layouts/repair/active", data={"active": "0"})
    assert "维修单" not in browser.get(f"/tickets/{ticket.id}/print").text
    assert browser.client.get(f"/tickets/{ticket.id}/print/repair.pdf").status_code == 404


def test_the_layout_of_the_ticket_type_comes_first(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        ensure_types(session)
        found = type_by_key(session, "basic")
        assert found is not None
        found.print_layout = "work_order"
    page = visit(crew.dispatcher).get(f"/tickets/{ticket.id}/print")
    assert f'href="/tickets/{ticket.id}/print/work_order.pdf"' in page.text


def test_tickets_of_a_type_that_is_not_for_the_reader_are_not_printed(
    desk: Desk, mailed: Any, visit: Any, crew: SimpleNamespace
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        ensure_types(session)
        found = type_by_key(session, "basic")
        assert found is not None
        found.read_roles = ["supervisor"]
    browser = visit(crew.hanmei)
    assert browser.get(f"/tickets/{ticket.id}/print/ticket.pdf").status_code == 404
    browser.get("/tickets")
    browser.post("/tickets/print", data={"id": [ticket.id], "layout": "ticket"})
    with desk.reading() as session:
        assert session.scalar(select(BackgroundJob)) is None
    assert not logged(desk, "tickets_printed")


def test_where_chinese_cannot_be_printed_the_page_says_what_to_install(
    visit: Any, boss: User, chinese: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "chinese_font", lambda: None)
    assert "apt-get install fonts-noto-cjk" in visit(boss).get("/settings/layouts").text
