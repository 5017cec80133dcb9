"""Links between tickets, and the family of a ticket: parent, children, what is linked, what was merged into it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.events import emit
from desk.tickets.models import OVER, Ticket, TicketLink, TicketMerge
from desk.tickets.operations import write_trail
from desk.tickets.relations.refusal import Refused
from engine.actors import Actor
from engine.timestamps import utc_now

MOST_SHOWN = 100  # of each kind


@dataclass(frozen=True)
class Relative:
    """A ticket that another has to do with; of one that is not shown to the reader there is only the number."""

    number: str
    id: int | None = None
    title: str | None = None
    state: str | None = None
    status: str | None = None  # of the desk's own


@dataclass(frozen=True)
class Family:
    """The tickets that a ticket has to do with. `merged` are those joined into it, `into` what it is part of."""

    parent: Relative | None
    children: tuple[Relative, ...]
    linked: tuple[Relative, ...]
    merged: tuple[Relative, ...]
    into: Relative | None

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return bool(self.parent or self.children or self.linked or self.merged or self.into)


def link(session: Session, desk: Desk, ticket: Ticket, other: Ticket, *, actor: Actor) -> bool:
    """Link two tickets; False when they are linked. Side effects: a line in both trails, ticket.linked.

    Raises Refused.
    """
    if ticket.id == other.id:
        raise Refused("This is the ticket itself.", "不能关联工单自身。", "number")
    if other.deleted_at is not None:
        raise Refused("There is no ticket with this number.", "没有该编号的工单。", "number")
    first, second = sorted((ticket.id, other.id))
    try:
        with session.begin_nested():
            session.add(TicketLink(first_id=first, second_id=second, by=actor.as_json()))
    except IntegrityError:
        return False  # they were linked already, perhaps a moment ago
    _note(session, desk, ticket, other, "linked", actor)
    emit(session, desk.engine, "ticket.linked", {"other_id": other.id},
         actor=actor, ticket_id=ticket.id)  # fmt: skip
    return True


def unlink(session: Session, desk: Desk, ticket: Ticket, other: Ticket, *, actor: Actor) -> bool:
    """Take a link away; False when there is none. Side effects: a line in both trails."""
    first, second = sorted((ticket.id, other.id))
    removed = session.execute(
        delete(TicketLink).where(TicketLink.first_id == first, TicketLink.second_id == second)
    ).rowcount  # type: ignore[attr-defined]
    if removed:
        _note(session, desk, ticket, other, "unlinked", actor)
    return bool(removed)


def family(session: Session, ticket: Ticket, seen: ColumnElement[bool]) -> Family:
    """Parent, children, linked and merged tickets, as far as the reader sees them; deleted ones are left out."""
    linked = select(TicketLink.second_id).where(TicketLink.first_id == ticket.id)
    linking = select(TicketLink.first_id).where(TicketLink.second_id == ticket.id)

    def those(condition: ColumnElement[bool]) -> tuple[Relative, ...]:
        wanted = (
            select(Ticket.number, Ticket.id, Ticket.title, Ticket.state, Ticket.status, seen.label("seen"))
            .where(condition, Ticket.deleted_at.is_(None))
            .order_by(Ticket.id)
            .limit(MOST_SHOWN)
        )
        return tuple(
            Relative(row.number, row.id, row.title, row.state, row.status) if row.seen else Relative(row.number)
            for row in session.execute(wanted)
        )

    def one(number: int | None) -> Relative | None:
        return next(iter(those(Ticket.id == number)), None) if number is not None else None

    return Family(
        one(ticket.parent_id),
        those(Ticket.parent_id == ticket.id),
        those(or_(Ticket.id.in_(linked), Ticket.id.in_(linking))),
        those(Ticket.merged_into_id == ticket.id),
        one(ticket.merged_into_id),
    )


def open_children(session: Session, ticket_id: int) -> int:
    """How many tickets that were split off this one are not over yet."""
    count = select(func.count()).where(
        Ticket.parent_id == ticket_id,
        Ticket.deleted_at.is_(None),
        Ticket.merged_into_id.is_(None),
        Ticket.state.not_in(OVER),
    )
    return session.scalar(count) or 0


def survivor(session: Session, ticket: Ticket) -> Ticket:
    """The ticket that goes on for this one: itself, or what it was merged into, however many times."""
    seen = set()
    while ticket.merged_into_id is not None and ticket.id not in seen:
        seen.add(ticket.id)
        into = session.get(Ticket, ticket.merged_into_id)
        if into is None:
            break
        ticket = into
    return ticket


def last_merge(session: Session, ticket: Ticket) -> TicketMerge | None:
    """How this ticket became part of another; None when it stands for itself."""
    return session.scalars(
        select(TicketMerge)
        .where(TicketMerge.from_id == ticket.id, TicketMerge.undone_at.is_(None))
        .order_by(TicketMerge.id.desc())
    ).first()


def _note(
    session: Session, desk: Desk, ticket: Ticket, other: Ticket, action: str, actor: Actor
) -> None:
    for one, two in ((ticket, other), (other, ticket)):
        data = {"other": two.number}
        write_trail(session, one, at=utc_now(), actor=actor, action=action, data=data)
        told = {"ticket_id": one.id, "state": str(one.state)}
        desk.live.publish(session, f"ticket:{one.id}", "ticket.changed", told)
