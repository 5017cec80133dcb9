"""Tickets in the browser: what is offered is what the diagram offers, and nothing typed is lost."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.tickets.models import Message, Ticket

Mailed = Callable[..., Ticket]


def open_task(desk: Desk, ticket: Ticket) -> Any:
    with desk.reading() as session:
        (task,) = desk.engine.open_tasks(session, ticket.instance_id)
        return task


def state(desk: Desk, ticket: Ticket) -> Ticket:
    with desk.reading() as session:
        return session.get_one(Ticket, ticket.id)


def complete(browser: Any, desk: Desk, ticket: Ticket, outcome: str, **values: Any) -> Any:
    browser.get(f"/tickets/{ticket.id}")
    return browser.post(
        f"/tasks/{open_task(desk, ticket)}/complete", {"outcome": outcome, **values}
    )


def test_a_ticket_walks_through_its_life(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss, lilei = visit(crew.dispatcher), visit(crew.lilei)

    assert ticket.number in boss.get("/tasks").text
    assert ticket.number not in lilei.get("/tasks").text
    page = boss.get(f"/tickets/{ticket.id}").text
    assert "Dispatch the ticket" in page
    assert 'name="outcome" value="dispatch"' in page
    assert "一线" in page
    assert "李雷" in page

    answer = complete(boss, desk, ticket, "dispatch", team=crew.team.id, dispatch_remark="请尽快")
    assert answer.status_code == 303, answer.text
    assert state(desk, ticket).state == "dispatched"

    assert ticket.number in lilei.get("/tasks").text
    assert complete(lilei, desk, ticket, "accept").status_code == 303
    assert state(desk, ticket).assignee_id == crew.lilei.id

    sent = lilei.post(f"/tickets/{ticket.id}/messages", {"kind": "reply", "text": "我们正在处理"})
    assert sent.status_code == 303, sent.text
    noted = lilei.post(f"/tickets/{ticket.id}/messages", {"kind": "note", "text": "墨盒没了"})
    assert noted.status_code == 303
    page = lilei.get(f"/tickets/{ticket.id}").text
    assert page.index("它不工作") < page.index("我们正在处理") < page.index("墨盒没了")
    assert "dispatched the ticket to 一线" in page
    assert state(desk, ticket).first_response_at is not None

    assert complete(lilei, desk, ticket, "finish", solution="换了墨盒").status_code == 303
    assert state(desk, ticket).state == "ended"
    page = lilei.get(f"/tickets/{ticket.id}").text
    assert 'name="outcome"' not in page
    assert "换了墨盒" in page


def test_the_second_of_two_agents_is_told_who_was_faster(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss, lilei, hanmei = visit(crew.dispatcher), visit(crew.lilei), visit(crew.hanmei)
    complete(boss, desk, ticket, "dispatch", team=crew.team.id)
    task = open_task(desk, ticket)
    hanmei.get(f"/tickets/{ticket.id}")
    complete(lilei, desk, ticket, "accept")
    answer = hanmei.post(
        f"/tasks/{task}/complete", {"outcome": "return", "return_reason": "不是 <我们>"}
    )
    assert answer.status_code == 409
    assert "李雷 was faster and has completed “Accept or return”: Accept." in answer.text
    assert "不是 &lt;我们&gt;" in answer.text
    assert "Reason for returning" in answer.text
    assert state(desk, ticket).state == "processing"


def test_what_was_chosen_too_late_is_said_by_its_name(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss = visit(crew.dispatcher)
    task = open_task(desk, ticket)
    complete(boss, desk, ticket, "dispatch", person=crew.lilei.id)
    late = boss.post(f"/tasks/{task}/complete", {"outcome": "dispatch", "team": str(crew.team.id)})
    assert late.status_code == 409
    kept = late.text[late.text.index("What you typed is kept here") :]
    assert "<dt>Team</dt><dd>一线</dd>" in kept[:500].replace("\n", "")


def test_a_step_that_is_not_mine_is_not_offered_and_not_done(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    page = visit(crew.auditor).get(f"/tickets/{ticket.id}").text
    assert 'name="outcome"' not in page
    assert "waits for" in page
    lilei = visit(crew.lilei)
    assert lilei.get(f"/tickets/{ticket.id}").status_code == 404  # nobody gave it to them or their team
    answer = lilei.post(f"/tasks/{open_task(desk, ticket)}/complete", {"outcome": "cancel"})
    assert answer.status_code == 403
    assert state(desk, ticket).state == "pending"


def test_an_outcome_without_what_it_needs_comes_back_filled(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    answer = complete(visit(crew.dispatcher), desk, ticket, "dispatch", dispatch_remark="an wen?")
    assert answer.status_code == 422
    assert "Fill in Team or Person to choose “Dispatch”; one of them is enough." in answer.text
    assert "an wen?" in answer.text
    assert state(desk, ticket).state == "pending"


def test_each_outcome_needs_its_own_fields(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss, lilei = visit(crew.dispatcher), visit(crew.lilei)
    answer = complete(boss, desk, ticket, "cancel", person=crew.lilei.id)
    assert answer.status_code == 422
    assert "Fill this in to choose “Cancel the ticket”." in answer.text
    assert complete(boss, desk, ticket, "dispatch", person=crew.lilei.id).status_code == 303
    answer = complete(lilei, desk, ticket, "return")
    assert answer.status_code == 422
    assert "Fill this in to choose “Return”." in answer.text
    assert complete(lilei, desk, ticket, "accept").status_code == 303
    answer = complete(lilei, desk, ticket, "finish", return_reason="not this one")
    assert answer.status_code == 422
    assert answer.text.count("Fill this in to choose “Finish”.") == 2  # summary, field
    assert state(desk, ticket).state == "processing"
    assert complete(lilei, desk, ticket, "return", return_reason="要备件").status_code == 303
    assert state(desk, ticket).state == "returned"


def test_an_outcome_that_is_not_offered_is_refused(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    answer = complete(visit(crew.dispatcher), desk, mailed(), "explode")
    assert answer.status_code == 422
    assert "Choose one of the buttons" in answer.text


def test_claiming_and_giving_back(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss, lilei, hanmei = visit(crew.dispatcher), visit(crew.lilei), visit(crew.hanmei)
    complete(boss, desk, ticket, "dispatch", team=crew.team.id)
    assert "waits for 一线." in boss.get(f"/tickets/{ticket.id}").text
    task = open_task(desk, ticket)
    assert lilei.post(f"/tasks/{task}/claim").status_code == 303
    assert ticket.number not in hanmei.get("/tasks").text
    assert "waits for 李雷." in hanmei.get(f"/tickets/{ticket.id}").text
    answer = hanmei.post(f"/tasks/{task}/claim")
    assert answer.status_code == 303
    assert "李雷 has taken this step" in hanmei.get("/tasks").text
    lilei.get(f"/tickets/{ticket.id}")
    assert lilei.post(f"/tasks/{task}/release").status_code == 303
    assert ticket.number in hanmei.get("/tasks").text


def test_a_message_the_process_does_not_take_is_kept(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, settle: Callable[[], None]
) -> None:
    ticket = mailed()
    boss = visit(crew.dispatcher)
    complete(boss, desk, ticket, "cancel", dispatch_remark="重复")
    settle()
    assert state(desk, ticket).state == "cancelled"
    page = boss.get(f"/tickets/{ticket.id}").text
    assert 'name="text"' not in page
    answer = boss.post(f"/tickets/{ticket.id}/messages", {"kind": "reply", "text": "doch noch"})
    assert answer.status_code == 409
    with desk.reading() as session:
        assert session.scalars(select(Message).where(Message.text == "doch noch")).all() == []


@pytest.mark.parametrize("name", ["setup.exe", "empty.txt"])
def test_files_that_are_not_taken_leave_the_text(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, name: str
) -> None:
    import io

    ticket = mailed()
    boss = visit(crew.dispatcher)
    boss.get(f"/tickets/{ticket.id}")
    content = b"" if name.startswith("empty") else b"MZ..."
    answer = boss.post(
        f"/tickets/{ticket.id}/messages",
        {"kind": "note", "text": "keep me", "files": (io.BytesIO(content), name)},
    )
    assert answer.status_code == 422
    assert name in answer.text
    assert "keep me" in answer.text


def test_attachments_are_downloads_unless_they_are_pictures(
    app: Flask, desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    import io

    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    ticket = mailed()
    boss = visit(crew.dispatcher)
    boss.get(f"/tickets/{ticket.id}")
    answer = boss.post(
        f"/tickets/{ticket.id}/messages",
        {
            "kind": "note",
            "text": "",
            "files": [
                (io.BytesIO(png), "../照片.png"),
                (io.BytesIO(b"<svg onload=alert(1)>"), "x.svg"),
            ],
        },
    )
    assert answer.status_code == 303, answer.text
    page = boss.get(f"/tickets/{ticket.id}").text
    picture, drawing = re.findall(r'href="(/attachments/[^"]+)"', page)
    shown = boss.client.get(picture)
    assert shown.mimetype == "image/png"
    assert shown.data == png
    assert "attachment" not in shown.headers.get("Content-Disposition", "")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    kept = boss.client.get(drawing)
    assert kept.mimetype == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert boss.get("/attachments/999/x.png").status_code == 404
    assert app.test_client().get(picture).status_code == 302


def test_mail_html_runs_nothing_and_loads_nothing(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    html = (
        '<p style="x" onclick="a()">Hi<script>alert(1)</script>'
        '<img src="https://spy.example/p.gif"><img src="cid:none"><a href="javascript:a()">x</a></p>'
    )
    ticket = mailed(html=html)
    boss = visit(crew.dispatcher)
    page = boss.get(f"/tickets/{ticket.id}").text
    assert "alert(1)" not in page
    (address,) = re.findall(r'src="(/messages/[^"]+)"', page)
    shown = boss.get(address)
    for evil in ("script", "onclick", "javascript:", "spy.example", "cid:"):
        assert evil not in shown.text.partition('class="ld-mail"')[2], evil
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "https:" not in shown.headers["Content-Security-Policy"]
    loaded = boss.get(f"{address}?pictures=1")
    assert "spy.example" in loaded.text
    assert "img-src 'self' https: http:" in loaded.headers["Content-Security-Policy"]


def test_the_list_is_filtered_by_its_address(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    one, two = mailed(), mailed(subject="网络断了", sender_mail="b@b.cn")
    boss = visit(crew.dispatcher)
    everything = boss.get("/tickets").text
    assert one.number in everything
    assert two.number in everything
    found = boss.get("/tickets?q=网络&state=pending&created_from=2020-01-01&sort=deadline").text
    assert two.number in found
    assert one.number not in found
    assert "No ticket fits" in boss.get("/tickets?state=ended").text
    broken = boss.get("/tickets?state=x&priority=y&assignee=z&created_to=32&at=!&sort=;drop")
    assert broken.status_code == 200
    assert one.number in broken.text
    part = boss.get("/tickets?part=list").text
    assert "<html" not in part
    assert boss.get(f"/search?q={one.number.lower()}").location == f"/tickets/{one.id}"
    assert two.number in boss.get("/search?q=网络").text
    palette = boss.get("/search?q=han@acme", headers={"HX-Request-Type": "partial"}).text
    assert "韩梅" in palette
    assert "<html" not in palette


def test_the_parts_of_a_live_page(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    boss = visit(crew.dispatcher)
    page = boss.get(f"/tickets/{ticket.id}").text
    (seen,) = re.findall(r"part=moved&amp;seen=([0-9a-f.]+)", page)
    for part in ("header", "conversation", "trail"):
        text = boss.get(f"/tickets/{ticket.id}?part={part}").text
        assert "<html" not in text
        assert f"live:ticket:{ticket.id}" in text
    quiet = boss.get(f"/tickets/{ticket.id}?part=moved&seen={seen}").text
    assert "a step further" not in quiet
    watching = visit(crew.auditor).get(f"/tickets/{ticket.id}?part=moved&seen=").text
    assert "a step further" not in watching
    assert "“Dispatch the ticket” waits for" in watching
    complete(boss, desk, ticket, "dispatch", person=crew.lilei.id)
    moved = boss.get(f"/tickets/{ticket.id}?part=moved&seen={seen}").text
    assert "a step further" in moved
    flow = boss.get(f"/tickets/{ticket.id}/flow.json").json
    assert {"element": "accept", "who": "李雷"} in flow["active"]
    assert "dispatch" in flow["done"]
    assert b"ticket-basic" in boss.get(f"/tickets/{ticket.id}/flow.xml").data


def test_a_ticket_taken_down_at_the_desk(desk: Desk, crew: SimpleNamespace, visit: Any) -> None:
    lilei = visit(crew.lilei)
    lilei.get("/tickets/new")
    answer = lilei.post("/tickets/new", {"title": "", "phone": "abc", "text": "keep me"})
    assert answer.status_code == 422
    assert "keep me" in answer.text
    assert "This is not a phone number." in answer.text
    answer = lilei.post(
        "/tickets/new",
        {
            "title": "门禁坏了", "text": "三楼", "phone": "138 0013 8000", "name": "王强",
            "priority": "high", "deadline": "2026-05-06T18:00",
        },
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    page = lilei.get(answer.location).text
    assert "门禁坏了" in page
    assert "王强" in page
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.priority, ticket.channel) == ("high", "desk")
        assert ticket.deadline is not None
        assert ticket.created_by["name"] == "李雷"
        assert ticket.contact is not None
        assert ticket.contact.name == "王强"
    chosen = lilei.get(f"/tickets/new?contact={ticket.contact_id}").text
    assert f'name="contact_id" value="{ticket.contact_id}"' in chosen
    picked = lilei.get("/customers/pick?q=13800").text
    assert "王强" in picked


def test_without_a_diagram_nothing_typed_is_lost(desk: Desk, make_user: Any, visit: Any) -> None:
    lilei = visit(make_user("lilei"))
    lilei.get("/tickets/new")
    answer = lilei.post("/tickets/new", {"title": "T", "text": "keep me", "mail": "a@b.cn",
                                         "priority": "normal"})  # fmt: skip
    assert answer.status_code == 409
    assert "keep me" in answer.text
    with desk.reading() as session:
        assert session.scalars(select(Message)).all() == []


def test_an_auditor_reads_and_does_nothing(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed
) -> None:
    ticket = mailed()
    auditor = visit(crew.auditor)
    page = auditor.get(f"/tickets/{ticket.id}")
    assert page.status_code == 200
    assert 'name="text"' not in page.text
    assert auditor.get("/tickets/new").status_code == 403
    for path in (f"/tickets/{ticket.id}/messages", f"/tickets/{ticket.id}/cancel"):
        assert auditor.post(path, {"kind": "note", "text": "x"}).status_code == 403
    answer = auditor.post(f"/tasks/{open_task(desk, ticket)}/claim")
    assert answer.status_code == 403


def test_what_is_not_there(desk: Desk, crew: SimpleNamespace, visit: Any) -> None:
    boss = visit(crew.dispatcher)
    for path in ("/tickets/99", "/tickets/99/flow.xml", "/messages/9/original", "/customers/9",
                 "/companies/9"):  # fmt: skip
        assert boss.get(path).status_code == 404, path
    nobody = "00000000-0000-0000-0000-000000000000"
    assert boss.post(f"/tasks/{nobody}/complete", {"outcome": "x"}).status_code == 404


def test_pages_speak_chinese(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, make_user: Any, chinese: None
) -> None:
    ticket = mailed()
    chief = visit(make_user("zhu", roles=["supervisor"], locale="zh_CN"))
    page = chief.get(f"/tickets/{ticket.id}").text
    assert "派发工单" in page
    assert f"登记了工单 {ticket.number}" in page
    assert "我的任务" in chief.get("/tasks").text
