"""What is asked of single instances: the list, and everything on the page of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from desk.audit.personal import revealed
from desk.cockpit.cursors import PAGE, Page, newest_first
from desk.cockpit.filters import InstanceFilter, instances
from desk.cockpit.models import InstanceLink
from desk.people.models import User
from desk.tickets.models import Ticket
from engine.history import PASSES
from engine.tables import (
    batch,
    batch_item,
    history,
    human_task,
    incident,
    job,
    migration,
    process_instance,
    process_version,
    subscription,
    timer,
)

TIMELINE = 60  # rows at once

_COLUMNS = (
    process_instance.c.id,
    process_instance.c.status,
    process_instance.c.business_key,
    process_instance.c.started_at,
    process_instance.c.ended_at,
    process_instance.c.cause,
    process_version.c.id.label("version_id"),
    process_version.c.key,
    process_version.c.version,
    process_version.c.latest,
    process_version.c.name.label("process_name"),
)


@dataclass(frozen=True)
class Line:
    """An instance in a list: its row, its ticket, how many open incidents it has and where it waits for people."""

    row: Any
    ticket: Any
    incidents: int
    steps: tuple[Mapping[str, str], ...]


def list_instances(
    session: Session,
    user: User,
    wanted: InstanceFilter,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[list[Line], str | None]:
    """A page of instances, newest first, and the cursor of the next. Raises BadCursor."""
    page = newest_first(
        session,
        instances(wanted, user, *_COLUMNS),
        process_instance.c.started_at,
        process_instance.c.id,
        after=after,
        limit=limit,
    )
    return _lines(session, page), page.next


def _lines(session: Session, page: Page) -> list[Line]:
    ids = [row.id for row in page.rows]
    tickets = {
        row.instance_id: row
        for row in session.execute(
            select(Ticket.instance_id, Ticket.id, Ticket.number, Ticket.title).where(
                Ticket.instance_id.in_(ids)
            )
        )
    }
    broken = {
        row.instance_id: row.number
        for row in session.execute(
            select(incident.c.instance_id, func.count().label("number"))
            .where(incident.c.instance_id.in_(ids), incident.c.resolved_at.is_(None))
            .group_by(incident.c.instance_id)
        )
    }
    steps: dict[UUID, list[Mapping[str, str]]] = {}
    for row in session.execute(
        select(human_task.c.instance_id, human_task.c.name)
        .where(human_task.c.instance_id.in_(ids), human_task.c.status.in_(("open", "suspended")))
        .order_by(human_task.c.created_at)
    ):
        steps.setdefault(row.instance_id, []).append(row.name)
    return [
        Line(row, tickets.get(row.id), broken.get(row.id, 0), tuple(steps.get(row.id, ())))
        for row in page.rows
    ]


def find_instance(session: Session, user: User, instance_id: UUID) -> Any:
    """One instance with its process, None when there is none that this person may see."""
    wanted = InstanceFilter(ids=(instance_id,))
    return session.execute(instances(wanted, user, *_COLUMNS)).one_or_none()


def ticket_of(session: Session, instance_id: UUID) -> Any:
    """The ticket whose life this is; None for other processes."""
    return session.execute(
        select(Ticket.id, Ticket.number, Ticket.title, Ticket.state).where(
            Ticket.instance_id == instance_id
        )
    ).one_or_none()


@dataclass(frozen=True)
class Waits:
    """All that an instance waits for, and what it had."""

    tasks: Sequence[Any]
    jobs: Sequence[Any]
    timers: Sequence[Any]
    subscriptions: Sequence[Any]
    incidents: Sequence[Any]


def waits(session: Session, instance_id: UUID) -> Waits:
    """Open tasks, jobs that are not done (and the last that were), timers by due time, subscriptions, incidents."""

    def rows(table: Any, *order: Any, where: Any = None, limit: int = 50) -> Sequence[Any]:
        query = select(table).where(table.c.instance_id == instance_id)
        if where is not None:
            query = query.where(where)
        return session.execute(query.order_by(*order).limit(limit)).all()

    return Waits(
        rows(human_task, human_task.c.created_at.desc(),
             where=human_task.c.status.in_(("open", "suspended"))),
        rows(job, job.c.created_at.desc(), limit=20),
        rows(timer, timer.c.due_at),
        rows(subscription, subscription.c.name),
        rows(incident, incident.c.at.desc()),
    )  # fmt: skip


def family(session: Session, row: Any) -> tuple[list[Any], list[Any]]:
    """The instances that started this one, and those it has started."""
    query = select(*_COLUMNS).join(
        process_version, process_version.c.id == process_instance.c.version_id
    )
    parents = session.execute(
        query.join(InstanceLink, InstanceLink.parent_id == process_instance.c.id).where(
            InstanceLink.child_id == row.id
        )
    )
    children = session.execute(
        query.join(InstanceLink, InstanceLink.child_id == process_instance.c.id)
        .where(InstanceLink.parent_id == row.id)
        .order_by(process_instance.c.started_at.desc())
        .limit(50)
    )
    return list(parents), list(children)


def timeline(
    session: Session, instance_id: UUID, *, before: int | None = None, limit: int = TIMELINE
) -> tuple[list[Any], int | None]:
    """Rows of the history, newest first, and where the next page begins."""
    query = select(history).where(history.c.instance_id == instance_id)
    if before is not None:
        query = query.where(history.c.seq < before)
    rows = session.execute(query.order_by(history.c.seq.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    return list(rows[:limit]), rows[limit - 1].seq if more else None


def variables_at(session: Session, instance_id: UUID, seq: int | None) -> dict[str, Any]:
    """The variables as the history tells them up to a row (None: to its end)."""
    query = select(history.c.data).where(history.c.instance_id == instance_id)
    if seq is not None:
        query = query.where(history.c.seq <= seq)
    found: dict[str, Any] = {}
    for data in session.scalars(query.order_by(history.c.seq)):
        found |= data.get("set", {})
    opened: dict[str, Any] = revealed(session, found)
    return opened


def passed(session: Session, instance_id: UUID, seq: int | None = None) -> list[Any]:
    """The passes in the history up to a row, oldest first: element_id, seq, at, data."""
    query = select(history.c.element_id, history.c.seq, history.c.at, history.c.data).where(
        history.c.instance_id == instance_id,
        history.c.event.in_(PASSES),
        history.c.element_id.is_not(None),
    )
    if seq is not None:
        query = query.where(history.c.seq <= seq)
    return list(session.execute(query.order_by(history.c.seq)))


def migrations_of(session: Session, instance_id: UUID) -> list[Any]:
    """Where it was migrated from and to, newest first."""
    return list(
        session.execute(
            select(migration.c.at, migration.c.actor, migration.c.reason, migration.c.reverted,
                   migration.c.revision)
            .where(migration.c.instance_id == instance_id)
            .order_by(migration.c.revision.desc())
        )
    )  # fmt: skip


def batches(session: Session, *, after: str | None = None, limit: int = PAGE) -> Page:
    """Batches, newest first."""
    return newest_first(session, select(batch), batch.c.at, batch.c.id, after=after, limit=limit)


def batches_of(session: Session, instance_id: UUID) -> list[Any]:
    """The batches that have worked on an instance, newest first."""
    return list(
        session.execute(
            select(batch, batch_item.c.status, batch_item.c.reasons)
            .join(batch_item, batch_item.c.batch_id == batch.c.id)
            .where(batch_item.c.subject_id == instance_id)
            .order_by(batch.c.at.desc())
            .limit(20)
        )
    )


def words_of_subjects(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, UUID]]:
    """What to call the subjects of a batch, and the instance that shows them: a ticket's number, else a key or id."""
    found: dict[UUID, tuple[str, UUID]] = {}
    rows = session.execute(
        select(
            process_instance.c.id, process_instance.c.business_key, Ticket.number,
            incident.c.id.label("incident_id"),
        )
        .outerjoin(Ticket, Ticket.instance_id == process_instance.c.id)
        .outerjoin(incident, incident.c.instance_id == process_instance.c.id)
        .where(or_(process_instance.c.id.in_(ids), incident.c.id.in_(ids)))
    )  # fmt: skip
    for row in rows:
        words = row.number or row.business_key or str(row.id)[:8]
        found[row.id] = (words, row.id)
        if row.incident_id is not None:
            found[row.incident_id] = (words, row.id)
    return found
