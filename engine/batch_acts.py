"""What a batch may do to one instance (or incident); each act is one step with its line of history.

A new kind is a function of `Item` and an entry in ACTS; engine.batches knows nothing of what it does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import incidents, migration, modification
from engine.actors import Actor
from engine.errors import NothingToDo
from engine.tables import incident

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class Item:
    """One subject of a batch, with what is to be done to it. `subject` is an instance's id, or an incident's."""

    engine: "Engine"
    session: Session
    subject: UUID
    parameters: Mapping[str, Any]
    actor: Actor
    reason: str


def _migrate(item: Item) -> None:
    """`version`: id of the target version, `mapping`: {element there: element here}."""
    target = item.engine.library.version(item.session, UUID(item.parameters["version"]))
    migration.migrate(
        item.engine, item.session, item.subject, target, item.parameters["mapping"],
        actor=item.actor, reason=item.reason,
    )  # fmt: skip


def _revert(item: Item) -> None:
    """Undo the newest migration."""
    migration.revert(item.engine, item.session, item.subject, actor=item.actor, reason=item.reason)


def _retry(item: Item) -> None:
    """Retry all open incidents of the instance."""
    open_ones = list(
        item.session.scalars(
            select(incident.c.id)
            .where(incident.c.instance_id == item.subject, incident.c.resolved_at.is_(None))
            .order_by(incident.c.at)
        )
    )
    if not open_ones:
        raise NothingToDo("The instance has no open incident.", "该实例没有未处理的异常。")
    for incident_id in open_ones:
        incidents.retry(
            item.engine, item.session, incident_id, actor=item.actor, reason=item.reason
        )


def _retry_incident(item: Item) -> None:
    """Retry one incident; `variables` are set first where there are some."""
    done = incidents.retry(
        item.engine, item.session, item.subject, actor=item.actor, reason=item.reason,
        variables=item.parameters.get("variables"),
    )  # fmt: skip
    if not done:
        raise NothingToDo("Somebody has dealt with it before.", "该异常已被处理。")


def _resolve_incident(item: Item) -> None:
    """Close one incident by hand."""
    done = incidents.resolve(
        item.engine, item.session, item.subject, actor=item.actor, reason=item.reason
    )
    if not done:
        raise NothingToDo("Somebody has dealt with it before.", "该异常已被处理。")


def _suspend(item: Item) -> None:
    modification.suspend(
        item.engine, item.session, item.subject, actor=item.actor, reason=item.reason
    )


def _resume(item: Item) -> None:
    modification.resume(
        item.engine, item.session, item.subject, actor=item.actor, reason=item.reason
    )


def _cancel(item: Item) -> None:
    item.engine.cancel(item.session, item.subject, actor=item.actor, reason=item.reason)


def _move(item: Item) -> None:
    """Move every token that stands at the element `from` to `to`."""
    modification.move_tokens(
        item.engine, item.session, item.subject, item.parameters["from"], item.parameters["to"],
        actor=item.actor, reason=item.reason,
    )  # fmt: skip


def _set_variables(item: Item) -> None:
    """`variables`: {name: value}."""
    modification.edit_variables(
        item.engine, item.session, item.subject, item.parameters["variables"],
        actor=item.actor, reason=item.reason,
    )  # fmt: skip


ACTS: dict[str, Callable[[Item], None]] = {
    "migrate": _migrate,
    "revert": _revert,
    "retry": _retry,
    "retry_incident": _retry_incident,
    "resolve_incident": _resolve_incident,
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "move": _move,
    "set_variables": _set_variables,
}

# What an act cannot do without.
NEEDED: dict[str, frozenset[str]] = {
    "migrate": frozenset({"version", "mapping"}),
    "move": frozenset({"from", "to"}),
    "set_variables": frozenset({"variables"}),
}
