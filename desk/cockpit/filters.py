"""Which instances are meant: one filter for the list, the heat map, the exports of both and for batches."""

from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, union_all
from sqlalchemy.orm import aliased

from desk.cockpit.models import InstanceVariable
from desk.cockpit.scope import visible
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.tables import (
    human_task,
    incident,
    job,
    process_instance,
    process_version,
    subscription,
    timer,
)

RUNNING = ("active", "suspended")
STATUSES = ("active", "suspended", "completed", "cancelled", "failed")
WAITING_TABLES = (
    (human_task, ("open", "suspended")),
    (job, ("waiting", "running", "failed", "held")),
)


@dataclass(frozen=True)
class InstanceFilter:
    """What instances are narrowed to. Times are of their start; `text` finds business keys, ticket numbers, ids."""

    process: str | None = None  # key
    version: UUID | None = None
    status: str | None = None  # one of STATUSES, or "running": active or suspended
    element: str | None = None  # a token waits there
    incidents: bool = False  # with open incidents only
    text: str | None = None
    started_from: datetime | None = None
    started_to: datetime | None = None
    ticket_type: str | None = None
    priority: str | None = None
    channel: str | None = None
    team: int | None = None
    assignee: int | None = None
    variable: str | None = None  # a name, with `value` or without
    value: str | None = None
    ids: tuple[UUID, ...] | None = None

    @property
    def on_records(self) -> bool:
        """Whether it asks more than the version: then sums by day cannot answer."""
        plain = {"process", "version"}
        return any(
            getattr(self, f.name) not in (None, False) for f in fields(self) if f.name not in plain
        )


def instances(wanted: InstanceFilter, user: User, *columns: Any) -> Select[Any]:
    """A question for `columns` (the id where none is named) of the instances that this person may see."""
    query = (
        select(*columns or (process_instance.c.id,))
        .select_from(process_instance)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
    )
    return query.where(*conditions(wanted, user))


def conditions(wanted: InstanceFilter, user: User) -> list[ColumnElement[bool]]:
    """The filter as conditions on process_instance and process_version."""
    instance = process_instance.c
    found: list[ColumnElement[bool]] = []
    if (mine := visible(user)) is not None:
        found.append(mine)
    if wanted.process is not None:
        of_process = select(process_version.c.id).where(process_version.c.key == wanted.process)
        found.append(instance.version_id.in_(of_process))
    if wanted.version is not None:
        found.append(instance.version_id == wanted.version)
    if wanted.status == "running":
        found.append(instance.status.in_(RUNNING))
    elif wanted.status is not None:
        found.append(instance.status == wanted.status)
    if wanted.element is not None:
        found.append(_waits_at(wanted.element))
    if wanted.incidents:
        broken = incident.alias()
        found.append(
            instance.id.in_(select(broken.c.instance_id).where(broken.c.resolved_at.is_(None)))
        )
    if wanted.started_from is not None:
        found.append(instance.started_at >= wanted.started_from)
    if wanted.started_to is not None:
        found.append(instance.started_at < wanted.started_to)
    if wanted.variable is not None:
        found.append(_has_variable(wanted.variable, wanted.value))
    if wanted.text:
        found.append(_named(wanted.text))
    if wanted.ids is not None:
        found.append(instance.id.in_(wanted.ids))
    return found + _of_ticket(wanted)


def _of_ticket(wanted: InstanceFilter) -> list[ColumnElement[bool]]:
    ticket = aliased(Ticket)
    asked = [
        column == value
        for column, value in (
            (ticket.type, wanted.ticket_type),
            (ticket.priority, wanted.priority),
            (ticket.channel, wanted.channel),
            (ticket.team_id, wanted.team),
            (ticket.assignee_id, wanted.assignee),
        )
        if value is not None
    ]
    # Row by row: most tickets have a normal priority, and a list of them all would be sorted for one page.
    return [exists().where(ticket.instance_id == process_instance.c.id, *asked)] if asked else []


def _waits_at(element: str) -> ColumnElement[bool]:
    # Aliases: the question around may be asked of the same tables, and must not be taken for this one.
    ways: list[Select[Any]] = []
    for table, statuses in WAITING_TABLES:
        work = table.alias()
        ways.append(
            select(work.c.instance_id).where(
                work.c.element_id == element, work.c.status.in_(statuses)
            )
        )
    for table in (subscription, timer):
        wait = table.alias()
        ways.append(select(wait.c.instance_id).where(wait.c.element_id == element))
    return process_instance.c.id.in_(union_all(*ways))


def _has_variable(name: str, value: str | None) -> ColumnElement[bool]:
    kept = aliased(InstanceVariable)
    having = select(kept.instance_id).where(kept.name == name)
    if value is not None:
        having = having.where(kept.value == value)
    return process_instance.c.id.in_(having)


def _named(text: str) -> ColumnElement[bool]:
    """Each way has its index; one question of them all would have none."""
    called, ticket, kept = process_instance.alias(), aliased(Ticket), aliased(InstanceVariable)
    ways: list[Select[Any]] = [
        select(called.c.id).where(called.c.business_key == text),
        select(ticket.instance_id).where(ticket.number == text),
        select(kept.instance_id).where(kept.value == text),
    ]
    with suppress(ValueError):  # not an id: then it is one of the others
        ways.append(select(called.c.id).where(called.c.id == UUID(text)))
    return process_instance.c.id.in_(union_all(*ways))
