"""Personal data of a customer, erased on their request (GDPR article 17, PIPL article 47) without breaking a chain.

In the append-only tables their values are sealed, so destroying the keys is all it takes, in archives too. In the
records they are written over. What agents wrote stays: it is the company's own work.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from desk.audit.operations import record
from desk.audit.personal import ERASED, destroy
from desk.contacts.models import Contact
from desk.fields.models import FieldValue
from desk.storage import Storage
from desk.tickets.models import Attachment, Message, Ticket, TrailEntry
from desk.tickets.searching import forget
from engine.actors import Actor
from engine.database import after_commit
from engine.operators import Text

NAME: Final = Text("Erased customer %d", "已清除客户 %d")

# Further places that keep something of customers: called with the messages that are erased.
Eraser = Callable[[Session, Storage, list[Message]], None]
ERASERS: Final[list[Eraser]] = []


def also_erases(eraser: Eraser) -> Eraser:
    """Declare a place outside the desk's own records (a channel's raw input) that keeps a customer's words."""
    if eraser not in ERASERS:
        ERASERS.append(eraser)
    return eraser


@dataclass(frozen=True)
class Erased:
    """What was erased: tickets, messages, files, keys."""

    tickets: int
    messages: int
    files: int
    keys: int


class NoSuchContact(LookupError):
    """There is no customer with this number."""


def erase_contact(
    session: Session, storage: Storage, contact_id: int, *, actor: Actor, reason: str
) -> Erased:
    """Erase what is personal of a customer; cannot be taken back. Raises NoSuchContact.

    Side effects: keys of the customer and of their tickets' processes are destroyed; name, addresses and note of the
    customer, titles, forms and fields of their tickets, and words and files of their messages are gone, raw mail too,
    and exports and prints that may hold them; an entry in the log. Files leave the storage after the commit.
    """
    contact = session.get(Contact, contact_id, options=[selectinload(Contact.addresses)])
    if contact is None:
        raise NoSuchContact(contact_id)
    name = NAME.in_(contact.locale) % contact_id
    gone = ERASED.in_(contact.locale)
    tickets = session.scalars(select(Ticket).where(Ticket.contact_id == contact_id)).all()
    messages = _messages(session, contact_id, [ticket.id for ticket in tickets])
    contact.name, contact.note = name, ""
    contact.addresses.clear()
    for ticket in tickets:
        ticket.title, ticket.form_data, ticket.rating_comment = gone, {}, None
        ticket.created_by = _renamed(ticket.created_by, contact_id, name)
        _trail(session, ticket.id, contact_id, name)
    session.execute(delete(FieldValue).where(FieldValue.ticket_id.in_([t.id for t in tickets])))
    files = _forget(session, storage, messages, name, gone)
    for eraser in ERASERS:
        eraser(session, storage, messages)
    subjects = [f"contact:{contact_id}", *(f"instance:{t.instance_id}" for t in tickets)]
    keys = destroy(session, subjects)
    record(
        session, "contact_erased", actor=actor, subject=f"contact:{contact_id}", reason=reason,
        new={"tickets": len(tickets), "messages": len(messages), "files": files},
    )  # fmt: skip
    return Erased(len(tickets), len(messages), files, keys)


def _messages(session: Session, contact_id: int, tickets: list[int]) -> list[Message]:
    """What the customer wrote: in their tickets, or anywhere in their name."""
    wanted = (Message.contact_id == contact_id) | (
        Message.ticket_id.in_(tickets) & (Message.kind == "customer")
    )
    return list(
        session.scalars(select(Message).where(wanted).options(selectinload(Message.attachments)))
    )


def _forget(
    session: Session, storage: Storage, messages: Iterable[Message], name: str, gone: str
) -> int:
    keys: list[str] = []
    messages = list(messages)
    forget(session, [message.id for message in messages])
    for message in messages:
        message.author = {**message.author, "name": name}
        message.subject = message.text = gone
        message.quoted, message.html = "", None
        message.sender_mail = message.sender_phone = None
        message.form_data = message.cc = None
        keys += [file.storage_key for file in message.attachments]
        for file in list(message.attachments):
            session.delete(file)
    session.flush()
    kept = set(
        session.scalars(select(Attachment.storage_key).where(Attachment.storage_key.in_(keys)))
    )
    delete_after_commit(session, storage, [key for key in keys if key not in kept])
    return len(keys)


def delete_after_commit(session: Session, storage: Storage, keys: Iterable[str]) -> None:
    """Delete files once the transaction holds; a file that cannot be deleted is in the program's log."""
    for key in keys:
        after_commit(session, f"erase:{key}", lambda key=key: storage.delete(key))  # type: ignore[misc]


def _trail(session: Session, ticket_id: int, contact_id: int, name: str) -> None:
    for line in session.scalars(select(TrailEntry).where(TrailEntry.ticket_id == ticket_id)):
        line.actor = _renamed(line.actor, contact_id, name)
        if line.data.get("field") == "contact_id":
            line.data = {**line.data, "old": name, "new": name}
        elif (field := str(line.data.get("field"))) == "title" or field.startswith("fields."):
            line.data = {**line.data, "old": ERASED.en, "new": ERASED.en}


def _renamed(actor: dict[str, Any], contact_id: int, name: str) -> dict[str, Any]:
    """The actor under another name, where it is this customer or one that nobody knew yet."""
    mine = actor.get("kind") == "contact" and actor.get("id") in (contact_id, None)
    return {**actor, "name": name} if mine else actor
