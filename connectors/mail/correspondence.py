"""What must be known of a ticket before a mail of it is sent: whom it answers, where to, under which ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.mail.loops import rate_begins
from connectors.mail.statements import CORRESPONDENCE
from desk.contacts.addresses import InvalidAddress, normal_mail
from desk.tickets.copies import Copy
from desk.tickets.models import Attachment, Message
from engine.operators import PermanentFailure
from engine.statements import run


@dataclass(frozen=True)
class Answered:
    """The mail that ours follows: the customer's newest, else the newest of ours.

    `from_customer`: by the ticket's own contact. `mail_message_id` is None where the mail names none.
    """

    mail_message_id: str | None
    thread: UUID | None
    from_customer: bool
    sender: str
    reply_to: str | None
    references: Sequence[str]
    is_automatic: bool
    loop_hops: int


@dataclass(frozen=True)
class FileToSend:
    """An attachment, its bytes still in the storage."""

    filename: str
    content_type: str
    storage_key: str


@dataclass(frozen=True)
class Spoken:
    """A message of the desk that is to go out as a mail."""

    text: str
    html: str | None
    author: str
    files: tuple[FileToSend, ...]
    cc: tuple[Copy, ...] = ()  # who gets it beside the customer


@dataclass(frozen=True)
class Correspondence:
    """The ticket as a correspondence.

    `addresses` are the customer's, normalised, the oldest first; `answers` says how many automatic answers each of
    them caused in the running hour. `earlier_*` is the message that an earlier try to send the same mail left.
    """

    number: str
    title: str
    contact_name: str
    locale: str
    addresses: tuple[str, ...]
    answers: Mapping[str, int]
    answered: Answered | None
    earlier_id: int | None
    earlier_delivery: str | None
    is_part: bool = False  # split off another ticket, which speaks with the customer


def read_correspondence(session: Session, ticket_id: int, own_id: str) -> Correspondence:
    """What is known of the ticket before the mail with the Message-ID `own_id` (no brackets) is sent.

    Raises PermanentFailure when there is no such ticket.
    """
    parameters = {"wanted": ticket_id, "own_id": own_id, "since": rate_begins()}
    rows = run(session, CORRESPONDENCE, parameters)
    if not rows:
        raise PermanentFailure(f"there is no ticket with id {ticket_id}")
    row = rows[0]
    addresses = tuple(dict.fromkeys(r.address for r in rows if r.address is not None))
    return Correspondence(
        number=row.number,
        title=row.title,
        contact_name=row.contact_name or "",
        locale=row.locale or "",
        addresses=addresses,
        answers={r.address: r.answers for r in rows if r.answers is not None},
        answered=_answered(row, addresses) if row.author is not None else None,
        earlier_id=row.earlier_id,
        earlier_delivery=row.earlier_delivery,
        is_part=row.parent_id is not None,
    )


def read_spoken(session: Session, ticket_id: int, message_id: int) -> Spoken:
    """The message that is to be mailed. Raises PermanentFailure when it is not one of this ticket."""
    message = session.get(Message, message_id)
    if message is None or message.ticket_id != ticket_id:
        raise PermanentFailure(f"message {message_id} is not one of ticket {ticket_id}")
    files = session.execute(
        select(Attachment.filename, Attachment.content_type, Attachment.storage_key)
        .where(Attachment.message_id == message_id)
        .order_by(Attachment.id)
    )
    return Spoken(
        text=message.text,
        html=message.html or None,
        author=str(message.author["name"]),
        files=tuple(FileToSend(*file) for file in files),
        cc=tuple(message.cc or ()),
    )


def normal_or_none(address: str) -> str | None:
    """The address as contacts are matched by it; None for what is no address."""
    try:
        return normal_mail(address)
    except InvalidAddress:
        return None


def _answered(row: Any, addresses: Sequence[str]) -> Answered:
    came_in = row.sender is not None
    return Answered(
        mail_message_id=row.whole_id or row.mail_message_id,
        thread=row.thread,
        from_customer=came_in and _is_by(row.author, row.contact_id, row.sender, addresses),
        sender=row.sender or "",
        reply_to=row.reply_to,
        references=row.ancestors or (),
        is_automatic=came_in and (row.automatic or row.automatic_reason is not None),
        loop_hops=row.loop_hops or 0,
    )


def _is_by(
    author: Mapping[str, object], contact_id: int | None, sender: str, addresses: Sequence[str]
) -> bool:
    by_record = (
        author["kind"] == "contact" and contact_id is not None and author["id"] == contact_id
    )
    return by_record or normal_or_none(sender) in addresses
