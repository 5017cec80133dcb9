"""What layouts can print of a ticket: plain texts and lists, never records: nothing can be reached through them.

Names are ours (`ticket.number`, `user.phone`) and, beside them, those of layouts of other desks, in both spellings
[000 §5.2.19, §5.2.20]: `ticket.ticketState` and `ticket.ticketStatus`, `ticket.createTime` and `ticket.createDT` …
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.contacts.models import Company, Contact
from desk.fields import tables
from desk.fields.models import Field, Kind
from desk.fields.values import names_of, values_of, words_of
from desk.people.models import User
from desk.portal.tracking import tracking_url
from desk.tickets.conversation import conversation, trail
from desk.tickets.models import Message, Ticket
from desk.tickets.trail import CHANNELS, PRIORITIES, STATES, trail_line, who_did
from desk.tickets.types import type_by_key
from desk.web.localisation import words
from engine.timestamps import utc_now
from printing.answers import Line, form_of_ticket, lines
from printing.pictures import Pictures
from printing.wording import moment

MOST_MESSAGES = 200
MOST_LINES = 500
FIELDS = 40  # numbered fields of companies and customers that layouts of other desks may name: ours have none
Facts = dict[str, Any]
NO_FIELDS: Facts = {f"field_{number}": "" for number in range(1, FIELDS + 1)}


def ticket_facts(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    *,
    by: str,
    locale: str,
    notes: bool = False,
    pictures: Pictures | None = None,
) -> Facts:
    """All that a layout may print of one ticket; call it inside `speaking`.

    `notes`: internal notes too. `pictures`: takes those of the form, which else are named only.
    """
    form = form_of_ticket(session, desk, ticket)
    given = ticket.form_data
    every = lines(session, desk, form, given, locale=locale, empty=True, pictures=pictures)
    own = _own_fields(session, ticket, locale)
    filled = [own.pop(line["key"], line) for line in every]
    filled += own.values()
    answered = [line for line in filled if line["value"] or line["rows"]]
    said, left = messages(session, ticket, notes=notes)
    trail_lines = _trail(session, ticket)
    return {
        "desk": desk_facts(desk, by),
        "ticket": _ticket(session, desk, ticket, filled, said, trail_lines),
        "user": _user(session, ticket.contact, every),
        "customer": {"templateName": _("Customer")},
        "company": _company(ticket.company),
        "form": answered,
        "questions": every,
        "messages": said,
        "messages_left": left,
        "trail": trail_lines,
    }


def desk_facts(desk: Desk, by: str) -> Facts:
    """Who prints, and when."""
    return {
        "company": desk.settings.company,
        "url": desk.settings.public_url,
        "color": desk.settings.brand_color,
        "now": moment(utc_now()),
        "printed_by": by,
    }


def _ticket(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    form: list[Line],
    said: list[Facts],
    trail_lines: list[Facts],
) -> Facts:
    kind = type_by_key(session, ticket.type)
    state = str(STATES.get(ticket.state, ticket.state))
    priority = str(PRIORITIES.get(ticket.priority, ticket.priority))
    channel = str(CHANNELS.get(ticket.channel, ticket.channel))
    type_name = words(kind.name) if kind else ticket.type
    description = next((m["text"] for m in said if m["kind"] == "customer"), "")
    summary = next((line["remark"] for line in trail_lines[::-1] if line["action"] == "ended"), "")
    creator = session.get(User, ticket.created_by["id"]) if _by_user(ticket) else None
    created, updated = moment(ticket.created_at), moment(ticket.updated_at)
    opened_by = who_did(ticket.created_by) if ticket.created_by else ""
    own = {
        "number": ticket.number,
        "title": ticket.title,
        "description": description,
        "state": state,
        "state_key": str(ticket.state),
        "priority": priority,
        "channel": channel,
        "type": type_name,
        "assignee": ticket.assignee.name if ticket.assignee else "",
        "team": ticket.team.name if ticket.team else "",
        "created_at": created,
        "updated_at": updated,
        "deadline": moment(ticket.deadline),
        "first_response_at": moment(ticket.first_response_at),
        "ended_at": moment(ticket.ended_at),
        "opened_by": opened_by,
        "stars": ticket.rating or 0,
        "rating_comment": ticket.rating_comment or "",
        "url": f"{desk.settings.public_url.rstrip('/')}/tickets/{ticket.id}",
        "tracking_url": tracking_url(desk.settings, ticket.id),
    }
    elsewhere = {
        "ticketId": ticket.number,
        "subject": ticket.title,
        "descript": description,
        "serviceCenterName": desk.settings.company,
        "createUser": opened_by,
        "createUserName": opened_by,
        "createUserGroup": "、".join(team.name for team in creator.teams) if creator else "",
        "createTime": created,
        "createDT": created,
        "updateTime": updated,
        "updateDT": updated,
        "templateName": type_name,
        "ticketType": type_name,
        "ticketState": state,
        "ticketStatus": state,
        "ticketSource": channel,
        "priorityLevel": priority,
        "serviceSummaryDefaultField": summary,
        "servicerUserId": own["assignee"],
        "servicerUserName": own["assignee"],
        "servicer_Mobile": (ticket.assignee.phone or "") if ticket.assignee else "",
        "servicerMobile": (ticket.assignee.phone or "") if ticket.assignee else "",
    }
    return _by_name(form) | _numbered(form) | elsewhere | own


def _own_fields(session: Session, ticket: Ticket, locale: str) -> dict[str, Line]:
    """What it has in the fields that the desk defines, as lines of a form, by key."""
    language = "zh" if locale.startswith("zh") else "en"
    has = values_of(session, [ticket.id])[ticket.id]
    return {
        field.key: {
            "key": field.key,
            "label": field.label.get(language) or next(iter(field.label.values()), field.key),
            "value": words[language],
            **_rows(session, field, has[field.key], language),
        }
        for field, words in words_of(session, ticket.id)
    }


def _rows(session: Session, field: Field, value: Any, language: str) -> Facts:
    """Columns and rows of a table, with what they come to as the last; other fields have none."""
    if field.kind != Kind.TABLE:
        return {"rows": []}
    names = names_of(session, field)
    rows = [tables.cells(field, row, names, language) for row in tables.rows_of(value)]
    total = tables.total_cells(field, value, language)
    return {
        "columns": [column.says(language) for column in tables.columns_of(field)],
        "rows": [*rows, total] if total else rows,
    }


def _by_user(ticket: Ticket) -> bool:
    return ticket.created_by.get("kind") == "user" and isinstance(ticket.created_by.get("id"), int)


def _by_name(form: list[Line]) -> Facts:
    """`ticket.xx`, by the key of a field of the form."""
    return {line["key"]: line["value"] for line in form if line["key"].isidentifier()}


def _numbered(form: list[Line]) -> Facts:
    """`ticket.field_1` …, in the order of the form; what the desk defines besides follows."""
    return {f"field_{number}": line["value"] for number, line in enumerate(form, 1)}


def _user(session: Session, contact: Contact | None, form: list[Line]) -> Facts:
    if contact is None:
        given = {line["key"]: line["value"] for line in form}
        name, phone, mail = (given.get(key, "") for key in ("name", "phone", "mail"))
        return _person(name, phone, mail, "", vip=False)
    phone = next((a.value for a in contact.addresses if a.kind == "phone"), "")
    mail = next((a.value for a in contact.addresses if a.kind == "mail"), "")
    return _person(contact.name, phone, mail, contact.note, vip=contact.level == "vip")


def _person(name: str, phone: str, mail: str, note: str, *, vip: bool) -> Facts:
    return {
        "name": name,
        "phone": phone,
        "mobile": phone,
        "mail": mail,
        "email": mail,
        "QQ": "",
        "tag": "VIP" if vip else "",
        "vip": vip,
        "note": note,
        **NO_FIELDS,
    }


def _company(company: Company | None) -> Facts:
    vip = company is not None and company.level == "vip"
    return {
        "name": company.name if company else "",
        "companyName": company.name if company else "",
        "address": (company.address or "") if company else "",
        "phone": (company.phone or "") if company else "",
        "note": company.note if company else "",
        "companyTag": "VIP" if vip else "",
        "serviceStartTime": "",
        "serviceEndTime": "",
        "userGroup": "",
        **NO_FIELDS,
    }


def messages(session: Session, ticket: Ticket, *, notes: bool) -> tuple[list[Facts], int]:
    """(what was said, oldest first; how many earlier messages are left out)."""
    kinds = ("customer", "reply", "note", "automatic") if notes else ("customer", "reply")
    talk = conversation(session, ticket.id, limit=MOST_MESSAGES, kinds=kinds)
    left = 0
    if talk.earlier:
        left = session.scalar(
            select(func.count(Message.id)).where(
                Message.ticket_id == ticket.id, Message.kind.in_(kinds), Message.id < talk.earlier
            )
        ) or 0  # fmt: skip
    return [_message(message) for message in talk.messages], left


def _message(message: Message) -> Facts:
    names = {
        "customer": _("Customer"),
        "reply": _("Public reply"),
        "note": _("Internal note"),
        "automatic": _("Automatic"),
    }
    return {
        "kind": message.kind,
        "kind_name": names.get(message.kind, message.kind),
        "who": who_did(message.author),
        "at": moment(message.created_at),
        "channel": str(CHANNELS.get(message.channel, message.channel)),
        "text": message.text,
        "files": [attachment.filename for attachment in message.attachments],
        "file_hashes": [
            {"name": a.filename, "size": f"{a.size} B", "sha256": a.sha256}
            for a in message.attachments
        ],
    }


def _trail(session: Session, ticket: Ticket) -> list[Facts]:
    """Oldest first, as a document is read."""
    found = [trail_line(entry) for entry in trail(session, ticket.id, limit=MOST_LINES)][::-1]
    return [
        {
            "at": moment(line.at),
            "who": line.who,
            "action": line.action,
            "text": line.text,
            "remark": line.remark,
        }
        for line in found
    ]
