"""Macros at a ticket's page: the four moments, and what they may do to it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.fields.operations import FieldSettings, create_field
from desk.fields.values import set_values
from desk.people.models import Team, User
from desk.rules import operations
from desk.rules.rule import Action, Condition, Rule
from desk.tickets.models import Message, Ticket
from desk.tickets.relations.watching import copy_to
from engine.actors import SYSTEM
from engine.tables import human_task
from tests.desk.web.fixtures import Browser

Save = Callable[..., Rule]


@pytest.fixture
def macro(desk: Desk) -> Save:
    def make(title: str, timing: str, **given: Any) -> Rule:
        rule = Rule("macro", "", title, timing=timing, **given)  # type: ignore[arg-type]
        with desk.database.transaction() as session:
            return operations.save(session, desk.engine, rule, actor=SYSTEM)

    return make


@pytest.fixture
def dispatching(
    app: Flask, crew: SimpleNamespace, mailed: Any, settle: Any, desk: Desk
) -> SimpleNamespace:
    """A dispatcher before a ticket that waits to be dispatched."""
    ticket = mailed()
    settle()
    browser = Browser(app)
    assert browser.sign_in("diao").status_code == 303
    with desk.reading() as session:
        task = session.scalars(
            select(human_task.c.id).where(
                human_task.c.instance_id == ticket.instance_id, human_task.c.status == "open"
            )
        ).one()
    return SimpleNamespace(
        browser=browser, ticket=ticket, task=task, page=f"/tickets/{ticket.id}",
        complete=f"/tasks/{task}/complete", changed=f"/tasks/{task}/macros", crew=crew,
    )  # fmt: skip


def field(key: str, value: str) -> tuple[tuple[str, str], ...]:
    return (("key", key), ("value", value))


def test_a_submit_is_blocked_with_words_and_nothing_is_lost(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    macro(
        "备注必填", "submit",
        all=(Condition("form.dispatch_remark", "empty"), Condition("page.outcome", "is", ("dispatch",))),
        then=(Action("page_block", (("text", "派发前请写备注"),)),),
        otherwise=(Action("note", (("text", "submitted"),)),),
    )  # fmt: skip
    team = str(dispatching.crew.team.id)
    dispatching.browser.get(dispatching.page)
    answer = dispatching.browser.post(dispatching.complete, {"team": team, "outcome": "dispatch"})
    assert answer.status_code == 422
    assert "派发前请写备注" in answer.text
    assert f'<option value="{team}" selected>' in answer.text
    with desk.reading() as session:
        assert session.get_one(Ticket, dispatching.ticket.id).state == "pending"
    filled = {"team": team, "outcome": "dispatch", "dispatch_remark": "上门"}
    assert dispatching.browser.post(dispatching.complete, filled).status_code == 303
    with desk.reading() as session:
        assert session.get_one(Ticket, dispatching.ticket.id).state == "dispatched"
        texts = session.scalars(select(Message.text).where(Message.kind == "note")).all()
    assert texts == ["submitted"], "else is done once the submit has gone through"


def test_page_load_hides_a_field_that_the_desk_defines(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    with desk.database.transaction() as session:
        for key in ("secret", "site"):
            create_field(session, key, FieldSettings({"zh": key}), actor=SYSTEM)
        kept = session.get_one(Ticket, dispatching.ticket.id)
        set_values(session, desk, kept, {"secret": "机密内容", "site": "浦东新区"}, actor=SYSTEM)
    panel = f"{dispatching.page}?panel=details"
    assert "机密内容" in desk_fields(dispatching.browser.get(panel).text)
    of_site = Condition("ticket.fields.site", "starts", ("浦东",))
    macro("隐藏", "load", all=(of_site,), then=(Action("page_hide", (("key", "secret"),)),))
    fields = desk_fields(dispatching.browser.get(panel).text)
    assert "浦东新区" in fields
    assert "机密内容" not in fields


def desk_fields(page: str) -> str:
    """The part of the ticket's page with the fields that the desk defines."""
    return "".join(part.split("</details>")[0] for part in page.split('id="has-')[1:])


def test_page_load_fills_hides_and_shows(dispatching: SimpleNamespace, macro: Save) -> None:
    macro(
        "装填", "load", all=(Condition("ticket.priority", "is", ("normal",)),),
        then=(
            Action("page_set", field("dispatch_remark", "照常处理")),
            Action("page_hide", (("key", "dispatch_deadline"),)),
            Action("page_hide", (("key", "dispatch_priority"),)),
            Action("page_show", (("key", "dispatch_priority"),)),
        ),
    )  # fmt: skip
    page = dispatching.browser.get(dispatching.page).text
    assert "照常处理" in page
    assert 'data-ld-field="dispatch_priority"' in page
    assert 'data-ld-field="dispatch_deadline"' not in page


def test_a_hidden_field_is_not_taken_from_a_submit(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    macro("藏", "load", then=(Action("page_hide", (("key", "dispatch_priority"),)),))
    dispatching.browser.get(dispatching.page)
    sent = {
        "team": str(dispatching.crew.team.id),
        "outcome": "dispatch",
        "dispatch_priority": "urgent",
    }
    assert dispatching.browser.post(dispatching.complete, sent).status_code == 303
    with desk.reading() as session:
        assert session.get_one(Ticket, dispatching.ticket.id).priority == "normal"


def test_a_changed_field_is_answered_for_the_page(
    dispatching: SimpleNamespace, macro: Save
) -> None:
    macro(
        "联动", "change", all=(Condition("form.dispatch_priority", "is", ("high",)),),
        then=(
            Action("page_set", (*field("dispatch_remark", "加急"), ("only_if_empty", "1"))),
            Action("page_hide", (("key", "dispatch_deadline"),)),
        ),
    )  # fmt: skip
    page = dispatching.browser.get(dispatching.page).text
    assert f'data-macros="{dispatching.changed}"' in page
    said = dispatching.browser.post(
        dispatching.changed, {"dispatch_priority": "high", "dispatch_remark": ""}
    ).get_json()
    assert (said["values"], said["hidden"]) == ({"dispatch_remark": "加急"}, ["dispatch_deadline"])
    kept = dispatching.browser.post(
        dispatching.changed, {"dispatch_priority": "high", "dispatch_remark": "已有"}
    ).get_json()
    assert kept["values"] == {}, "only if it is empty"
    other = dispatching.browser.post(dispatching.changed, {"dispatch_priority": "low"}).get_json()
    assert (other["values"], other["hidden"]) == ({}, [])


def test_an_agent_chooses_a_macro(dispatching: SimpleNamespace, macro: Save, desk: Desk) -> None:
    rule = macro(
        "标准派发", "user",
        then=(Action("page_set", field("dispatch_remark", "标准流程")), Action("priority", (("value", "high"),))),
    )  # fmt: skip
    hidden = macro("不给看", "user", then=(Action("note", (("text", "x"),)),))
    macro("隐藏宏", "load", then=(Action("page_hide_macro", (("key", hidden.key),)),))
    page = dispatching.browser.get(dispatching.page).text
    assert "标准派发" in page
    assert "不给看" not in page
    answer = dispatching.browser.post(f"{dispatching.changed}/{rule.key}", {"dispatch_remark": ""})
    assert answer.status_code == 200
    assert "标准流程" in answer.text
    with desk.reading() as session:
        assert session.get_one(Ticket, dispatching.ticket.id).priority == "high"


def test_a_macro_is_offered_where_it_does_something(
    dispatching: SimpleNamespace, macro: Save
) -> None:
    macro("填写结果", "user", then=(Action("page_set", field("solution", "好")),))
    macro("填写备注", "user", then=(Action("page_set", field("dispatch_remark", "好")),))
    macro("加备注", "user", then=(Action("note", (("text", "x"),)),))
    page = dispatching.browser.get(dispatching.page).text
    assert "填写结果" not in page, "this step has no such field"
    assert "填写备注" in page
    assert "加备注" in page


def test_a_page_may_be_view_only_for_some(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    macro(
        "只读", "load", scope=(f"user:{dispatching.crew.dispatcher.id}",),
        then=(Action("page_view_only"), Action("page_dial")),
    )  # fmt: skip
    page = dispatching.browser.get(dispatching.page).text
    assert 'name="outcome"' not in page
    assert 'href="tel:' in page
    dispatching.browser.get(dispatching.page)
    sent = {"team": str(dispatching.crew.team.id), "outcome": "dispatch"}
    assert dispatching.browser.post(dispatching.complete, sent).status_code == 422
    with desk.reading() as session:
        assert session.get_one(Ticket, dispatching.ticket.id).state == "pending"


def test_a_macro_asks_which_step_is_open_and_who_reads_along(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    for step, words in (("dispatch", "派发须知"), ("accept", "受理须知")):
        macro(
            step, "load", all=(Condition("page.step", "is", (step,)),),
            then=(Action("page_set", field("dispatch_remark", words)),),
        )  # fmt: skip
    macro(
        "抄送", "load", all=(Condition("page.copied", "is", ("yes",)),),
        then=(Action("page_set", field("dispatch_remark", "抄送须知")),),
    )  # fmt: skip
    page = dispatching.browser.get(dispatching.page).text
    assert [words in page for words in ("派发须知", "受理须知", "抄送须知")] == [True, False, False]
    with desk.database.transaction() as session:
        ticket = session.get_one(Ticket, dispatching.ticket.id)
        copied = [dispatching.crew.dispatcher.id]
        copy_to(session, desk, ticket, copied, view_only=True, actor=SYSTEM)
    assert dispatching.browser.post(dispatching.changed, {}).get_json()["values"] == {
        "dispatch_remark": "抄送须知"
    }


def test_the_talk_is_hidden_from_a_page(dispatching: SimpleNamespace, macro: Save) -> None:
    assert "它不工作" in dispatching.browser.get(dispatching.page).text
    macro("藏回复", "load", then=(Action("page_hide", (("key", "replies"),)),))
    assert "它不工作" not in dispatching.browser.get(dispatching.page).text


def test_macros_are_for_those_in_their_scope(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    team = dispatching.crew.team
    macro("本组的", "user", scope=(f"team:{team.id}",), then=(Action("note", (("text", "x"),)),))
    assert "本组的" not in dispatching.browser.get(dispatching.page).text
    with desk.database.transaction() as session:
        mine = session.get_one(Team, team.id)
        mine.members.append(session.get_one(User, dispatching.crew.dispatcher.id))
    assert "本组的" in dispatching.browser.get(dispatching.page).text
    others = macro("别人的", "user", scope=("team:999",), then=(Action("note", (("text", "x"),)),))
    assert "别人的" not in dispatching.browser.get(dispatching.page).text
    assert dispatching.browser.post(f"{dispatching.changed}/{others.key}", {}).status_code == 404


def test_nobody_else_may_ask_for_a_step(
    dispatching: SimpleNamespace, macro: Save, app: Flask
) -> None:
    rule = macro("标准派发", "user", then=(Action("note", (("text", "x"),)),))
    other = Browser(app)
    other.sign_in("lilei")
    other.get("/me")
    assert other.post(dispatching.changed, {}).status_code == 403
    assert other.post(f"{dispatching.changed}/{rule.key}", {}).status_code == 403


def test_a_macro_that_cannot_run_spoils_no_page(dispatching: SimpleNamespace, macro: Save) -> None:
    macro(
        "坏", "load", then=(Action("team", (("team", "x"),)), Action("page_set", field("a", "b")))
    )
    page = dispatching.browser.get(dispatching.page)
    assert page.status_code == 200


def test_a_macro_asks_for_task_mode_and_what_came_of_the_last_action(
    dispatching: SimpleNamespace, macro: Save, desk: Desk
) -> None:
    """[000 §5.1.6.3]: what is only for task mode happens there, on the page and beside it."""
    in_task_mode = Condition("page.mode", "is", ("task",))
    macro(
        "任务模式须知", "load", all=(in_task_mode,),
        then=(Action("page_set", field("dispatch_remark", "逐一处理")),),
    )  # fmt: skip
    macro(
        "上次失败", "load", all=(Condition("page.last_result", "is", ("failed",)),),
        then=(Action("page_set", field("dispatch_remark", "上一操作失败")),),
    )  # fmt: skip
    macro("记一笔", "submit", all=(in_task_mode,), then=(Action("note", (("text", "逐一"),)),))
    broken = macro("加邮箱", "user", then=(Action("contact", (("field", "mail"), ("value", "不是邮箱"))),))
    browser, team = dispatching.browser, str(dispatching.crew.team.id)
    assert "逐一处理" not in browser.get(dispatching.page).text
    browser.post("/tickets/task-mode", {"id": [str(dispatching.ticket.id)]})
    assert "逐一处理" in browser.get(dispatching.page).text
    browser.post(f"/tasks/{dispatching.task}/macros/{broken.key}", {})
    assert "上一操作失败" in browser.get(dispatching.page).text
    browser.post(dispatching.complete, {"team": team, "outcome": "dispatch"})
    with desk.reading() as session:
        notes = session.scalars(select(Message.text).where(Message.kind == "note")).all()
        assert session.get_one(Ticket, dispatching.ticket.id).state == "dispatched"
    assert notes == ["逐一"]
