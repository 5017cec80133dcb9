"""Whose processes a person sees: all of them, those of the own teams' tickets, or those of the own work."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, or_, select, union
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
    return or_(*(exists(own.where(column == instance_id)) for column, own in _own(user)))


def visible_ids(user: User) -> CompoundSelect[tuple[UUID]]:
    """The ids of all instances that are shown to somebody without `process.all`; the same as `visible` says."""
    return union(*(own for _column, own in _own(user)))


def _own(user: User) -> list[tuple[Any, Select[tuple[UUID]]]]:
    """The ids of a person's instances, by tickets and by tasks, each with the column they are in."""
    # Aliases: the question around may be asked of the same tables, and must not be taken for this one.
    ticket, task = aliased(Ticket), human_task.alias()
    mine: list[ColumnElement[bool]] = [ticket.assignee_id == user.id]
    if can(user, "ticket.dispatch"):
        mine += [ticket.team_id.in_([team.id for team in user.teams]), ticket.team_id.is_(None)]
    of_tickets = select(ticket.instance_id).where(ticket.deleted_at.is_(None), or_(*mine))
    of_tasks = select(task.c.instance_id).where(task.c.assignee == f"user:{user.id}")
    return [(ticket.instance_id, of_tickets), (task.c.instance_id, of_tasks)]
