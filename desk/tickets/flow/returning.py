"""Going back to an earlier step (退回): what was entered there comes back, what came after is undone [000 §5.1.4].

Where a ticket may go back to is drawn: the gateway after `ticket.return_to` has a flow to each step. What the process
data was at a step is read from the history, which nobody can change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.history import PASSES, plain
from engine.tables import history, human_task

FOLLOWS = "outcome"  # of every step; it never comes back


@dataclass(frozen=True)
class EarlierStep:
    """A step that was done: the element, its name, and who did it last (`user:7`)."""

    element: str
    name: Mapping[str, str]
    doer: str | None


@dataclass(frozen=True)
class Snapshot:
    """What a step left behind. `values` are the entries to restore: those of later steps are as they were then."""

    step: EarlierStep
    values: dict[str, Any]


def earlier_steps(
    session: Session, instance_id: UUID, *, but: str | None = None
) -> list[EarlierStep]:
    """The steps that people have done, in the order in which each was done first."""
    rows = session.execute(
        select(human_task.c.element_id, human_task.c.name, human_task.c.ended_by)
        .where(human_task.c.instance_id == instance_id, human_task.c.status == "completed")
        .order_by(human_task.c.ended_at)
    )
    found: dict[str, EarlierStep] = {}
    for row in rows:
        if row.element_id != but:
            found[row.element_id] = EarlierStep(row.element_id, row.name, _person(row.ended_by))
    return list(found.values())


def snapshot(
    session: Session, instance_id: UUID, element: str, *, now: Mapping[str, Any]
) -> Snapshot | None:
    """The data as the step left it when it was done last; None for a step that nobody has done.

    `now` is the data of the running step, of which the history knows nothing yet: what it has that
    the history has not was entered at the step from which the ticket goes back. Only what people
    enter comes back: ids and what operators returned stay as they are.
    """
    step = next((s for s in earlier_steps(session, instance_id) if s.element == element), None)
    if step is None:
        return None
    human = set(
        session.scalars(
            select(human_task.c.element_id)
            .where(human_task.c.instance_id == instance_id)
            .distinct()
        )
    )
    entered: set[str] = set()
    current: dict[str, Any] = {}
    then: dict[str, Any] = {}
    rows = session.execute(
        select(history.c.event, history.c.element_id, history.c.data)
        .where(history.c.instance_id == instance_id)
        .order_by(history.c.seq)
    )
    for row in rows:
        changed = row.data.get("set") or {}
        if row.event in PASSES and row.element_id in human:
            entered |= changed.keys()
        current |= changed
        if row.event in PASSES and row.element_id == element:
            then = dict(current)
    entered |= {name for name in now if plain(now[name]) != current.get(name)}
    entered.discard(FOLLOWS)
    return Snapshot(step, {name: then.get(name) for name in sorted(entered)})


def _person(actor: Mapping[str, Any] | None) -> str | None:
    if not actor or actor.get("kind") != "user" or actor.get("id") is None:
        return None
    return f"user:{actor['id']}"
