"""What people do about incidents: one at a time here, many as a batch (engine.batches)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.actions import declare
from desk.audit.operations import record
from desk.cockpit import operations as cockpit
from engine import incidents
from engine.actors import Actor
from engine.operators import Text

declare(
    {
        "incident_retried": Text("Tried an incident again", "重试了异常"),
        "incident_resolved": Text("Resolved an incident by hand", "手工处理了异常"),
    }
)

AT_ONCE = 10_000  # the most that one batch takes


def retry(
    session: Session,
    desk: Desk,
    incident_id: UUID,
    *,
    actor: Actor,
    reason: str,
    variables: Mapping[str, Any] | None = None,
) -> bool:
    """Try again, with these variables set first. Side effects: those of engine.incidents.retry; open pages are told.

    False when somebody else has dealt with it. Raises LookupError, NothingToDo, DiagramError.
    """
    done = incidents.retry(
        desk.engine, session, incident_id, actor=actor, reason=reason, variables=variables
    )
    if done:
        _tell(session, desk, incident_id, "incident_retried", actor, reason)
    return done


def resolve(session: Session, desk: Desk, incident_id: UUID, *, actor: Actor, reason: str) -> bool:
    """Close by hand; what caused it stays as it is. Open pages are told. False when somebody was faster."""
    done = incidents.resolve(desk.engine, session, incident_id, actor=actor, reason=reason)
    if done:
        _tell(session, desk, incident_id, "incident_resolved", actor, reason)
    return done


def act_on_many(
    session: Session,
    desk: Desk,
    incident_ids: Sequence[UUID],
    *,
    retry: bool,
    actor: Actor,
    reason: str,
) -> UUID:
    """Retry or resolve many as a batch; its id. Raises ValueError without incidents or reason."""
    kind = "retry_incident" if retry else "resolve_incident"
    return cockpit.act_on_many(
        session, desk, kind, {}, incident_ids[:AT_ONCE], actor=actor, reason=reason
    )


def _tell(
    session: Session, desk: Desk, incident_id: UUID, action: str, actor: Actor, reason: str
) -> None:
    record(session, action, actor=actor, subject=f"incident:{incident_id}", reason=reason)
    desk.live.publish(session, "incidents", "incident.changed", {"id": str(incident_id)})
