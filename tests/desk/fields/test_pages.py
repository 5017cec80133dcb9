"""Settings of fields and dictionaries, and fields on the pages of tickets."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.fields.models import Dictionary, Field, Kind
from desk.fields.values import values_of
from desk.tickets.models import Ticket, TrailEntry
from desk.tickets.types import ensure_types

from .conftest import MakeField
from .test_values import has, put

Mailed = Callable[..., Ticket]


def seen(page: str) -> str:
    (found,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    return str(found)


def version(page: str) -> str:
    return re.findall(r'name="version" value="([0-9a-f]*)"', page)[0]


def test_a_dictionary_and_a_field_are_made_changed_ordered_and_withdrawn(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_user: Any, mailed: Mailed
) -> None:
    boss = visit(make_user("boss", roles=["administrator"]))
    assert boss.get("/settings/fields").status_code == 200
    assert boss.get("/settings/dictionaries").status_code == 200
    answer = boss.post("/settings/dictionaries", {"key": "Bad key", "title_en": "Devices"})
    assert answer.status_code == 422
    boss.post("/settings/dictionaries", {"key": "devices", "title_zh": "设备", "title_en": "Devices"})
    values = "/settings/dictionaries/devices/values"
    boss.get("/settings/dictionaries/devices")
    boss.post(values, {"entry_en": "Hardware", "entry_key": "hw"})
    boss.post(values, {"entry_en": "Printer", "entry_key": "printer", "parent": "hw"})
    assert boss.post(values, {"entry_en": "Again", "entry_key": "hw"}).status_code == 422
    boss.post(values, {"entry_en": "Software"})
    page = boss.get("/settings/dictionaries/devices").text
    assert page.index("Hardware") < page.index("Printer") < page.index("Software")
    boss.post(
        "/settings/dictionaries/devices/order", {"key": ["hw", "printer", "1"], "move": "up 1"}
    )
    page = boss.get("/settings/dictionaries/devices").text
    assert "Printer" in boss.get(f"{values}/printer").text
    boss.post(f"{values}/1", {"title_en": "Programs"})
    page = boss.get("/settings/dictionaries/devices").text
    assert "Programs" in page
    assert "withdrawn" in page

    boss.post("/settings/field-groups", {"title_en": "Device", "note": "what stands there"})
    page = boss.get("/settings/fields").text
    (group,) = re.findall(r"/settings/field-groups/(\d+)\"", page)[:1]
    assert boss.get(f"/settings/field-groups/{group}").status_code == 200
    with desk.reading() as session:
        number = session.scalars(select(Dictionary.id)).one()
    new = {"label_zh": "设备", "label_en": "Which device", "kind": "cascade", "key": "device"}
    answer = boss.post("/settings/fields/new", new)
    assert answer.status_code == 422
    assert "Which device" in answer.text
    boss.post("/settings/fields/new", {**new, "dictionary_id": number, "group_id": group})
    boss.post("/settings/fields/new", {"label_en": "Floor", "kind": "integer"})
    boss.post("/settings/fields", {"key": ["device", "field_1"], "move": "up field_1"})
    with desk.reading() as session:
        order = session.scalars(select(Field.key).order_by(Field.position)).all()
    assert order == ["field_1", "device"]
    first = boss.get("/settings/fields/device").text
    changed = {"label_en": "Device", "dictionary_id": number, "active": "1", "version": version(first)}
    assert boss.post("/settings/fields/device", changed).status_code == 303
    assert boss.post("/settings/fields/device", changed).status_code == 409
    ticket = mailed()
    put(desk, ticket, {"device": "printer"})
    assert "/settings/fields/device/delete" not in boss.get("/settings/fields/device").text
    boss.post("/settings/fields/device/delete")
    boss.post("/settings/fields/field_1/delete")
    with desk.reading() as session:
        assert session.scalars(select(Field.key)).all() == ["device"]
        actions = set(session.scalars(select(AuditEntry.action)))
    assert actions >= {
        "field_created", "field_changed", "field_deleted", "field_order", "field_group_changed",
        "dictionary_changed",
    }  # fmt: skip
    boss.post(f"/settings/field-groups/{group}", {"delete": "1"})
    assert "Device" in boss.get("/settings/fields").text
    assert visit(crew.lilei).get("/settings/fields").status_code == 403


def test_what_cannot_be_a_field_is_said_at_its_control(
    desk: Desk, visit: Any, make_user: Any, crew: SimpleNamespace
) -> None:
    boss = visit(make_user("boss", roles=["administrator"]))
    boss.get("/settings/fields/new")
    for wrong, words in (
        ({"label_en": ""}, "Give it a name."),
        ({"label_en": "A", "key": "1st"}, "a letter first"),
        ({"label_en": "A", "kind": "pattern", "pattern": "(a+)+"}, "This pattern cannot be used"),
        ({"label_en": "A", "kind": "computed", "expression": "1 +"}, "This is no FEEL"),
        ({"label_en": "A", "held": "teams"}, "Say for which of them."),
        ({"label_en": "A", "kind": "nothing"}, "Choose one of the list."),
    ):
        answer = boss.post("/settings/fields/new", {"kind": "line", **wrong})
        assert answer.status_code == 422
        assert words in answer.text


def test_a_new_ticket_is_asked_for_its_fields(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_field: MakeField, faults: Dictionary
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
    make_field("floor", Kind.INTEGER, required=True, label={"en": "Floor", "zh": "楼层"})
    make_field("fault", Kind.CHOICE, dictionary_id=faults.id)
    make_field("photo", Kind.FILE, label={"en": "Photo of it"})
    make_field("closed", held="agents", label={"en": "Nothing for agents"})
    make_field("other", types=["incident"], label={"en": "Only for incidents"})
    make_field("twice", Kind.COMPUTED, expression="floor * 2", label={"en": "Twice the floor"})
    boss = visit(crew.dispatcher)
    page = boss.get("/tickets/new").text
    assert "Floor" in page
    assert "Hardware / Printer" in page
    assert "Only for incidents" not in page
    assert "Nothing for agents" not in page
    sent = {"title": "打印机", "mail": "w@acme.cn", "type": "basic", "priority": "normal"}
    answer = boss.post("/tickets/new", {**sent, "fields.floor": "twelve", "fields.fault": "printer"})
    assert answer.status_code == 422
    assert 'value="twelve"' in answer.text
    answer = boss.post(
        "/tickets/new",
        {
            **sent, "fields.floor": "12", "fields.fault": "printer", "fields.closed": "x",
            "fields.photo": (io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"0" * 40), "it.png"),
        },
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 303
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
        values = values_of(session, [ticket.id])[ticket.id]
        edited = session.scalars(
            select(TrailEntry.data).where(TrailEntry.action == "edited")
        ).all()
    (photo,) = values.pop("photo")
    assert photo["name"] == "it.png"
    assert values == {"floor": 12, "fault": "printer", "twice": 24}
    assert [line["field"] for line in edited] == ["fields.photo"]
    page = boss.get(f"/tickets/{ticket.id}?panel=details").text
    assert "Hardware / Printer" in page
    assert "Twice the floor" in page
    assert "it.png" in page


def test_fields_are_edited_with_the_ticket_and_two_editors_lose_nothing(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("floor", Kind.INTEGER, label={"en": "Floor", "zh": "楼层"})
    make_field("secret", held="people", held_ids=[crew.dispatcher.id])
    make_field("box", Kind.CHECK)
    ticket = mailed()
    put(desk, ticket, {"secret": "kept"})
    boss = visit(crew.dispatcher)
    address = f"/tickets/{ticket.id}/edit"
    page = boss.get(address).text
    sent = {"title": ticket.title, "priority": "normal", "contact_id": ticket.contact_id}
    given = {**sent, "seen": seen(page), "fields.floor": "3", "fields.secret": "changed"}
    assert boss.post(address, given).status_code == 303
    assert has(desk, ticket) == {"floor": 3, "secret": "kept"}
    answer = boss.post(address, {**given, "fields.floor": "4"})
    assert answer.status_code == 409
    assert 'value="4"' in answer.text
    assert boss.post(address, {**given, "fields.floor": "4", "seen": seen(answer.text)})
    assert has(desk, ticket)["floor"] == 4
    trail = boss.get(f"/tickets/{ticket.id}?part=trail").text
    assert "changed the Floor from “3” to “4”" in trail
    answer = boss.post(address, {**given, "fields.floor": "high", "seen": seen(boss.get(address).text)})
    assert answer.status_code == 422


def test_answers_of_a_step_are_kept_in_the_field_of_the_same_key(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("dispatch_remark", label={"en": "Last remark", "zh": "最后备注"})
    make_field("team", Kind.DATE, label={"en": "No team", "zh": "日期"})
    ticket = mailed()
    boss = visit(crew.dispatcher)
    page = boss.get(f"/tickets/{ticket.id}").text
    (task,) = set(re.findall(r"/tasks/([0-9a-f-]{36})/complete", page))
    answer = boss.post(
        f"/tasks/{task}/complete",
        {"outcome": "dispatch", "team": crew.team.id, "dispatch_remark": "尽快"},
    )
    assert answer.status_code == 303
    assert has(desk, ticket) == {"dispatch_remark": "尽快"}


def test_a_file_is_taken_out_of_its_field(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, make_field: MakeField
) -> None:
    make_field("photo", Kind.FILE, required=True)
    make_field("locked", Kind.FILE, held="agents")
    ticket, boss = mailed(), visit(crew.dispatcher)
    address = f"/tickets/{ticket.id}/edit"

    def save(**more: Any) -> Any:
        page = boss.get(address).text
        plain = {"title": ticket.title, "priority": "normal", "deadline": "", "contact_id": ticket.contact_id}
        return boss.post(address, {"seen": seen(page), **plain, **more})

    sent = [(io.BytesIO(b"one"), "one.txt"), (io.BytesIO(b"two"), "two.txt")]
    assert save(**{"fields.photo": sent}).status_code == 303
    first, second = has(desk, ticket)["photo"]
    page = boss.get(address).text
    assert f'value="photo:{first["id"]}"' in page
    assert "Remove one.txt" in page
    assert save(remove=[f"photo:{first['id']}", "photo:999", "locked:1"]).status_code == 303
    assert has(desk, ticket)["photo"] == [second]
    answer = save(remove=f"photo:{second['id']}")
    assert answer.status_code == 422
    assert "Choose a file." in answer.text
    replaced = {"remove": f"photo:{second['id']}", "fields.photo": [(io.BytesIO(b"3"), "three.txt")]}
    assert save(**replaced).status_code == 303
    assert [one["name"] for one in has(desk, ticket)["photo"]] == ["three.txt"]


def test_a_ticket_made_without_what_is_required_says_so_until_it_is_filled_in(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Mailed, make_field: MakeField
) -> None:
    make_field("floor", Kind.INTEGER, required=True, label={"en": "Floor", "zh": "楼层"})
    make_field("room", label={"en": "Room", "zh": "房间"})
    ticket, boss = mailed(), visit(crew.dispatcher)
    page = boss.get(f"/tickets/{ticket.id}").text
    assert "Still to be filled in: Floor." in page
    assert f'href="/tickets/{ticket.id}/edit">Fill it in' in page
    assert "Still to be filled in" not in visit(crew.lilei).get(f"/tickets/{ticket.id}").text, "who may not edit it"
    put(desk, ticket, {"floor": 3})
    assert "Still to be filled in" not in boss.get(f"/tickets/{ticket.id}").text
