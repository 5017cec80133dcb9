"""The views that a person sees, with how many tickets each is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload

from desk.people.models import User
from desk.people.permissions import can, candidates_of
from desk.tickets.queries import count_capped
from desk.tickets.scope import visible
from desk.tickets.views.conditions import Asking, Reader
from desk.tickets.views.models import Standing, TicketView, TicketViewShare
from desk.tickets.views.operations import EVERYBODY, SHARE
from desk.tickets.views.shipped import CATEGORIES
from desk.web.localisation import words
from engine.timestamps import utc_now


@dataclass(frozen=True)
class Counted:
    """A view and how many tickets of it the reader sees, at most MOST_COUNTED."""

    view: TicketView
    count: int


def _shown_to(user: User) -> ColumnElement[bool]:
    names = (EVERYBODY, *candidates_of(user))
    shared = select(TicketViewShare.view_id).where(TicketViewShare.candidate.in_(names))
    return or_(TicketView.owner_id == user.id, TicketView.id.in_(shared))


def views_of(session: Session, user: User) -> list[TicketView]:
    """The open views that this person sees (needs `user.teams`), by category, in their order."""
    wanted = select(TicketView).where(_shown_to(user), TicketView.standing == Standing.OPEN)
    return sorted(session.scalars(wanted), key=_place)


def view_of(session: Session, user: User, number: int) -> TicketView | None:
    """An open view that this person sees."""
    return session.scalars(
        select(TicketView).where(
            TicketView.id == number, TicketView.standing == Standing.OPEN, _shown_to(user)
        )
    ).one_or_none()


def asked_by(session: Session, user: User, view: TicketView, zone: ZoneInfo) -> ColumnElement[bool]:
    """What a view asks for this person (needs `user.teams`)."""
    return Asking(session, Reader.of(user, zone, utc_now())).where(view)


def all_views(session: Session, user: User) -> list[TicketView]:
    """Those that a person sees or has made, closed and deleted ones too; for who shares views all that are shared."""
    shared = TicketView.id.in_(select(TicketViewShare.view_id))
    wanted = or_(_shown_to(user), shared) if can(user, SHARE) else _shown_to(user)
    found = session.scalars(
        select(TicketView).where(wanted).options(selectinload(TicketView.shares), selectinload(TicketView.owner))
    )
    return sorted(found, key=_place)


def counted(session: Session, user: User, views: Sequence[TicketView], zone: ZoneInfo) -> list[Counted]:
    """Each with its count, all of them asked in one statement."""
    asking = Asking(session, Reader.of(user, zone, utc_now()))
    counts = count_capped(session, visible(session, user), [asking.where(view) for view in views])
    return [Counted(view, count) for view, count in zip(views, counts, strict=True)]


def categories(found: Sequence[Counted]) -> list[tuple[str, list[Counted]]]:
    """Views below the words of their categories; those without one last, below none."""
    return [
        (category_words(key), list(rows)) for key, rows in groupby(found, lambda one: one.view.category)
    ]


def category_words(key: str) -> str:
    """A category in the reader's language, where it has come with the desk."""
    return words(CATEGORIES[key]) if key in CATEGORIES else key


def _place(view: TicketView) -> tuple[bool, int, str, int, int]:
    known = list(CATEGORIES)
    rank = known.index(view.category) if view.category in known else len(known)
    return (not view.category, rank, view.category, view.position, view.id or 0)
