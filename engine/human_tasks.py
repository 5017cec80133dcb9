"""What people do with human tasks: look at one, take it, give it back, complete it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import Actor
from engine.bpmn.kinds.activities import HumanTask
from engine.bpmn.model import Outcome, Words
from engine.errors import InstanceGone, TaskGone, TaskTaken, UnknownOutcome
from engine.inspection import as_it_stands
from engine.step import Closing, copied, lock, resumed
from engine.tables import human_task, human_task_candidate, process_instance
from engine.task_form import shown

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class OpenTask:
    """A human task as a page needs it. `form` is the form-js schema deployed with the diagram."""

    id: UUID
    instance_id: UUID
    element_id: str
    name: Words
    lane: Words | None
    form: dict[str, Any] | None
    form_key: str | None
    outcomes: tuple[Outcome, ...]
    data: dict[str, Any]
    due_at: datetime | None
    priority: int
    assignee: str | None
    claimed: bool
    candidates: tuple[str, ...]
    excluded: tuple[str, ...]  # who may not do it, though a candidate
    created_at: datetime


def complete(
    engine: "Engine",
    session: Session,
    task_id: UUID,
    values: Mapping[str, Any],
    *,
    outcome: str | None,
    actor: Actor,
) -> None:
    """Complete a human task: `values` and `outcome` become data of its scope, and the diagram goes on.

    Raises TaskGone (somebody was faster), TaskTaken (claimed by another), UnknownOutcome, DiagramError.
    """
    row = sql.run(session, sql.LOCK_TASK, {"wanted": task_id}).one_or_none()
    if row is None or row.task_status != "open":
        raise _gone(session, task_id)
    if row.claimed and row.assignee not in (None, actor.reference):
        raise TaskTaken(task_id, row.assignee)
    try:
        step = resumed(engine, session, row, actor)
    except InstanceGone:
        _open_row(session, task_id)
        raise
    token = step.instance.token(task_id)
    if token is None or not isinstance(token.task_spec, HumanTask):
        raise _gone(session, task_id)
    human = token.task_spec.node.human
    offered = {o.id for o in human.outcomes} if human else set()
    if outcome is not None and outcome not in offered or outcome is None and offered:
        raise UnknownOutcome(
            f"{outcome!r} is none of {', '.join(sorted(offered)) or 'nothing'}"
        )
    step.closing = Closing(task_id, outcome)
    results = copied(values)
    if outcome is not None:
        results["outcome"] = outcome
    token.task_spec.finish(token, results)
    step.run()
    step.save()


def claim(engine: "Engine", session: Session, task_id: UUID, *, actor: Actor) -> None:
    """Take a task for oneself; a second claim by the same person changes nothing. Raises TaskGone, TaskTaken."""
    changed = session.execute(
        update(human_task)
        .where(
            human_task.c.id == task_id,
            human_task.c.status == "open",
            human_task.c.claimed.is_(False) | (human_task.c.assignee == actor.reference),
        )
        .values(assignee=actor.reference, claimed=True)
    ).rowcount  # type: ignore[attr-defined]
    row = _open_row(session, task_id)
    if not changed:
        raise TaskTaken(task_id, row.assignee or "")
    _note(engine, session, row.instance_id, "claimed", row.element_id, task_id, actor)


def release(engine: "Engine", session: Session, task_id: UUID, *, actor: Actor) -> None:
    """Give a claimed task back to its candidates. Raises TaskGone, TaskTaken."""
    row = _open_row(session, task_id)
    if row.assignee not in (None, actor.reference):
        raise TaskTaken(task_id, row.assignee)
    session.execute(
        update(human_task)
        .where(human_task.c.id == task_id)
        .values(assignee=None, claimed=False)
    )
    _note(engine, session, row.instance_id, "released", row.element_id, task_id, actor)


def task(engine: "Engine", session: Session, task_id: UUID) -> OpenTask:
    """An open task with its form and outcomes. Raises TaskGone."""
    row = _open_row(session, task_id)
    instance = session.execute(
        select(process_instance).where(process_instance.c.id == row.instance_id)
    ).one()
    version = engine.library.version(session, instance.version_id)
    named = session.execute(
        select(human_task_candidate.c.candidate, human_task_candidate.c.excluded).where(
            human_task_candidate.c.task_id == task_id
        )
    ).all()
    token = as_it_stands(engine, session, instance).token(task_id)
    node = token.task_spec.node if token else version.element(row.element_id)
    bound = token.scope.spec.bound.version if token else None
    form = engine.library.form(session, version, row.form, bound) if row.form else None
    human = node.human
    variables = token.scope.variables if token else {}
    return OpenTask(
        row.id,
        row.instance_id,
        row.element_id,
        row.name,
        row.lane,
        shown(form, human) if form and human else form,
        row.form,
        human.outcomes if human else (),
        {name: variables[name] for name in variables},
        row.due_at,
        row.priority,
        row.assignee,
        row.claimed,
        tuple(one.candidate for one in named if not one.excluded),
        tuple(one.candidate for one in named if one.excluded),
        row.created_at,
    )


def open_tasks(session: Session, instance_id: UUID) -> list[UUID]:
    """The ids of an instance's open human tasks, oldest first."""
    return [row.id for row in sql.run(session, sql.OPEN_TASKS, {"of_instance": instance_id})]


def _open_row(session: Session, task_id: UUID) -> Any:
    row = sql.run(session, sql.READ_TASK, {"wanted": task_id}).one_or_none()
    if row is None or row.status != "open":
        raise _gone(session, task_id)
    return row


def _gone(session: Session, task_id: UUID) -> TaskGone:
    row = sql.run(session, sql.READ_TASK, {"wanted": task_id}).one_or_none()
    by = Actor.from_json(row.ended_by) if row is not None and row.ended_by else None
    return TaskGone(task_id, by, row.outcome if row is not None else None)


def _note(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    event: str,
    element_id: str,
    token_id: UUID,
    actor: Actor,
) -> None:
    """A history line for an act that moves no token."""
    step = lock(engine, session, instance_id, actor)
    step.recorder.add(event, element_id, token_id)
    end = {
        "wanted": instance_id,
        "history_seq": step.recorder.seq,
        "history_hash": step.recorder.hash,
    }
    sql.write(session, [*step.recorder.write(session), (sql.UPDATE_HISTORY_END, [end])])
    engine.stepped(step)
