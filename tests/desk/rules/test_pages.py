"""The pages of rules: lists, the if–then form without script, the dry run."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.events import EVENTS
from desk.rules import operations
from desk.rules.models import RuleRow
from desk.rules.reading import read
from desk.rules.rule import Action, Rule
from desk.tickets.models import Message
from engine.actors import SYSTEM
from tests.desk.web.fixtures import Browser

FORM = {
    "title": "VIP first", "events": ["ticket.created"],
    "all-1-field": "ticket.contact.level", "all-1-operator": "is", "all-1-value": ["vip", "normal"],
    "then-1-kind": "note", "then-1-text": "hello",
}  # fmt: skip


@pytest.fixture
def browser(app: Flask, crew: SimpleNamespace, make_user: Any) -> Browser:
    make_user("impl", roles=["implementer"])
    browser = Browser(app)
    assert browser.sign_in("impl").status_code == 303
    browser.get("/rules")
    return browser


def rows(desk: Desk, kind: str) -> list[RuleRow]:
    with desk.reading() as session:
        return operations.rules(session, kind)


def test_a_trigger_is_made_without_script(
    browser: Browser, desk: Desk, mailed: Any, settle: Any
) -> None:
    assert "New trigger" in browser.get("/rules").text
    page = browser.get("/rules/new/trigger").text
    assert 'name="then-1-kind"' in page
    assert 'name="all-1-field"' not in page
    grown = browser.post("/rules/new/trigger", {"title": "X", "do": "add-all"}).text
    assert 'name="all-1-field"' in grown
    assert 'value="X"' in grown
    answer = browser.post("/rules/new/trigger", {**FORM, "do": "save"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/rules/trigger-vip-first"
    shown = browser.get("/rules/trigger-vip-first").text
    assert "hello" in shown
    assert shown.count('name="all-1-value" value="vip" checked') == 1
    assert "/designer/#files/" in shown
    ticket = mailed()
    settle()
    with desk.reading() as session:
        found = session.scalars(select(Message.text).where(Message.ticket_id == ticket.id)).all()
    assert "hello" in found


def test_every_event_that_the_desk_tells_can_be_chosen(browser: Browser, desk: Desk) -> None:
    told = {event.name for event in EVENTS.values() if event.kind == "told"} - {"macro.run"}
    page = browser.get("/rules/new/trigger").text
    assert {name for name in told if f'name="events" value="{name}"' not in page} == set()
    answer = browser.post("/rules/new/trigger", {**FORM, "events": sorted(told), "do": "save"})
    assert answer.status_code == 303, answer.text
    with desk.reading() as session:
        row = operations.row_of(session, "trigger-vip-first")
        assert row is not None
        kept, _gate = read(operations.files_of(session, row.version_id), row.key)
    assert set(kept.events) == told


def test_what_is_wrong_is_said_at_its_row_and_everything_is_kept(browser: Browser) -> None:
    answer = browser.post(
        "/rules/new/trigger", {**FORM, "all-1-value": [], "events": [], "do": "save"}
    )
    assert answer.status_code == 422
    for words in (
        "Say what it is compared with",
        "Choose at least one event",
        "hello",
        "VIP first",
    ):
        assert words in answer.text


def test_rows_are_taken_away(browser: Browser) -> None:
    page = browser.post("/rules/new/trigger", {**FORM, "do": "remove-all-1"}).text
    assert 'name="all-1-field"' not in page
    assert "hello" in page


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    browser: Browser, desk: Desk, mailed: Any, settle: Any
) -> None:
    ticket = mailed()
    settle()
    page = browser.post("/rules/new/trigger", {**FORM, "do": "try", "ticket": ticket.number}).text
    assert "It would do:" in page
    assert "Customer&#39;s level is VIP, Normal" in page
    assert "Add a note · hello" in page
    other = {**FORM, "all-1-value": ["vip"], "do": "try", "ticket": ticket.number}
    assert "It would do nothing" in browser.post("/rules/new/trigger", other).text
    missing = browser.post("/rules/new/trigger", {**FORM, "do": "try", "ticket": "WN-0"})
    assert missing.status_code == 422
    assert "no ticket with this number" in missing.text
    with desk.reading() as session:
        assert session.scalars(select(Message).where(Message.kind == "note")).all() == []
    assert "trigger-vip-first" not in {row.key for row in rows(desk, "trigger")}


def test_lists_and_diagrams_call_people_and_teams_by_their_names(
    browser: Browser, desk: Desk, crew: SimpleNamespace
) -> None:
    told = f"role:supervisor, team, user:{crew.lilei.id}"
    then = (
        Action("tell_staff", (("to", told), ("text", "…"))),
        Action("team", (("team", str(crew.team.id)),)),
    )
    with desk.database.transaction() as session:
        rule = Rule("trigger", "", "Told", events=("ticket.created",), then=then)
        kept = operations.save(session, desk.engine, rule, actor=SYSTEM)
        rows_by_key = {row.key: row for row in operations.rules(session, "trigger")}
        version = rows_by_key[kept.key].version_id
        diagram = operations.files_of(session, version)[f"{kept.key}.bpmn"].decode()
    assert 'name="通知客服：主管、所属团队、李雷"' in diagram
    assert 'name="分配给团队：一线"' in diagram
    assert "Give it to a team: 一线" in browser.get("/rules?kind=trigger").text


@pytest.mark.parametrize("kind", ["automation", "macro"])
def test_the_other_kinds_are_made(browser: Browser, desk: Desk, kind: str) -> None:
    form = {**FORM, "all-1-value": ["vip"], "every": "P1D", "timing": "submit", "do": "save"}
    answer = browser.post(f"/rules/new/{kind}", form)
    assert answer.status_code == 303, answer.text
    assert browser.get(answer.headers["Location"]).status_code == 200
    assert "VIP first" in browser.get(f"/rules?kind={kind}").text
    again = browser.post(f"/rules/new/{kind}", form)
    assert again.status_code == 422
    assert "There is a rule with this title already." in again.text


def test_rules_are_ordered_switched_and_deleted(browser: Browser, desk: Desk) -> None:
    browser.post("/rules/new/trigger", {**FORM, "do": "save"})
    key = "trigger-vip-first"
    assert rows(desk, "trigger")[-1].key == key
    browser.get("/rules")
    for do in ("up", "up", "off"):
        assert browser.post(f"/rules/{key}/act", {"do": do}).status_code == 303
    assert rows(desk, "trigger")[0].key == key
    assert not rows(desk, "trigger")[0].active
    assert "switched off" in browser.get("/rules").text
    browser.post(f"/rules/{key}/act", {"do": "on"})
    assert rows(desk, "trigger")[0].active
    browser.post(f"/rules/{key}/act", {"do": "delete"})
    assert browser.get(f"/rules/{key}").status_code == 404


def test_a_rule_that_has_outgrown_the_form_leads_to_the_designer(
    browser: Browser, desk: Desk
) -> None:
    with desk.database.transaction() as session:
        rule = Rule(
            "trigger",
            "",
            "Note",
            events=("ticket.created",),
            then=(Action("note", (("text", "x"),)),),
        )
        kept = operations.save(session, desk.engine, rule, actor=SYSTEM)
        row = operations.row_of(session, kept.key)
        assert row is not None
        files = operations.files_of(session, row.version_id)
        note = b'<bpmn:textAnnotation id="a"><bpmn:text>why</bpmn:text></bpmn:textAnnotation>'
        drawn = files[f"{kept.key}.bpmn"].replace(b"</bpmn:process>", note + b"</bpmn:process>")
        desk.engine.deploy(session, {f"{kept.key}.bpmn": drawn}, actor=SYSTEM)
    page = browser.get(f"/rules/{kept.key}").text
    assert "has outgrown the form" in page
    assert "notes, lanes or data" in page
    assert "Drawn by hand" in browser.get("/rules").text


def test_agents_change_no_rules(app: Flask, crew: SimpleNamespace) -> None:
    agent = Browser(app)
    agent.sign_in("lilei")
    agent.get("/me")
    assert agent.get("/rules/new/trigger").status_code == 403
    assert agent.post("/rules/trigger-bad-rating/act", {"do": "off"}).status_code == 403
