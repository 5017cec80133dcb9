"""Writes incidents: what went wrong and waits for a person, never silently.

What a person can do about one is in engine.incidents.
"""

import hashlib
import re
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.history import plain
from engine.tables import incident, job
from engine.timestamps import utc_now

DETAIL_LIMIT = 20_000  # characters of a stack, from its end
MESSAGE_LIMIT = 4000

# What differs between two troubles of the same cause: ids, numbers, what stands in quotes.
_PARTICULAR = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}|'[^']*'|\"[^\"]*\"|\S+@\S+|\d+", re.IGNORECASE
)


def open_incident(
    session: Session,
    kind: str,
    message: str,
    *,
    error: BaseException | None = None,
    instance_id: UUID | None = None,
    job_id: UUID | None = None,
    element_id: str | None = None,
    context: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> UUID:
    """Write an incident; `kind` says where it arose (job, timer, error, mail).

    The stack is kept for those who may see it; `context` (plain values) is what trying again will need.
    """
    incident_id = uuid4()
    detail = "".join(traceback.format_exception(error))[-DETAIL_LIMIT:] if error else ""
    session.execute(
        insert(incident),
        {
            "id": incident_id,
            "kind": kind,
            "instance_id": instance_id,
            "job_id": job_id,
            "element_id": element_id,
            "message": message[:MESSAGE_LIMIT],
            "detail": detail,
            "context": plain(context or {}),
            "cause": cause_of(kind, element_id, message),
            "at": now or utc_now(),
        },
    )
    return incident_id


def overtaken(session: Session, token_ids: Sequence[UUID], actor: Actor, now: datetime) -> None:
    """Close the incidents of jobs whose tokens have gone another way: nobody need deal with them any more."""
    session.execute(
        update(incident)
        .where(
            incident.c.resolved_at.is_(None),
            incident.c.job_id.in_(select(job.c.id).where(job.c.token_id.in_(token_ids))),
        )
        .values(resolved_at=now, resolved_by=actor.as_json(), resolution="overtaken")
    )


def overtaken_all(session: Session, instance_id: UUID, actor: Actor, now: datetime) -> None:
    """Close all open incidents of an instance that is ended by hand."""
    session.execute(
        update(incident)
        .where(incident.c.instance_id == instance_id, incident.c.resolved_at.is_(None))
        .values(resolved_at=now, resolved_by=actor.as_json(), resolution="overtaken")
    )


def cause_of(kind: str, element_id: str | None, message: str) -> str:
    """The same for troubles that differ only in ids, numbers and quoted values: what can be mended together."""
    general = _PARTICULAR.sub("#", message)[:500]
    return hashlib.sha256(f"{kind}|{element_id or ''}|{general}".encode()).hexdigest()[:32]
