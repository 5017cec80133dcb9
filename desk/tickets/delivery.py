"""How far a reply has come: what is noted at the message, and the work that is still to deliver it.

A reply is `queued` while a job that names it waits or runs, `failed` when that job ended in an incident; what was
handed over is noted at the message itself (`sent`, `bounced`), and so is what cannot go out (`unsent`). Whoever
delivers names the message in the parameter `message_id`; which channel it is makes no difference here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from desk.tickets.models import Message, Ticket
from engine.tables import incident, job

SETTLED = ("sent", "bounced", "unsent")
_WAITING = ("waiting", "running", "held")


@dataclass(frozen=True)
class Delivery:
    """`state`: queued | sent | failed | bounced | unsent, None where nothing is to be delivered.

    `reason` says what went wrong at the last try; `incident_id` is there while somebody may have it tried again.
    """

    state: str | None
    reason: str = ""
    incident_id: UUID | None = None


def deliveries(
    session: Session, ticket_id: int, messages: Sequence[Message]
) -> dict[int, Delivery]:
    """By message id, for these messages of one ticket. One further query, and only where a reply is not settled."""
    found = {message.id: Delivery(message.delivery) for message in messages}
    open_ids = {m.id for m in messages if m.kind == "reply" and m.delivery not in SETTLED}
    if not open_ids:
        return found
    rows = session.execute(
        select(job.c.parameters, job.c.status, job.c.error, incident.c.id.label("incident_id"))
        .join(Ticket, Ticket.instance_id == job.c.instance_id)
        .outerjoin(incident, (incident.c.job_id == job.c.id) & incident.c.resolved_at.is_(None))
        .where(Ticket.id == ticket_id, job.c.status.in_((*_WAITING, "failed")))
        .order_by(job.c.created_at)
    )
    for row in rows:
        message_id = row.parameters.get("message_id")
        if message_id in open_ids:
            state = "queued" if row.status in _WAITING else "failed"
            found[message_id] = Delivery(state, row.error or "", row.incident_id)
    return found


def being_sent(session: Session, ticket: Ticket) -> bool:
    """Whether words of this ticket are on their way: what ends or rests its process now would keep them back."""
    going_out = select(job.c.parameters).where(
        job.c.instance_id == ticket.instance_id, job.c.status.in_(("waiting", "running"))
    )
    return any(given.get("message_id") is not None for given in session.scalars(going_out))


def with_deliveries(
    session: Session, ticket_id: int, messages: Sequence[Message]
) -> Sequence[Message]:
    """The messages, each saying how far it has come; nothing of it is written."""
    found = deliveries(session, ticket_id, messages)
    for message in messages:
        set_committed_value(message, "delivery", found[message.id].state)
    return messages
