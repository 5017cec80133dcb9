"""Looking at an instance without moving it: its tokens, its scopes and their data, what it waits for, its history."""

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
from engine.bpmn.tokens import Instance, Token
from engine.errors import InstanceGone, StateUnreadable
from engine.history import PASSES
from engine.library import Version
from engine.step import Step
from engine.tables import (
    deployed_resource,
    history,
    human_task,
    job,
    process_instance,
    process_version,
    subscription,
)

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
    try:
        instance = as_it_stands(engine, session, row)
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


def as_it_stands(engine: "Engine", session: Session, row: Any) -> Instance:
    """The instance of a row of `process_instance`, for looking at, not for stepping. Raises StateUnreadable."""
    version = engine.library.version(session, row.version_id)
    reader = Actor("system", None, "reader")
    return Step(engine, session, version, reader, instance_id=row.id, row=row).instance


def awaited(session: Session, instance_id: UUID) -> frozenset[str]:
    """The names of the messages the instance waits for right now."""
    return frozenset(
        session.scalars(
            select(subscription.c.name).where(
                subscription.c.instance_id == instance_id, subscription.c.kind == "message"
            )
        )
    )


def diagram(session: Session, instance_id: UUID) -> bytes:
    """The BPMN file of the version the instance runs."""
    content: bytes = session.execute(
        select(deployed_resource.c.content)
        .join(
            process_version,
            (process_version.c.deployment_id == deployed_resource.c.deployment_id)
            & (process_version.c.resource == deployed_resource.c.name),
        )
        .join(process_instance, process_instance.c.version_id == process_version.c.id)
        .where(process_instance.c.id == instance_id)
    ).scalar_one()
    return content


def progress(engine: "Engine", session: Session, instance_id: UUID) -> dict[str, list[str]]:
    """Element ids: `active` where tokens stand, `done` what was passed.

    Of an instance whose state cannot be read, `active` is where people or workers have something to do. Raises
    InstanceGone when there is none.
    """
    row = session.execute(
        select(process_instance).where(process_instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise InstanceGone(f"there is no instance {instance_id}")
    active: list[str] = []
    if row.status in ("active", "suspended"):
        try:
            active = [
                standing_at(t)
                for t in as_it_stands(engine, session, row).tokens()
                if not beside_the_flow(t)
            ]
        except StateUnreadable:
            active = waits_at(session, instance_id)
    done = session.scalars(
        select(history.c.element_id)
        .where(history.c.instance_id == instance_id, history.c.event.in_(PASSES))
        .group_by(history.c.element_id)
        .order_by(history.c.element_id)
    )
    return {"active": sorted(set(active)), "done": [str(e) for e in done if e]}


def history_of(session: Session, instance_id: UUID) -> list[dict[str, Any]]:
    """The rows of the instance's history, oldest first."""
    rows = session.execute(
        select(history).where(history.c.instance_id == instance_id).order_by(history.c.seq)
    )
    return [dict(row._mapping) for row in rows]


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
