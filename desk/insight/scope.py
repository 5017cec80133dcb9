"""Whose tickets are in a person's figures: those that the person may see (desk.tickets.scope)."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from desk.people.models import User
from desk.tickets.models import Ticket
from desk.tickets.scope import visible


def counted(session: Session, user: User) -> list[ColumnElement[bool]]:
    """The conditions on Ticket under which it counts for this person (needs `user.teams`).

    Tickets that were deleted or merged into another never count.
    """
    return [Ticket.deleted_at.is_(None), Ticket.merged_into_id.is_(None), visible(session, user)]
