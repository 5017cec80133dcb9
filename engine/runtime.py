"""The engine's front door: every command on processes, each one step in the caller's transaction."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from engine import delivery
from engine import statements as sql
from engine.actors import Actor
from engine.bpmn.kinds.activities import HumanTask
from engine.bpmn.kinds.base import TokenSpec, beside_the_flow
from engine.bpmn.kinds.events import Waiting, maps, receive
from engine.bpmn.kinds.gateways import standing_at
from engine.bpmn.model import Outcome, Words
from engine.bpmn.schedule import arm_timer, next_round
from engine.bpmn.tokens import DiagramError, Instance
from engine.causes import FIRST, Cause
from engine.delivery import Delivery
from engine.errors import (
    InstanceGone,
    InstanceSuspended,
    StateUnreadable,
    TaskGone,
    TaskTaken,
    UnknownOutcome,
)
from engine.functions import Host, WorkingCalendar, office_calendar
from engine.history import Witness
from engine.inspection import waits_at
from engine.library import Deployment, FormCheck, Library, Version
from engine.operators import Operators
from engine.starts import Order, Starts
from engine.step import Closing, Step, job_row, lock, resumed, wake
from engine.tables import (
    deployed_resource,
    history,
    human_task,
    human_task_candidate,
    job,
    process_instance,
    process_version,
    subscription,
    timer,
)
from engine.task_form import shown
from engine.timestamps import utc_now
from engine.trouble import overtaken_all

# Loads a record that expressions may name (`ticket`), given the variables in scope; None when there is none.
RecordLoader = Callable[[Session, Mapping[str, Any]], Any]
CalendarProvider = Callable[[Session, str], WorkingCalendar | None]


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


class Engine:
    """Runs processes. One object a program; it keeps nothing but what is immutable (compiled versions)."""

    def __init__(
        self,
        operators: Operators,
        *,
        records: Mapping[str, RecordLoader] | None = None,
        services: Any = None,
        clock: Callable[[], datetime] = utc_now,
        wake: Callable[[str], None] = lambda _queue: None,
        stepped: Callable[[Step], None] = lambda _step: None,
        gave_up: Callable[[Session, Any], None] = lambda _session, _job: None,
        zone: str = "UTC",
        calendars: CalendarProvider | None = None,
        check_form: FormCheck = lambda _schema: (),
        start_order: Order | None = None,
        deployed: Callable[[Session, "Engine", Deployment], None] = lambda _s, _e, _d: None,
        witness: Witness | None = None,
    ) -> None:
        """`services` is handed to operators; `wake(queue)` tells workers after a commit that there is work;
        `stepped(step)` is called in the transaction after every step was written (live pages, metrics), and
        `gave_up(session, job)` in the one that made an incident of a job.

        `zone` is where now() and today() are meant, and times that name no zone. `calendars(session, name)` gives the
        calendars of working time, None for one that there is not; without it there is one, "default", of office hours.
        `check_form(schema)` says what of a form cannot be shown, so that it is refused when it is deployed.
        `start_order(session)` gives processes, by key, a position when one message starts several.
        `deployed(session, engine, deployment)` is told of every deployment that changed something.
        `witness` says how the history names people, what of it is sealed, and hears of deployments.
        """
        self.operators = operators
        self.records = dict(records or {})
        self.services = services
        self.clock = clock
        self.wake = wake
        self.stepped = stepped
        self.gave_up = gave_up
        self.zone = ZoneInfo(zone)
        self._calendars = calendars or _office_hours(zone)
        self.starts = Starts(start_order)
        self._deployed = deployed
        self.witness = witness or Witness()
        self.library = Library(operators, self.here, check_form, self.starts.changed)

    def here(self) -> datetime:
        """This moment, in the desk's zone."""
        return self.clock().astimezone(self.zone)

    def host(self, session: Session) -> Host:
        """What the functions of expressions may ask of the desk in this transaction."""
        return Host(lambda name: self._calendars(session, name))

    # Definitions ----------------------------------------------------------------------------------------------------

    def deploy(
        self, session: Session, resources: Mapping[str, bytes], *, actor: Actor, note: str = ""
    ) -> Deployment:
        """Check and store a bundle of diagrams, decisions and forms. Raises DeployRefused with problems in words."""
        deployment = self.library.deploy(session, resources, actor=actor, note=note)
        if deployment.id is not None:
            self.witness.deployed(session, deployment.id, deployment.created, actor, note)
            self._deployed(session, self, deployment)
        return deployment

    # Instances --------------------------------------------------------------------------------------------------------

    def start(
        self,
        session: Session,
        process_key: str,
        data: Mapping[str, Any],
        *,
        actor: Actor,
        business_key: str | None = None,
        start: str | None = None,
    ) -> UUID:
        """Start the latest version at its start event without trigger; of several, at the one that `start` names.

        Raises UnknownProcess, DiagramError.
        """
        version = self.library.latest(session, process_key)
        offered = [node.id for node in version.program.model.plain_starts]
        if start is not None and start not in offered:
            raise DiagramError(process_key, f"has no start event {start!r} without trigger")
        return self.begin(
            session, version, data, actor=actor, business_key=business_key, start=start
        )

    def begin(
        self,
        session: Session,
        version: Version,
        data: Mapping[str, Any],
        *,
        actor: Actor,
        business_key: str | None = None,
        start: str | None = None,
        cause: Cause = FIRST,
    ) -> UUID:
        """Start a version, at a given start event where `start` names one; `data` is then what the event carries."""
        instance_id = uuid4()
        step = Step(
            self, session, version, actor,
            instance_id=instance_id, cause=cause, business_key=business_key,
        )  # fmt: skip
        step.stores.hold()
        event = _mapping_start(version, start)
        started = {"version": version.number, "set" if event is None else "payload": data}
        if cause.depth:
            started |= {"cause": cause.path[-1], "by": cause.by}
        step.recorder.add("started", start, None, started)
        top = step.instance.top
        if event is None:
            top.local.update(_copied(data))
        else:
            receive(event, top, _copied(data))
        version.program.root.begin(top, start)
        step.run()
        step.save()
        return instance_id

    def cancel(self, session: Session, instance_id: UUID, *, actor: Actor, reason: str) -> None:
        """End an instance before its time, also a suspended one; its incidents are overtaken. Raises InstanceGone."""
        step = lock(self, session, instance_id, actor, suspended=True)
        step.recorder.add("cancelled", None, None, {"reason": reason})
        step.instance.top.clear()
        step.instance.unsettled.clear()
        step.instance.completed = True
        step.save()
        session.execute(
            update(process_instance)
            .where(process_instance.c.id == instance_id)
            .values(status="cancelled")
        )
        overtaken_all(session, instance_id, actor, self.clock())

    # Events in --------------------------------------------------------------------------------------------------------

    def message(
        self,
        session: Session,
        name: str,
        payload: Mapping[str, Any],
        *,
        actor: Actor,
        correlation: str | None = None,
        dedupe_key: str | None = None,
        time_to_live: timedelta = timedelta(0),
        cause: Cause = FIRST,
        starts: bool = True,
    ) -> Delivery:
        """Deliver a message to who waits for it, start what starts with it, or keep it for its time to live.

        Without `starts` it goes to instances only.
        """
        return delivery.message(
            self, session, name, payload, actor=actor, correlation=correlation,
            dedupe_key=dedupe_key, time_to_live=time_to_live, cause=cause, starts=starts,
        )  # fmt: skip

    def signal(
        self,
        session: Session,
        name: str,
        payload: Mapping[str, Any],
        *,
        actor: Actor,
        cause: Cause = FIRST,
    ) -> Delivery:
        """Deliver a signal to all that wait for it and start all that start with it."""
        return delivery.signal(self, session, name, payload, actor=actor, cause=cause)

    # People -----------------------------------------------------------------------------------------------------------

    def complete(
        self,
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
            raise self._gone(session, task_id)
        if row.claimed and row.assignee not in (None, actor.reference):
            raise TaskTaken(task_id, row.assignee)
        try:
            step = resumed(self, session, row, actor)
        except InstanceGone:
            self._open_row(session, task_id)
            raise
        token = step.instance.token(task_id)
        if token is None or not isinstance(token.task_spec, HumanTask):
            raise self._gone(session, task_id)
        human = token.task_spec.node.human
        offered = {o.id for o in human.outcomes} if human else set()
        if outcome is not None and outcome not in offered or outcome is None and offered:
            raise UnknownOutcome(
                f"{outcome!r} is none of {', '.join(sorted(offered)) or 'nothing'}"
            )
        step.closing = Closing(task_id, outcome)
        step.recorder.add("submitted", token.task_spec.name, task_id, {"outcome": outcome})
        results = _copied(values)
        if outcome is not None:
            results["outcome"] = outcome
        token.task_spec.finish(token, results)
        step.run()
        step.save()

    def claim(self, session: Session, task_id: UUID, *, actor: Actor) -> None:
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
        row = self._open_row(session, task_id)
        if not changed:
            raise TaskTaken(task_id, row.assignee or "")
        self._note(session, row.instance_id, "claimed", row.element_id, task_id, actor)

    def release(self, session: Session, task_id: UUID, *, actor: Actor) -> None:
        """Give a claimed task back to its candidates. Raises TaskGone, TaskTaken."""
        row = self._open_row(session, task_id)
        if row.assignee not in (None, actor.reference):
            raise TaskTaken(task_id, row.assignee)
        session.execute(
            update(human_task)
            .where(human_task.c.id == task_id)
            .values(assignee=None, claimed=False)
        )
        self._note(session, row.instance_id, "released", row.element_id, task_id, actor)

    def task(self, session: Session, task_id: UUID) -> OpenTask:
        """An open task with its form and outcomes. Raises TaskGone."""
        row = self._open_row(session, task_id)
        instance = session.execute(
            select(process_instance).where(process_instance.c.id == row.instance_id)
        ).one()
        version = self.library.version(session, instance.version_id)
        named = session.execute(
            select(human_task_candidate.c.candidate, human_task_candidate.c.excluded).where(
                human_task_candidate.c.task_id == task_id
            )
        ).all()
        token = self._read(session, instance, version).token(task_id)
        node = token.task_spec.node if token else version.element(row.element_id)
        bound = token.scope.spec.bound.version if token else None
        form = self.library.form(session, version, row.form, bound) if row.form else None
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

    def open_tasks(self, session: Session, instance_id: UUID) -> list[UUID]:
        """The ids of an instance's open human tasks, oldest first."""
        return [row.id for row in sql.run(session, sql.OPEN_TASKS, {"of_instance": instance_id})]

    # Questions --------------------------------------------------------------------------------------------------------

    def awaits(self, session: Session, instance_id: UUID) -> frozenset[str]:
        """The names of the messages the instance waits for right now."""
        return frozenset(
            session.scalars(
                select(subscription.c.name).where(
                    subscription.c.instance_id == instance_id, subscription.c.kind == "message"
                )
            )
        )

    def diagram(self, session: Session, instance_id: UUID) -> bytes:
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

    def tokens(self, session: Session, instance_id: UUID) -> dict[str, list[str]]:
        """Element ids: `active` where tokens stand, `done` what was passed, in the order of first passing.

        Of an instance whose state cannot be read, `active` is where people or workers have something to do.
        """
        row = session.execute(
            select(process_instance).where(process_instance.c.id == instance_id)
        ).one_or_none()
        if row is None:
            raise InstanceGone(f"there is no instance {instance_id}")
        active: list[str] = []
        if row.status in ("active", "suspended"):
            version = self.library.version(session, row.version_id)
            try:
                active = [
                    standing_at(t)
                    for t in self._read(session, row, version).tokens()
                    if not beside_the_flow(t)
                ]
            except StateUnreadable:
                active = waits_at(session, instance_id)
        done = session.scalars(
            select(history.c.element_id)
            .where(history.c.instance_id == instance_id, history.c.event == "completed")
            .group_by(history.c.element_id)
            .order_by(history.c.element_id)
        )
        return {"active": sorted(set(active)), "done": [str(e) for e in done if e]}

    def history(self, session: Session, instance_id: UUID) -> list[dict[str, Any]]:
        """The rows of the instance's history, oldest first."""
        rows = session.execute(
            select(history).where(history.c.instance_id == instance_id).order_by(history.c.seq)
        )
        return [dict(row._mapping) for row in rows]

    # Work for workers -------------------------------------------------------------------------------------------------

    def enqueue(
        self,
        session: Session,
        operator: str,
        parameters: Mapping[str, Any],
        *,
        key: str,
        queue: str | None = None,
        tries: int | None = None,
    ) -> None:
        """Write a job that no token waits for; `key` is its idempotency key, a second job with it raises."""
        declared = self.operators[operator]
        session.execute(
            insert(job),
            job_row(
                operator, parameters, now=self.clock(), key=key,
                queue=queue or declared.queue, tries=tries or declared.tries,
                backoff=declared.backoff,
            ),
        )  # fmt: skip
        wake(self, session, queue or declared.queue)

    def fire(self, session: Session, timer_row: Any, actor: Actor) -> bool:
        """Fire a due timer. False when it was no longer armed: whoever came first has done it."""
        if timer_row.instance_id is None:
            return self._fire_start(session, timer_row, actor)
        try:
            step = lock(self, session, timer_row.instance_id, actor)
        except (InstanceGone, InstanceSuspended):  # the timers of a suspended one come back with it
            session.execute(delete(timer).where(timer.c.id == timer_row.id))
            return False
        token = step.instance.token(timer_row.token_id)
        armed = token.internal_data.get(f"due:{timer_row.trigger}") if token else None
        if token is None or armed is None or armed[0] > step.now:
            # Left on the list, it would be found due for ever.
            session.execute(delete(timer).where(timer.c.id == timer_row.id))
            return False
        step.recorder.add("fired", token.task_spec.node.id, token.id, {"due": armed[0]})
        assert isinstance(token.task_spec, Waiting)
        token.task_spec.fire(token, timer_row.trigger, {})
        step.run()
        step.save()
        return True

    def reconsider(self, session: Session, instance_id: UUID) -> None:
        """Records that the instance's expressions name have changed: a worker asks its conditions anew, and its timers.

        Not here and now: whoever changes a record has locked it, and a step locks the instance before its records.
        """
        parameters = {"instance": str(instance_id)}
        session.execute(
            insert(job),
            job_row(RECONSIDER, parameters, now=self.clock(), key=f"{RECONSIDER}:{uuid4()}"),
        )
        wake(self, session, "engine")

    def _fire_start(self, session: Session, timer_row: Any, actor: Actor) -> bool:
        removed = session.execute(delete(timer).where(timer.c.id == timer_row.id)).rowcount  # type: ignore[attr-defined]
        if not removed:
            return False
        version = self.library.version(session, timer_row.version_id)
        trigger = version.element(timer_row.element_id).triggers[timer_row.trigger]
        self.begin(session, version, {}, actor=actor, start=timer_row.element_id)
        if trigger.timer == "cycle" and trigger.expression:
            armed = arm_timer("cycle", trigger.expression, timer_row.since.astimezone(self.zone))
            armed[0], armed[2] = timer_row.due_at, timer_row.rounds
            following = next_round(armed, self.here())
            if following is not None:
                session.execute(
                    insert(timer),
                    {
                        "id": uuid4(),
                        "version_id": version.id,
                        "element_id": timer_row.element_id,
                        "trigger": timer_row.trigger,
                        "due_at": following[0],
                        "rounds": following[2],
                        "since": timer_row.since,
                    },
                )
        return True

    # ------------------------------------------------------------------------------------------------------------------

    def _read(self, session: Session, row: Any, version: Version) -> Instance:
        """An instance for looking at, not for stepping."""
        step = Step(self, session, version, SYSTEM_READER, instance_id=row.id, row=row)
        return step.instance

    def _open_row(self, session: Session, task_id: UUID) -> Any:
        row = sql.run(session, sql.READ_TASK, {"wanted": task_id}).one_or_none()
        if row is None or row.status != "open":
            raise self._gone(session, task_id)
        return row

    def _gone(self, session: Session, task_id: UUID) -> TaskGone:
        row = sql.run(session, sql.READ_TASK, {"wanted": task_id}).one_or_none()
        by = Actor.from_json(row.ended_by) if row is not None and row.ended_by else None
        return TaskGone(task_id, by, row.outcome if row is not None else None)

    def _note(
        self,
        session: Session,
        instance_id: UUID,
        event: str,
        element_id: str,
        token_id: UUID,
        actor: Actor,
    ) -> None:
        """A history line for an act that moves no token."""
        step = lock(self, session, instance_id, actor)
        step.recorder.add(event, element_id, token_id)
        end = {
            "wanted": instance_id,
            "history_seq": step.recorder.seq,
            "history_hash": step.recorder.hash,
        }
        sql.write(session, [*step.recorder.write(session), (sql.UPDATE_HISTORY_END, [end])])
        self.stepped(step)


SYSTEM_READER = Actor("system", None, "reader")
RECONSIDER = "engine.reconsider"


def _office_hours(zone: str) -> CalendarProvider:
    return lambda _session, name: office_calendar(zone) if name == "default" else None


def _mapping_start(version: Version, start: str | None) -> TokenSpec | None:
    """The start event, where it says what of its payload is kept."""
    if start is None:
        return None
    event = version.program.root.spec_of(start)
    return event if maps(event.node) else None


_UNCHANGEABLE = frozenset({str, int, bool, NoneType})


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of the caller's, shared with nobody."""
    return {
        name: value if value.__class__ in _UNCHANGEABLE else deepcopy(value)
        for name, value in values.items()
    }
