"""My tasks [004 §4.8.2]: open steps of all diagrams that wait for one person, soonest due first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from desk.contacts.models import Contact
from desk.people.models import Team, User
from desk.tickets.models import Ticket
from engine.tables import human_task, human_task_candidate, process_instance, process_version

MOST_TASKS = 200


@dataclass(frozen=True)
class TaskRow:
    """One open step. `ticket_*` and `customer` are None for a process that has no ticket."""

    id: UUID
    name: Mapping[str, str]  # the step as drawn, in both languages
    flow: Mapping[str, str]  # the diagram's name
    assignee: str | None
    priority: int
    due_at: datetime | None
    created_at: datetime
    ticket_id: int | None
    ticket_number: str | None
    title: str | None
    subject: str | None  # what the diagram says that it is about
    ticket_state: str | None
    ticket_priority: str | None
    contact_id: int | None
    customer: str | None


def my_tasks(
    session: Session, *, candidates: Sequence[str], me: str, limit: int = MOST_TASKS
) -> list[TaskRow]:
    """Open tasks that are mine or that nobody has taken and I may take.

    `candidates` are the names under which tasks are offered to me (`team:3`, `role:dispatcher`),
    `me` is `user:7`. A step without a due time of its own is due at the ticket's deadline.
    """
    statement = (
        select(
            human_task.c.id,
            human_task.c.name,
            process_version.c.name.label("flow"),
            human_task.c.assignee,
            human_task.c.priority,
            human_task.c.due_at,
            human_task.c.created_at,
            human_task.c.subject,
            Ticket.id.label("ticket_id"),
            Ticket.number.label("ticket_number"),
            Ticket.title,
            Ticket.state.label("ticket_state"),
            Ticket.priority.label("ticket_priority"),
            Ticket.deadline,
            Ticket.contact_id,
            Contact.name.label("customer"),
        )
        .join(process_instance, process_instance.c.id == human_task.c.instance_id)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .outerjoin(Ticket, Ticket.instance_id == human_task.c.instance_id)
        .outerjoin(Contact, Contact.id == Ticket.contact_id)
        .where(waits_for(candidates, me))
    )
    found: list[TaskRow] = []
    # Two walks along an index; `due_at IS NULL` as an order would sort everybody's open tasks.
    for condition, order in (
        (human_task.c.due_at.is_not(None), human_task.c.due_at),
        (human_task.c.due_at.is_(None), human_task.c.created_at),
    ):
        rows = session.execute(statement.where(condition).order_by(order).limit(limit - len(found)))
        found += [_task_row(**row._mapping) for row in rows]
    return sorted(found, key=_urgency)


def _task_row(*, due_at: datetime | None, deadline: datetime | None, **columns: Any) -> TaskRow:
    return TaskRow(due_at=due_at or deadline, **columns)


def _urgency(task: TaskRow) -> tuple[bool, float, int, float]:
    due = task.due_at.timestamp() if task.due_at else 0.0
    return (task.due_at is None, due, -task.priority, task.created_at.timestamp())


def count_my_tasks(session: Session, *, candidates: Sequence[str], me: str) -> int:
    """How many tasks `my_tasks` would show, counted to its limit at most."""
    offered = select(human_task.c.id).where(waits_for(candidates, me)).limit(MOST_TASKS)
    return session.scalar(select(func.count()).select_from(offered.subquery())) or 0


def candidates_of_tasks(session: Session, tasks: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Who may take each of these tasks."""
    found: dict[UUID, set[str]] = {task: set() for task in tasks}
    for task, candidate in session.execute(
        select(human_task_candidate.c.task_id, human_task_candidate.c.candidate).where(
            human_task_candidate.c.task_id.in_(tasks), ~human_task_candidate.c.excluded
        )
    ):
        found[task].add(candidate)
    return found


def names_of(session: Session, whom: Iterable[str | None]) -> dict[str, str]:
    """The names behind people and teams such as `user:7` and `team:3`."""
    asked = set(whom)
    found: dict[str, str] = {}
    for kind, model in (("user", User), ("team", Team)):
        numbers = [
            int(one[5:]) for one in asked if one and one[:5] == f"{kind}:" and one[5:].isdigit()
        ]
        if numbers:
            rows = session.execute(select(model.id, model.name).where(model.id.in_(numbers)))
            found |= {f"{kind}:{number}": name for number, name in rows}
    return found


def due_group(due_at: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """late | today | tomorrow | week | later | none: the heading under which a task stands."""
    if due_at is None:
        return "none"
    if due_at < now:
        return "late"
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else "week" if days < 7 else "later"


def excludes(candidates: Sequence[str]) -> ColumnElement[bool]:
    """The condition on a task that who goes by one of these names may not do it, though it may be offered to them."""
    barred = human_task_candidate.alias()
    return exists().where(
        barred.c.task_id == human_task.c.id, barred.c.candidate.in_(candidates), barred.c.excluded
    )


def waits_for(candidates: Sequence[str], me: str) -> ColumnElement[bool]:
    """The condition on a task that it is open and mine, or that nobody has taken it and I may."""
    offered = exists().where(
        human_task_candidate.c.task_id == human_task.c.id,
        human_task_candidate.c.candidate.in_(candidates),
        ~human_task_candidate.c.excluded,
    )
    free = and_(human_task.c.assignee.is_(None), offered, ~excludes(candidates))
    return and_(human_task.c.status == "open", or_(human_task.c.assignee == me, free))
