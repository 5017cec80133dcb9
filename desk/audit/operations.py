"""The way into the audit log."""

from collections.abc import Mapping
from typing import Any

import structlog
from flask import has_request_context, request
from sqlalchemy.orm import Session

from desk.audit.actions import ACTIONS
from desk.audit.chain import digest
from desk.audit.models import AuditEntry, Unsealed
from desk.audit.personal import concealed, concealed_actor
from engine.actors import Actor
from engine.history import plain
from engine.timestamps import utc_now

log = structlog.get_logger("desk.audit")


def record(
    session: Session,
    action: str,
    *,
    actor: Actor,
    subject: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    reason: str | None = None,
    ticket_id: int | None = None,
    person: str | None = None,
) -> None:
    """Add an entry in the caller's transaction, and say it in the program's log.

    `subject` is what was acted on: `user:7`, `team:3`, `ticket:12`, `process:ticket-basic`, `setting:mail`. `old` and
    `new` hold only what changed; never a password in them. With `person` (`contact:5`) their texts are sealed with that
    person's key, so that they can be erased. The address is that of the web request at work, if one is.
    Raises KeyError for an action that nobody declared.
    """
    if action not in ACTIONS:
        raise KeyError(f"there is no action {action!r}: see desk.audit.actions")
    was, now = plain(old or {}), plain(new or {})
    entry = AuditEntry(
        at=utc_now(),
        actor=concealed_actor(session, actor, None),
        actor_ref=actor.reference,
        address=address_of_request(),
        action=action,
        subject=subject,
        ticket_id=ticket_id,
        old=concealed(session, person, was) if person else was,
        new=concealed(session, person, now) if person else now,
        reason=plain(reason),
    )
    session.add(entry)
    session.flush()
    session.add(Unsealed(entry_id=entry.id, digest=digest(entry)))
    shown = {} if person else {"old": was, "new": now}
    log.info(f"audit.{action}", actor=actor.reference, subject=subject, **shown)


def address_of_request() -> str | None:
    """Where the web request at work comes from; None outside of one."""
    return request.remote_addr if has_request_context() else None
