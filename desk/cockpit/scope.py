"""Whose processes a person sees: all of them, those of the own teams' tickets, or those of the own work."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from desk.people.models import User
from desk.people.permissions import can
from desk.tickets.models import Ticket
from engine.tables import human_task, process_instance


def visible(user: User, instance_id: Any = process_instance.c.id) -> ColumnElement[bool] | None:
    """The condition under which the instance is shown to this person (needs `user.teams`); None: all are.

    With `process.all` everything; who may dispatch sees the tickets of the own teams and those that have no team yet;
    anybody else what is or was assigned to them.
    """
    if can(user, "process.all"):
        return None
    # Aliases: the question around may be asked of the same tables, and must not be taken for this one.
    ticket, task = aliased(Ticket), human_task.alias()
    mine: list[ColumnElement[bool]] = [ticket.assignee_id == user.id]
    if can(user, "ticket.dispatch"):
        mine += [ticket.team_id.in_([team.id for team in user.teams]), ticket.team_id.is_(None)]
    return or_(
        exists(
            select(ticket.id).where(
                ticket.instance_id == instance_id, ticket.deleted_at.is_(None), or_(*mine)
            )
        ),
        exists(
            select(task.c.id).where(
                task.c.instance_id == instance_id, task.c.assignee == f"user:{user.id}"
            )
        ),
    )
