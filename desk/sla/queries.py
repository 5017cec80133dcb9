"""What pages and programs ask of the clocks: what is left is computed from stored moments, nothing is polled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from desk.sla.models import ClockKind, SlaClock
from desk.sla.operations import clocks_of
from desk.sla.words import CLOCKS
from desk.tickets.models import Ticket
from engine.operators import Text


@dataclass(frozen=True)
class ClockView:
    """A clock as pages show it. `state`: running, held, met, late (missed and not met), missed (met late), dropped,
    none (nothing promised). `left` is the working time left while it is held."""

    kind: str
    name: Text
    state: str
    policy: str
    calendar: str
    target: timedelta | None
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    left: timedelta | None

    @property
    def is_held(self) -> bool:
        """Whether it is owed and does not count now; one that was missed can be held, too."""
        return self.state in ("held", "late") and self.paused_at is not None


def view_of(clock: SlaClock, now: datetime) -> ClockView:
    """The clock at a moment; a target that has passed is late even before its timer has said so."""
    target = None if clock.target_seconds is None else timedelta(seconds=clock.target_seconds)
    left = None
    if clock.paused_at is not None and target is not None:
        left = target - timedelta(seconds=clock.worked_seconds)
    return ClockView(
        clock.kind,
        CLOCKS[ClockKind(clock.kind)],
        _state(clock, now),
        clock.policy,
        clock.calendar,
        target,
        clock.due_at,
        clock.met_at,
        clock.breached_at,
        clock.paused_at,
        left,
    )


def _state(clock: SlaClock, now: datetime) -> str:
    if clock.dropped_at is not None:
        return "dropped"
    if clock.target_seconds is None:
        return "none"
    if clock.met_at is not None:
        return "missed" if clock.missed else "met"
    if clock.missed or (clock.due_at is not None and clock.due_at < now):
        return "late"
    return "running" if clock.running_since is not None else "held"


def views(session: Session, ticket_id: int, now: datetime) -> list[ClockView]:
    """The clocks of one ticket, first response first; those without a promise are left out."""
    shown = [view_of(clock, now) for clock in clocks_of(session, ticket_id)]
    return [view for view in shown if view.state != "none"]


def next_of(session: Session, ticket_ids: Iterable[int], now: datetime) -> Mapping[int, ClockView]:
    """For each ticket what a list shows: the open clock due first, else one that is held. One question for all."""
    found: dict[int, SlaClock] = {}
    open_clocks = session.scalars(
        select(SlaClock).where(
            SlaClock.ticket_id.in_(list(ticket_ids)),
            SlaClock.met_at.is_(None),
            SlaClock.dropped_at.is_(None),
            SlaClock.target_seconds.is_not(None),
        )
    )
    for clock in open_clocks:
        before = found.get(clock.ticket_id)
        if before is None or _sooner(clock, before):
            found[clock.ticket_id] = clock
    return {number: view_of(clock, now) for number, clock in found.items()}


def _sooner(one: SlaClock, other: SlaClock) -> bool:
    return other.due_at is None or (one.due_at is not None and one.due_at < other.due_at)


def late(now: datetime) -> ColumnElement[bool]:
    """The condition on Ticket: a promise is open and its moment has passed."""
    return exists().where(
        SlaClock.ticket_id == Ticket.id,
        SlaClock.met_at.is_(None),
        SlaClock.dropped_at.is_(None),
        SlaClock.due_at < now,
    )


def as_json(view: ClockView) -> dict[str, Any]:
    """For programs: moments as they are, lengths in seconds."""
    return {
        "clock": view.kind,
        "state": view.state,
        "policy": view.policy,
        "calendar": view.calendar,
        "target_seconds": None if view.target is None else int(view.target.total_seconds()),
        "due_at": view.due_at,
        "met_at": view.met_at,
        "missed_at": view.breached_at,
        "paused_at": view.paused_at,
        "left_seconds": None if view.left is None else int(view.left.total_seconds()),
    }
