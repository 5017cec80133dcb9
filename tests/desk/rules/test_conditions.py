"""Every field that a rule can ask about, by every operator of its kind: expression and table say the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.contacts.models import Company, Contact, ContactAddress
from desk.rules.conditions import operators_for
from desk.rules.fields import FIELDS, PAGE_FIELDS, Field, field_of
from desk.rules.rule import Action, Condition, Rule
from desk.rules.trying import try_rule
from desk.sla.models import SlaClock
from desk.tickets.models import Message, Ticket
from desk.vendors.models import Transfer, Vendor
from engine.timestamps import utc_now

# What the ticket, the event and the page hold, and a value that they do not: of texts and choices.
WORDS = {
    "ticket.type": ("complaint", "refund"),
    "ticket.state": ("processing", "ended"),
    "ticket.status": ("parts", "visit"),
    "ticket.priority": ("urgent", "low"),
    "ticket.channel": ("vendor", "mail"),
    "vendors.came_from": ("branch", "hq"),
    "vendors.given_to": ("hq", "branch"),
    "ticket.title": ("打印机坏了", "电脑坏了"),
    "ticket.handler": ("user:{lilei}", "team:{team}"),
    "ticket.team_id": ("{team}", "4711"),
    "ticket.assignee_id": ("{lilei}", "4711"),
    "ticket.rating_comment": ("太慢了", "很好"),
    "ticket.contact.name": ("韩梅", "李四"),
    "ticket.contact.level": ("vip", "normal"),
    "ticket.contact.mail": ("han@acme.cn", "li@acme.cn"),
    "ticket.contact.phone": ("+8613800000001", "+8613800000002"),
    "ticket.contact.owner_id": ("{hanmei}", "4711"),
    "ticket.company.name": ("艾克米", "别家"),
    "ticket.company.level": ("vip", "normal"),
    "ticket.company.domain": ("acme.example", "other.example"),
    "ticket.form.area": ("华东", "华北"),
    "contact.name": ("韩梅", "李四"),
    "contact.level": ("vip", "normal"),
    "message.text": ("它不工作", "它很好"),
    "message.subject": ("打印机坏了", "电脑坏了"),
    "message.channel": ("mail", "form"),
    "remark": ("不同意", "没意见"),
    "clock": ("resolution", "first_response"),
    "page.step": ("dispatch", "accept"),
    "page.outcome": ("dispatch", "cancel"),
    "page.changed": ("area", "serial"),
    "page.mode": ("task", "normal"),
    "page.last_result": ("failed", "done"),
    "page.call": ("calling", "answered"),
    "page.place": ("edit", "new"),
    "page.copied": ("yes", "no"),
    "form.area": ("华东", "华北"),
}
NUMBERS = ("ticket.rating", "rating")  # two stars
# Three hours ago, but for the deadline: in three hours.
MOMENTS = (
    "ticket.created_at", "ticket.processed_at", "ticket.last_message_at", "ticket.first_response_at",
    "ticket.ended_at", "ticket.overdue_at", "ticket.deadline", "sla.resolution.paused_at",
)  # fmt: skip
NEVER_EMPTY = {"ticket.created_at", "ticket.processed_at", "ticket.last_message_at"}


def asked_of(path: str) -> Field:
    found = field_of(path)
    assert found is not None, path
    return found


def conditions(path: str, values: dict[str, Any]) -> Iterator[tuple[Condition, bool]]:
    """Every condition that can be made of a field, and whether it holds."""
    field = asked_of(path)
    if field.kind == "moment":
        past = path != "ticket.deadline"
        cases = [
            ("older", "2", past), ("older", "4", False), ("younger", "2", not past), ("younger", "4", True),
            ("within", "2", past), ("within", "4", True),
        ]  # fmt: skip
    elif field.kind == "number":
        cases = [
            ("is", "2", True), ("is", "3", False), ("is_not", "3", True), ("is_not", "2", False),
            ("more", "1", True), ("more", "2", False), ("at_least", "2", True), ("at_least", "3", False),
            ("less", "3", True), ("less", "2", False), ("at_most", "2", True), ("at_most", "1", False),
        ]  # fmt: skip
    else:
        own, other = (value.format(**values) for value in WORDS[path])
        cases = [("is", own, True), ("is", other, False), ("is_not", other, True), ("is_not", own, False)]
        if field.kind == "text":
            cases += [
                ("contains", own[1:], True), ("contains", other, False), ("contains_not", other, True),
                ("contains_not", own[1:], False), ("starts", own[:-1], True), ("starts", own[1:], False),
            ]  # fmt: skip
        if "changed_to" in operators_for(field):
            cases += [("changed_to", own, True), ("changed_to", other, False)]
        if "changed_from" in operators_for(field):
            cases += [("changed_from", other, True), ("changed_from", own, False)]
    cases += [("filled", "", True), ("empty", "", False)]
    if "changed" in operators_for(field):
        cases.append(("changed", "", True))
    assert {case[0] for case in cases} == operators_for(field).keys(), path
    for operator, value, holds in cases:
        yield Condition(path, operator, (value,) if value else ()), holds


@pytest.fixture
def world(desk: Desk, crew: SimpleNamespace, mailed: Any) -> SimpleNamespace:
    """A ticket of which everything is known, one of which nothing is, and what the event and the page bring."""
    bare, full = mailed(sender_mail=None, subject="", text=""), mailed()
    at = utc_now()
    with desk.database.transaction() as session:
        ticket = session.get_one(Ticket, full.id)
        company = Company(name="艾克米", level="vip", domain="acme.example")
        contact = session.get_one(Contact, ticket.contact_id)
        contact.name, contact.level, contact.owner_id = "韩梅", "vip", crew.hanmei.id
        contact.company = company
        contact.addresses.append(ContactAddress(kind="phone", value="+8613800000001"))
        session.add(company)
        session.flush()
        ticket.company_id = company.id
        for name, value in {
            "type": "complaint", "state": "processing", "status": "parts", "priority": "urgent", "channel": "vendor",
            "team_id": crew.team.id, "assignee_id": crew.lilei.id, "rating": 2, "rating_comment": "太慢了",
            "form_data": {"area": "华东"}, "deadline": at + timedelta(hours=3),
        }.items():  # fmt: skip
            setattr(ticket, name, value)
        before = at - timedelta(hours=3)
        for path in MOMENTS:
            if path.startswith("ticket.") and path != "ticket.deadline":
                setattr(ticket, path.removeprefix("ticket."), before)
        session.add(
            SlaClock(ticket_id=ticket.id, kind="resolution", worked_seconds=0, steps_done=0, paused_at=before)
        )  # fmt: skip
        for direction, key in (("in", "branch"), ("out", "hq")):
            other = Vendor(key=key, name=key, url="http://x", known_as="us", secret="s")
            session.add(
                Transfer(
                    uid=uuid4(), direction=direction, vendor=other, ticket_id=ticket.id, status="accepted",
                    chain=[], by={},
                )
            )  # fmt: skip
        message = session.query(Message).filter_by(ticket_id=ticket.id).one()
        changed = {asked_of(path).changes: WORDS[path] for path in WORDS if asked_of(path).changes}
        values = {"lilei": crew.lilei.id, "hanmei": crew.hanmei.id, "team": crew.team.id}
        event = {
            "contact_id": contact.id, "message_id": message.id, "rating": 2, "remark": "不同意",
            "clock": "resolution", "fields": [*changed, "deadline"],
            "new": {name: own.format(**values) for name, (own, _) in changed.items()},
            "old": {name: other.format(**values) for name, (_, other) in changed.items()},
        }  # fmt: skip
    page = {name.removeprefix("page."): own for name, (own, _) in WORDS.items() if name[:5] == "page."}
    return SimpleNamespace(
        ticket=full.id, bare=bare.id, values=values,
        data={**event, "page": page, "form": {"area": "华东"}, "macro": "x"},
    )  # fmt: skip


def wrong(
    session: Session, desk: Desk, ticket: int, data: dict[str, Any], expected: dict[Condition, bool]
) -> list[Condition]:
    """Those that do not hold as expected, as expressions; all of a field where its rule's table says otherwise."""
    note = (Action("note", (("text", "x"),)),)
    found: list[Condition] = []
    for path, hold in sorted({(condition.field, holds) for condition, holds in expected.items()}):
        kind: Any = "macro" if path.startswith(("page.", "form.")) else "trigger"
        rule = Rule(kind, f"{kind}-x", "x", events=("ticket.changed",), then=note)
        these = tuple(c for c, holds in expected.items() if (c.field, holds) == (path, hold))
        rule = replace(rule, all=these) if hold else replace(rule, any=these)
        tried = try_rule(session, desk.engine, rule, ticket, data=data)
        found += [condition for condition, held in tried.answers if held is not hold]
        if [effect.operator for effect in tried.effects] != ["ticket.add_note"] * hold:
            found += these
    return found


def test_every_field_is_asked_by_every_operator(desk: Desk, world: SimpleNamespace) -> None:
    known = {*WORDS, *NUMBERS, *MOMENTS}
    assert known == {*FIELDS, *PAGE_FIELDS, "ticket.form.area", "form.area"}
    expected = dict(pair for path in sorted(known) for pair in conditions(path, world.values))
    with desk.reading() as session:
        assert wrong(session, desk, world.ticket, world.data, expected) == []


def test_of_what_is_not_there_only_empty_and_the_negations_hold(
    desk: Desk, world: SimpleNamespace
) -> None:
    always = {"ticket.type", "ticket.state", "ticket.priority", "ticket.channel", "ticket.title", *NEVER_EMPTY}
    expected = {
        condition: condition.operator in ("empty", "is_not", "contains_not")
        for path in sorted({*WORDS, *NUMBERS, *MOMENTS} - always)
        for condition, _holds in conditions(path, world.values)
    }  # fmt: skip
    with desk.reading() as session:
        nothing: dict[str, Any] = {"fields": [], "old": {}, "new": {}, "page": {}, "form": {}}
        assert wrong(session, desk, world.bare, nothing, expected) == []
