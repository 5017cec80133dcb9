"""Whose tickets a person sees: the one rule for lists, searches, files, prints, live events and single tickets."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import can, candidates_of
from desk.tickets.models import Ticket, TicketWatcher
from desk.tickets.types import hidden_types
from engine.tables import human_task, human_task_candidate


def visible(session: Session, user: User) -> ColumnElement[bool]:
    """The condition under which a Ticket is shown to this person (needs `user.teams`).

    With `process.all` every ticket of a type that is for them; else those of the own teams, and for who dispatches
    those that have no team yet. Besides, whatever the type: what was given, copied or offered to them, and what they
    opened. Deleted tickets are the question of the caller.
    """
    return or_(_own(user), and_(_of_teams(user), Ticket.type.not_in(hidden_types(session, user))))


def may_see(session: Session, user: User, ticket: Ticket) -> bool:
    """Whether the ticket is shown to this person; deleted ones only to those who read the history."""
    if ticket.deleted_at is not None and not can(user, "history.read"):
        return False
    wanted = select(Ticket.id).where(Ticket.id == ticket.id, visible(session, user))
    return session.scalar(wanted) is not None


def _of_teams(user: User) -> ColumnElement[bool]:
    if can(user, "process.all"):
        return true()
    mine = Ticket.team_id.in_([team.id for team in user.teams])
    return or_(mine, Ticket.team_id.is_(None)) if can(user, "ticket.dispatch") else mine


def _own(user: User) -> ColumnElement[bool]:
    held = select(human_task.c.instance_id).where(human_task.c.assignee == f"user:{user.id}")
    offered = (
        select(human_task.c.instance_id)
        .join(human_task_candidate, human_task_candidate.c.task_id == human_task.c.id)
        .where(
            human_task.c.status == "open",
            human_task.c.assignee.is_(None),
            human_task_candidate.c.candidate.in_(candidates_of(user)),
        )
    )
    copied = select(TicketWatcher.ticket_id).where(TicketWatcher.user_id == user.id)
    opened = and_(
        Ticket.created_by["kind"].as_string() == "user",
        Ticket.created_by["id"].as_integer() == user.id,
    )
    return or_(
        Ticket.assignee_id == user.id,
        Ticket.instance_id.in_(held),
        Ticket.instance_id.in_(offered),
        Ticket.id.in_(copied),
        opened,
    )
