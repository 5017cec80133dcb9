"""Moving instances to another version: a proposed map, a dry run with reasons, a bulk run, the way back."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.tickets.models import Ticket
from engine import batches, inspection, migration
from engine.actors import Actor
from engine.batches import Progress
from engine.errors import Reason
from engine.library import Version
from engine.tables import process_instance, process_version

LOOKED_AT = 300  # instances whose tokens are counted for the map
MOVABLE = ("active", "suspended")


class NoSuchVersion(LookupError):
    """There is no such version of a process."""


class NotTheSameProcess(Exception):
    """Instances go from one version of a process to another of the same process."""


class NothingToMove(Exception):
    """No instance of the version goes on."""


class NoSuchBatch(LookupError):
    """There is no such migration."""


def draft(session: Session, engine: Any, source_id: UUID, target_id: UUID) -> dict[str, Any]:
    """A proposed map, as MigrationDraft has it. Raises NoSuchVersion, NotTheSameProcess."""
    source, target = pair(session, engine, source_id, target_id)
    proposed = migration.draft(source, target)
    instances = _instances(session, source.id)
    counted: Counter[str] = Counter()
    for instance_id in instances[:LOOKED_AT]:
        counted.update(inspection.progress(engine, session, instance_id)["active"])
    return {
        "mapping": proposed.mapping,
        "unmapped": list(proposed.unmapped),
        "source_elements": _elements(source, counted),
        "target_elements": _elements(target, Counter()),
        "instances": len(instances),
    }


def check(
    session: Session,
    engine: Any,
    source_id: UUID,
    target_id: UUID,
    mapping: Mapping[str, str],
    wanted: Iterable[UUID] | None,
    limit: int,
) -> dict[str, Any]:
    """Try a map on instances without moving them. Raises NoSuchVersion, NotTheSameProcess."""
    source, target = pair(session, engine, source_id, target_id)
    instances = _chosen(session, source.id, wanted)
    stay: list[tuple[UUID, list[Reason]]] = []
    for instance_id in instances[:limit]:
        reasons = migration.check(engine, session, instance_id, target, mapping)
        if reasons:
            stay.append((instance_id, reasons))
    checked = min(len(instances), limit)
    known = _known_as(session, [instance_id for instance_id, _ in stay])
    return {
        "total": len(instances),
        "movable": checked - len(stay),
        "unchecked": len(instances) - checked,
        "items": [
            {
                "instance": instance_id,
                **known[instance_id],
                "reasons": [shaped(reason) for reason in reasons],
            }
            for instance_id, reasons in stay
        ],
    }


def migrate(
    session: Session,
    engine: Any,
    source_id: UUID,
    target_id: UUID,
    mapping: Mapping[str, str],
    wanted: Iterable[UUID] | None,
    *,
    actor: Actor,
    reason: str,
) -> UUID:
    """Have workers move them, each in a step of its own; the id of the batch.

    Raises NoSuchVersion, NotTheSameProcess, NothingToMove.
    """
    source, target = pair(session, engine, source_id, target_id)
    instances = _chosen(session, source.id, wanted)
    if not instances:
        raise NothingToMove
    parameters = {"version": str(target.id), "mapping": dict(mapping)}
    return batches.create(
        engine, session, "migrate", parameters, instances, actor=actor, reason=reason
    )


def revert(session: Session, engine: Any, batch_id: UUID, *, actor: Actor, reason: str) -> UUID:
    """Take back what a migration did, where the instance has not gone on since; the id of a new batch.

    Raises NoSuchBatch, NothingToMove.
    """
    found = batches.progress(session, batch_id)
    if found is None or found.kind != "migrate":
        raise NoSuchBatch("there is no such migration")
    done = batches.items(session, batch_id, status="done", limit=found.total)
    if not done:
        raise NothingToMove
    subjects = [item.subject for item in done]
    return batches.create(engine, session, "revert", {}, subjects, actor=actor, reason=reason)


def progress(session: Session, batch_id: UUID) -> dict[str, Any]:
    """How far a migration is, with the first hundred that stayed and why. Raises NoSuchBatch."""
    found = batches.progress(session, batch_id)
    if found is None or found.kind not in ("migrate", "revert"):
        raise NoSuchBatch("there is no such migration")
    failed = batches.items(session, batch_id, status="failed", limit=100)
    known = _known_as(session, [item.subject for item in failed])
    return {
        "id": found.id,
        "kind": found.kind,
        "status": _status(found),
        "total": found.total,
        "done": found.done,
        "failed": found.failed,
        "todo": found.todo,
        "failures": [
            {
                "instance": item.subject,
                **known[item.subject],
                "reasons": [shaped(r) for r in item.reasons],
            }
            for item in failed
        ],
    }


def pair(
    session: Session, engine: Any, source_id: UUID, target_id: UUID
) -> tuple[Version, Version]:
    """Both versions. Raises NoSuchVersion, NotTheSameProcess."""
    rows = {
        row.id: row.key
        for row in session.execute(
            select(process_version.c.id, process_version.c.key).where(
                process_version.c.id.in_((source_id, target_id))
            )
        )
    }
    if source_id not in rows or target_id not in rows:
        raise NoSuchVersion("there is no such version")
    if rows[source_id] != rows[target_id] or source_id == target_id:
        raise NotTheSameProcess
    return engine.library.version(session, source_id), engine.library.version(session, target_id)


def shaped(reason: Reason) -> dict[str, Any]:
    """A reason as programs see it."""
    return {"element": reason.element, "words": {"en": reason.en, "zh": reason.zh}}


def _status(found: Progress) -> str:
    if found.stopped_by is not None:
        return "stopped"
    if found.ended_at is not None:
        return "done"
    return "running" if found.todo < found.total else "waiting"


def _elements(version: Version, tokens: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"id": n.id, "type": n.tag, "names": dict(n.name), "tokens": tokens[n.id]}
        for n in version.program.nodes.values()
    ]


def _instances(session: Session, version_id: UUID) -> list[UUID]:
    return list(
        session.scalars(
            select(process_instance.c.id)
            .where(
                process_instance.c.version_id == version_id,
                process_instance.c.status.in_(MOVABLE),
            )
            .order_by(process_instance.c.started_at, process_instance.c.id)
        )
    )


def _chosen(session: Session, version_id: UUID, wanted: Iterable[UUID] | None) -> list[UUID]:
    """The named instances that are on the version and go on; all of them when none are named."""
    all_of_it = _instances(session, version_id)
    if wanted is None:
        return all_of_it
    chosen = set(wanted)
    return [instance_id for instance_id in all_of_it if instance_id in chosen]


def _known_as(session: Session, ids: list[UUID]) -> dict[UUID, dict[str, str | None]]:
    """What people call these instances: the ticket's number where there is one, and the business key."""
    rows = session.execute(
        select(process_instance.c.id, process_instance.c.business_key, Ticket.number)
        .outerjoin(Ticket, Ticket.instance_id == process_instance.c.id)
        .where(process_instance.c.id.in_(ids))
    )
    return {row.id: {"ticket_number": row.number, "business_key": row.business_key} for row in rows}
