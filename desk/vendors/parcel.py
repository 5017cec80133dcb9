"""What of a ticket goes over to another desk: title and description always, the rest as was chosen."""

import base64
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from desk.storage import FileMissing, Storage
from desk.tickets.answers import labelled_answers
from desk.tickets.models import Attachment, Message, Ticket
from desk.vendors.models import Transfer

MOST_BYTES = 10 * 1024 * 1024  # of files in one call; what is larger stays and is named
MOST_FILES = 20
MOST_MESSAGES = 200
PUBLIC = ("customer", "reply")


def parcel(session: Session, desk: Any, transfer: Transfer, ticket: Ticket) -> dict[str, Any]:
    """The ticket as the other desk's API takes it: see desk.vendors.schemas.ParcelSchema."""
    messages = _messages(session, ticket)
    files = [file for message in messages for file in message.attachments]
    sent, left = packed(desk.storage, files if transfer.with_files else ())
    answers = labelled_answers(session, desk.engine, ticket, locale=desk.settings.locale)
    return {
        "uid": str(transfer.uid),
        "chain": transfer.chain,
        "number": ticket.number,
        "type": ticket.type,
        "title": ticket.title,
        "text": _description(ticket, messages),
        "priority": ticket.priority,
        "note": transfer.note,
        "customer": _customer(ticket) if transfer.with_customer else None,
        "fields": dict(answers[key] for key in transfer.fields if key in answers),
        "talk": [_line(m) for m in messages] if transfer.with_talk else [],
        "attachments": sent,
        "left": left,
    }


def packed(storage: Storage, files: Iterable[Attachment]) -> tuple[list[dict[str, str]], list[str]]:
    """The files in Base64, and the names of those that are too large or too many, or gone."""
    sent: list[dict[str, str]] = []
    left: list[str] = []
    room = MOST_BYTES
    for file in files:
        if file.size > room or len(sent) == MOST_FILES:
            left.append(file.filename)
            continue
        try:
            content = storage.get(file.storage_key)
        except FileMissing:
            left.append(file.filename)
            continue
        room -= len(content)
        sent.append({"filename": file.filename, "content": base64.b64encode(content).decode()})
    return sent, left


def _messages(session: Session, ticket: Ticket) -> list[Message]:
    wanted = (
        select(Message)
        .where(Message.ticket_id == ticket.id, Message.kind.in_(PUBLIC))
        .options(selectinload(Message.attachments))
        .order_by(Message.id)
        .limit(MOST_MESSAGES)
    )
    return list(session.scalars(wanted))


def _description(ticket: Ticket, messages: list[Message]) -> str:
    given = ticket.form_data.get("description")
    return str(given or (messages[0].text if messages else "") or ticket.title)


def _line(message: Message) -> dict[str, str]:
    return {
        "who": str(message.author.get("name") or ""),
        "at": message.created_at.isoformat(),
        "text": message.text,
    }


def _customer(ticket: Ticket) -> dict[str, str]:
    contact = ticket.contact
    if contact is None:
        return {}
    known = {a.kind: a.value for a in reversed(contact.addresses)}
    given = {
        "name": contact.name,
        "phone": known.get("phone"),
        "mail": known.get("mail"),
        "company": contact.company.name if contact.company else None,
    }
    return {key: value for key, value in given.items() if value}
