"""Tables of rows as fields of tickets: columns, what is computed, totals, and everywhere a field stands."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.fields.catalogues import ItemSettings, add_item, create_catalogue
from desk.fields.lists import Names, texts
from desk.fields.models import CatalogueItem, Dictionary, Field, FieldValue, Kind
from desk.fields.operations import FieldError
from desk.fields.tables import PRODUCTS, Column, ColumnKind, totals
from desk.fields.values import FieldRefused, all_fields, feel_value, words_of
from desk.tickets.models import Ticket, TrailEntry
from desk.tickets.types import ensure_types
from engine.actors import SYSTEM
from tests.desk.forms.building import entries

from .conftest import MakeField
from .test_values import has, put

Mailed = Callable[..., Ticket]
TONER = {"title": "墨盒", "product_price": 120.5, "product_num": 2}
DRUM = {"title": "硒鼓", "product_price": 300, "product_num": 1}


@pytest.fixture
def products(make_field: MakeField) -> Field:
    return make_field(
        "products", Kind.TABLE, columns=PRODUCTS, in_list=True, searchable=True,
        label={"zh": "商品", "en": "Products"},
    )  # fmt: skip


def test_rows_are_kept_with_what_is_computed_and_their_total(
    desk: Desk, products: Field, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("amount", Kind.COMPUTED, expression="sum(products.product_sum) * 2")
    ticket = mailed()
    assert put(desk, ticket, {"products": [TONER, DRUM]}) == ["products", "amount"]
    kept = has(desk, ticket)["products"]
    assert kept == [{**TONER, "product_sum": 241}, {**DRUM, "product_sum": 300}]
    assert has(desk, ticket)["amount"] == 1082
    assert {key: float(total) for key, total in totals(products, kept).items()} == {"product_sum": 541}
    # What was read can be sent again; a sum that is sent is worked out anew.
    assert put(desk, ticket, {"products": kept}) == []
    assert put(desk, ticket, {"products": [{**kept[0], "product_sum": 1}, kept[1]]}) == []
    with desk.reading() as session:
        row = session.scalars(select(FieldValue).where(FieldValue.field_id == products.id)).one()
        assert row.number == 541
        said = {field.key: words for field, words in words_of(session, ticket.id)}
        assert said["products"] == {
            "zh": "墨盒，120.5，2，241；硒鼓，300，1，300（合计：541）",
            "en": "墨盒, 120.5, 2, 241; 硒鼓, 300, 1, 300 (total: 541)",
        }
        cell = texts(session, all_fields(session), [ticket.id], Names(session))[ticket.id]["products"]
        assert "墨盒" in cell
    assert feel_value(products, kept)[0]["product_sum"] == 241


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"title": "墨盒", "product_price": 1}], "fill this in"),
        ([{**TONER, "product_num": 1.5}], "whole number"),
        ([{**TONER, "product_price": "much"}], "must be a number"),
        ([{**TONER, "colour": "red"}], "no such field"),
        ([TONER] * 51, "At most 50"),
        ("墨盒", "list of objects"),
        ([["墨盒"]], "list of objects"),
        ({"title": "墨盒"}, "list of objects"),
    ],
)
def test_rows_that_do_not_fit_are_refused_in_words(
    desk: Desk, products: Field, mailed: Mailed, rows: Any, words: str
) -> None:
    ticket = mailed()
    with pytest.raises(FieldRefused) as refused:
        put(desk, ticket, {"products": rows})
    assert refused.value.key == "products"
    assert words in refused.value.reason.en
    assert refused.value.reason.zh != refused.value.reason.en
    assert has(desk, ticket) == {}


def test_the_history_says_which_rows_changed(desk: Desk, products: Field, mailed: Mailed) -> None:
    ticket = mailed()
    put(desk, ticket, {"products": [TONER, DRUM]})
    put(desk, ticket, {"products": [TONER, {**DRUM, "product_num": 3}]})
    put(desk, ticket, {"products": [{**DRUM, "product_num": 3}]})
    put(desk, ticket, {"products": None})
    with desk.reading() as session:
        lines = session.scalars(
            select(TrailEntry).where(TrailEntry.ticket_id == ticket.id, TrailEntry.action == "edited")
            .order_by(TrailEntry.id)
        ).all()  # fmt: skip
    said = [tuple(side and side["en"] for side in (line.data["old"], line.data["new"])) for line in lines]
    assert said == [
        (None, "1. 墨盒, 120.5, 2, 241; 2. 硒鼓, 300, 1, 300"),
        ("2. 硒鼓, 300, 1, 300", "2. 硒鼓, 300, 3, 900"),
        ("1. 墨盒, 120.5, 2, 241", None),
        ("1. 硒鼓, 300, 3, 900", None),
    ]
    assert has(desk, ticket) == {}


def test_a_required_table_wants_a_row_in_which_something_stands(
    desk: Desk, make_field: MakeField, mailed: Mailed
) -> None:
    make_field("parts", Kind.TABLE, columns=[Column("part", {"en": "Part"})], required=True)
    ticket = mailed()
    for nothing in (None, [], [{"part": None}], [{}]):
        with pytest.raises(FieldRefused, match="at least one entry"):
            put(desk, ticket, {"parts": nothing})
    assert put(desk, ticket, {"parts": [{"part": "Fan"}, {"part": ""}]}) == ["parts"]
    assert has(desk, ticket) == {"parts": [{"part": "Fan"}]}


def test_drop_downs_in_a_table_take_the_values_of_their_dictionary(
    desk: Desk, faults: Dictionary, make_field: MakeField, mailed: Mailed
) -> None:
    kinds = Column("fault", {"en": "Fault"}, ColumnKind.CHOICE, dictionary="faults")
    made = make_field("found", Kind.TABLE, columns=[kinds])
    ticket = mailed()
    put(desk, ticket, {"found": [{"fault": "printer"}]})
    with pytest.raises(FieldRefused):
        put(desk, ticket, {"found": [{"fault": "nothing"}]})
    with desk.reading() as session:
        assert [words["en"] for _field, words in words_of(session, ticket.id)] == ["Hardware / Printer"]
    assert made.columns[0]["dictionary"] == "faults"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([], "between one and 12 columns"),
        ([Column("a", {"en": "A"}), Column("a", {"en": "B"})], "Column 2: There is a column"),
        ([Column("1", {"en": "A"})], "Column 1: Use small letters"),
        ([Column("a")], "Column 1: Give it a name."),
        ([Column("a", {"en": "A"}, "colour")], "Choose one of the list."),
        ([Column("a", {"en": "A"}, ColumnKind.CHOICE, dictionary="none")], "Choose the dictionary"),
        ([Column("a", {"en": "A"}, ColumnKind.COMPUTED, expression="1 +")], "This is no FEEL"),
        ([Column("a", {"en": "A"}, ColumnKind.COMPUTED)], "Say what is to be computed."),
    ],
)
def test_what_cannot_be_a_table_is_said(
    make_field: MakeField, columns: list[Column], words: str
) -> None:
    with pytest.raises(FieldError, match=words) as refused:
        make_field("wrong", Kind.TABLE, columns=columns)
    assert refused.value.field == "columns"


SENT = {"title": "打印机", "mail": "w@acme.cn", "type": "basic", "priority": "normal"}


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send of the page's form, by name; lists where a name stands several times."""
    found: dict[str, Any] = {}
    for name, value in entries(lxml.html.fromstring(page).xpath("//form[contains(@class, 'ld-form')]")[0]):
        found.setdefault(name, []).append(value)
    return found


def row(number: int, **cells: Any) -> dict[str, Any]:
    return {f"fields.products.{number}.{key}": cell for key, cell in cells.items()}


def test_a_table_is_made_of_a_preset_and_its_columns_are_changed(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_user: Any
) -> None:
    boss = visit(make_user("boss", roles=["administrator"]))
    assert "Products: unit price" in boss.get("/settings/fields/new").text
    new = {"label_zh": "商品表", "label_en": "Products", "kind": "table", "key": "products"}
    refused = boss.post("/settings/fields/new", {**new, "preset": "nothing"})
    assert refused.status_code == 422
    made = boss.post("/settings/fields/new", {**new, "preset": "products"})
    assert made.headers["Location"].endswith("/settings/fields/products")
    page = boss.get("/settings/fields/products").text
    sent = form_of(page)
    assert sent["columns.1.key"] == ["product_price"]
    more = boss.post("/settings/fields/products", {**sent, "__action": "add:columns"})
    assert more.status_code == 200
    assert 'name="columns.4.key"' in more.text
    wrong = boss.post("/settings/fields/products", {**sent, "columns.3.expression": "1 +"})
    assert wrong.status_code == 422
    assert "Column 4: This is no FEEL" in wrong.text
    assert 'value="1 +"' in wrong.text
    less = boss.post("/settings/fields/products", {**sent, "__action": "remove:columns.0"})
    assert 'value="product_price"' in less.text
    assert "columns.3.key" not in less.text
    discount = {"columns.3.expression": "product_price * product_num * 0.9"}
    assert boss.post("/settings/fields/products", {**sent, **discount}).status_code == 303
    assert boss.post("/settings/fields/products", {**sent, **discount}).status_code == 409
    with desk.reading() as session:
        (found,) = all_fields(session)
        assert [column["key"] for column in found.columns] == [one.key for one in PRODUCTS]
        assert found.columns[3]["expression"] == "product_price * product_num * 0.9"
        assert found.columns[3]["total"]


def test_rows_are_added_without_javascript_kept_shown_and_changed(
    desk: Desk, crew: SimpleNamespace, visit: Any, products: Field
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
    boss = visit(crew.dispatcher)
    page = boss.get("/tickets/new").text
    assert "fields.products.0" not in page
    added = boss.post("/tickets/new", {"type": "basic", "__action": "add:fields.products"})
    assert added.status_code == 200
    assert 'name="fields.products.0.product_num"' in added.text
    assert "needs your attention" not in added.text
    # Two rows, the second is not complete: both are kept, with what is worked out.
    first = row(0, title="墨盒", product_price="1,200.5", product_num="2")
    second = row(1, title="硒鼓", product_price="", product_num="1")
    answer = boss.post("/tickets/new", {**SENT, **first, **second})
    assert answer.status_code == 422
    assert "2401" in answer.text
    assert "Entry 2 · Unit price" in answer.text
    made = boss.post("/tickets/new", {**SENT, **first, **second, "fields.products.1.product_price": "300"})
    assert made.status_code == 303
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert [one["product_sum"] for one in has(desk, ticket)["products"]] == [2401, 300]
    shown = boss.get(f"/tickets/{ticket.id}").text
    assert re.search(r"<tfoot>.*total.*2701", shown, re.DOTALL)
    edit = boss.get(f"/tickets/{ticket.id}/edit").text
    assert "Total Sum: 2701" in edit
    sent = form_of(edit)
    gone = boss.post(f"/tickets/{ticket.id}/edit", {**sent, "__action": "remove:fields.products.0"})
    assert gone.status_code == 200
    assert "墨盒" not in gone.text
    assert boss.post(f"/tickets/{ticket.id}/edit", form_of(gone.text)).status_code == 303
    assert [one["title"] for one in has(desk, ticket)["products"]] == ["硒鼓"]
    assert ticket.number in boss.get("/tickets?f.products=硒鼓&sort=-f.products").text
    exported = boss.get(f"/tickets/export.csv?scope=ticked&id={ticket.id}").text
    assert '"硒鼓, 300, 1, 300 (total: 300)"' in exported


def test_programs_read_and_write_rows_and_hear_what_is_wrong(
    app: Flask, desk: Desk, crew: SimpleNamespace, bearer: Any, make_user: Any, products: Field
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
    client, me = app.test_client(), bearer(crew.dispatcher)
    boss = bearer(make_user("boss", roles=["administrator"]))

    def api(method: str, address: str, given: Any = None, by: Any = me) -> Any:
        return client.open(address, method=method, json=given, headers=by)

    new = {"title": "打印机", "mail": "w@acme.cn"}
    wrong = api("POST", "/api/v1/tickets", {**new, "fields": {"products": [{"title": "墨盒"}]}})
    assert wrong.status_code == 422
    assert "products.0.product_price" in wrong.json["errors"]["json"]["fields"]
    made = api("POST", "/api/v1/tickets", {**new, "fields": {"products": [TONER]}})
    assert made.status_code == 201, made.json
    address, rows = f"/api/v1/tickets/{made.json['id']}", made.json["fields"]["products"]
    assert rows == [{**TONER, "product_sum": 241}]
    again = api("PATCH", address, {"fields": {"products": [*rows, DRUM]}})
    assert again.json["fields"]["products"][1]["product_sum"] == 300
    refused = api("PATCH", address, {"fields": {"products": [{**TONER, "colour": 1}]}})
    assert refused.status_code == 422
    assert refused.json["errors"]["json"]["fields"] == {
        "products": ["products.0.colour: This form has no such field."]
    }
    short = api("PATCH", address, {"fields": {"products": [TONER, {**DRUM, "product_num": None}]}})
    assert short.json["errors"]["json"]["fields"]["products"] == ["Entry 2 · Number: Please fill this in."]
    (described,) = api("GET", "/api/v1/ticket-fields").json["items"]
    assert [column["key"] for column in described["columns"]] == [one.key for one in PRODUCTS]
    put_back = {k: v for k, v in described.items() if k not in ("key", "kind", "id")}
    put_back["columns"] = described["columns"][:3]
    assert api("PUT", "/api/v1/ticket-fields/products", put_back, boss).status_code == 200
    assert len(api("GET", "/api/v1/ticket-fields").json["items"][0]["columns"]) == 3


def test_an_administrator_keeps_a_catalogue(desk: Desk, crew: SimpleNamespace, visit: Any, make_user: Any) -> None:
    boss = visit(make_user("boss", roles=["administrator"]))
    assert boss.get("/settings/catalogues").status_code == 200
    assert boss.post("/settings/catalogues", {"key": "1", "title_en": "Parts"}).status_code == 422
    assert boss.post("/settings/catalogues", {"key": "parts", "title_en": "Parts"}).status_code == 303
    assert boss.post("/settings/catalogues", {"key": "parts", "title_en": "Parts"}).status_code == 422
    address = "/settings/catalogues/parts"
    assert boss.post(address, {"code": "T-1", "title": "墨盒", "price": "¥1,120.50"}).status_code == 303
    for wrong, words in (
        ({"code": "T-1", "title": "Again"}, "has an item with this code"),
        ({"code": "T-2", "title": "Toner", "price": "much"}, "This is not a price."),
        ({"code": "", "title": "Toner"}, "Give it a code."),
    ):
        answer = boss.post(address, wrong)
        assert answer.status_code == 422
        assert words in answer.text
    sheet = "编号,名称,单位,单价,备注\nT-1,黑色墨盒,个,99,\nD-1,硒鼓,个,300,HP 1020\n"
    file = {"file": (io.BytesIO(sheet.encode()), "parts.csv")}
    assert boss.post(f"{address}/file", file).status_code == 303
    page = boss.get(f"{address}?q=hp+硒鼓").text
    assert "硒鼓" in page
    assert "墨盒" not in page
    (number,) = re.findall(r"/items/(\d+)", page)
    for content, words in (
        ("a,b\n1,2\n", "has to name the columns"),
        ("code,name,unit price\nX-1,Fan,1\nX-2,Belt,dear\n", "Row 3: This is not a price."),
    ):
        answer = boss.post(f"{address}/file", {"file": (io.BytesIO(content.encode()), "wrong.csv")})
        assert answer.status_code == 422
        assert words in answer.text
    assert 'value="300"' in boss.get(f"{address}/items/{number}").text
    kept = {"code": "D-1", "title": "硒鼓", "price": "310", "unit": "个"}
    assert boss.post(f"{address}/items/{number}", kept).status_code == 303
    with desk.reading() as session:
        found = {item.code: item for item in session.scalars(select(CatalogueItem))}
        assert {code: (item.title, item.price, item.active) for code, item in found.items()} == {
            "T-1": ("黑色墨盒", 99, True), "D-1": ("硒鼓", 310, False),
        }  # fmt: skip
        log = session.scalars(select(AuditEntry).where(AuditEntry.action == "catalogue_changed")).all()
    assert len(log) == 4
    assert visit(crew.lilei).get("/settings/catalogues").status_code == 403


def test_rows_are_picked_from_the_catalogue_by_a_word(
    desk: Desk, crew: SimpleNamespace, visit: Any, make_field: MakeField
) -> None:
    with desk.database.transaction() as session:
        ensure_types(session)
        parts = create_catalogue(session, "parts", {"en": "Parts"}, actor=SYSTEM)
        toner, drum, old = (
            add_item(session, parts, ItemSettings(*item), actor=SYSTEM).id
            for item in (("T-1", "墨盒", "", "99.5"), ("D-1", "硒鼓", "", "300"), ("T-0", "旧墨盒", "", "1", "", False))
        )
        catalogue = parts.id
    make_field("products", Kind.TABLE, columns=PRODUCTS, catalogue_id=catalogue)
    boss = visit(crew.dispatcher)
    assert "__find.products" in boss.get("/tickets/new").text
    found = boss.post("/tickets/new", {**SENT, "__find.products": "墨盒", "__action": "find:fields.products"})
    assert found.status_code == 200
    assert f'value="pick:fields.products.{toner}"' in found.text
    assert f"fields.products.{drum}" not in found.text
    assert f"fields.products.{old}" not in found.text
    assert SENT["title"] in found.text
    picked = boss.post("/tickets/new", {**SENT, "__action": f"pick:fields.products.{toner}"})
    sent = form_of(picked.text)
    assert (sent["fields.products.0.title"], sent["fields.products.0.product_price"]) == (["墨盒"], ["99.5"])
    for nothing in (old, 10**20, "x", ""):
        again = boss.post("/tickets/new", {**sent, "__action": f"pick:fields.products.{nothing}"})
        assert "fields.products.1" not in again.text
    both = form_of(boss.post("/tickets/new", {**sent, "__action": f"pick:fields.products.{drum}"}).text)
    assert both["fields.products.1.title"] == ["硒鼓"]
    numbers = {"fields.products.0.product_num": "2", "fields.products.1.product_num": "1"}
    assert boss.post("/tickets/new", {**both, **SENT, **numbers}).status_code == 303
    with desk.reading() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert [one["product_sum"] for one in has(desk, ticket)["products"]] == [199, 300]
    sent = form_of(boss.get(f"/tickets/{ticket.id}/edit").text)
    more = boss.post(f"/tickets/{ticket.id}/edit", {**sent, "__action": f"pick:fields.products.{toner}"})
    assert more.status_code == 200
    assert 'name="fields.products.2.title"' in more.text
