"""Whose tickets are in a person's figures: all of them, those of the own teams, or those of the own work."""

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import can
from desk.tickets.models import Ticket
from desk.tickets.types import hidden_types


def visible(session: Session, user: User) -> list[ColumnElement[bool]]:
    """The conditions on Ticket under which it counts for this person (needs `user.teams`).

    As desk.cockpit.scope: with `process.all` everything; who may dispatch has the tickets of the own teams and those
    that have no team yet; anybody else those that are assigned to them. Types that the person may not see never count,
    nor do tickets that were deleted or merged into another.
    """
    found: list[ColumnElement[bool]] = [
        Ticket.deleted_at.is_(None),
        Ticket.merged_into_id.is_(None),
    ]
    if hidden := hidden_types(session, user):
        found.append(Ticket.type.not_in(hidden))
    if can(user, "process.all"):
        return found
    mine: list[ColumnElement[bool]] = [Ticket.assignee_id == user.id]
    if can(user, "ticket.dispatch"):
        mine += [Ticket.team_id.in_([team.id for team in user.teams]), Ticket.team_id.is_(None)]
    return [*found, or_(*mine)]
