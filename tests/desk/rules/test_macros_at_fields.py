"""Macros where the desk's own fields are filled in: the page that edits a ticket, and that of a new one."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.fields.models import Dictionary, Kind
from desk.fields.values import set_values, values_of
from desk.rules.rule import Action, Condition, Rule
from desk.tickets.models import Message, Ticket
from engine.actors import SYSTEM

from ..fields.conftest import MakeField, faults, make_field  # noqa: F401
from .test_macros import field, macro  # noqa: F401

Save = Callable[..., Rule]
EMPTY = (("only_if_empty", "1"),)


@pytest.fixture
def place(
    desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any, make_field: MakeField, faults: Dictionary  # noqa: F811
) -> SimpleNamespace:
    """A dispatcher before a ticket with fields: site, secret and remark (lines), floor (a number), fault (a choice)."""
    for key in ("site", "secret", "remark"):
        make_field(key)
    make_field("floor", Kind.INTEGER)
    make_field("fault", Kind.CHOICE, dictionary_id=faults.id)
    ticket = mailed()
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        set_values(session, desk, kept, {"site": "浦东新区", "secret": "机密内容"}, actor=SYSTEM)
    browser = visit(crew.dispatcher)
    edit = f"/tickets/{ticket.id}/edit"

    def send(address: str = edit, **given: Any) -> Any:
        (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', browser.get(edit).text)
        plain = {"title": ticket.title, "priority": "normal", "deadline": "", "contact_id": ticket.contact_id}
        own = {f"fields.{key}": value for key, value in given.items() if key not in plain}
        return browser.post(address, {"seen": seen, **plain, **own})

    def has() -> dict[str, Any]:
        with desk.reading() as session:
            return values_of(session, [ticket.id])[ticket.id]

    return SimpleNamespace(browser=browser, ticket=ticket, edit=edit, send=send, has=has, crew=crew)


def control(page: str, key: str) -> str:
    """What the page has of a field; empty where it has nothing."""
    for part in re.split(r'(?=<[a-z]+ class="ld-field)', page):
        if f'data-ld-field="fields.{key}"' in part:
            return part.split("</details>")[0]
    return ""


def test_page_load_fills_hides_and_locks_and_the_server_holds_to_it(
    place: SimpleNamespace, macro: Save  # noqa: F811
) -> None:
    macro(
        "装填", "load",
        then=(
            Action("page_set", (*field("site", "别处"), *EMPTY)),
            Action("page_set", (*field("floor", "7"), *EMPTY)),
            Action("page_set", field("fault", "sw")),
            Action("page_hide", (("key", "secret"),)),
            Action("page_read_only", (("key", "fault"),)),
            Action("page_read_only", (("key", "site"),)),
        ),
    )  # fmt: skip
    page = place.browser.get(place.edit).text
    assert "浦东新区" in control(page, "site"), "only if it is empty"
    assert 'value="7"' in control(page, "floor")
    assert control(page, "secret") == ""
    assert "ld-field-readonly" in control(page, "fault")
    assert "Software" in control(page, "fault")
    forged = {"site": "别处", "secret": "改了", "fault": "printer", "floor": "8", "remark": ""}
    assert place.send(**forged).status_code == 303
    assert place.has() == {"site": "浦东新区", "secret": "机密内容", "fault": "sw", "floor": 8}


def test_what_is_locked_is_asked_about_as_it_stands_on_the_server(
    place: SimpleNamespace, macro: Save  # noqa: F811
) -> None:
    macro("锁", "load", then=(Action("page_read_only", (("key", "site"),)),))
    macro(
        "仅总部", "load", all=(Condition("form.site", "is_not", ("总部",)),),
        then=(Action("page_read_only", (("key", "remark"),)),),
    )  # fmt: skip
    assert place.send(site="总部", remark="放行", secret="机密内容").status_code == 303
    assert place.has() == {"site": "浦东新区", "secret": "机密内容"}


def test_a_changed_field_is_answered_for_the_page(
    place: SimpleNamespace, macro: Save  # noqa: F811
) -> None:
    macro(
        "联动", "change", all=(Condition("form.floor", "is", ("7",)),),
        then=(
            Action("page_set", (*field("remark", "走货梯"), *EMPTY)),
            Action("page_hide", (("key", "secret"),)),
            Action("page_read_only", (("key", "fault"),)),
        ),
    )  # fmt: skip
    page = place.browser.get(place.edit).text
    assert f'data-macros="{place.edit}/macros"' in page
    assert "机密内容" in control(page, "secret"), "nothing has changed yet"
    said = place.send(f"{place.edit}/macros", floor="7", remark="").get_json()
    assert said["values"] == {"fields.remark": "走货梯"}
    assert (said["hidden"], said["read_only"]) == (["fields.secret"], ["fields.fault"])
    said = place.send(f"{place.edit}/macros", floor="7", remark="已有").get_json()
    assert said["values"] == {}
    said = place.send(f"{place.edit}/macros", floor="8").get_json()
    assert (said["values"], said["hidden"], said["read_only"]) == ({}, [], [])
    sent = {"floor": "7", "remark": "已有", "site": "", "secret": "改了", "fault": "sw"}
    assert place.send(**sent).status_code == 303
    assert place.has() == {"floor": 7, "remark": "已有", "secret": "机密内容"}


def test_a_submit_is_blocked_with_words_or_does_more_once_it_went_through(
    place: SimpleNamespace, macro: Save, desk: Desk  # noqa: F811
) -> None:
    macro(
        "楼层必填", "submit",
        all=(Condition("form.floor", "empty"), Condition("page.place", "is", ("edit",))),
        then=(Action("page_block", (("text", "请先填写楼层"),)),),
        otherwise=(Action("note", (("text", "楼层已填"),)), Action("page_set", (*field("remark", "自动"), *EMPTY))),
    )  # fmt: skip
    answer = place.send(site="新址", floor="", secret="机密内容")
    assert answer.status_code == 422
    assert "请先填写楼层" in answer.text
    assert "新址" in control(answer.text, "site")
    assert place.has()["site"] == "浦东新区"
    assert place.send(site="新址", floor="3", secret="机密内容").status_code == 303
    assert place.has() == {"site": "新址", "floor": 3, "secret": "机密内容", "remark": "自动"}
    with desk.reading() as session:
        notes = session.scalars(select(Message.text).where(Message.kind == "note")).all()
    assert notes == ["楼层已填"]


def test_somebody_chooses_a_macro_and_saves_what_it_filled_in(
    place: SimpleNamespace, macro: Save, desk: Desk  # noqa: F811
) -> None:
    rule = macro(
        "常用", "user",
        then=(Action("page_set", field("remark", "按常规")), Action("priority", (("value", "high"),))),
    )  # fmt: skip
    macro("与此无关", "user", then=(Action("page_set", field("dispatch_remark", "x")),))
    page = place.browser.get(place.edit).text
    assert f'formaction="{place.edit}/macros/{rule.key}"' in page
    assert "与此无关" not in page
    assert page.index("data-send") < page.index("formaction"), "Enter saves"
    answer = place.send(f"{place.edit}/macros/{rule.key}", site="新址", floor="x", remark="", secret="机密内容")
    assert answer.status_code == 200
    assert "按常规" in control(answer.text, "remark")
    assert "新址" in control(answer.text, "site"), "what was typed is kept"
    assert 'value="high" selected' in answer.text, "what it changed on the ticket is not undone by saving"
    with desk.reading() as session:
        assert session.get_one(Ticket, place.ticket.id).priority == "high"
    assert place.has()["site"] == "浦东新区", "nothing of the page is saved yet"
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', answer.text)
    sent = {
        "seen": seen, "title": place.ticket.title, "priority": "high", "deadline": "",
        "contact_id": place.ticket.contact_id, "fields.remark": "按常规", "fields.site": "新址",
        "fields.secret": "机密内容",
    }  # fmt: skip
    assert place.browser.post(place.edit, sent).status_code == 303
    assert place.has()["remark"] == "按常规"
    assert place.send(f"{place.edit}/macros/macro-none").status_code == 404


def test_the_page_may_be_view_only(place: SimpleNamespace, macro: Save) -> None:  # noqa: F811
    user = f"user:{place.crew.dispatcher.id}"
    macro("只读", "load", scope=(user,), then=(Action("page_view_only"), Action("page_dial")))
    page = place.browser.get(place.edit).text
    assert "data-send" not in page
    assert "ld-field-readonly" in control(page, "site")
    answer = place.send(site="新址", secret="")
    assert answer.status_code == 422
    assert "can only be read" in answer.text
    assert place.has() == {"site": "浦东新区", "secret": "机密内容"}


def test_a_new_ticket_is_filled_in_as_macros_say(
    place: SimpleNamespace, macro: Save, desk: Desk  # noqa: F811
) -> None:
    macro(
        "新建", "load", all=(Condition("page.place", "is", ("new",)),),
        then=(
            Action("page_set", field("site", "总部")), Action("page_read_only", (("key", "site"),)),
            Action("page_hide", (("key", "secret"),)),
        ),
    )  # fmt: skip
    macro(
        "楼层", "submit", all=(Condition("form.floor", "empty"),),
        then=(Action("page_block", (("text", "请先填写楼层"),)),),
        otherwise=(Action("note", (("text", "新建时已填"),)),),
    )  # fmt: skip
    macro("联动", "change", all=(Condition("form.title", "contains", ("打印机",)),),
          then=(Action("page_set", field("fault", "printer")),))  # fmt: skip
    rule = macro("常用", "user", then=(Action("page_set", field("remark", "按常规")),))
    macro("只对工单", "user", then=(Action("note", (("text", "x"),)),))
    browser = place.browser
    page = browser.get("/tickets/new").text
    assert "总部" in control(page, "site")
    assert "ld-field-readonly" in control(page, "site")
    assert control(page, "secret") == ""
    assert "常用" in page
    assert "只对工单" not in page, "there is no ticket yet"
    sent = {"title": "打印机坏了", "mail": "new@example.com", "priority": "normal", "fields.site": "别处",
            "fields.secret": "x", "fields.fault": "sw", "fields.floor": ""}  # fmt: skip
    said = browser.post("/tickets/new/macros", sent).get_json()
    assert said["values"]["fields.fault"] == "printer"
    chosen = browser.post(f"/tickets/new/macros/{rule.key}", sent)
    assert "按常规" in control(chosen.text, "remark")
    assert "打印机坏了" in chosen.text
    answer = browser.post("/tickets/new", sent)
    assert answer.status_code == 422
    assert "请先填写楼层" in answer.text
    assert browser.post("/tickets/new", {**sent, "fields.floor": "2"}).status_code == 303
    with desk.reading() as session:
        made = session.scalars(select(Ticket.id).order_by(Ticket.id.desc())).first()
        assert made is not None
        assert values_of(session, [made])[made] == {"site": "总部", "fault": "sw", "floor": 2}
        notes = session.scalars(select(Message.text).where(Message.ticket_id == made, Message.kind == "note"))
        assert notes.all() == ["新建时已填"]
