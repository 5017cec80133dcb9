"""Fields for programs: defined, set with tickets, refused as problem details."""

import base64
from types import SimpleNamespace
from typing import Any

from flask import Flask

from desk.fields.models import Dictionary, Kind

from .conftest import MakeField


def test_fields_are_set_read_and_refused(
    app: Flask, crew: SimpleNamespace, bearer: Any, make_field: MakeField, faults: Dictionary
) -> None:
    make_field("floor", Kind.INTEGER, required=True)
    make_field("fault", Kind.CHOICE, dictionary_id=faults.id)
    make_field("held", held="agents")
    make_field("photo", Kind.FILE)
    client, me = app.test_client(), bearer(crew.dispatcher)
    wanted = {"title": "Printer", "mail": "w@acme.cn"}
    answer = client.post("/api/v1/tickets", json=wanted, headers=me)
    assert answer.status_code == 422
    assert "floor" in answer.json["errors"]["json"]["fields"]
    bad = {**wanted, "fields": {"floor": 3, "fault": "nothing", "held": "x", "unknown": 1}}
    answer = client.post("/api/v1/tickets", json=bad, headers=me)
    assert set(answer.json["errors"]["json"]["fields"]) == {"fault", "held", "unknown"}
    good = {**wanted, "fields": {"floor": 3, "fault": "printer"}}
    answer = client.post("/api/v1/tickets", json=good, headers=me)
    assert answer.status_code == 201
    assert answer.json["fields"] == {"floor": 3, "fault": "printer"}
    address = f"/api/v1/tickets/{answer.json['id']}"
    answer = client.patch(address, json={"fields": {"floor": 4, "fault": None}}, headers=me)
    assert answer.json["fields"] == {"floor": 4}
    for given, key in (
        ({"floor": "high"}, "floor"), ({"held": "x"}, "held"), ({"unknown": 1}, "unknown"),
        ({"photo": [99]}, "photo"),
    ):  # fmt: skip
        answer = client.patch(address, json={"title": "New", "fields": given}, headers=me)
        assert answer.status_code == 422
        assert answer.content_type == "application/problem+json"
        assert list(answer.json["errors"]["json"]["fields"]) == [key]
    answer = client.get("/api/v1/tickets", headers=me)
    assert [(row["title"], row["fields"]) for row in answer.json["items"]] == [
        ("Printer", {"floor": 4})
    ]


def test_fields_and_dictionaries_are_listed_and_fields_defined(
    app: Flask, crew: SimpleNamespace, bearer: Any, make_user: Any, faults: Dictionary
) -> None:
    client, boss = app.test_client(), bearer(make_user("boss", roles=["administrator"]))
    answer = client.get("/api/v1/dictionaries", headers=boss)
    (found,) = answer.json["items"]
    assert found["key"] == "faults"
    assert {entry["key"]: entry["parent"] for entry in found["entries"]} == {
        "hw": None, "printer": "hw", "screen": "hw", "sw": None,
    }  # fmt: skip
    new = {"label": {"en": "Fault"}, "kind": "cascade", "dictionary": "faults", "key": "fault"}
    answer = client.post("/api/v1/ticket-fields", json=new, headers=boss)
    assert answer.status_code == 201
    assert answer.json["dictionary"] == "faults"
    assert client.post("/api/v1/ticket-fields", json=new, headers=boss).status_code == 422
    without = {**new, "key": "other", "dictionary": None}
    answer = client.post("/api/v1/ticket-fields", json=without, headers=boss)
    assert list(answer.json["errors"]["json"]) == ["dictionary_id"]
    changed = {"label": {"en": "What broke"}, "dictionary": "faults", "in_list": True}
    answer = client.put("/api/v1/ticket-fields/fault", json=changed, headers=boss)
    assert answer.json["in_list"] is True
    assert client.put("/api/v1/ticket-fields/no", json=changed, headers=boss).status_code == 404
    (row,) = client.get("/api/v1/ticket-fields", headers=boss).json["items"]
    assert row["label"] == {"en": "What broke"}
    answer = client.post("/api/v1/ticket-fields", json=new, headers=bearer(crew.lilei))
    assert answer.status_code == 403


def test_a_list_is_asked_and_sorted_by_fields(
    app: Flask, crew: SimpleNamespace, bearer: Any, make_field: MakeField, faults: Dictionary
) -> None:
    make_field("floor", Kind.INTEGER, searchable=True, in_list=True)
    make_field("fault", Kind.CHOICE, dictionary_id=faults.id, searchable=True)
    client, me = app.test_client(), bearer(crew.dispatcher)
    for title, floor, fault in (("a", 3, "printer"), ("b", 12, "screen"), ("c", 7, "sw")):
        new = {"title": title, "mail": "w@acme.cn", "fields": {"floor": floor, "fault": fault}}
        assert client.post("/api/v1/tickets", json=new, headers=me).status_code == 201

    def titles(asked: str) -> list[str]:
        answer = client.get(f"/api/v1/tickets?{asked}", headers=me)
        assert answer.status_code == 200, answer.text
        return [row["title"] for row in answer.json["items"]]

    assert titles("fields.fault=printer") == ["a"]
    assert titles("fields.fault=hw&sort=created") == ["a", "b"], "all that stand below it"
    assert titles("fields.floor.from=4&fields.floor.to=8") == ["c"]
    assert titles("sort=fields.floor") == ["a", "c", "b"]
    assert titles("sort=-fields.floor&limit=2") == ["b", "c"]
    lines = client.get("/api/v1/tickets.csv?fields.fault=sw&sort=fields.floor", headers=me).text.splitlines()
    assert len(lines) == 2
    for wrong in ("fields.none=1", "fields.floor=high", "sort=fields.fault", "sort=fields.none", "sort=x"):
        assert client.get(f"/api/v1/tickets?{wrong}", headers=me).status_code == 422, wrong


def test_files_are_put_into_a_field_and_taken_out(
    app: Flask, crew: SimpleNamespace, bearer: Any, make_field: MakeField
) -> None:
    make_field("photo", Kind.FILE, required=True)
    make_field("papers", Kind.FILE)
    make_field("floor", Kind.INTEGER)
    client, me = app.test_client(), bearer(crew.dispatcher)
    new = {"title": "Printer", "mail": "w@acme.cn"}

    def file(name: str) -> dict[str, str]:
        return {"filename": name, "content": base64.b64encode(name.encode()).decode()}

    def post(**fields: Any) -> Any:
        return client.post("/api/v1/tickets", json={**new, "fields": fields}, headers=me)

    assert list(post(floor=1).json["errors"]["json"]["fields"]) == ["photo"]
    assert list(post(photo=[file("a.txt")], floor=[file("b.txt")]).json["errors"]["json"]["fields"]) == ["floor"]
    assert post(photo=[{"filename": "a.txt", "content": "no Base64"}]).status_code == 422
    assert post(photo=[99, file("a.txt")]).status_code == 422
    made = post(photo=[file("a.txt")], papers=[file("b.txt"), file("c.txt")])
    assert made.status_code == 201, made.text
    has = made.json["fields"]
    assert [one["name"] for one in has["papers"]] == ["b.txt", "c.txt"]
    address = f"/api/v1/tickets/{made.json['id']}"

    def patch(**fields: Any) -> Any:
        return client.patch(address, json={"fields": fields}, headers=me)

    c = has["papers"][1]["id"]
    assert [one["name"] for one in patch(papers=[c, file("d.txt")]).json["fields"]["papers"]] == ["c.txt", "d.txt"]
    assert patch(photo=None).status_code == 422, "it is required"
    assert list(patch(floor=[file("b.txt")]).json["errors"]["json"]["fields"]) == ["floor"]
    assert "papers" not in patch(papers=None).json["fields"]
    assert client.get(f"/api/v1/attachments/{c}", headers=me).data == b"c.txt", "it stays with its message"
