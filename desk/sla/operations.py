"""What happens to the clocks of a ticket. Diagrams call it through desk.sla.operators; every function takes the
caller's write session, locks the ticket's clocks, and leaves the rest to the caller."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.calendars.building import NoWorkingTime, provider
from desk.sla import clocks
from desk.sla.models import ClockKind, SlaClock
from desk.tickets.models import Ticket
from engine.functions import WorkingCalendar

Effect = Literal["none", "pause", "resume", "resolve", "drop", "reopen"]


class Calendars:
    """The calendars of one transaction, each looked up once. Raises NoWorkingTime for what nothing is due by."""

    def __init__(self, session: Session, zone: str) -> None:
        self._session, self._provide = session, provider(zone)
        self._known: dict[str, WorkingCalendar] = {}

    def __getitem__(self, name: str) -> WorkingCalendar:
        if name not in self._known:
            found = self._provide(self._session, name)
            if found is None or found.empty:
                raise NoWorkingTime(name)
            self._known[name] = found
        return self._known[name]


def clocks_of(session: Session, ticket_id: int, *, locked: bool = False) -> list[SlaClock]:
    """The clocks of a ticket, first response first."""
    query = select(SlaClock).where(SlaClock.ticket_id == ticket_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    order = list(ClockKind)
    return sorted(session.scalars(query), key=lambda clock: order.index(ClockKind(clock.kind)))


def start(
    session: Session,
    ticket: Ticket,
    targets: Mapping[str, Any],
    calendars: Calendars,
    *,
    at: datetime,
) -> Sequence[SlaClock]:
    """Make and start the three clocks; a ticket that has them keeps them. Raises TargetRefused, NoWorkingTime."""
    kept = clocks_of(session, ticket.id, locked=True)
    if kept:
        return kept
    for kind in ClockKind:
        target = clocks.target_of(targets, kind)
        made = SlaClock(
            ticket_id=ticket.id,
            kind=kind,
            policy=target.policy,
            calendar=target.calendar,
            target_seconds=target.seconds,
            worked_seconds=0,
            steps_done=0,
        )
        clocks.run(made, calendars[target.calendar], at)
        session.add(made)
    session.flush()
    return clocks_of(session, ticket.id)


def aim(
    session: Session,
    ticket: Ticket,
    targets: Mapping[str, Any] | None,
    calendars: Calendars,
    *,
    at: datetime,
) -> None:
    """Promise what another row of the table says, from a moment on; None: nothing more. Raises as start."""
    for clock in clocks_of(session, ticket.id, locked=True):
        target = clocks.target_of(targets, clock.kind)
        if targets is None:
            target = clocks.Target(None, clock.calendar, "")
        clocks.aim(clock, calendars[clock.calendar], target, calendars[target.calendar], at)


def move(
    session: Session, ticket: Ticket, effect: Effect, calendars: Calendars, *, at: datetime
) -> bool:
    """Let something that happened to the ticket act on its open clocks; whether any of them changed.

    `resolve` keeps every promise that is still open: who has the solution needs no further response. Raises
    NoWorkingTime.
    """
    changed = False
    for clock in clocks_of(session, ticket.id, locked=True):
        before = clock.over, clock.running_since
        if effect == "pause":
            clocks.hold(clock, calendars[clock.calendar], at)
        elif effect == "resume":
            clocks.run(clock, calendars[clock.calendar], at)
        elif effect == "resolve":
            clocks.meet(clock, at)
        elif effect == "drop":
            clocks.drop(clock, at)
        elif effect == "reopen" and clock.kind == ClockKind.RESOLUTION:
            clocks.reopen(clock, calendars[clock.calendar], at)
        changed = changed or (clock.over, clock.running_since) != before
    return changed


def reply(session: Session, ticket: Ticket, *, at: datetime) -> str | None:
    """A public reply meets the first of the two response clocks that is open; its kind, None when both are over."""
    for clock in clocks_of(session, ticket.id, locked=True):
        if clock.kind != ClockKind.RESOLUTION and not clock.over:
            clocks.meet(clock, at)
            return clock.kind
    return None


def clock_of(session: Session, ticket_id: int, kind: str) -> SlaClock:
    """One clock, locked. Raises LookupError when the ticket has none of that kind."""
    for clock in clocks_of(session, ticket_id, locked=True):
        if clock.kind == kind:
            return clock
    raise LookupError(f"ticket {ticket_id} has no clock {kind!r:.40}")


def breach(clock: SlaClock) -> bool:
    """Write down that the promise was not kept; False when that is known, or not so (any more)."""
    if clock.over or clock.breached_at is not None or clock.due_at is None:
        return False
    clock.breached_at = clock.due_at
    return True


def reckon_all(
    session: Session, calendar: str, calendars: Calendars, *, now: datetime
) -> list[int]:
    """The calendar has changed: find all due moments by it anew, as if it had always been so since the clocks last
    began to run. The tickets whose clocks moved."""
    moved = set()
    running = session.scalars(
        select(SlaClock)
        .where(
            SlaClock.calendar == calendar,
            SlaClock.running_since.is_not(None),
            SlaClock.met_at.is_(None),
            SlaClock.dropped_at.is_(None),
        )
        .with_for_update()
    )
    for clock in running:
        before = clock.due_at
        clocks.reckon(clock, calendars[calendar])
        if clock.due_at != before:
            moved.add(clock.ticket_id)
            if clock.breached_at is not None and (clock.due_at is None or clock.due_at > now):
                clock.breached_at = None
    return sorted(moved)
