"""Placeholders in texts for people and systems: `{{ticket.subject}}` [000 §5.2.19, §5.2.20].

Both spellings of the vendor's manual are known (ticketState and ticketStatus, …), and by their keys the fields that the
desk defines and those of a ticket's form. An unknown placeholder becomes nothing.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy.orm import object_session

from desk.fields.values import words_of
from desk.tickets.models import Ticket

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")
_TICKET: dict[str, Callable[[Ticket], Any]] = {
    "ticketid": lambda t: t.number,
    "number": lambda t: t.number,
    "id": lambda t: t.id,
    "subject": lambda t: t.title,
    "title": lambda t: t.title,
    "descript": lambda t: t.form_data.get("description") or t.title,
    "description": lambda t: t.form_data.get("description") or t.title,
    "createdt": lambda t: t.created_at,
    "createtime": lambda t: t.created_at,
    "updatedt": lambda t: t.processed_at,
    "ticketsource": lambda t: t.channel,
    "channel": lambda t: t.channel,
    "tickettype": lambda t: t.type,
    "type": lambda t: t.type,
    "ticketstatus": lambda t: str(t.state),
    "ticketstate": lambda t: str(t.state),
    "state": lambda t: str(t.state),
    "prioritylevel": lambda t: t.priority,
    "priority": lambda t: t.priority,
    "deadline": lambda t: t.deadline,
    "rating": lambda t: t.rating,
    "serviceruserid": lambda t: t.assignee.name if t.assignee else "",
    "assignee": lambda t: t.assignee.name if t.assignee else "",
    "servicer_mobile": lambda t: t.assignee.phone if t.assignee else "",
    "servicecentername": lambda t: t.team.name if t.team else "",
    "team": lambda t: t.team.name if t.team else "",
    "createuser": lambda t: t.contact.name if t.contact else "",
    "createusername": lambda t: t.contact.name if t.contact else "",
}
_CONTACT: dict[str, Callable[[Ticket], Any]] = {
    "name": lambda t: t.contact.name if t.contact else "",
    "level": lambda t: t.contact.level if t.contact else "",
    "email": lambda t: _address(t, "mail"),
    "mobile": lambda t: _address(t, "phone"),
    "note": lambda t: t.contact.note if t.contact else "",
}
_COMPANY: dict[str, Callable[[Ticket], Any]] = {
    "companyname": lambda t: t.company.name if t.company else "",
    "name": lambda t: t.company.name if t.company else "",
    "level": lambda t: t.company.level if t.company else "",
    "address": lambda t: t.company.address if t.company else "",
    "phone": lambda t: t.company.phone if t.company else "",
}
_GROUPS: Mapping[str, Mapping[str, Callable[[Ticket], Any]]] = {
    "ticket": _TICKET, "user": _CONTACT, "contact": _CONTACT, "customer": _CONTACT,
    "company": _COMPANY,
}  # fmt: skip


def filled(text: str, ticket: Ticket, zone: ZoneInfo) -> str:
    """The text with every placeholder replaced by its value."""
    return _PLACE.sub(lambda found: _shown(_value(found[1], ticket), zone), text)


def filled_json(text: str, ticket: Ticket, zone: ZoneInfo) -> Any:
    """A JSON template, read first and filled after: no value can break out of its quotes.

    Raises ValueError when the template is no JSON.
    """
    try:
        return _filled_in(orjson.loads(text), ticket, zone)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the message body is not JSON: {error}") from error


def _filled_in(value: Any, ticket: Ticket, zone: ZoneInfo) -> Any:
    if isinstance(value, str):
        return filled(value, ticket, zone)
    if isinstance(value, list):
        return [_filled_in(item, ticket, zone) for item in value]
    if isinstance(value, dict):
        return {key: _filled_in(item, ticket, zone) for key, item in value.items()}
    return value


def _value(name: str, ticket: Ticket) -> Any:
    group, _, field = name.partition(".")
    reader = _GROUPS.get(group.lower(), {}).get(field.lower())
    if reader is not None:
        return reader(ticket)
    return _own(field, ticket) if group.lower() == "ticket" else None


def _own(key: str, ticket: Ticket) -> Any:
    """A field that the desk defines, in the customer's language; else the answer of that name in the form."""
    session = object_session(ticket)
    locale = "en" if ticket.contact is not None and ticket.contact.locale == "en" else "zh"
    for field, words in words_of(session, ticket.id) if session is not None else ():
        if field.key == key:
            return words[locale]
    return ticket.form_data.get(key)


def _shown(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(_shown(item, zone) for item in value)
    return str(value)


def _address(ticket: Ticket, kind: str) -> str:
    if ticket.contact is None:
        return ""
    return next((a.value for a in ticket.contact.addresses if a.kind == kind), "")
