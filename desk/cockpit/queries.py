"""What is asked of definitions: counts, and the heat of their diagrams.

Made for millions of history rows: sums by day answer for whole definitions, single passes where the filter asks for
records (desk.cockpit.projection keeps both).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, cast, func, select
from sqlalchemy.orm import Session

from desk.cockpit.durations import Durations
from desk.cockpit.filters import RUNNING, WAITING_TABLES, InstanceFilter, conditions, instances
from desk.cockpit.models import Pass, PassSum, ProjectedUntil
from desk.cockpit.scope import visible
from desk.people.models import User
from engine.tables import (
    deployed_resource,
    deployment,
    incident,
    process_instance,
    process_version,
    subscription,
    timer,
)


@dataclass(frozen=True)
class Definition:
    """A process: its newest version, and what runs of all its versions."""

    key: str
    name: Mapping[str, str]
    version: int
    versions: int
    at: datetime
    active: int
    suspended: int
    failed: int  # ended in an error
    incidents: int


def definitions(session: Session, user: User) -> list[Definition]:
    """All processes by key, with counts of what this person may see."""
    counts = _counts(session, user)
    rows = session.execute(
        select(process_version).order_by(process_version.c.key, process_version.c.version)
    ).all()
    by_key: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    return [
        Definition(
            key, own[-1].name, own[-1].version, len(own), own[-1].at,
            *(sum(counts[row.id][what] for row in own) for what in _COUNTED),
        )
        for key, own in by_key.items()
    ]  # fmt: skip


def versions(session: Session, user: User, key: str) -> list[tuple[Any, dict[str, int]]]:
    """The versions of a process, newest first: id, version, at, actor, note; with their counts."""
    rows = session.execute(
        select(process_version, deployment.c.actor, deployment.c.note)
        .join(deployment, deployment.c.id == process_version.c.deployment_id)
        .where(process_version.c.key == key)
        .order_by(process_version.c.version.desc())
    ).all()
    counts = _counts(session, user, [row.id for row in rows])
    return [(row, counts[row.id]) for row in rows]


def version(session: Session, version_id: UUID) -> Any:
    """One version, None when there is none."""
    return session.execute(
        select(process_version).where(process_version.c.id == version_id)
    ).one_or_none()


def diagram(session: Session, version_id: UUID) -> bytes | None:
    """The BPMN file of a version, byte for byte as it was deployed."""
    return session.scalar(
        select(deployed_resource.c.content)
        .join(
            process_version,
            (process_version.c.deployment_id == deployed_resource.c.deployment_id)
            & (process_version.c.resource == deployed_resource.c.name),
        )
        .where(process_version.c.id == version_id)
    )


# Heat -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """From and to (exclusive), None: open. Sums know whole days of `zone` only."""

    since: datetime | None = None
    until: datetime | None = None
    zone: ZoneInfo = ZoneInfo("UTC")


def passes(
    session: Session,
    user: User,
    version_ids: Sequence[UUID],
    wanted: InstanceFilter,
    period: Period,
) -> dict[str, Durations]:
    """How often elements and sequence flows were passed, and how long that took; by element id."""
    if wanted.on_records or visible(user) is not None:
        query = _from_passes(user, version_ids, wanted, period)
    else:
        query = _from_sums(version_ids, period)
    found: dict[str, Durations] = {}
    buckets: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in session.execute(query):
        one = found.setdefault(row.element_id, Durations(0, 0, 0, 0, buckets[row.element_id]))
        one.count += row.number
        one.again += int(row.again)
        one.total += int(row.took)
        one.longest = max(one.longest, row.longest)
        buckets[row.element_id][row.bucket] += row.number
    return found


def _from_sums(version_ids: Sequence[UUID], period: Period) -> Select[Any]:
    query: Any = (
        select(
            PassSum.element_id,
            PassSum.bucket,
            func.sum(PassSum.count).label("number"),
            func.sum(PassSum.again).label("again"),
            func.sum(PassSum.took).label("took"),
            func.max(PassSum.longest).label("longest"),
        )
        .where(PassSum.version_id.in_(version_ids))
        .group_by(PassSum.element_id, PassSum.bucket)
    )
    if period.since is not None:
        query = query.where(PassSum.day >= period.since.astimezone(period.zone).toordinal())
    if period.until is not None:
        query = query.where(PassSum.day < period.until.astimezone(period.zone).toordinal())
    return query


def _from_passes(
    user: User, version_ids: Sequence[UUID], wanted: InstanceFilter, period: Period
) -> Select[Any]:
    """The same from single passes; `bucket` is computed as in desk.cockpit.durations when they were written."""
    query: Any = (
        select(
            Pass.element_id,
            Pass.bucket,
            func.count().label("number"),
            func.sum(cast(Pass.again, Integer)).label("again"),
            func.sum(Pass.took).label("took"),
            func.max(Pass.took).label("longest"),
        )
        # Not a join: the instances are found once, not once for each of their passes.
        .where(Pass.version_id.in_(version_ids), Pass.instance_id.in_(instances(wanted, user)))
        .group_by(Pass.element_id, Pass.bucket)
    )
    if period.since is not None:
        query = query.where(Pass.at >= period.since)
    if period.until is not None:
        query = query.where(Pass.at < period.until)
    return query


def live(
    session: Session, user: User, version_ids: Sequence[UUID], wanted: InstanceFilter
) -> dict[str, int]:
    """How many tokens wait at which element: with a person, a worker, for an event or a time.

    Tokens that wait for others at a join are in no table, and are not counted.
    """
    found: dict[str, int] = defaultdict(int)
    ours = [
        process_instance.c.version_id.in_(version_ids),
        process_instance.c.status.in_(RUNNING),
        *conditions(wanted, user),
    ]
    for table, statuses in WAITING_TABLES:
        query = (
            select(table.c.element_id, func.count().label("number"))
            .join(process_instance, process_instance.c.id == table.c.instance_id)
            .where(*ours, table.c.status.in_(statuses), table.c.element_id.is_not(None))
            .group_by(table.c.element_id)
        )
        for row in session.execute(query):
            found[row.element_id] += row.number
    tokens: dict[str, set[UUID]] = defaultdict(set)
    for table in (subscription, timer):
        rows = session.execute(
            select(table.c.element_id, table.c.token_id)
            .join(process_instance, process_instance.c.id == table.c.instance_id)
            .where(*ours)
        )
        for row in rows:
            tokens[row.element_id].add(row.token_id)
    for element, waiting in tokens.items():
        found[element] += len(waiting)
    return dict(found)


def failing(
    session: Session, user: User, version_ids: Sequence[UUID], wanted: InstanceFilter
) -> dict[str, int]:
    """How many open incidents are at which element."""
    rows = session.execute(
        select(incident.c.element_id, func.count().label("number"))
        .join(process_instance, process_instance.c.id == incident.c.instance_id)
        .where(
            process_instance.c.version_id.in_(version_ids),
            incident.c.resolved_at.is_(None),
            incident.c.element_id.is_not(None),
            *conditions(wanted, user),
        )
        .group_by(incident.c.element_id)
    )
    return {row.element_id: row.number for row in rows}


def count_instances(session: Session, user: User, wanted: InstanceFilter, limit: int) -> int:
    """How many the filter finds, counted up to `limit`."""
    some = instances(wanted, user).limit(limit).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def worked_out_until(session: Session) -> datetime | None:
    """Up to when the history is in the figures; None before the first time."""
    return session.scalar(select(ProjectedUntil.at))


# ----------------------------------------------------------------------------------------------------------------------

_COUNTED = ("active", "suspended", "failed", "incidents")


def _counts(
    session: Session, user: User, version_ids: Sequence[UUID] | None = None
) -> dict[UUID, dict[str, int]]:
    counts: dict[UUID, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTED, 0))
    mine = visible(user)
    running = (
        select(process_version.c.id, process_instance.c.status, func.count().label("number"))
        .join(process_instance, process_instance.c.version_id == process_version.c.id)
        .where(process_instance.c.status.in_(("active", "suspended", "failed")))
        .group_by(process_version.c.id, process_instance.c.status)
    )
    broken = (
        select(process_instance.c.version_id, func.count().label("number"))
        .join(incident, incident.c.instance_id == process_instance.c.id)
        .where(incident.c.resolved_at.is_(None))
        .group_by(process_instance.c.version_id)
    )
    if version_ids is not None:
        running = running.where(process_version.c.id.in_(version_ids))
        broken = broken.where(process_instance.c.version_id.in_(version_ids))
    if mine is not None:
        running, broken = running.where(mine), broken.where(mine)
    for row in session.execute(running):
        counts[row.id][row.status] = row.number
    for row in session.execute(broken):
        counts[row.version_id]["incidents"] = row.number
    return counts
