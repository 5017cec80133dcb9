"""Looking into a running instance without moving it: its tokens, its scopes and their data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.bpmn.kinds.base import beside_the_flow
from engine.bpmn.kinds.gateways import standing_at
from engine.bpmn.model import Words
from engine.bpmn.tokens import Token
from engine.errors import InstanceGone, StateUnreadable
from engine.library import Version
from engine.step import Step
from engine.tables import human_task, job, process_instance

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class Standing:
    """A token: `element` is where it is, `at` where a person would point to (a gateway, not its arms).

    `beside`: it belongs to a boundary event or an event sub-process that waits, and can neither be moved nor seen as
    work.
    """

    id: UUID
    element: str
    at: str
    tag: str
    name: Words
    scope: UUID
    since: datetime
    beside: bool
    hosts: bool  # a sub-process or call that runs: its tokens are inside


@dataclass(frozen=True)
class Room:
    """A scope: the process itself (`element` None), a sub-process, a called process or a round of a loop."""

    id: UUID
    element: str | None
    name: Words
    outer: UUID | None
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """An instance as it stands. An instance that has ended, or cannot be read, has no tokens and no scopes."""

    version: Version
    status: str
    tokens: tuple[Standing, ...]
    rooms: tuple[Room, ...]
    unreadable: str = ""  # why its state cannot be read

    def room_of(self, element: str | None) -> Room | None:
        """The scope in which a token stands at this element, else the process."""
        found = next((t.scope for t in self.tokens if t.element == element), None)
        wanted = [room for room in self.rooms if room.id == found] or list(self.rooms)
        return wanted[0] if wanted else None

    def seen_from(self, room: Room) -> dict[str, Any]:
        """All variables that an expression in this scope can name, the inner ones first."""
        rooms = {r.id: r for r in self.rooms}
        seen: dict[str, Any] = {}
        at: Room | None = room
        while at is not None:
            for name, value in at.variables.items():
                seen.setdefault(name, value)
            at = rooms.get(at.outer) if at.outer else None
        return seen


def look(engine: "Engine", session: Session, instance_id: UUID) -> Look:
    """The instance as it stands. Raises InstanceGone when there is none."""
    row = session.execute(
        select(process_instance).where(process_instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise InstanceGone(f"there is no instance {instance_id}")
    version = engine.library.version(session, row.version_id)
    if row.status not in ("active", "suspended"):
        return Look(version, row.status, (), ())
    reader = Actor("system", None, "reader")
    try:
        instance = Step(engine, session, version, reader, instance_id=instance_id, row=row).instance
    except StateUnreadable as error:
        return Look(version, row.status, (), (), str(error))
    rooms = tuple(
        Room(
            scope.id,
            scope.host.task_spec.node.id if scope.host else None,
            scope.spec.model.name,
            scope.outer.id if scope.outer and not scope.isolated else None,
            dict(scope.local),
        )
        for scope in instance.scopes.values()
    )
    return Look(version, row.status, tuple(_standing(t) for t in instance.tokens()), rooms)


def waits_at(session: Session, instance_id: UUID) -> list[str]:
    """Elements at which people or workers have something to do, whether or not the state can be read."""
    tasks = select(human_task.c.element_id).where(
        human_task.c.instance_id == instance_id, human_task.c.status.in_(("open", "suspended"))
    )
    jobs = select(job.c.element_id).where(
        job.c.instance_id == instance_id, job.c.status.not_in(("done", "cancelled"))
    )
    return sorted({element for element in session.scalars(tasks.union(jobs)) if element})


def _standing(token: Token) -> Standing:
    node = token.task_spec.node
    return Standing(
        token.id,
        node.id,
        standing_at(token),
        node.tag,
        node.name,
        token.scope.id,
        datetime.fromtimestamp(token.last_state_change, UTC),
        beside_the_flow(token),
        bool(token.scope.instance.scopes_of(token)),
    )
