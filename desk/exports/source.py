"""The history as exports read it: cases in the order of their ids, the events of each in their order, streamed.

A case is an instance of a process, an event a completed element of its diagram. Nothing is held but the case at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from desk.audit.models import AuditEntry
from desk.audit.names import name_in, names_of
from desk.exports.wanted import Wanted
from desk.tickets.models import Ticket
from engine.history import PASSES
from engine.tables import history, process_instance, process_version


@dataclass(frozen=True)
class Event:
    """A completed element. `who` is an actor's reference, `resource` their name; empty for the system."""

    seq: int
    at: datetime
    element: str
    name: str
    who: str
    resource: str


@dataclass(frozen=True)
class Case:
    """An instance with what is known of it, and its events."""

    id: UUID
    process: str
    process_name: str
    version: int
    status: str
    business_key: str | None
    started_at: datetime
    ended_at: datetime | None
    ticket_id: int | None
    ticket: str | None
    contact_id: int | None
    company_id: int | None
    team_id: int | None
    priority: str | None
    events: list[Event]


def cases(session: Session, wanted: Wanted, after: UUID | None = None) -> Iterator[Case]:
    """All cases that have events of what is wanted, beyond the id `after`."""
    heads = iter(session.execute(_heads(wanted, after)))
    head = next(heads, None)
    rows: list[Any] = []
    for row in session.execute(_rows(wanted, after)):
        if rows and row.instance_id != rows[0].instance_id:
            head = _seek(heads, head, rows[0].instance_id)
            if head is not None:
                yield _case(session, head, rows, wanted.locale)
            rows = []
        rows.append(row)
    if rows:
        head = _seek(heads, head, rows[0].instance_id)
        if head is not None:
            yield _case(session, head, rows, wanted.locale)


def _seek(heads: Iterator[Any], head: Any, instance: UUID) -> Any:
    while head is not None and head.id < instance:
        head = next(heads, None)
    return head if head is not None and head.id == instance else None


def _heads(wanted: Wanted, after: UUID | None) -> Any:
    query = (
        select(
            process_instance.c.id, process_instance.c.version_id, process_instance.c.status,
            process_instance.c.business_key, process_instance.c.started_at,
            process_instance.c.ended_at, process_version.c.key, process_version.c.version,
            process_version.c.name, Ticket.id.label("ticket_id"), Ticket.number,
            Ticket.contact_id, Ticket.company_id, Ticket.team_id, Ticket.priority,
        )
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .outerjoin(Ticket, Ticket.instance_id == process_instance.c.id)
        .order_by(process_instance.c.id)
    )  # fmt: skip
    if wanted.processes:
        query = query.where(process_version.c.key.in_(wanted.processes))
    if wanted.ticket:
        query = query.where(Ticket.number == wanted.ticket)
    if after is not None:
        query = query.where(process_instance.c.id > after)
    return query


def _rows(wanted: Wanted, after: UUID | None) -> Any:
    query = (
        select(
            history.c.instance_id, history.c.seq, history.c.at, history.c.actor,
            history.c.element_id,
        )
        .where(history.c.event.in_(PASSES), history.c.element_id.is_not(None), *bounds(wanted))
        .order_by(history.c.instance_id, history.c.seq)
    )  # fmt: skip
    if after is not None:
        query = query.where(history.c.instance_id > after)
    return query


def bounds(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What rows of the history must fulfil."""
    if wanted.since:
        yield history.c.at >= wanted.since
    if wanted.until:
        yield history.c.at < wanted.until
    if wanted.person:
        yield by_person(wanted.person)
    if wanted.processes or wanted.ticket:
        chosen = select(process_instance.c.id).join(
            process_version, process_version.c.id == process_instance.c.version_id
        )
        if wanted.processes:
            chosen = chosen.where(process_version.c.key.in_(wanted.processes))
        if wanted.ticket:
            chosen = chosen.join(Ticket, Ticket.instance_id == process_instance.c.id).where(
                Ticket.number == wanted.ticket
            )
        yield history.c.instance_id.in_(chosen)


def by_person(reference: str) -> ColumnElement[bool]:
    """Rows of somebody, named as `user:7`, or of a kind of actor: `system`."""
    kind, _, number = reference.partition(":")
    of_kind = history.c.actor["kind"].as_string() == kind
    return and_(of_kind, history.c.actor["id"].as_integer() == int(number)) if number else of_kind


def log_bounds(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What entries of the log must fulfil."""
    if wanted.since:
        yield AuditEntry.at >= wanted.since
    if wanted.until:
        yield AuditEntry.at < wanted.until
    if wanted.person:
        yield AuditEntry.actor_ref == wanted.person
    if wanted.processes:
        yield AuditEntry.subject.in_([f"process:{key}" for key in wanted.processes])
    if wanted.ticket:
        yield AuditEntry.ticket_id.in_(select(Ticket.id).where(Ticket.number == wanted.ticket))


def count(session: Session, wanted: Wanted, *, mining: bool) -> int:
    """How many rows an export will look at."""
    if wanted.source == "log":
        query = select(func.count()).select_from(AuditEntry).where(*log_bounds(wanted))
    else:
        query = select(func.count()).select_from(history).where(*bounds(wanted))
        if mining:
            query = query.where(history.c.event.in_(PASSES), history.c.element_id.is_not(None))
    return session.scalar(query) or 0


def _case(session: Session, head: Any, rows: list[Any], locale: str) -> Case:
    names = names_of(session, head.version_id)
    zh = locale.startswith("zh")
    known: dict[str | None, str] = {}
    events = []
    for row in rows:
        element = row.element_id
        name = known.get(element)
        if name is None:
            name = known[element] = name_in(names, element, locale)
        actor = row.actor
        kind, number = actor["kind"], actor["id"]
        who = f"{kind}:{number}" if number is not None else kind
        # a customer's name is theirs: the file says which customer, not who
        resource = actor["name"] if kind == "user" else ("" if kind == "system" else who)
        events.append(Event(row.seq, row.at, element, name, who, resource))
    return Case(
        head.id, head.key, head.name.get("zh" if zh else "en") or head.key, head.version,
        head.status, head.business_key, head.started_at, head.ended_at, head.ticket_id,
        head.number, head.contact_id, head.company_id, head.team_id, head.priority, events,
    )  # fmt: skip
