"""What operators do to instances from the cockpit; every act has a reason and is a line of the history."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.audit.actions import declare
from desk.audit.operations import record
from engine import batches, migration, modification, store_acts
from engine.actors import Actor
from engine.library import Version
from engine.operators import Text
from engine.tables import process_instance

declare(
    {
        "batch_begun": Text("Began a batch", "发起了批量操作"),
        "batch_stopped": Text("Stopped a batch", "停止了批量操作"),
        "store_changed": Text("Changed a data store", "修改了数据存储"),
    }
)

MOST = 100_000  # instances of one batch
SIMPLE = ("suspend", "resume", "cancel", "retry", "revert")  # acts that need no further word


def suspend(session: Session, desk: Desk, instance_id: UUID, *, actor: Actor, reason: str) -> None:
    """Stop it where it stands (engine.modification.suspend). Raises InstanceGone, InstanceSuspended."""
    modification.suspend(desk.engine, session, instance_id, actor=actor, reason=reason)


def resume(session: Session, desk: Desk, instance_id: UUID, *, actor: Actor, reason: str) -> None:
    """Let it go on; timers that were due meanwhile fire. Raises InstanceGone."""
    modification.resume(desk.engine, session, instance_id, actor=actor, reason=reason)


def cancel(session: Session, desk: Desk, instance_id: UUID, *, actor: Actor, reason: str) -> None:
    """End it before its time; its ticket stays as it is. Raises InstanceGone."""
    desk.engine.cancel(session, instance_id, actor=actor, reason=reason)


def set_variables(
    session: Session,
    desk: Desk,
    instance_id: UUID,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Set variables of the process; conditions are asked anew. Raises InstanceGone, DiagramError."""
    modification.edit_variables(
        desk.engine, session, instance_id, values, actor=actor, reason=reason
    )


def move_token(
    session: Session,
    desk: Desk,
    instance_id: UUID,
    token_id: UUID,
    to_element: str,
    *,
    actor: Actor,
    reason: str,
) -> None:
    """Take a token away and let it arrive elsewhere in its scope. Raises InstanceGone, UnknownElement, DiagramError."""
    modification.move_token(
        desk.engine, session, instance_id, token_id, to_element, actor=actor, reason=reason
    )


def add_token(
    session: Session, desk: Desk, instance_id: UUID, element: str, *, actor: Actor, reason: str
) -> None:
    """Let a new token arrive. Raises InstanceGone, UnknownElement, DiagramError."""
    modification.add_token(desk.engine, session, instance_id, element, actor=actor, reason=reason)


def migrate(
    session: Session, desk: Desk, instance_id: UUID, target: Version, *, actor: Actor, reason: str
) -> None:
    """Bring it to another version by the map that is drafted automatically. Raises MigrationRefused, InstanceGone."""
    step_version = desk.engine.library.version(session, _version_id(session, instance_id))
    mapping = migration.draft(step_version, target).mapping
    migration.migrate(
        desk.engine, session, instance_id, target, mapping, actor=actor, reason=reason
    )


def revert(session: Session, desk: Desk, instance_id: UUID, *, actor: Actor, reason: str) -> None:
    """Undo its newest migration, as long as it has not moved since. Raises MigrationRefused, InstanceGone."""
    migration.revert(desk.engine, session, instance_id, actor=actor, reason=reason)


def act_on_many(
    session: Session,
    desk: Desk,
    kind: str,
    parameters: Mapping[str, Any],
    instance_ids: Sequence[UUID],
    *,
    actor: Actor,
    reason: str,
) -> UUID:
    """Do one act of engine.batch_acts to many instances (or incidents), in the background; the batch's id.

    Side effects: an entry of the audit log, beside the line in the history of each instance. Raises ValueError.
    """
    chosen = instance_ids[:MOST]
    batch_id = batches.create(
        desk.engine, session, kind, parameters, chosen, actor=actor, reason=reason
    )
    record(
        session, "batch_begun", actor=actor, subject=f"batch:{batch_id}", reason=reason,
        new={"kind": kind, "items": len(chosen), **({"parameters": parameters} if parameters else {})},
    )  # fmt: skip
    return batch_id


def stop_batch(session: Session, desk: Desk, batch_id: UUID, *, actor: Actor) -> bool:
    """Leave undone what is not done yet; an entry of the audit log. False when it had ended before."""
    if not batches.stop(desk.engine, session, batch_id, actor=actor):
        return False
    record(session, "batch_stopped", actor=actor, subject=f"batch:{batch_id}")
    return True


def set_store(
    session: Session, desk: Desk, key: str, value: Any, *, revision: int, actor: Actor, reason: str
) -> None:
    """Give a data store a value by hand (engine.store_acts.edit); an entry of the audit log. Raises StoreRefused."""
    store_acts.edit(
        desk.engine, session, key, value, revision=revision, actor=actor, reason=reason
    )
    record(session, "store_changed", actor=actor, subject=f"store:{key}", reason=reason, new={"value": value})


def _version_id(session: Session, instance_id: UUID) -> UUID:
    return session.execute(
        select(process_instance.c.version_id).where(process_instance.c.id == instance_id)
    ).scalar_one()
