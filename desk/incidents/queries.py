"""What is asked of incidents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from desk.cockpit.cursors import PAGE, Page, newest_first
from desk.cockpit.scope import visible
from desk.people.models import User
from desk.people.permissions import can
from desk.tickets.models import Ticket
from engine.tables import incident, job, process_instance, process_version


@dataclass(frozen=True)
class IncidentFilter:
    """What the list is narrowed to. `text` is looked for in the message and the ticket's number."""

    resolved: bool = False
    kind: str | None = None
    process: str | None = None  # key
    element: str | None = None
    operator: str | None = None
    cause: str | None = None
    instance: UUID | None = None
    since: datetime | None = None
    text: str | None = None


def list_incidents(
    session: Session,
    user: User,
    wanted: IncidentFilter,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """A page of the incidents that this person may see, newest first. Raises BadCursor."""
    return newest_first(
        session, _found(user, wanted), incident.c.at, incident.c.id, after=after, limit=limit
    )


def ids_of(session: Session, user: User, wanted: IncidentFilter, limit: int = 10_000) -> list[UUID]:
    """The ids of all that the filter finds, oldest first: what a batch is made of."""
    query = _found(user, wanted).with_only_columns(incident.c.id)
    return list(session.scalars(query.order_by(incident.c.at).limit(limit)))


def find_incident(session: Session, user: User, incident_id: UUID) -> Any:
    """One incident as in `list_incidents`, None when there is none that this person may see."""
    return session.execute(_all(user).where(incident.c.id == incident_id)).one_or_none()


def causes(session: Session, user: User, limit: int = 8) -> list[Any]:
    """What open incidents have in common, most frequent first: cause, count, one message, first and last time."""
    found = _all(user).where(incident.c.resolved_at.is_(None)).subquery()
    return list(
        session.execute(
            select(
                found.c.cause,
                func.count().label("number"),
                func.min(found.c.message).label("message"),
                func.min(found.c.element_id).label("element_id"),
                func.min(found.c.key).label("key"),
                func.min(found.c.at).label("first"),
                func.max(found.c.at).label("last"),
            )
            .group_by(found.c.cause)
            .order_by(func.count().desc(), func.max(found.c.at).desc())
            .limit(limit)
        )
    )


def same_cause(session: Session, user: User, cause: str) -> int:
    """How many open incidents have this cause."""
    found = _found(user, IncidentFilter(cause=cause)).with_only_columns(func.count())
    return session.scalar(found) or 0


def operators(session: Session) -> list[str]:
    """The operators of open incidents, for the filter."""
    return sorted(
        session.scalars(
            select(job.c.operator)
            .join(incident, incident.c.job_id == job.c.id)
            .where(incident.c.resolved_at.is_(None))
            .distinct()
        )
    )


def count_open(session: Session, user: User) -> int:
    """How many wait, for the rail."""
    query = select(func.count()).select_from(incident).where(incident.c.resolved_at.is_(None))
    mine = _mine(user)
    return session.scalar(query if mine is None else query.where(mine)) or 0


def _mine(user: User) -> ColumnElement[bool] | None:
    """As for instances; what belongs to none (a mail that cannot be read) is for those who dispatch."""
    mine = visible(user, incident.c.instance_id)
    if mine is None or not can(user, "ticket.dispatch"):
        return mine
    return or_(mine, incident.c.instance_id.is_(None))


def _all(user: User) -> Select[Any]:
    """Incidents with the operator of the job, the number of the ticket and the process, as far as this person sees."""
    query = (
        select(
            incident,
            job.c.operator,
            job.c.tries,
            job.c.max_tries,
            job.c.parameters,
            job.c.status.label("job_status"),
            Ticket.id.label("ticket_id"),
            Ticket.number,
            Ticket.title,
            process_instance.c.status.label("instance_status"),
            process_version.c.id.label("version_id"),
            process_version.c.key,
            process_version.c.version,
            process_version.c.name.label("process_name"),
        )
        .outerjoin(job, job.c.id == incident.c.job_id)
        .outerjoin(Ticket, Ticket.instance_id == incident.c.instance_id)
        .outerjoin(process_instance, process_instance.c.id == incident.c.instance_id)
        .outerjoin(process_version, process_version.c.id == process_instance.c.version_id)
    )
    mine = _mine(user)
    return query if mine is None else query.where(mine)


def _found(user: User, wanted: IncidentFilter) -> Select[Any]:
    open_ = incident.c.resolved_at.is_(None)
    query = _all(user).where(~open_ if wanted.resolved else open_)
    for column, value in (
        (incident.c.kind, wanted.kind),
        (process_version.c.key, wanted.process),
        (incident.c.element_id, wanted.element),
        (job.c.operator, wanted.operator),
        (incident.c.cause, wanted.cause),
        (incident.c.instance_id, wanted.instance),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(incident.c.at >= wanted.since)
    if wanted.text:
        query = query.where(
            or_(incident.c.message.icontains(wanted.text, autoescape=True),
                Ticket.number.icontains(wanted.text, autoescape=True))
        )  # fmt: skip
    return query
