"""Incidents: what a person can do about what went wrong. Each act has a reason, kept with it and in the history."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.bpmn.kinds.activities import ServiceTask
from engine.errors import InstanceGone, NothingToDo
from engine.history import plain
from engine.step import Step, lock, wake
from engine.tables import incident, job, timer
from engine.trouble import open_incident

if TYPE_CHECKING:
    from engine.runtime import Engine

__all__ = ["can_retry", "open_incident", "open_incidents", "resolve", "retry"]


def open_incidents(session: Session, limit: int = 100) -> list[Any]:
    """Unresolved incidents, newest first."""
    return list(
        session.execute(
            select(incident)
            .where(incident.c.resolved_at.is_(None))
            .order_by(incident.c.at.desc())
            .limit(limit)
        )
    )


def can_retry(row: Any) -> bool:
    """Whether there is something to try again: a job, or a timer that could not fire."""
    return row.job_id is not None or "timer" in row.context


def retry(
    engine: "Engine",
    session: Session,
    incident_id: UUID,
    *,
    actor: Actor,
    reason: str,
    variables: Mapping[str, Any] | None = None,
) -> bool:
    """Try again what failed, and mark the incident as retried. False when it was resolved before.

    `variables` are set first, as seen from where the token stands. A job's parameters are worked out anew from the
    data as it is now; its idempotency key stays, so an effect that did happen is not doubled. The job of a suspended
    instance waits until that goes on. Raises LookupError (no such incident), NothingToDo (nothing can be tried again:
    resolve it by hand), DiagramError (the parameters cannot be worked out).
    """
    row = _open_row(session, incident_id)
    if row is None:
        return False
    if not can_retry(row):
        raise NothingToDo(
            "There is nothing to try again here: mend the cause, then resolve it by hand.",
            "此异常没有可重试的操作：请先排除原因，再手动标记为已处理。",
        )
    step = _running(engine, session, row, actor)
    if variables and step is None:
        raise NothingToDo("The instance has ended.", "实例已结束。")
    suspended = step is not None and step.status == "suspended"
    if step is not None:
        _note(step, row, "retried", reason, variables)
    if row.job_id is not None:
        _again(engine, session, row, step, suspended)
    elif row.instance_id is not None and (step is None or _token(step, row) is None):
        raise _gone_on()
    elif not suspended:
        session.execute(insert(timer), _timer_row(row, engine.clock()))
    if step is not None:
        if variables and not suspended:
            step.run()
        step.save()
    _resolve(session, incident_id, "retried", actor, reason, engine.clock())
    return True


def resolve(
    engine: "Engine", session: Session, incident_id: UUID, *, actor: Actor, reason: str
) -> bool:
    """Close an incident by hand; what caused it stays as it is. False when it was resolved before.

    Raises LookupError when there is none.
    """
    row = _open_row(session, incident_id)
    if row is None:
        return False
    step = _running(engine, session, row, actor)
    if step is not None:
        _note(step, row, "resolved", reason, None)
        step.save()
    _resolve(session, incident_id, "resolved", actor, reason, engine.clock())
    return True


# ----------------------------------------------------------------------------------------------------------------------


def _open_row(session: Session, incident_id: UUID) -> Any:
    # The instance is locked first everywhere, so the incident's row is only read here; _resolve compares and sets.
    row = session.execute(select(incident).where(incident.c.id == incident_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no incident {incident_id}")
    return None if row.resolved_at is not None else row


def _running(engine: "Engine", session: Session, row: Any, actor: Actor) -> Step | None:
    """The incident's instance, locked; None when it has none or it has ended."""
    if row.instance_id is None:
        return None
    try:
        return lock(engine, session, row.instance_id, actor, suspended=True)
    except InstanceGone:
        return None


def _note(
    step: Step, row: Any, event: str, reason: str, variables: Mapping[str, Any] | None
) -> None:
    """The line of the history; variables that are to be set come with their values before."""
    content: dict[str, Any] = {"reason": reason, "incident": str(row.id), "message": row.message}
    token = _token(step, row)
    if variables:
        scope = token.scope if token is not None else step.instance.top
        seen = {name: scope.holder(name) for name in variables}
        content["before"] = plain(
            {name: holder.local[name] if holder else None for name, holder in seen.items()}
        )
        scope.assign_all(variables)
        content["set"] = plain(variables)
        for name in variables:
            step.instance.changed.pop(name, None)
    step.recorder.add(event, row.element_id, token.id if token else None, content)


def _token(step: Step, row: Any) -> Any:
    """The token that the incident is about, while it lives."""
    if row.job_id is not None:
        token_id = step.session.scalar(select(job.c.token_id).where(job.c.id == row.job_id))
    else:
        known = row.context.get("timer", {}).get("token_id")
        token_id = UUID(known) if known else None
    return step.instance.token(token_id) if token_id else None


def _again(
    engine: "Engine", session: Session, row: Any, step: Step | None, suspended: bool
) -> None:
    """Give the job its tries back, with its parameters as they are now."""
    values: dict[str, Any] = {
        "status": "held" if suspended else "waiting",
        "tries": 0,
        "due_at": engine.clock(),
        "error": None,
        "ended_at": None,
    }
    token = _token(step, row) if step is not None else None
    if token is not None and isinstance(token.task_spec, ServiceTask) and step is not None:
        values["parameters"] = plain(step.arguments(token))
    found = session.execute(
        update(job)
        .where(job.c.id == row.job_id, job.c.status == "failed")
        .values(values)
        .returning(job.c.queue)
    ).one_or_none()
    if found is None:
        raise _gone_on()
    if not suspended:
        wake(engine, session, found.queue)


def _gone_on() -> NothingToDo:
    return NothingToDo(
        "Nothing waits for this work any more: the token has gone on.",
        "令牌已离开此处，该任务不再需要执行。",
    )


def _timer_row(row: Any, now: datetime) -> dict[str, Any]:
    """The timer as it was when it could not fire, due now."""
    kept = row.context["timer"]
    return {
        "id": UUID(kept["id"]),
        "due_at": now,
        "instance_id": row.instance_id,
        "version_id": UUID(kept["version_id"]) if kept["version_id"] else None,
        "element_id": row.element_id,
        "token_id": UUID(kept["token_id"]) if kept["token_id"] else None,
        "trigger": kept["trigger"],
        "rounds": kept["rounds"],
        "since": datetime.fromisoformat(kept["since"]) if kept["since"] else None,
    }


def _resolve(
    session: Session,
    incident_id: UUID,
    resolution: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    changed = session.execute(
        update(incident)
        .where(incident.c.id == incident_id, incident.c.resolved_at.is_(None))
        .values(
            resolved_at=now,
            resolved_by=actor.as_json(),
            resolution=resolution,
            reason=reason,
        )
    ).rowcount  # type: ignore[attr-defined]
    if not changed:
        raise NothingToDo("Somebody has dealt with it meanwhile.", "该异常刚刚已被处理。")
