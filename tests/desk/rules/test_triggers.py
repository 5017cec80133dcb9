"""Triggers from the form: they act on events, in order, and what they cause ends."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.assignment.ranking import WAYS
from desk.contacts.models import Contact
from desk.notices.models import Notice
from desk.rules import operations
from desk.rules.reading import read
from desk.rules.rule import Action, Condition, Rule
from desk.rules.writing import write
from desk.tickets.changes import edit_ticket
from desk.tickets.models import Message, Ticket
from engine.actors import SYSTEM, Actor
from engine.tables import incident, job, process_instance, process_version

Save = Callable[..., Rule]


@pytest.fixture
def save(desk: Desk) -> Save:
    """`save(title, all=…, then=…)`: a trigger, in effect."""

    def make(title: str, **given: Any) -> Rule:
        rule = Rule("trigger", "", title, **{"events": ("ticket.changed",), **given})
        with desk.database.transaction() as session:
            return operations.save(session, desk.engine, rule, actor=SYSTEM)

    return make


@pytest.fixture
def edit(desk: Desk, crew: SimpleNamespace) -> Callable[..., None]:
    """`edit(ticket, priority="high")`: an agent changes the ticket."""

    def change(ticket: Ticket, **wanted: Any) -> None:
        with desk.database.transaction() as session:
            kept = session.get_one(Ticket, ticket.id)
            actor = Actor("user", crew.lilei.id, "李雷")
            edit_ticket(session, desk, kept, wanted, actor=actor)  # type: ignore[arg-type]

    return change


def now(desk: Desk, ticket: Ticket) -> Ticket:
    with desk.reading() as session:
        return session.get_one(Ticket, ticket.id)


def instances(session: Session, key: str) -> int:
    return session.scalar(
        select(func.count())
        .select_from(process_instance)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .where(process_version.c.key == key)
    ) or 0  # fmt: skip


def set_priority(value: str) -> Action:
    return Action("priority", (("value", value),))


def note(text: str) -> Action:
    return Action("note", (("text", text),))


def notes(desk: Desk, ticket: Ticket) -> list[str]:
    with desk.reading() as session:
        found = session.scalars(
            select(Message.text)
            .where(Message.ticket_id == ticket.id, Message.kind == "note")
            .order_by(Message.id)
        )
        return list(found)


def test_a_trigger_acts_when_its_conditions_hold_and_makes_no_instance_when_they_do_not(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    rule = save(
        "VIP", all=(Condition("ticket.contact.level", "is", ("vip",)),
                    Condition("ticket.title", "changed")),
        then=(set_priority("urgent"), note("{{ticket.priority}}")),
    )  # fmt: skip
    ticket = mailed()
    settle()
    edit(ticket, title="A")
    settle()
    assert now(desk, ticket).priority == "normal"
    with desk.database.transaction() as session:
        assert instances(session, rule.key) == 0, "asked before there is an instance"
        session.get_one(Contact, ticket.contact_id).level = "vip"
    edit(ticket, title="B")
    settle()
    assert now(desk, ticket).priority == "urgent"
    assert notes(desk, ticket) == ["urgent"]
    with desk.reading() as session:
        assert instances(session, rule.key) == 1, "its own change touches no title"


def test_the_update_itself_is_neither_held_up_nor_undone_by_a_broken_trigger(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    save("Broken", then=(Action("type", (("value", "no-such-type"),)),))
    save("Sound", then=(note("done"),), all=(Condition("ticket.title", "changed_to", ("A",)),))
    ticket = mailed()
    settle()
    edit(ticket, title="A")
    assert now(desk, ticket).title == "A"
    settle()
    assert notes(desk, ticket) == ["done"], "those after the broken one act"
    with desk.reading() as session:
        waiting = session.scalars(
            select(job.c.error).where(job.c.operator == "engine.event", job.c.status == "waiting")
        ).all()
    assert len(waiting) == 1, "it is tried again by itself, then an incident"
    assert "no-such-type" in (waiting[0] or "")


def test_triggers_act_in_the_order_of_the_list_and_see_what_those_before_have_done(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    second = save(
        "Second",
        all=(Condition("ticket.title", "changed"),),
        then=(note("2: {{ticket.priority}}"),),
    )
    first = save(
        "First", all=(Condition("ticket.title", "changed"),),
        then=(set_priority("high"), note("1: {{ticket.priority}}")),
    )  # fmt: skip
    ticket = mailed()
    settle()
    edit(ticket, title="A")
    settle()
    assert notes(desk, ticket) == ["2: normal", "1: high"]
    with desk.database.transaction() as session:
        operations.move(session, desk.engine, first.key, up=True, actor=SYSTEM)
        shown = [row.key for row in operations.rules(session, "trigger")]
        assert [key for key in shown if key in (first.key, second.key)] == [first.key, second.key]
    edit(ticket, title="B", priority="low")
    settle()
    assert notes(desk, ticket)[2:] == ["1: high", "2: high"]


def test_else_is_done_when_the_conditions_do_not_hold(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    save(
        "Either", events=("ticket.created",),
        any=(Condition("ticket.title", "contains", ("打印",)), Condition("ticket.title", "contains", ("复印",))),
        then=(note("printer"),), otherwise=(note("other"),),
    )  # fmt: skip
    one, other = mailed(), mailed(subject="电脑坏了", sender_mail="b@acme.cn")
    settle()
    assert (notes(desk, one), notes(desk, other)) == (["printer"], ["other"])


def test_set_only_if_empty_leaves_what_is_there(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    save(
        "Fill", events=("ticket.created",),
        then=(
            Action("answer", (("key", "area"), ("value", "华东"), ("only_if_empty", "1"))),
            Action("title", (("value", "other"), ("only_if_empty", "1"))),
        ),
    )  # fmt: skip
    ticket = mailed()
    settle()
    assert now(desk, ticket).form_data["area"] == "华东"
    assert now(desk, ticket).title == "打印机坏了"


def test_customer_company_and_people_of_the_desk_are_reached(
    desk: Desk, mailed: Any, crew: SimpleNamespace, save: Save, settle: Any
) -> None:
    save(
        "All", events=("ticket.created",),
        then=(
            Action("contact", (("field", "level"), ("value", "vip"))),
            Action("contact", (("field", "owner_id"), ("value", f"user:{crew.hanmei.id}"))),
            Action("company", (("field", "level"), ("value", "vip"))),
            Action("team", (("team", str(crew.team.id)),)),
            Action("assign", (("prefer", "owner"),)),
            Action("tell_staff", (("to", "handler"), ("text", "{{ticket.subject}}"))),
            Action("deadline", (("value", "8"),)),
        ),
    )  # fmt: skip
    ticket = mailed()
    settle()
    kept = now(desk, ticket)
    assert (kept.assignee_id, kept.state) == (crew.hanmei.id, "dispatched")
    assert kept.deadline is not None
    with desk.reading() as session:
        assert session.get_one(Contact, ticket.contact_id).level == "vip"
        texts = session.scalars(select(Notice.text).where(Notice.user_id == kept.assignee_id)).all()
    assert any("打印机坏了" in text["zh"] for text in texts)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_choose_somebody_is_written_and_read_back(way: str) -> None:
    action = Action("assign", (("prefer", way), ("team", "一线"), ("skill", "英语")))
    rule = Rule("trigger", "trigger-give", "分配", events=("ticket.created",), then=(action,))
    assert read(write(rule), rule.key)[0].then == (action,)


def test_a_chain_that_would_run_for_ever_ends_in_one_incident_that_shows_it(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    to = {"low": "high", "high": "low"}
    rules = [
        save(f"To {new}", all=(Condition("ticket.priority", "changed_to", (old,)),), then=(set_priority(new),))
        for old, new in to.items()
    ]  # fmt: skip
    ticket = mailed()
    settle()
    edit(ticket, priority="low")
    settle()
    with desk.reading() as session:
        (found,) = session.execute(select(incident).where(incident.c.kind == "loop")).all()
    for rule in rules:
        assert f"{rule.key} → ticket.changed" in found.message
    edit(ticket, title="still works")
    settle()
    assert now(desk, ticket).title == "still works"


def test_a_chain_that_branches_ends_in_one_incident_too(
    desk: Desk, mailed: Any, save: Save, settle: Any
) -> None:
    for name in ("a", "b", "c"):
        save(name, events=("ticket.noted",), then=(note(name),))
    save("begin", events=("ticket.rated", "ticket.created"), then=(note("begin"),))
    ticket = mailed()
    settle()
    with desk.reading() as session:
        found = session.execute(select(incident).where(incident.c.kind == "loop")).all()
    assert len(found) == 1
    assert len(notes(desk, ticket)) <= 550


def test_a_rule_is_switched_off_and_on_and_deleted(
    desk: Desk, mailed: Any, save: Save, edit: Any, settle: Any
) -> None:
    rule = save("Note", then=(note("x"),), all=(Condition("ticket.title", "changed"),))
    ticket = mailed()
    settle()
    for active, expected in ((False, 0), (True, 1)):
        with desk.database.transaction() as session:
            operations.switch(session, desk.engine, rule.key, active=active, actor=SYSTEM)
        edit(ticket, title=f"{active}")
        settle()
        assert len(notes(desk, ticket)) == expected
    with desk.database.transaction() as session:
        operations.delete(session, desk.engine, rule.key, actor=SYSTEM)
    edit(ticket, title="gone")
    settle()
    assert len(notes(desk, ticket)) == 1
    with desk.reading() as session:
        assert rule.key not in {row.key for row in operations.rules(session, "trigger")}
    assert save("Note", then=(note("y"),)).key != rule.key


def test_what_is_wrong_with_a_rule_is_said_line_by_line(desk: Desk, save: Save) -> None:
    save("Taken", then=(note("x"),))
    with pytest.raises(operations.RuleRefused) as refused:
        save(
            "Taken", events=(), all=(Condition("ticket.rating", "more", ("many",)), Condition("evil()", "is", ("1",))),
            then=(note(""), Action("nothing")), otherwise=(),
        )  # fmt: skip
    assert set(refused.value.problems) == {"title", "events", "all-1", "all-2", "then-1", "then-2"}


def test_texts_that_look_like_expressions_are_texts(
    desk: Desk, mailed: Any, save: Save, settle: Any
) -> None:
    rule = save(
        "=1+1", events=("ticket.created",), all=(Condition("ticket.title", "is_not", ('"="<&>',)),),
        then=(note("=ticket_id"),),
    )  # fmt: skip
    ticket = mailed()
    settle()
    assert notes(desk, ticket) == ["=ticket_id"]
    with desk.reading() as session:
        row = operations.row_of(session, rule.key)
        assert row is not None
        kept, gate = read(operations.files_of(session, row.version_id), rule.key)
    assert (kept, gate) == (rule, True)
    assert replace(kept, title="x").title == "x"


def test_a_table_has_its_headings_in_both_languages() -> None:
    asked = (Condition("ticket.priority", "is", ("urgent",)),)
    done = (Action("assign", (("prefer", "owner"),)),)
    rule = Rule(
        "trigger", "trigger-told", "紧急", "Urgent", events=("ticket.created",), all=asked, then=done, otherwise=done
    )  # fmt: skip
    table = etree.fromstring(write(rule)["trigger-told.dmn"])
    headings = [
        (one.getparent().getparent().get("label") or one.getparent().getparent().get("name"), one.get("name"))
        for one in table.iter("{urn:lanedesk:bpmn:1.0}text")
    ]  # fmt: skip
    assert headings == [("紧急", "Urgent"), ("优先级", "Priority"), ("执行", "Do")]
    assert read(write(rule), rule.key)[0] == rule
