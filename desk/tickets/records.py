"""Tickets and customers as expressions read them: `ticket.priority`, `ticket.contact.level`.

A record is loaded when an expression names it; its neighbours only when they are asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from desk.contacts.models import Company, Contact
from desk.fields.values import feel_values
from desk.people.models import Team, User
from desk.tickets.models import OVER, Message, Ticket, TicketType

Loader = Callable[[Session, Mapping[str, Any]], Mapping[str, Any] | None]


class RecordView(Mapping[str, Any]):
    """A row seen by name; a field whose reader opens another row does so only when asked."""

    def __init__(self, row: Any, fields: Mapping[str, Callable[[Any], Any]]) -> None:
        self._row = row
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name](self._row)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def load_ticket(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The ticket that the process works on (`ticket_id` in its data); None before there is one."""
    number = data.get("ticket_id")
    ticket = session.get(Ticket, int(number)) if number is not None else None
    # What its own fields hold is read once, however many conditions ask for it.
    return RecordView(ticket, {**TICKET_FIELDS, "fields": cache(_fields)}) if ticket else None


def load_contact(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The customer: `contact_id` in the process data, else the ticket's contact."""
    number = data.get("contact_id")
    if number is not None:
        return _view(session.get(Contact, int(number)), CONTACT_FIELDS)
    ticket = load_ticket(session, data)
    return ticket["contact"] if ticket else None


def load_message(session: Session, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The message that the process was told of last (`message_id` in its data)."""
    number = data.get("message_id")
    return _view(session.get(Message, int(number)) if number is not None else None, MESSAGE_FIELDS)


def _view(row: Any, fields: Mapping[str, Callable[[Any], Any]]) -> Mapping[str, Any] | None:
    return RecordView(row, fields) if row is not None else None


def _plain(*names: str) -> dict[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names}


def handler(ticket: Ticket) -> str | None:
    """Who has the ticket, as a candidate of a human task: `user:7`, else `team:3`, else None."""
    if ticket.assignee_id is not None:
        return f"user:{ticket.assignee_id}"
    return f"team:{ticket.team_id}" if ticket.team_id is not None else None


def opener(ticket: Ticket) -> str | None:
    """The person of the desk who opened it (`user:7`); None for a customer or a program."""
    made = ticket.created_by
    return f"user:{made['id']}" if made.get("kind") == "user" else None


def _mail(contact: Contact) -> str | None:
    return next((a.value for a in contact.addresses if a.kind == "mail"), None)


def _phone(contact: Contact) -> str | None:
    return next((a.value for a in contact.addresses if a.kind == "phone"), None)


def _open_children(ticket: Ticket) -> int:
    """Parts that were split off and are not over."""
    session = object_session(ticket)
    if session is None:
        return 0
    left = select(func.count()).where(
        Ticket.parent_id == ticket.id,
        Ticket.deleted_at.is_(None),
        Ticket.merged_into_id.is_(None),
        Ticket.state.not_in(OVER),
    )
    return session.scalar(left) or 0


def _fields(ticket: Ticket) -> Mapping[str, Any]:
    """What it has in the fields that the desk defines, by their keys."""
    session = object_session(ticket)
    return feel_values(session, ticket.id) if session is not None else {}


def _survey(ticket: Ticket) -> bool:
    """Whether its type asks customers afterwards."""
    session = object_session(ticket)
    if session is None:
        return False
    asked = select(TicketType.survey).where(TicketType.key == ticket.type)
    return bool(session.scalar(asked))


COMPANY_FIELDS: dict[str, Callable[[Company], Any]] = _plain("id", "name", "domain", "level")
TEAM_FIELDS: dict[str, Callable[[Team], Any]] = _plain("id", "name", "automatic", "lead_id")
USER_FIELDS: dict[str, Callable[[User], Any]] = _plain("id", "name", "email", "state")
CONTACT_FIELDS: dict[str, Callable[[Contact], Any]] = {
    **_plain("id", "name", "level", "locale", "owner_id", "company_id"),
    "mail": _mail,
    "phone": _phone,
    "company": lambda contact: _view(contact.company, COMPANY_FIELDS),
}
MESSAGE_FIELDS: dict[str, Callable[[Message], Any]] = {
    **_plain("id", "kind", "channel", "subject", "text", "automatic", "sender_mail", "created_at"),
    "form": lambda message: message.form_data,
}
TICKET_FIELDS: dict[str, Callable[[Ticket], Any]] = {
    **_plain(
        "id", "number", "type", "title", "state", "status", "priority", "channel", "deadline", "created_at",
        "processed_at", "first_response_at", "ended_at", "last_message_at", "rating",
        "rating_comment", "contact_id", "company_id", "team_id", "assignee_id", "parent_id", "overdue_at",
    ),
    "form": lambda ticket: ticket.form_data,
    "handler": handler,
    "opened_by": opener,
    "open_children": _open_children,
    "survey": _survey,
    "contact": lambda ticket: _view(ticket.contact, CONTACT_FIELDS),
    "company": lambda ticket: _view(ticket.company, COMPANY_FIELDS),
    "team": lambda ticket: _view(ticket.team, TEAM_FIELDS),
    "assignee": lambda ticket: _view(ticket.assignee, USER_FIELDS),
}  # fmt: skip

# What the composition root registers with the engine.
RECORDS: dict[str, Loader] = {
    "ticket": load_ticket,
    "contact": load_contact,
    "message": load_message,
}
