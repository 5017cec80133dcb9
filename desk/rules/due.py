"""Which tickets an automation acts on now."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.rules.models import ActedOn
from desk.tickets.models import Ticket
from engine.runtime import Engine
from engine.starts import Asking, holds

MOST = 100  # tickets one round acts on; the next round takes the others
SLICE = 500  # tickets that are read at a time


def due_tickets(
    session: Session, engine: Engine, rule: str, condition: str, *, now: datetime
) -> list[int]:
    """Ids of tickets for which the condition (FEEL) holds and the rule has not acted since their last change of state.

    Oldest first, at most MOST. Side effect: they count as acted on. Raises FeelError for a condition that is no FEEL.
    """
    found: list[int] = []
    last = 0
    while len(found) < MOST:
        tickets = list(
            session.scalars(
                select(Ticket)
                .where(
                    Ticket.id > last,
                    Ticket.deleted_at.is_(None),
                    Ticket.merged_into_id.is_(None),  # its process rests
                )
                .order_by(Ticket.id)
                .limit(SLICE)
            )
        )
        if not tickets:
            break
        last = tickets[-1].id
        acted = _acted_on(session, rule, [ticket.id for ticket in tickets])
        for ticket in tickets:
            done = acted.get(ticket.id)
            if done is not None and (ticket.processed_at is None or done >= ticket.processed_at):
                continue
            if _holds(session, engine, condition, ticket.id):
                found.append(ticket.id)
            if len(found) == MOST:
                break
    if found:
        session.execute(delete(ActedOn).where(ActedOn.rule == rule, ActedOn.ticket_id.in_(found)))
        session.add_all(ActedOn(rule=rule, ticket_id=number, at=now) for number in found)
        session.flush()
    return found


def _acted_on(session: Session, rule: str, numbers: list[int]) -> dict[int, datetime]:
    rows = session.execute(
        select(ActedOn.ticket_id, ActedOn.at).where(
            ActedOn.rule == rule, ActedOn.ticket_id.in_(numbers)
        )
    )
    return {row.ticket_id: row.at for row in rows}


def _holds(session: Session, engine: Engine, condition: str, ticket_id: int) -> bool:
    payload: dict[str, Any] = {"ticket_id": ticket_id}
    return holds(
        condition, Asking(payload, engine.records, session, engine.here, engine.host(session))
    )
