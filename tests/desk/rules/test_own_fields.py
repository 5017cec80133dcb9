"""Fields that the desk defines, in conditions and actions: each kind by each operator, written and read back."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from desk.application import Desk
from desk.fields.models import Dictionary, Kind
from desk.fields.tables import PRODUCTS
from desk.fields.values import set_values, values_of
from desk.rules import operations
from desk.rules.conditions import OPERATORS, operators_for
from desk.rules.fields import FIELDS, PAGE_FIELDS, Custom, custom_fields
from desk.rules.reading import read
from desk.rules.rule import Action, Condition, Rule
from desk.rules.trying import try_rule
from desk.rules.writing import write
from desk.tickets.models import Ticket
from desk.tickets.views.fields import askable
from engine.actors import SYSTEM
from engine.timestamps import utc_now

from ..fields.conftest import MakeField, faults, make_field  # noqa: F401

TODAY = utc_now().date()
# What the ticket has in the field of each kind.
HAS: dict[str, Any] = {
    "choice": "printer", "cascade": "sw", "choices": ["printer", "screen"], "line": "上海 浦东", "text": "很长\n的话",
    "integer": 7, "decimal": 1.5, "stars": 4, "check": True, "date": (TODAY - timedelta(days=3)).isoformat(),
    "datetime": (utc_now() - timedelta(hours=3)).isoformat(timespec="minutes"), "time": "09:30",
    "pattern": "A-17", "phone": "13800000001", "position": {"address": "人民路1号"}, "computed": None,
    "table": [{"title": "墨盒", "product_price": 120.5, "product_num": 2, "product_sum": 241}],
}  # fmt: skip


def number(own: str, more: str, less: str) -> dict[str, tuple[str, str]]:
    """The comparisons of a number, with a value of which they hold and one of which they do not."""
    return {
        "is": (own, more), "is_not": (more, own), "more": (less, own), "at_least": (own, more), "less": (more, own),
        "at_most": (own, less),
    }  # fmt: skip


def words(own: str) -> dict[str, tuple[str, str]]:
    return {
        "is": (own, "别的"), "is_not": ("别的", own), "contains": (own[:2], "别的"), "contains_not": ("别的", own[:2]),
        "starts": (own[:2], "别的"), "changed_to": (own, "别的"),
    }  # fmt: skip


def one_of(own: str, before: str) -> dict[str, tuple[str, str]]:
    both = (own, before)
    return {"is": both, "is_not": both[::-1], "changed_to": both, "changed_from": both[::-1]}


LONG_AGO = "2020-01-01"
# Operators by kind, with a value of which they hold and one of which they do not.
ASKED: dict[str, dict[str, tuple[str, str]]] = {
    "choice": one_of("printer", "sw"),
    "cascade": one_of("sw", "screen"),
    "choices": {"has": ("screen", "sw"), "has_not": ("sw", "screen")},
    **{kind: words(HAS[kind]) for kind in ("line", "text", "pattern", "phone")},
    "position": words("人民路1号"),
    "integer": number("7", "8", "6"),
    "decimal": number("1.5", "2", "1"),
    "stars": number("4", "5", "3"),
    "computed": number("15", "16", "14"),
    "check": {"is": ("true", "false")},
    "date": {
        "is": (HAS["date"], LONG_AGO), "less": (TODAY.isoformat(), LONG_AGO), "more": (LONG_AGO, TODAY.isoformat()),
        "days_ago": ("2", "5"), "within_days": ("0", "-9"),
    },
    "datetime": {"older": ("2", "4"), "younger": ("4", "2"), "within": ("0", "-9")},
    "time": {"is": ("09:30", "09:31"), "less": ("10:00", "09:00"), "more": ("09:00", "10:00")},
    "file": {},
    "table": {},
}  # fmt: skip


@pytest.fixture
def ticket(desk: Desk, faults: Dictionary, make_field: MakeField, crew: SimpleNamespace, mailed: Any) -> Ticket:  # noqa: F811
    """A ticket that has something in a field of every kind, named by its kind; nothing in the files."""
    more: dict[str, dict[str, Any]] = {
        "pattern": {"pattern": r"[A-Z]-\d+"}, "computed": {"expression": "integer * 2 + 1"},
        "table": {"columns": PRODUCTS},
    }  # fmt: skip
    for kind in Kind:
        given = {"dictionary_id": faults.id} if kind in ("choice", "choices", "cascade") else {}
        make_field(str(kind), kind, **given, **more.get(kind, {}))
    found: Ticket = mailed()
    with desk.database.transaction() as session:
        values = {key: value for key, value in HAS.items() if value is not None}
        set_values(session, desk, session.get_one(Ticket, found.id), values, actor=SYSTEM)
    return found


def conditions(kind: str, custom: Custom, *, holds: bool) -> list[Condition]:
    """Every condition on the field of a kind that holds, or does not."""
    field = next(one for one in custom.values() if one.changes == f"fields.{kind}")
    there = ("empty", "filled") if kind == "file" else ("filled", "empty")
    cases = {**ASKED[kind], "changed": ("", ""), there[0]: ("", None), there[1]: (None, "")}
    assert cases.keys() == operators_for(field).keys(), kind
    values = [(operator, good if holds else bad) for operator, (good, bad) in cases.items()]
    return [
        Condition(field.path, operator, (value,) if value else ())
        for operator, value in values
        if value is not None and (operator != "changed" or holds)
    ]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_asked_by_every_operator(desk: Desk, ticket: Ticket, kind: str) -> None:
    """As an expression and in the table; and the diagram that is written is read back as it was."""
    name, now = f"fields.{kind}", HAS.get(kind)
    before = "screen" if kind == "cascade" else "sw"
    event = {"fields": [name], "new": {name: now.get("address") if kind == "position" else now} if now else {},
             "old": {name: before}}  # fmt: skip
    note = (Action("note", (("text", "x"),)),)
    with desk.reading() as session:
        custom = custom_fields(session)
        for holds in (True, False):
            for condition in conditions(kind, custom, holds=holds):
                rule = Rule("trigger", "t", "t", events=("ticket.changed",), all=(condition,), then=note)
                tried = try_rule(session, desk.engine, rule, ticket.id, data=event)
                assert [held for _c, held in tried.answers] == [holds], condition
                assert len(tried.effects) == holds, condition
                again, gate = read(write(rule, session), "t", custom)
                assert (again.all, gate) == (rule.all, True)


def test_the_total_of_a_table_is_compared(desk: Desk, ticket: Ticket) -> None:
    """Also where a row lacks its number; and the diagram that is written is read back as it was."""
    path, note = "sum(ticket.fields.table[product_sum != null].product_sum)", (Action("note", (("text", "x"),)),)
    for rows, asked in (
        (HAS["table"], {("more", "240"): True, ("more", "241"): False, ("at_most", "241"): True}),
        ([{"title": "硒鼓", "product_price": 1, "product_num": 0}, *HAS["table"]], {("is", "241"): True}),
        (None, {("more", "0"): False, ("less", "1"): False}),
    ):
        with desk.database.transaction() as session:
            set_values(session, desk, session.get_one(Ticket, ticket.id), {"table": rows}, actor=SYSTEM)
        with desk.reading() as session:
            custom = custom_fields(session)
            assert custom[path].title.en == "Field table: total Sum"
            for (operator, value), holds in asked.items():
                rule = Rule(
                    "trigger", "t", "t", events=("ticket.changed",),
                    all=(Condition(path, operator, (value,)),), then=note,
                )  # fmt: skip
                tried = try_rule(session, desk.engine, rule, ticket.id, data={})
                assert [held for _c, held in tried.answers] == [holds], (operator, value)
                again, gate = read(write(rule, session), "t", custom)
                assert (again.all, gate) == (rule.all, True)


def test_the_kinds_of_conditions_are_all_asked(desk: Desk, ticket: Ticket) -> None:
    with desk.reading() as session:
        kinds = {field.kind for field in (custom_fields(session) | askable(session)).values()}
    assert kinds | {field.kind for field in (FIELDS | PAGE_FIELDS).values()} == OPERATORS.keys()


def test_a_trigger_asks_for_fields_and_sets_them_by_their_kinds(
    desk: Desk, ticket: Ticket, settle: Any
) -> None:
    wanted = {
        "choice": "sw", "choices": "sw, screen", "integer": "9", "decimal": "2.5", "check": "false",
        "date": "2026-05-31", "time": "10:00", "position": "解放路2号", "stars": "5", "line": "北京",
    }  # fmt: skip
    asks = Condition("ticket.fields.line", "changed_to", ("广州",))
    answer = Action("answer", (("key", "area"), ("value", "华东")))
    sets = (Action("field", (("key", key), ("value", value))) for key, value in wanted.items())
    then = (answer, *sets)
    kept = Action("field", (("key", "phone"), ("value", "139"), ("only_if_empty", "1")))
    rule = Rule("trigger", "", "字段", events=("ticket.changed",), all=(asks,), then=(*then, kept))
    with desk.database.transaction() as session:
        operations.save(session, desk.engine, rule, actor=SYSTEM)
    with desk.database.transaction() as session:
        mine = session.get_one(Ticket, ticket.id)
        set_values(session, desk, mine, {"line": "广州"}, actor=SYSTEM)
    settle()
    with desk.reading() as session:
        found = values_of(session, [ticket.id])[ticket.id]
        assert session.get_one(Ticket, ticket.id).form_data == {"area": "华东"}
    assert {key: found[key] for key in wanted} == {
        "choice": "sw", "choices": ["screen", "sw"], "integer": 9, "decimal": 2.5, "date": "2026-05-31",
        "time": "10:00", "position": {"address": "解放路2号"}, "stars": 5, "line": "北京", "check": False,
    }  # fmt: skip
    assert (found["phone"], found["computed"]) == (HAS["phone"], 19)


def test_the_form_offers_fields_with_their_dictionaries(
    desk: Desk, ticket: Ticket, crew: SimpleNamespace, visit: Any, make_user: Any
) -> None:
    make_user("root", name="管理", roles=["administrator"])
    browser = visit(SimpleNamespace(login="root"))
    row = {
        "title": "字段", "events": "ticket.created", "all-1-field": "ticket.fields.choice", "all-1-operator": "is",
        "all-1-value": "printer", "then-1-kind": "field", "then-1-key": "cascade", "then-1-value": "sw",
    }  # fmt: skip
    page = browser.post("/rules/new/trigger", {**row, "do": "redraw"}).text
    assert '<option value="ticket.fields.choice" selected>' in page
    assert 'value="printer" checked' in page
    assert '<option value="sw" selected>' in page
    assert browser.post("/rules/new/trigger", {**row, "do": "save"}).status_code == 303
    with desk.reading() as session:
        (kept,) = (row for row in operations.rules(session, "trigger") if row.title == "字段")
        files = operations.files_of(session, kept.version_id)
        rule, gate = read(files, kept.key, custom_fields(session))
    assert gate
    assert rule.all == (Condition("ticket.fields.choice", "is", ("printer",)),)
    assert rule.then == (Action("field", (("key", "cascade"), ("value", "sw"))),)
