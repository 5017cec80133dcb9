"""Relations of tickets for programs: the same doors, the same refusals."""

from types import SimpleNamespace
from typing import Any

import pytest

from desk.application import Desk
from desk.tickets.dispatching import dispatch_now
from desk.tickets.models import Ticket
from desk.tickets.records import handler

from .conftest import acting


@pytest.fixture
def call(app: Any, bearer: Any, crew: SimpleNamespace) -> Any:
    """`call("post", "/tickets/1/split", json={…})`, as 李雷 or another user."""
    client = app.test_client()

    def send(method: str, path: str, *, user: Any = None, **more: Any) -> Any:
        headers = bearer(user or crew.lilei)
        return getattr(client, method)(f"/api/v1{path}", headers=headers, **more)

    return send


@pytest.fixture
def dispatched(desk: Desk, crew: SimpleNamespace, mailed: Any) -> Any:
    def make(**changes: Any) -> int:
        ticket = mailed(**changes)
        with desk.database.transaction() as session:
            mine = session.get_one(Ticket, ticket.id)
            actor = acting(crew.dispatcher)
            assert dispatch_now(session, desk, mine, person_id=crew.lilei.id, actor=actor)
        return int(ticket.id)

    return make


def test_a_ticket_is_handed_over_once(
    desk: Desk, crew: SimpleNamespace, dispatched: Any, call: Any
) -> None:
    number = dispatched()
    seen = f"user:{crew.lilei.id}"
    wanted = {"person_id": crew.hanmei.id, "seen": seen}
    assert call("put", f"/tickets/{number}/follow").status_code == 204  # else it is gone with it
    assert call("post", f"/tickets/{number}/hand-over", json=wanted).status_code == 204
    assert call("post", f"/tickets/{number}/hand-over", json=wanted).status_code == 409
    nobody = call("post", f"/tickets/{number}/hand-over", json={"person_id": 999})
    assert nobody.status_code == 422
    with desk.reading() as session:
        assert handler(session.get_one(Ticket, number)) == f"user:{crew.hanmei.id}"


def test_watchers_come_and_go(crew: SimpleNamespace, dispatched: Any, call: Any) -> None:
    number = dispatched()
    copies = {"people": [crew.hanmei.id]}
    assert call("post", f"/tickets/{number}/watchers", json=copies).status_code == 204
    assert call("put", f"/tickets/{number}/follow").status_code == 204
    items = call("get", f"/tickets/{number}/watchers").json["items"]
    assert [(w["name"], w["kind"], w["view_only"]) for w in items] == [
        ("韩梅梅", "copied", True), ("李雷", "follows", False),
    ]  # fmt: skip
    note = {"kind": "note", "text": "我也说一句"}
    said = call("post", f"/tickets/{number}/messages", json=note, user=crew.hanmei)
    assert said.status_code == 403
    path = f"/tickets/{number}/watchers/{crew.hanmei.id}"
    assert call("delete", path, user=crew.hanmei).status_code == 403
    assert call("delete", path).status_code == 204
    assert call("delete", f"/tickets/{number}/follow").status_code == 204
    assert call("get", f"/tickets/{number}/watchers").json["items"] == []


def test_tickets_are_linked_split_and_merged(dispatched: Any, call: Any) -> None:
    first, second = dispatched(), dispatched(subject="另一件")
    other = {"other_id": second}
    assert call("post", f"/tickets/{first}/links", json=other).status_code == 204
    assert call("post", f"/tickets/{first}/links", json={"other_id": first}).status_code == 422
    made = call("post", f"/tickets/{first}/split", json={"parts": [{"title": "查库存"}]})
    assert made.status_code == 201, made.json
    related = call("get", f"/tickets/{first}/related").json
    assert [t["id"] for t in related["linked"]] == [second]
    assert [t["title"] for t in related["children"]] == ["查库存"]
    none = call("post", f"/tickets/{first}/split", json={"parts": []})
    assert none.status_code == 422
    into = {"into_id": second}
    assert call("post", f"/tickets/{first}/merge", json=into).status_code == 204
    assert call("post", f"/tickets/{first}/merge", json=into).status_code == 409
    detail = call("get", f"/tickets/{first}").json
    assert detail["merged_into_id"] == second
    said = call("post", f"/tickets/{first}/messages", json={"kind": "note", "text": "?"})
    assert said.status_code == 409
    assert call("delete", f"/tickets/{first}/merge").status_code == 204
    assert call("delete", f"/tickets/{first}/merge").status_code == 409
    assert call("delete", f"/tickets/{first}/links/{second}").status_code == 204


def test_types_for_programs(desk: Desk, crew: SimpleNamespace, call: Any, make_user: Any) -> None:
    implementer = make_user("shi", roles=["implementer"])
    new = {"key": "repair", "name": {"zh": "报修"}, "process_key": "ticket-basic", "prefix": "RP"}
    assert call("post", "/ticket-types", json=new).status_code == 403
    assert call("post", "/ticket-types", json=new, user=implementer).status_code == 201
    assert call("post", "/ticket-types", json=new, user=implementer).status_code == 422
    odd = {**new, "key": "odd", "name": {"en": {"no": "text"}}}
    assert call("post", "/ticket-types", json=odd, user=implementer).status_code == 422
    ticket = call("post", "/tickets", json={"title": "门坏了", "type": "repair"})
    assert ticket.status_code == 201, ticket.json
    assert ticket.json["number"].startswith("RP-")
    gone = {**new, "active": False}
    del gone["key"]
    assert call("put", "/ticket-types/repair", json=gone, user=implementer).status_code == 200
    assert call("post", "/tickets", json={"title": "门坏了", "type": "repair"}).status_code == 422
    assert call("post", "/tickets", json={"title": "x", "type": "nothing"}).status_code == 422
    assert [t["key"] for t in call("get", "/ticket-types").json["items"]] == ["repair"]
