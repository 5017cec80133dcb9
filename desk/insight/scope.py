"""Whose tickets are in a person's figures: those that the person may see (desk.tickets.scope)."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.people.permissions import can
from desk.tickets import scope
from desk.tickets.models import Ticket
from desk.tickets.types import hidden_types


def counted(session: Session, user: User) -> list[ColumnElement[bool]]:
    """The conditions on Ticket under which it counts for this person (needs `user.teams`).

    Tickets that were deleted or merged into another never count.
    """
    found: list[ColumnElement[bool]] = [
        Ticket.deleted_at.is_(None),
        Ticket.merged_into_id.is_(None),
    ]
    # Who sees all is spared the question, which is asked for every fact.
    if can(user, "process.all") and not hidden_types(session, user):
        return found
    return [*found, scope.visible(session, user)]
