"""Tickets as programs see them: the same doors as the pages', in problem details."""

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.application import Desk
from desk.people.models import User
from desk.tickets.models import Ticket


@pytest.fixture
def as_(app: Flask, bearer: Any) -> Callable[[User], FlaskClient]:  # noqa: F811
    """`as_(user)`: a client with a token of this person."""

    def make(user: User) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = bearer(user)["Authorization"]
        return client

    return make


def test_a_ticket_from_request_to_finish(desk: Desk, crew: SimpleNamespace, as_: Any) -> None:
    boss, lilei = as_(crew.dispatcher), as_(crew.lilei)
    made = lilei.post(
        "/api/v1/tickets",
        json={"title": "门禁坏了", "text": "三楼", "mail": "wang@acme.cn", "priority": "urgent"},
    )
    assert made.status_code == 201, made.text
    ticket = made.json
    assert ticket["state"] == "pending"
    assert ticket["customer"] == "wang"
    assert ticket["channel"] == "api"
    assert "agent.replied" in ticket["awaits"]

    (task,) = boss.get("/api/v1/tasks").json["items"]
    assert task["ticket_number"] == ticket["number"]
    assert lilei.get("/api/v1/tasks").json["items"] == []
    detail = boss.get(f"/api/v1/tasks/{task['id']}").json
    assert [outcome["id"] for outcome in detail["outcomes"]] == ["dispatch", "cancel"]
    done = boss.post(
        f"/api/v1/tasks/{task['id']}/complete",
        json={"outcome": "dispatch", "values": {"person": crew.lilei.id}},
    )
    assert done.status_code == 204, done.text

    again = boss.post(f"/api/v1/tasks/{task['id']}/complete", json={"outcome": "cancel"})
    assert again.status_code == 409
    assert again.mimetype == "application/problem+json"
    assert again.json["ended_by"]["name"] == "调度"
    assert again.json["outcome"] == "dispatch"

    (task,) = lilei.get("/api/v1/tasks").json["items"]
    assert lilei.post(f"/api/v1/tasks/{task['id']}/claim").status_code == 204
    assert lilei.post(f"/api/v1/tasks/{task['id']}/release").status_code in (204, 409)
    trail = boss.get(f"/api/v1/tickets/{ticket['id']}/trail").json["items"]
    assert [line["action"] for line in trail] == ["dispatched", "created"]


def test_messages_and_files(
    desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket, boss = mailed(), as_(crew.dispatcher)
    where = f"/api/v1/tickets/{ticket.id}/messages"
    sent = boss.post(
        where,
        json={
            "kind": "note", "text": "siehe Anhang",
            "attachments": [
                {"filename": "a/b.txt", "content": base64.b64encode(b"hello").decode()}
            ],
        },
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    (file,) = sent.json["attachments"]
    assert (file["filename"], file["size"]) == ("b.txt", 5)
    assert boss.get(f"/api/v1/attachments/{file['id']}").data == b"hello"
    first = boss.get(f"{where}?limit=1").json
    second = boss.get(f"{where}?limit=1&after={first['next']}").json
    assert [m["text"] for page in (first, second) for m in page["items"]] == [
        "它不工作", "siehe Anhang",
    ]  # fmt: skip
    assert second["next"] is None
    bad = boss.post(where, json={"kind": "note", "text": "x", "attachments": [
        {"filename": "x.exe", "content": base64.b64encode(b"MZ").decode()}]})  # fmt: skip
    assert bad.status_code == 422
    assert "executable" in bad.text
    bad = boss.post(where, json={"kind": "note", "text": "x", "attachments": [
        {"filename": "x.txt", "content": "no base64!"}]})  # fmt: skip
    assert bad.status_code == 422


def test_a_reply_sent_twice_with_its_key_is_one_reply(
    desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket, boss = mailed(), as_(crew.dispatcher)
    where = f"/api/v1/tickets/{ticket.id}/messages"
    for _ in range(2):
        answer = boss.post(
            where, json={"kind": "reply", "text": "once"}, headers={"Idempotency-Key": "k1"}
        )
        assert answer.status_code == 201
    assert len(boss.get(where).json["items"]) == 2


def test_the_list_in_pages_and_by_filters(
    desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket]
) -> None:
    numbers = [mailed(subject=f"S{n}").number for n in range(3)]
    boss = as_(crew.dispatcher)
    page = boss.get("/api/v1/tickets?limit=2").json
    rest = boss.get(f"/api/v1/tickets?limit=2&after={page['next']}").json
    assert [t["number"] for p in (page, rest) for t in p["items"]] == numbers[::-1]
    assert rest["next"] is None
    found = boss.get("/api/v1/tickets?q=S1&state=pending&sort=deadline").json["items"]
    assert [t["number"] for t in found] == [numbers[1]]
    for wrong in ("state=x", "sort=title", "after=!", "created_from=soon", "limit=0"):
        answer = boss.get(f"/api/v1/tickets?{wrong}")
        assert answer.status_code == 422, wrong
        assert answer.mimetype == "application/problem+json"


def test_who_may_not(
    app: Flask, desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket = mailed()
    with desk.reading() as session:
        (task,) = desk.engine.open_tasks(session, ticket.instance_id)
    lilei, auditor = as_(crew.lilei), as_(crew.auditor)
    assert app.test_client().get("/api/v1/tickets").status_code == 401
    complete = lilei.post(f"/api/v1/tasks/{task}/complete", json={"outcome": "cancel"})
    assert complete.status_code == 403
    assert auditor.post("/api/v1/tickets", json={"title": "x"}).status_code == 403
    note = {"kind": "note", "text": "x"}
    sent = auditor.post(f"/api/v1/tickets/{ticket.id}/messages", json=note)
    assert sent.status_code == 403
    assert lilei.get("/api/v1/tickets/99").status_code == 404
    unknown = "00000000-0000-0000-0000-000000000000"
    assert lilei.get(f"/api/v1/tasks/{unknown}").status_code == 404


def test_forms_are_held_to_their_rules(
    desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket]
) -> None:
    mailed()
    boss = as_(crew.dispatcher)
    (task,) = boss.get("/api/v1/tasks").json["items"]
    where = f"/api/v1/tasks/{task['id']}/complete"
    for values, field in (({"team": 999}, "team"), ({"nonsense": 1}, "nonsense")):
        answer = boss.post(where, json={"outcome": "dispatch", "values": values})
        assert answer.status_code == 422
        assert field in answer.json["errors"]["json"]["values"]
    answer = boss.post(where, json={"outcome": "explode", "values": {}})
    assert answer.status_code == 422
    answer = boss.post(where, json={"outcome": "dispatch", "values": {}})
    assert answer.status_code == 422
    assert "Fill in" in answer.json["errors"]["json"]["values"]["team"][0]
    (dispatch, cancel) = boss.get(f"/api/v1/tasks/{task['id']}").json["outcomes"]
    assert dispatch["needs"] == [["team", "person"]]
    assert cancel["needs"] == [["dispatch_remark"]]


def test_customers(desk: Desk, crew: SimpleNamespace, as_: Any) -> None:
    lilei = as_(crew.lilei)
    company = lilei.post("/api/v1/companies", json={"name": "Acme", "domain": "acme.cn"})
    assert company.status_code == 201, company.text
    made = lilei.post("/api/v1/contacts", json={"name": "Han", "mails": ["Han@ACME.cn"]})
    assert made.status_code == 201, made.text
    assert made.json["company"]["name"] == "Acme"
    assert made.json["addresses"][0]["value"] == "han@acme.cn"
    number = made.json["id"]
    more = lilei.post(
        f"/api/v1/contacts/{number}/addresses", json={"kind": "phone", "value": "138 0013 8000"}
    )
    assert more.json["addresses"][1]["value"] == "+8613800138000"
    taken = lilei.post("/api/v1/contacts", json={"name": "X", "phones": ["13800138000"]})
    assert taken.status_code == 409
    wrong = lilei.post("/api/v1/contacts", json={"name": "X", "mails": ["nonsense"]})
    assert wrong.status_code == 422
    again = lilei.post("/api/v1/companies", json={"name": "B", "domain": "ACME.cn"})
    assert again.status_code == 409
    found = lilei.get("/api/v1/contacts?q=han@acme").json["items"]
    assert [contact["id"] for contact in found] == [number]
    assert lilei.get("/api/v1/contacts?kind=2c").json["items"] == []
    assert len(lilei.get("/api/v1/companies?q=acm").json["items"]) == 1
    assert lilei.get("/api/v1/contacts?after=!").status_code == 422


def test_editing_exporting_and_deleting(
    desk: Desk, crew: SimpleNamespace, as_: Any, mailed: Callable[..., Ticket], make_user: Any
) -> None:
    ticket = mailed()
    where = f"/api/v1/tickets/{ticket.id}"
    boss, lilei = as_(crew.dispatcher), as_(crew.lilei)
    admin = as_(make_user("chief", roles=["administrator"]))
    edited = boss.patch(where, json={"title": "=1+1", "deadline": "2026-05-06T18:00:00+08:00"})
    assert edited.status_code == 200, edited.text
    assert edited.json["title"] == "=1+1"
    assert edited.json["deadline"] == "2026-05-06T10:00:00+00:00"
    assert boss.patch(where, json={"contact_id": 99}).status_code == 422
    assert boss.patch(where, json={"state": "ended"}).status_code == 422
    assert lilei.patch(where, json={"title": "x"}).status_code == 404
    trail = boss.get(f"{where}/trail").json["items"]
    assert [line["data"]["field"] for line in trail if line["action"] == "edited"] == [
        "deadline", "title",
    ]  # fmt: skip

    exported = boss.get("/api/v1/tickets.csv?state=pending")
    assert exported.mimetype == "text/csv"
    assert "'=1+1" in exported.text
    assert boss.get("/api/v1/tickets.csv?state=x").status_code == 422

    assert boss.delete(f"{where}?reason=x").status_code == 403
    assert admin.delete(where).status_code == 422
    assert admin.delete(f"{where}?reason=x").status_code == 204
    assert admin.delete(f"{where}?reason=x").status_code == 404
    assert lilei.get(where).status_code == 404
    assert admin.get(where).json["deleted_at"] is not None
    assert lilei.get("/api/v1/tickets").json["items"] == []
    assert lilei.get("/api/v1/tickets?deleted=true").status_code == 403
    assert len(admin.get("/api/v1/tickets?deleted=true").json["items"]) == 1
