"""What is asked about dashboards: those that a person may see, and one with its answers."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from desk.insight.measures import Setting
from desk.insight.models import Dashboard, DashboardShare
from desk.insight.operations import tiles_of
from desk.insight.periods import LastDays, Period
from desk.insight.tiles import Tile
from desk.insight.views import Link, Looks, View, outline, view
from desk.insight.words import period_words
from desk.people.models import User
from desk.people.permissions import can, candidates_of


def boards(session: Session, user: User) -> Sequence[Dashboard]:
    """The dashboards that this person may see (needs `user.teams`): the shipped first, then the own."""
    found = session.scalars(
        select(Dashboard)
        .where(_shown_to(user))
        .options(joinedload(Dashboard.owner), selectinload(Dashboard.shares))
    ).all()
    return sorted(
        found, key=lambda one: (one.owner_id is not None, one.owner_id != user.id, one.id)
    )


def board(session: Session, user: User, number: int) -> Dashboard | None:
    """One dashboard that this person may see."""
    return session.scalars(
        select(Dashboard)
        .where(Dashboard.id == number, _shown_to(user))
        .options(joinedload(Dashboard.owner), selectinload(Dashboard.shares))
    ).one_or_none()


def may_change(user: User, found: Dashboard) -> bool:
    """The owner; an administrator any."""
    own = found.owner_id is not None and found.owner_id == user.id
    return can(user, "report.edit") and (own or can(user, "settings.edit"))


def outlined(found: Dashboard, *, locale: str, period: Period | None = None) -> list[View]:
    """All tiles as they stand before their answers are there."""
    shown = period or LastDays(found.days)
    return [
        outline(tile.question(shown), _looks(tile, locale), locale=locale)
        for tile in tiles_of(found)
    ]


def answered(
    setting: Setting,
    user: User,
    found: Dashboard,
    zone: ZoneInfo,
    *,
    locale: str,
    link: Link,
    period: Period | None = None,
    position: int | None = None,
) -> list[View]:
    """All tiles with their answers, of another period than the dashboard's where one is given.

    With a `position` only the tile there, none where there is none any more.
    """
    shown = period or LastDays(found.days)
    tiles = tiles_of(found) if position is None else tiles_of(found)[position : position + 1]
    return [
        view(
            setting, user, tile.question(shown), zone, locale=locale, link=link,
            looks=_looks(tile, locale),
        )
        for tile in tiles
    ]  # fmt: skip


def _looks(tile: Tile, locale: str) -> Looks:
    language = "zh" if locale.startswith("zh") else "en"
    period = period_words(tile.period).in_(locale) if tile.period else ""
    return Looks(tile.chart, tile.size, tile.title.get(language, ""), period)


def _shown_to(user: User) -> ColumnElement[bool]:
    if can(user, "settings.edit"):
        return Dashboard.id.is_not(None)
    shared = select(DashboardShare.dashboard_id).where(
        DashboardShare.candidate.in_(candidates_of(user))
    )
    return or_(Dashboard.owner_id == user.id, Dashboard.id.in_(shared))
