"""Every action that a rule can take and every event it can act on, through a trigger as it was saved."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.contacts.models import Company, Contact
from desk.fields.models import Dictionary, DictionaryEntry
from desk.fields.operations import FieldSettings, create_entry, create_field
from desk.fields.values import values_of
from desk.notices.models import Notice
from desk.people.models import User
from desk.rules import operations
from desk.rules.actions import ACTIONS
from desk.rules.rule import Action, Condition, Rule
from desk.tickets.changes import edit_ticket
from desk.tickets.events import request_ticket
from desk.tickets.models import Message, Ticket, TicketWatcher, TrailEntry
from desk.tickets.relations.splitting import Part, split
from desk.tickets.statuses import ensure_statuses
from desk.tickets.types import ensure_types, requested_type
from engine.actors import SYSTEM, Actor
from engine.tables import human_task, job
from engine.timestamps import utc_now

from ..tickets.conftest import acting

CONTACT = {"level": "vip", "name": "韩先生", "note": "大客户", "locale": "en", "owner_id": "{hanmei}"}
ADDRESSES = (("mail", "Han@Acme.cn"), ("phone", "138 0000 0001"))
COMPANY = {
    "level": "vip", "name": "艾克米", "note": "老客户", "phone": "010-8888 6666", "address": "北京",
    "domain": "acme.example",
}  # fmt: skip


def action(kind: str, **values: str) -> Action:
    return Action(kind, tuple(values.items()))


def actions(crew: SimpleNamespace) -> dict[str, tuple[Action, ...]]:
    """What a trigger does, by the kind of action it is about."""
    lilei, team = str(crew.lilei.id), str(crew.team.id)
    filled = {key: value.format(hanmei=crew.hanmei.id) for key, value in CONTACT.items()}
    return {
        "priority": (action("priority", value="urgent"),),
        "state": (action("state", value="processing"),),
        "status": (action("status", value="parts"),),
        "close": (action("close", text="完"),),
        "cancel": (action("cancel", text="重复"),),
        "type": (action("type", value="complaint"),),
        "title": (action("title", value="新标题"),),
        "deadline": (action("deadline", value="8"),),
        "field": (action("field", key="site", value="华东"),),
        "answer": (action("answer", key="area", value="华东"),),
        "team": (action("team", team=team),),
        "person": (action("person", person=lilei),),
        "assign": (action("team", team=team), action("assign", prefer="round_robin")),
        "copy": (action("copy", people=lilei),),
        "note": (action("note", text="{{ticket.subject}}"),),
        "contact": tuple(action("contact", field=key, value=value) for key, value in filled.items())
        + tuple(action("contact", field=key, value=value) for key, value in ADDRESSES),
        "company": tuple(action("company", field=key, value=value) for key, value in COMPANY.items()),
        "tell_staff": (action("tell_staff", to=f"user:{lilei}", text="看 {{ticket.subject}}"),),
        "mail_staff": (action("mail_staff", to=f"user:{lilei}", subject="看", text="{{ticket.subject}}"),),
        "tell_customer": (action("tell_customer", channel="mail", text="您的 {{ticket.subject}}"),),
        "call_target": (action("call_target", target="partner", body='{"a": 1}'),),
        "invite": (action("invite"),),
    }  # fmt: skip


def happened(session: Session, crew: SimpleNamespace, about: dict[str, Ticket]) -> Iterator[str]:
    """The kinds of action that were done, each looked for where it leaves its mark."""
    tickets = {kind: session.get_one(Ticket, ticket.id) for kind, ticket in about.items()}
    jobs = session.execute(select(job.c.operator, job.c.parameters)).all()

    def told(kind: str, words: str) -> bool:
        """Whether a notice about that ticket is in 李雷's bell."""
        found = session.scalars(select(Notice).where(Notice.user_id == crew.lilei.id))
        href = f"/tickets/{about[kind].id}"
        return any(words in one.text["zh"] and one.href == href for one in found)

    def sent(operator: str, **given: Any) -> bool:
        return any(o == operator and given.items() <= p.items() for o, p in jobs)

    people = {crew.lilei.id, crew.hanmei.id}
    contact = session.get_one(Contact, tickets["contact"].contact_id)
    company = session.get_one(Company, tickets["company"].company_id)
    left = tickets["deadline"].deadline
    done = {
        "priority": tickets["priority"].priority == "urgent",
        "state": tickets["state"].state == "processing",
        "status": tickets["status"].status == "parts",
        "close": tickets["close"].state == "ended",
        "cancel": tickets["cancel"].state == "cancelled" and session.scalars(
            select(TrailEntry.remark)
            .where(TrailEntry.ticket_id == about["cancel"].id, TrailEntry.action == "cancelled")
        ).all() == ["重复"],
        "type": tickets["type"].type == "complaint",
        "title": tickets["title"].title == "新标题",
        "deadline": left is not None and abs(left - utc_now() - timedelta(hours=8)) < timedelta(minutes=5),
        "field": values_of(session, [about["field"].id])[about["field"].id] == {"site": "华东"},
        "answer": tickets["answer"].form_data.get("area") == "华东",
        "team": tickets["team"].team_id == crew.team.id,
        "person": tickets["person"].assignee_id == crew.lilei.id,
        "assign": tickets["assign"].assignee_id in people,
        "copy": session.scalars(
            select(TicketWatcher.user_id).where(
                TicketWatcher.ticket_id == about["copy"].id, TicketWatcher.view_only
            )
        ).all() == [crew.lilei.id],
        "note": session.scalars(
            select(Message.text).where(Message.ticket_id == about["note"].id, Message.kind == "note")
        ).all() == ["note"],
        "contact": [str(getattr(contact, key)) for key in CONTACT]
        == [value.format(hanmei=crew.hanmei.id) for value in CONTACT.values()]
        and {a.value for a in contact.addresses} == {"contact@acme.cn", "han@acme.cn", "+8613800000001"},
        "company": [getattr(company, key) for key in COMPANY if key != "phone"]
        == [value for key, value in COMPANY.items() if key != "phone"] and company.phone == "+861088886666",
        "tell_staff": told("tell_staff", "看 tell_staff"),
        "mail_staff": sent("mail.tell", user_id=crew.lilei.id, subject="看", text="mail_staff"),
        "tell_customer": sent(
            "mail.send", ticket_id=about["tell_customer"].id, template="message", body="您的 tell_customer"
        ),
        "call_target": sent("notify.webhook", target="partner", body='{"a": 1}'),
        "invite": sent("mail.send", ticket_id=about["invite"].id, template="ended"),
    }  # fmt: skip
    yield from (kind for kind, is_so in done.items() if is_so)


def test_every_action_does_what_it_says(
    desk: Desk, crew: SimpleNamespace, mailed: Any, settle: Callable[[], None]
) -> None:
    """Each by a trigger of its own; some bear the names of variables that the event brings: `type`, `priority`."""
    wanted = actions(crew)
    assert wanted.keys() == {key for key, kind in ACTIONS.items() if "trigger" in kind.kinds}
    with desk.database.transaction() as session:
        ensure_types(session)
        session.get_one(User, crew.lilei.id).email = "lilei@desk.example"
        session.add(Company(name="Acme", domain="acme.cn"))
        ensure_statuses(session)
        of = session.scalars(select(Dictionary).where(Dictionary.key == "ticket_status")).one()
        pending = session.scalars(select(DictionaryEntry).where(DictionaryEntry.key == "pending")).one()
        create_entry(session, of, "parts", {"zh": "待备件"}, parent=pending, actor=SYSTEM)
        create_field(session, "site", FieldSettings({"zh": "地点", "en": "Site"}), actor=SYSTEM)
        for kind, then in wanted.items():
            of_it = (Condition("ticket.title", "is", (kind,)),)
            rule = Rule("trigger", "", kind, events=("ticket.created",), all=of_it, then=then)
            operations.save(session, desk.engine, rule, actor=SYSTEM)
    about = {kind: mailed(subject=kind, sender_mail=f"{kind}@acme.cn") for kind in wanted}
    settle()
    with desk.reading() as session:
        assert wanted.keys() - set(happened(session, crew, about)) == set()


@pytest.fixture
def do(desk: Desk, settle: Callable[[], None]) -> Callable[..., None]:
    """`do(ticket, "finish", user, solution="…")`: the one open step is completed."""

    def complete(ticket: Ticket, outcome: str, user: User, **values: Any) -> None:
        with desk.database.transaction() as session:
            step = select(human_task.c.id).where(
                human_task.c.instance_id == ticket.instance_id, human_task.c.status == "open"
            )
            task_id = session.scalars(step).one()
            desk.engine.complete(session, task_id, values, outcome=outcome, actor=acting(user))
        settle()

    return complete


@pytest.fixture
def notes(desk: Desk) -> Callable[[Ticket], set[str]]:
    """What triggers have noted at a ticket since the last look."""

    def new(ticket: Ticket) -> set[str]:
        with desk.database.transaction() as session:
            mine = session.scalars(
                select(Message).where(Message.ticket_id == ticket.id, Message.kind == "note")
            ).all()
            found = {message.text for message in mine}
            for message in mine:
                message.kind = "seen"
            return found

    return new


def note_events(desk: Desk, *events: str) -> None:
    """A trigger for each event that notes its name; parts of a split are not asked for their creation."""
    with desk.database.transaction() as session:
        for event in events:
            where = (Condition("ticket.title", "is_not", ("子单",)),) if event == "ticket.created" else ()
            then = (action("note", text=event),)
            rule = Rule("trigger", "", event, events=(event,), all=where, then=then)
            operations.save(session, desk.engine, rule, actor=SYSTEM)


def test_triggers_act_on_each_event_of_a_ticket(
    desk: Desk, crew: SimpleNamespace, mailed: Any, settle: Any, do: Any, notes: Any
) -> None:
    note_events(
        desk, "ticket.created", "ticket.changed", "ticket.rated", "ticket.withdrawn", "ticket.returned",
        "ticket.split",
    )  # fmt: skip
    ticket, withdrawn = mailed(), mailed(sender_mail="b@acme.cn")
    settle()
    assert notes(ticket) == {"ticket.created"}
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        edit_ticket(session, desk, kept, {"priority": "high"}, actor=acting(crew.dispatcher))
    settle()
    assert notes(ticket) == {"ticket.changed"}
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        (child,) = split(session, desk, kept, [Part("子单")], actor=acting(crew.dispatcher))
    settle()
    assert notes(child) == {"ticket.split"}, "the new ticket runs what the trigger does"
    assert notes(ticket) == set()
    do(ticket, "dispatch", crew.dispatcher, person=crew.lilei.id)
    notes(ticket)
    do(ticket, "return", crew.lilei, accept_remark="不归我管")
    assert notes(ticket) == {"ticket.returned", "ticket.changed"}
    do(withdrawn, "cancel", crew.dispatcher, dispatch_remark="客户撤回")
    assert notes(withdrawn) == {"ticket.created", "ticket.withdrawn", "ticket.changed"}
    do(ticket, "dispatch", crew.dispatcher, person=crew.lilei.id)
    do(ticket, "accept", crew.lilei)
    do(ticket, "finish", crew.lilei, solution="好了")
    notes(ticket)
    with desk.database.transaction() as session:
        desk.engine.message(
            session, "customer.rated", {"rating": 5, "comment": ""},
            actor=Actor("contact", None, "韩梅"), correlation=f"ticket:{ticket.id}",
        )  # fmt: skip
    settle()
    assert notes(ticket) == {"ticket.rated"}


def test_a_return_to_any_earlier_step_is_an_event_too(
    desk: Desk, crew: SimpleNamespace, settle: Any, do: Any, notes: Any
) -> None:
    note_events(desk, "ticket.returned")
    with desk.database.transaction() as session:
        ensure_types(session)
        ticket = request_ticket(
            session, desk.engine, actor=acting(crew.dispatcher), title="投诉", text="", form_data={},
            kind=requested_type(session, "complaint", crew.dispatcher),
        )  # fmt: skip
    do(ticket, "dispatch", crew.dispatcher, person=crew.lilei.id, severity="major")
    assert notes(ticket) == set()
    do(ticket, "return", crew.lilei, return_to="take_up", return_reason="派错人了")
    assert notes(ticket) == {"ticket.returned"}
