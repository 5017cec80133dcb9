"""What people change on a ticket's record itself: its subject data, and whether it is there at all.

What happens next with a ticket is the diagram's business (desk.tickets.events tells it); these are
corrections that no process has to decide about. Every change is a line of the trail.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.contacts.models import Contact
from desk.events import emit
from desk.fields.values import values_of
from desk.people.log import record
from desk.people.models import User
from desk.people.permissions import can
from desk.tickets.models import Ticket
from desk.tickets.operations import write_trail
from engine.actors import Actor
from engine.errors import InstanceGone
from engine.tables import human_task
from engine.timestamps import utc_now

Field = Literal["title", "priority", "deadline", "contact_id"]
FIELDS: tuple[Field, ...] = ("title", "priority", "deadline", "contact_id")


class ChangedMeanwhile(Exception):
    """Somebody else edited the ticket since it was read; nothing was changed."""


class TicketDeleted(Exception):
    """The ticket was deleted meanwhile."""


def may_edit(user: User, ticket: Ticket) -> bool:
    """Whoever opened the ticket, and those who dispatch [004 §4.10.1]; not a handler as such."""
    if ticket.deleted_at is not None:
        return False
    return can(user, "ticket.dispatch") or (can(user, "ticket.create") and _opened(user, ticket))


def fingerprint(session: Session, ticket: Ticket) -> str:
    """Changes whenever one of the editable fields does, the desk's own included: a page sends back what it
    was filled from."""
    seen = repr(
        [
            [_plain(getattr(ticket, name)) for name in FIELDS],
            sorted(values_of(session, [ticket.id])[ticket.id].items()),
        ]
    )
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def moment_of(value: str | None) -> datetime | None:
    """A deadline that was kept as text."""
    return datetime.fromisoformat(value) if value else None


def edit_ticket(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    wanted: Mapping[Field, Any],
    *,
    actor: Actor,
    seen: str | None = None,
) -> list[Field]:
    """Set the fields in `wanted` that differ; the company follows the contact. Returns what changed.

    `seen` is the fingerprint of what the editor had before them. Side effects: a line of the trail
    for each change, with old and new; open steps that were due at the old deadline are due at the
    new one; timers and conditions of its process that read the ticket are worked out anew; open
    pages are told. Raises ChangedMeanwhile, TicketDeleted, LookupError for a contact that is not
    there.
    """
    session.refresh(ticket, with_for_update={"of": Ticket})
    if ticket.deleted_at is not None:
        raise TicketDeleted(ticket.number)
    if seen is not None and seen != fingerprint(session, ticket):
        raise ChangedMeanwhile(ticket.number)
    changed: list[Field] = []
    told: dict[str, dict[str, Any]] = {"old": {}, "new": {}}
    for name in FIELDS:
        old = getattr(ticket, name)
        if name not in wanted or wanted[name] == old:
            continue
        new = wanted[name]
        shown = (_plain(old), _plain(new))
        if name == "contact_id":
            shown = _move_to_contact(session, ticket, new)
        elif name == "deadline":
            _move_due_times(session, ticket, old, new)
        setattr(ticket, name, new)
        changed.append(name)
        told["old"][name], told["new"][name] = _plain(old), _plain(new)
        write_trail(
            session,
            ticket,
            at=utc_now(),
            actor=actor,
            action="edited",
            data={"field": name, "old": shown[0], "new": shown[1]},
        )
    if changed:
        _tell(session, desk, ticket, "ticket.changed")
        desk.engine.reconsider(session, ticket.instance_id)
        emit(
            session, desk.engine, "ticket.changed", {"fields": list(changed), **told},
            actor=actor, ticket_id=ticket.id,
        )  # fmt: skip
    return changed


def delete_ticket(
    session: Session, desk: Desk, ticket: Ticket, *, reason: str, actor: Actor
) -> None:
    """Take the ticket out of lists and searches; its row stays for audits.

    Side effects: its process is cancelled with the reason (open steps end), a line in the trail and
    one in the people's log; open pages are told. Raises TicketDeleted when somebody was faster.
    """
    # First the process, then the ticket: the order in which steps lock them too. A process that has
    # ended before has nothing left to stop.
    with suppress(InstanceGone):
        desk.engine.cancel(session, ticket.instance_id, actor=actor, reason=reason)
    session.refresh(ticket, with_for_update={"of": Ticket})
    if ticket.deleted_at is not None:
        raise TicketDeleted(ticket.number)
    ticket.deleted_at = utc_now()
    write_trail(session, ticket, at=ticket.deleted_at, actor=actor, action="deleted", remark=reason)
    record(
        session,
        "ticket_deleted",
        actor=actor,
        subject=actor.reference,
        new={"number": ticket.number, "reason": reason},
    )
    _tell(session, desk, ticket, "ticket.deleted")
    emit(
        session, desk.engine, "ticket.deleted", {"remark": reason}, actor=actor, ticket_id=ticket.id
    )


def _opened(user: User, ticket: Ticket) -> bool:
    return ticket.created_by.get("kind") == "user" and ticket.created_by.get("id") == user.id


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _move_to_contact(
    session: Session, ticket: Ticket, contact_id: int | None
) -> tuple[str | None, str | None]:
    """Set the company; the names of both contacts, for the trail."""
    old, new = ticket.contact, None
    if contact_id is not None and (new := session.get(Contact, contact_id)) is None:
        raise LookupError(contact_id)
    ticket.contact, ticket.company_id = new, new.company_id if new else None
    return old.name if old else None, new.name if new else None


def _move_due_times(
    session: Session, ticket: Ticket, old: datetime | None, new: datetime | None
) -> None:
    """Steps drawn as due at the ticket's deadline got it when they began; they keep to it."""
    if old is None:
        return  # a step without a due time of its own is shown with the ticket's deadline anyway
    session.execute(
        update(human_task)
        .where(
            human_task.c.instance_id == ticket.instance_id,
            human_task.c.status == "open",
            human_task.c.due_at == old,
        )
        .values(due_at=new)
    )


def _tell(session: Session, desk: Desk, ticket: Ticket, kind: str) -> None:
    data = {"ticket_id": ticket.id, "state": str(ticket.state)}
    desk.live.publish(session, f"ticket:{ticket.id}", kind, data)
    desk.live.publish(session, "tickets", kind, data)
