"""Whose tickets a person sees: the one rule for lists, searches, files, prints, live events and single tickets."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import can, candidates_of
from desk.tickets.models import Ticket, TicketWatcher
from desk.tickets.tasks import excludes
from desk.tickets.types import hidden_types
from engine.tables import human_task, human_task_candidate


def visible(session: Session, user: User) -> ColumnElement[bool]:
    """The condition under which a Ticket is shown to this person (needs `user.teams`).

    With `process.all` every ticket; else those of the own teams, for who dispatches those that have no team yet, and
    what is offered to them or was opened by them: of types that are for them. Besides, whatever the type, what was
    given or copied to them. Deleted tickets are the question of the caller.
    """
    hidden = hidden_types(session, user)
    if can(user, "process.all") and not hidden:
        return true()  # who sees all is spared the questions
    of_type = Ticket.type.not_in(hidden)
    return or_(_given(user), and_(or_(_of_teams(user), _own(user)), of_type))


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


def _given(user: User) -> ColumnElement[bool]:
    held = select(human_task.c.instance_id).where(human_task.c.assignee == f"user:{user.id}")
    copied = select(TicketWatcher.ticket_id).where(TicketWatcher.user_id == user.id)
    return or_(Ticket.assignee_id == user.id, Ticket.instance_id.in_(held), Ticket.id.in_(copied))


def _own(user: User) -> ColumnElement[bool]:
    names = candidates_of(user)
    offered = (
        select(human_task.c.instance_id)
        .join(human_task_candidate, human_task_candidate.c.task_id == human_task.c.id)
        .where(
            human_task.c.status == "open",
            human_task.c.assignee.is_(None),
            human_task_candidate.c.candidate.in_(names),
            ~human_task_candidate.c.excluded,
            ~excludes(names),
        )
    )
    opened = and_(
        Ticket.created_by["kind"].as_string() == "user",
        Ticket.created_by["id"].as_integer() == user.id,
    )
    return or_(Ticket.instance_id.in_(offered), opened)
