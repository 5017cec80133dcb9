"""What is asked of vendors and transfers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.vendors.models import Transfer, Vendor


def all_vendors(session: Session) -> Sequence[Vendor]:
    """By name, those that were withdrawn last."""
    return session.scalars(select(Vendor).order_by(Vendor.active.desc(), Vendor.name)).all()


def active_vendors(session: Session) -> Sequence[Vendor]:
    """Those that tickets may go to, by name."""
    return session.scalars(select(Vendor).where(Vendor.active).order_by(Vendor.name)).all()


def vendor_by_key(session: Session, key: str) -> Vendor | None:
    """The vendor that we call so."""
    return session.scalars(select(Vendor).where(Vendor.key == key)).one_or_none()


def transfers_of(session: Session, ticket_id: int) -> Sequence[Transfer]:
    """All of a ticket, newest first, each with its vendor."""
    return session.scalars(
        select(Transfer)
        .where(Transfer.ticket_id == ticket_id)
        .options(joinedload(Transfer.vendor))
        .order_by(Transfer.id.desc())
    ).all()


def with_vendor(session: Session, ticket_id: int) -> Transfer | None:
    """How the ticket went over to the desk that works on it now; None when it is with us."""
    return next(
        (t for t in transfers_of(session, ticket_id) if t.direction == "out" and t.open), None
    )


def came_from(session: Session, ticket_id: int) -> Transfer | None:
    """How the ticket came to us from another desk; None for one of our own."""
    return next((t for t in transfers_of(session, ticket_id) if t.direction == "in"), None)


def transfer_of(session: Session, uid: UUID, direction: str) -> Transfer | None:
    """The transfer that both desks call so."""
    return session.scalars(
        select(Transfer)
        .where(Transfer.uid == uid, Transfer.direction == direction)
        .options(joinedload(Transfer.vendor))
    ).one_or_none()


def been_here(session: Session, chain: Sequence[UUID]) -> bool:
    """Whether a ticket with this chain has gone out from this desk before."""
    wanted = select(Transfer.id).where(Transfer.uid.in_(chain), Transfer.direction == "out")
    return session.scalar(wanted.limit(1)) is not None
