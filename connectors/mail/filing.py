"""Putting a message straight onto its ticket, where no process has anything to decide about it.

That is so for what must not move a ticket: automatic mail, notes about deliveries, words nobody can vouch for. What
customers write goes through the diagram (`customer.wrote`).
"""

from sqlalchemy.orm import Session

from desk.application import Desk
from desk.tickets.models import Message, Ticket
from desk.tickets.records import handler
from engine.timestamps import utc_now


def file_message(desk: Desk, session: Session, message: Message, ticket_id: int) -> None:
    """File `message` on the ticket. Side effects: the ticket's time of the last message; its watchers and its
    handler are told.
    """
    ticket = session.get_one(Ticket, ticket_id)
    message.ticket_id = ticket_id
    ticket.last_message_at = utc_now()
    data = {"ticket_id": ticket_id, "state": str(ticket.state), "message_id": message.id}
    for topic in (f"ticket:{ticket_id}", handler(ticket)):
        if topic:
            desk.live.publish(session, topic, "message.added", data)
