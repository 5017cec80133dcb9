"""What people do to a ticket outside its tasks: they tell its process, and the diagram decides what follows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.tickets.attachments import StoredFile
from desk.tickets.copies import Copy
from desk.tickets.delivery import being_sent
from desk.tickets.models import OVER, Message, Ticket, TicketType
from desk.tickets.operations import Channel, lock, receive_message
from desk.tickets.relations.refusal import STILL_SENDING, Refused
from desk.tickets.types import BASIC, REQUESTED, process_of
from engine.actors import Actor
from engine.runtime import Engine

TOLD_BY: dict[str, str] = {"reply": "agent.replied", "note": "agent.noted"}
CANCELLED = "ticket.cancelled"


class NobodyWaits(Exception):
    """The ticket's process does not take this message where it stands; nothing may be committed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no process waits for {name}")
        self.name = name


def say(
    session: Session,
    engine: Engine,
    ticket: Ticket,
    *,
    kind: Literal["reply", "note"],
    author: Actor,
    text: str,
    attachments: Sequence[StoredFile] = (),
    channel: Channel = "desk",
    cc: Sequence[Copy] = (),
) -> Message:
    """Reply to the customer, and to whoever else is in `cc`, or leave a note among ourselves.

    Side effects: a message, then whatever the diagram does with it (file it, mail it). Raises
    NobodyWaits; the caller's transaction must then be rolled back.
    """
    message = receive_message(
        session,
        kind=kind,
        channel=channel,
        author=author,
        subject=ticket.title,
        text=text,
        attachments=attachments,
        cc=cc,
    )
    _tell(session, engine, ticket, TOLD_BY[kind], {"message_id": message.id}, author)
    return message


def cancel(session: Session, engine: Engine, ticket: Ticket, *, reason: str, actor: Actor) -> None:
    """Ask the process to cancel the ticket, which ends all that it does.

    Of two at the same instant the first counts: a ticket that has ended stays so, and a step of one that was cancelled
    is gone. Raises Refused without a reason or while a reply is on its way, NobodyWaits for a ticket that is over or
    whose diagram takes no such message.
    """
    if not reason:
        raise Refused("Say why.", "请填写原因。", "reason")
    lock(session, ticket)
    if being_sent(session, ticket):
        raise Refused(*STILL_SENDING)
    if ticket.state in OVER:
        raise NobodyWaits(CANCELLED)
    _tell(session, engine, ticket, CANCELLED, {"remark": reason}, actor)


def request_ticket(
    session: Session,
    engine: Engine,
    *,
    actor: Actor,
    title: str,
    text: str,
    contact_id: int | None = None,
    priority: str = "normal",
    deadline: datetime | None = None,
    attachments: Sequence[StoredFile] = (),
    channel: Channel = "desk",
    kind: TicketType | None = None,
    form_data: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Ticket:
    """Write down what a customer asks for and start the process of its type.

    Without `kind`, or with the basic one, that is whatever `ticket.requested` starts. `form_data` is
    the type's form as filled, `more` goes to the process with the request. Side effects: a message,
    a process, and by its diagram a ticket. Raises NobodyWaits when no such diagram is deployed, or
    it made no ticket.
    """
    message = receive_message(
        session,
        kind="customer",
        channel=channel,
        author=actor,
        subject=title,
        text=text,
        contact_id=contact_id,
        form_key=kind.form_key if kind and form_data is not None else None,
        form_data=form_data,
        attachments=attachments,
    )
    return open_ticket(
        session,
        engine,
        message,
        actor=actor,
        title=title,
        contact_id=contact_id,
        priority=priority,
        deadline=deadline,
        kind=kind,
        more=more,
    )


def open_ticket(
    session: Session,
    engine: Engine,
    message: Message,
    *,
    actor: Actor,
    title: str,
    contact_id: int | None = None,
    priority: str = "normal",
    deadline: datetime | None = None,
    kind: TicketType | None = None,
    more: Mapping[str, Any] | None = None,
) -> Ticket:
    """Start the process of a type with a message that was received: see `request_ticket`."""
    payload = {
        "message_id": message.id,
        "title": title,
        "priority": priority,
        "contact_id": contact_id,
        "deadline": deadline,
        **(more or {}),
    }
    started = _start(session, engine, kind, payload, actor)
    ticket = session.scalars(
        select(Ticket).where(Ticket.instance_id.in_(started)).order_by(Ticket.id)
    ).first()
    if ticket is None:
        raise NobodyWaits(REQUESTED)
    return ticket


def _start(
    session: Session,
    engine: Engine,
    kind: TicketType | None,
    payload: Mapping[str, Any],
    actor: Actor,
) -> tuple[UUID, ...]:
    """The processes that the request has started."""
    if kind is None or kind.key == BASIC:
        return engine.message(session, REQUESTED, payload, actor=actor).started
    found = process_of(session, engine, kind)
    if found is None:
        raise NobodyWaits(kind.process_key)
    version, start = found
    data = {**payload, "type": kind.key}
    return (engine.begin(session, version, data, actor=actor, start=start),)


def _tell(
    session: Session,
    engine: Engine,
    ticket: Ticket,
    name: str,
    payload: Mapping[str, Any],
    actor: Actor,
) -> None:
    if ticket.merged_into_id is not None:
        raise NobodyWaits(name)  # its process rests; the ticket that it is part of takes the word
    delivery = engine.message(
        session, name, payload, actor=actor, correlation=f"ticket:{ticket.id}"
    )
    if not delivery.instances:
        raise NobodyWaits(name)
