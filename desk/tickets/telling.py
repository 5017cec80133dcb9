"""What operators tell of a ticket once the step is committed: to pages that show it, to diagrams that listen."""

from typing import Any

from desk.events import emit
from desk.tickets.models import Ticket
from desk.tickets.records import handler
from engine.operators import Step


def publish(step: Step, topic: str, kind: str, ticket: Ticket, /, **data: Any) -> None:
    """Tell the pages that watch `topic`."""
    step.services.live.publish(
        step.session, topic, kind, {"ticket_id": ticket.id, "state": str(ticket.state), **data}
    )


def publish_change(step: Step, ticket: Ticket) -> None:
    """Tell the ticket's page and the lists."""
    publish(step, f"ticket:{ticket.id}", "ticket.changed", ticket)
    publish(step, "tickets", "ticket.changed", ticket)


def emit_of(step: Step, name: str, ticket: Ticket, /, **payload: Any) -> None:
    """Tell the diagrams that listen to an event of the desk (desk.events)."""
    emit(step.session, step.services.engine, name, payload, actor=step.actor, ticket_id=ticket.id)


def emit_change(step: Step, ticket: Ticket, field: str, old: Any, new: Any) -> None:
    """The event ticket.changed, where the field has another value now."""
    if old != new:
        emit_of(step, "ticket.changed", ticket, fields=[field], old={field: old}, new={field: new})


def emit_handler(step: Step, ticket: Ticket, before: str | None) -> None:
    """The event ticket.assigned, where the handler is another one than `before`."""
    after = handler(ticket)
    if before != after:
        emit_of(step, "ticket.assigned", ticket, old=before, new=after)
        emit_change(step, ticket, "handler", before, after)
