"""A ticket's open steps as one person meets them: which are theirs, with which form and which ways on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.forms import Form, Option
from desk.people.models import User
from desk.people.permissions import can, candidates_of
from desk.people.queries import active_teams, people_who_can
from desk.tickets.flow.returning import earlier_steps
from desk.tickets.models import Ticket
from desk.tickets.scope import visible
from desk.tickets.tasks import candidates_of_tasks, excludes, names_of
from desk.tickets.types import all_types
from desk.web.localisation import words
from engine.bpmn.model import Outcome
from engine.errors import StateUnreadable, TaskGone, TaskTaken
from engine.human_tasks import OpenTask
from engine.runtime import Engine
from engine.tables import human_task, process_instance, process_version
from engine.task_form import shown


@dataclass(frozen=True)
class OpenSteps:
    """`mine` may be done by the person who asks; `others` wait for somebody else, named where known.

    `unreadable`: where the process stands cannot be read, so there are neither.
    """

    mine: tuple[OpenTask, ...]
    others: tuple[tuple[OpenTask, str | None], ...]
    unreadable: bool = False

    @property
    def signature(self) -> str:
        """Changes whenever other steps than before are open for this person."""
        return ".".join(sorted(task.id.hex[:12] for task in self.mine))


def may_do(task: OpenTask, user: User) -> bool:
    """Whether the task is this person's: assigned to them, or free, offered to them and not closed to them."""
    me, names = f"user:{user.id}", set(candidates_of(user))
    if task.assignee is not None:
        return task.assignee == me
    return bool(names & set(task.candidates)) and not names & set(task.excluded)


class NotOffered(Exception):
    """The task is open, but neither this person's nor offered to them. `words` say more, where there is more."""

    def __init__(self, words: str | None = None) -> None:
        super().__init__(words)
        self.words = words


def require_offer(session: Session, task_id: UUID, user: User) -> None:
    """Let pass whose task it is; to be asked in the transaction that then claims or completes it.

    Raises NotOffered, or TaskTaken when somebody else has it. A task that is gone passes: the engine
    knows who was faster.
    """
    row = session.execute(
        select(human_task.c.assignee).where(
            human_task.c.id == task_id, human_task.c.status == "open"
        )
    ).one_or_none()
    if row is None or row.assignee == f"user:{user.id}":
        return
    if row.assignee is not None:
        raise TaskTaken(task_id, row.assignee)
    names = candidates_of(user)
    if not candidates_of_tasks(session, [task_id])[task_id] & set(names):
        raise NotOffered
    if session.scalar(select(human_task.c.id).where(human_task.c.id == task_id, excludes(names))):
        raise NotOffered(_("Somebody else must do this step: you had a part in it before."))


def may_read(session: Session, task_id: UUID, instance_id: UUID, user: User) -> bool:
    """Whether a step, open or gone, may be read: it is theirs, is or was offered to them, or its ticket is shown."""
    assignee = session.scalar(select(human_task.c.assignee).where(human_task.c.id == task_id))
    if assignee == f"user:{user.id}" or can(user, "process.all"):
        return True
    if candidates_of_tasks(session, [task_id])[task_id] & set(candidates_of(user)):
        return True
    shown = select(Ticket.id).where(Ticket.instance_id == instance_id, visible(session, user))
    return session.scalar(shown) is not None


def open_steps(session: Session, engine: Engine, instance_id: UUID, user: User) -> OpenSteps:
    """The open human tasks of a process, oldest first."""
    try:
        tasks = [engine.task(session, one) for one in engine.open_tasks(session, instance_id)]
    except StateUnreadable:
        return OpenSteps((), (), unreadable=True)
    mine = tuple(task for task in tasks if may_do(task, user))
    rest = [task for task in tasks if not may_do(task, user)]
    names = names_of(session, [one for task in rest for one in _awaited(task)])
    others = [[names[one] for one in _awaited(task) if one in names] for task in rest]
    return OpenSteps(mine, tuple(zip(rest, (" / ".join(who) or None for who in others), strict=True)))


def _awaited(task: OpenTask) -> tuple[str, ...]:
    """Who has the task, or to whom it is offered."""
    return (task.assignee,) if task.assignee else task.candidates


def form_of(task: OpenTask) -> Form | None:
    """The form deployed with the diagram, parsed; None for a step without one."""
    return Form.from_schema(task.form) if task.form else None


def outcome_of(task: OpenTask, outcome: str | None) -> Outcome | None:
    """The way on with this id; None if the diagram offers no such way."""
    return next((offered for offered in task.outcomes if offered.id == outcome), None)


def form_options(
    session: Session, form: Form, task: OpenTask | None = None
) -> Mapping[str, Sequence[Option]]:
    """The choices of the sources that the form names.

    `teams` and `people` to give a ticket to; `ticket_types` that can be asked for; `earlier_steps`
    that the task may go back to.
    """
    options: dict[str, Sequence[Option]] = {}
    if "teams" in form.sources:
        options["teams"] = [Option(team.id, team.name) for team in active_teams(session)]
    if "people" in form.sources:
        people = people_who_can(session, "ticket.process")
        options["people"] = [Option(user.id, user.name) for user in people]
    if "ticket_types" in form.sources:
        kinds = [kind for kind in all_types(session) if kind.active]
        options["ticket_types"] = [Option(kind.key, words(kind.name)) for kind in kinds]
    if "earlier_steps" in form.sources and task is not None:
        steps = earlier_steps(session, task.instance_id, but=task.element_id)
        options["earlier_steps"] = [Option(step.element, words(step.name)) for step in steps]
    return options


@dataclass(frozen=True)
class GoneStep:
    """A step that is no longer open: by whom, when and how it was ended, and the form it had."""

    name: Mapping[str, str]
    instance_id: UUID
    who: str | None
    outcome: Mapping[str, str] | str | None
    at: datetime | None
    form: Form | None


def gone_step(session: Session, engine: Engine, gone: TaskGone) -> GoneStep | None:
    """What became of the step; None if there never was one."""
    row = session.execute(
        select(human_task, process_version.c.id.label("version_id"))
        .join(process_instance, process_instance.c.id == human_task.c.instance_id)
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .where(human_task.c.id == gone.task_id)
    ).one_or_none()
    if row is None:
        return None
    version = engine.library.version(session, row.version_id)
    human = version.element(row.element_id).human
    labels = {outcome.id: outcome.label for outcome in human.outcomes} if human else {}
    bound = version.program.version_of(row.element_id)
    schema: dict[str, Any] | None = (
        engine.library.form(session, version, row.form, bound) if row.form else None
    )
    return GoneStep(
        row.name,
        row.instance_id,
        gone.ended_by.name if gone.ended_by else None,
        labels.get(row.outcome, row.outcome),
        row.ended_at,
        Form.from_schema(shown(schema, human) if human else schema) if schema else None,
    )
