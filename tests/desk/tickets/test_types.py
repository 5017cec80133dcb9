"""Ticket types: the process, form, numbers and rights that belong together."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.tickets.events import request_ticket
from desk.tickets.models import Ticket
from desk.tickets.types import (
    SHIPPED,
    TypeRefused,
    TypeSettings,
    TypeUnavailable,
    all_types,
    change_type,
    create_type,
    ensure_types,
    make_default,
    requested_type,
    type_by_key,
)
from engine.tables import process_instance, process_version

from .conftest import acting


@pytest.fixture
def types(desk: Desk, crew: SimpleNamespace) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)


def process_of(session: Any, ticket: Ticket) -> str:
    return str(
        session.scalar(
            select(process_version.c.key)
            .join(process_instance, process_instance.c.version_id == process_version.c.id)
            .where(process_instance.c.id == ticket.instance_id)
        )
    )


@pytest.mark.parametrize("key", list(SHIPPED))
def test_every_type_that_ships_starts_its_process(
    desk: Desk, crew: SimpleNamespace, types: None, key: str
) -> None:
    with desk.database.transaction() as session:
        kind = requested_type(session, key, crew.dispatcher)
        ticket = request_ticket(
            session,
            desk.engine,
            actor=acting(crew.dispatcher),
            title="试一试",
            text="",
            kind=kind,
            form_data={"amount": 20},
        )
        assert process_of(session, ticket) == SHIPPED[key].process_key
        assert ticket.type == key
        assert ticket.number.startswith(f"{SHIPPED[key].prefix}-")
        assert ticket.number.endswith("-000001")


def test_without_a_type_all_is_as_it_was(desk: Desk, crew: SimpleNamespace, types: None) -> None:
    with desk.database.transaction() as session:
        ticket = request_ticket(
            session, desk.engine, actor=acting(crew.dispatcher), title="老样子", text=""
        )
        assert (process_of(session, ticket), ticket.type) == ("ticket-basic", "basic")
        assert ticket.number.startswith("WN-")


def test_a_withdrawn_type_leaves_running_tickets_alone(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any
) -> None:
    with desk.database.transaction() as session:
        kind = requested_type(session, "complaint", crew.dispatcher)
        ticket = request_ticket(
            session, desk.engine, actor=acting(crew.dispatcher), title="投诉", text="", kind=kind
        )
        change_type(
            session, desk.engine, kind, TypeSettings(kind.name, kind.process_key, {}, active=False)
        )
    with desk.database.transaction() as session:
        with pytest.raises(TypeUnavailable):
            requested_type(session, "complaint", crew.dispatcher)
        (task,) = desk.engine.open_tasks(session, ticket.instance_id)
        desk.engine.complete(
            session, task, {"person": crew.lilei.id}, outcome="dispatch",
            actor=acting(crew.dispatcher),
        )  # fmt: skip
    boss = visit(crew.dispatcher)
    assert "type=complaint" not in boss.get("/tickets/new").text
    assert "Complaint" in boss.get(f"/tickets/{ticket.id}").text
    boss.get("/tickets/new")
    sent = boss.post(
        "/tickets/new", {"type": "complaint", "title": "x", "mail": "a@b.cn", "priority": "normal"}
    )
    assert sent.status_code == 422
    assert "withdrawn" in sent.text


def test_who_may_open_and_see_a_type(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any, bearer: Any, app: Any
) -> None:
    with desk.database.transaction() as session:
        found = type_by_key(session, "refund")
        assert found is not None
        settings = TypeSettings(
            found.name, found.process_key, {}, found.form_key, "RF",
            create_roles=["supervisor"], read_roles=["supervisor"],
        )  # fmt: skip
        change_type(session, desk.engine, found, settings)
        ticket = request_ticket(
            session, desk.engine, actor=acting(crew.dispatcher), title="退款", text="", kind=found
        )
    boss, lilei = visit(crew.dispatcher), visit(crew.lilei)
    assert "type=refund" in boss.get("/tickets/new").text
    assert "type=refund" not in lilei.get("/tickets/new").text
    assert ticket.number in boss.get("/tickets").text
    assert ticket.number not in lilei.get("/tickets").text
    assert boss.get(f"/tickets/{ticket.id}").status_code == 200
    assert lilei.get(f"/tickets/{ticket.id}").status_code == 404
    headers = bearer(crew.lilei)
    client = app.test_client()
    assert client.get(f"/api/v1/tickets/{ticket.id}", headers=headers).status_code == 404
    items = client.get("/api/v1/tickets", headers=headers).json["items"]
    assert items == []
    refused = client.post("/api/v1/tickets", json={"title": "x", "type": "refund"}, headers=headers)
    assert refused.status_code == 403


def test_the_types_form_is_held_to_its_rules(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any
) -> None:
    boss = visit(crew.dispatcher)
    page = boss.get("/tickets/new?type=service-request").text
    assert 'name="amount"' in page
    assert page.count('name="title"') == 1
    given = {"type": "service-request", "title": "新电脑", "mail": "a@b.cn", "priority": "normal"}
    wrong = boss.post("/tickets/new", {**given, "amount": "很多"})
    assert wrong.status_code == 422
    assert "很多" in wrong.text
    right = boss.post("/tickets/new", {**given, "amount": "800", "category": "hardware"})
    assert right.status_code == 303, right.text
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert ticket.form_data["category"] == "hardware"
        assert ticket.number.startswith("REQ-")


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("key", {"key": "Ä"}),
        ("key", {"key": "complaint"}),
        ("name_zh", {"name": {"zh": " ", "en": ""}}),
        ("process_key", {"process_key": "nowhere"}),
        ("prefix", {"prefix": "a1"}),
        ("create_roles", {"create_roles": ["emperor"]}),
        ("priority", {"priority": "soon"}),
    ],
)
def test_a_type_that_cannot_be(
    desk: Desk, crew: SimpleNamespace, types: None, field: str, changed: dict[str, Any]
) -> None:
    given: dict[str, Any] = {
        "key": "repair", "name": {"zh": "报修"}, "process_key": "ticket-basic", "help": {}, **changed,
    }  # fmt: skip
    key = given.pop("key")
    with desk.database.transaction() as session, pytest.raises(TypeRefused) as refused:
        create_type(session, desk.engine, key, TypeSettings(**given))
    assert refused.value.field == field


def test_types_are_set_up_in_the_settings(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any, make_user: Any
) -> None:
    make_user("shi", roles=["implementer"])
    implementer = visit(make_user("shi2", roles=["implementer"]))
    assert "Complaint" in implementer.get("/settings/ticket-types").text
    implementer.get("/settings/ticket-types/new")
    given = {"key": "repair", "name_zh": "报修", "process": "ticket-basic request", "active": "1"}
    made = implementer.post("/settings/ticket-types/new", given)
    assert made.status_code == 303, made.text
    page = implementer.get("/settings/ticket-types/repair").text
    version = page.split('name="version" value="')[1].split('"')[0]
    saved = implementer.post(
        "/settings/ticket-types/repair",
        {
            "name_zh": "报修单", "process": "ticket-basic request", "version": version, "prefix": "RP",
            "priority": "high", "print_layout": "work-order", "survey": "1", "create_roles": ["supervisor"],
            "read_roles": ["agent", "supervisor"],
        },
    )  # fmt: skip
    assert saved.status_code == 303
    again = implementer.post(
        "/settings/ticket-types/repair",
        {"name_zh": "别的", "process": "ticket-basic request", "version": version},
    )
    assert again.status_code == 409
    with desk.reading() as session:
        found = type_by_key(session, "repair")
        assert found is not None
        assert (found.name["zh"], found.active, found.form_key) == ("报修单", False, "request")
        assert (found.prefix, found.priority, found.survey) == ("RP", "high", True)
        assert found.print_layout == "work-order"
        assert (found.create_roles, found.read_roles) == (["supervisor"], ["agent", "supervisor"])
    assert visit(crew.lilei).get("/settings/ticket-types").status_code == 403


def test_types_stand_in_the_order_that_was_chosen(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any, make_user: Any
) -> None:
    boss = visit(make_user("shi", roles=["implementer"]))

    def order() -> list[str]:
        with desk.reading() as session:
            return [kind.key for kind in all_types(session)]

    before = order()
    boss.get("/settings/ticket-types")
    boss.post("/settings/ticket-types", {"key": before, "move": f"up {before[1]}"})
    assert order() == [before[1], before[0], *before[2:]]
    boss.post("/settings/ticket-types", {"key": order(), "move": f"up {before[1]}"})
    assert order() == [before[1], before[0], *before[2:]], "the first goes no further"
    boss.post("/settings/ticket-types", {"key": list(reversed(before))})
    assert order() == before[::-1]
    boss.post("/settings/ticket-types", {"key": [before[2], "none-of-ours"]})
    assert order() == [before[2], *(key for key in before[::-1] if key != before[2])]
    offered = visit(crew.dispatcher).get("/tickets/new").text
    assert offered.index(f"type={before[2]}") < offered.index(f"type={before[0]}")


def test_a_new_ticket_begins_with_the_default_type(
    desk: Desk, crew: SimpleNamespace, types: None, visit: Any, make_user: Any
) -> None:
    def begins_with(page: Any) -> str:
        return str(page.text.split('name="type" value="')[1].split('"')[0])

    boss, dispatcher = visit(make_user("shi", roles=["implementer"])), visit(crew.dispatcher)
    assert begins_with(dispatcher.get("/tickets/new")) == "basic"
    boss.get("/settings/ticket-types")
    assert boss.post("/settings/ticket-types/complaint/default", {}).status_code == 303
    page = dispatcher.get("/tickets/new")
    assert begins_with(page) == "complaint"
    assert begins_with(dispatcher.get("/tickets/new?type=refund")) == "refund"
    with desk.database.transaction() as session:
        found = type_by_key(session, "complaint")
        assert found is not None
        settings = TypeSettings(found.name, found.process_key, {}, create_roles=["supervisor"])
        change_type(session, desk.engine, found, settings)
        with pytest.raises(TypeRefused) as refused:
            change_type(
                session, desk.engine, found,
                TypeSettings(found.name, found.process_key, {}, active=False),
            )  # fmt: skip
        assert (refused.value.field, refused.value.reason) == ("active", "default")
    # who may not open the default one begins with the first that they may
    assert begins_with(visit(crew.lilei).get("/tickets/new")) == "basic"
    with desk.database.transaction() as session:
        basic, complaint = type_by_key(session, "basic"), type_by_key(session, "complaint")
        assert basic is not None
        assert complaint is not None
        make_default(session, basic)
        gone = TypeSettings(complaint.name, complaint.process_key, {}, active=False)
        assert not change_type(session, desk.engine, complaint, gone).active
        with pytest.raises(TypeRefused):
            make_default(session, complaint)
        ensure_types(session)
        assert basic.is_default


def test_programs_order_types_and_choose_the_default_one(
    desk: Desk, crew: SimpleNamespace, types: None, bearer: Any, app: Any, make_user: Any
) -> None:
    client, headers = app.test_client(), bearer(make_user("shi", roles=["implementer"]))
    assert client.post("/api/v1/ticket-types/refund/default", headers=headers).json["is_default"]
    assert client.post("/api/v1/ticket-types/none/default", headers=headers).status_code == 404
    order = client.put("/api/v1/ticket-types", headers=headers, json={"keys": ["refund", "basic"]})
    assert [kind["key"] for kind in order.json["items"]][:2] == ["refund", "basic"]
    assert [kind["key"] for kind in order.json["items"] if kind["is_default"]] == ["refund"]
    lilei = bearer(crew.lilei)
    assert client.put("/api/v1/ticket-types", headers=lilei, json={"keys": ["x"]}).status_code == 403
