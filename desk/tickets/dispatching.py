"""Dispatching a ticket to somebody who was chosen beforehand: by allocation, or when a ticket is split."""

from typing import Any

from sqlalchemy.orm import Session

from desk.tickets.models import Ticket
from engine.actors import Actor

DISPATCH = "dispatch"  # the outcome with which a diagram takes team and person


def dispatch_now(
    session: Session,
    desk: Any,
    ticket: Ticket,
    *,
    team_id: int | None = None,
    person_id: int | None = None,
    actor: Actor,
) -> bool:
    """Do the ticket's open step that dispatches, as the actor; False where its diagram has none now.

    Side effects: what the diagram does then. Raises what its operators raise.
    """
    for task_id in desk.engine.open_tasks(session, ticket.instance_id):
        task = desk.engine.task(session, task_id)
        if any(outcome.id == DISPATCH for outcome in task.outcomes):
            values = {
                "team": team_id,
                "person": person_id,
                "dispatch_priority": None,
                "dispatch_deadline": None,
                "dispatch_remark": None,
            }
            desk.engine.complete(session, task_id, values, outcome=DISPATCH, actor=actor)
            return True
    return False
