"""The engine's front door: every command on processes, each one step in the caller's transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from engine import delivery, deploying, human_tasks
from engine.actors import Actor
from engine.bpmn.kinds.base import TokenSpec
from engine.bpmn.kinds.events import maps, receive
from engine.bpmn.tokens import DiagramError
from engine.bundles import FormCheck
from engine.causes import FIRST, Cause
from engine.delivery import Delivery
from engine.deploying import Deployment
from engine.functions import Host, WorkingCalendar, office_calendar
from engine.history import Witness
from engine.human_tasks import OpenTask
from engine.library import Library, Version
from engine.operators import Operators
from engine.starts import Order, Starts
from engine.step import Step, copied, job_row, lock, wake
from engine.tables import job, process_instance
from engine.timestamps import utc_now
from engine.trouble import overtaken_all

# Loads a record that expressions may name (`ticket`), given the variables in scope; None when there is none.
RecordLoader = Callable[[Session, Mapping[str, Any]], Any]
CalendarProvider = Callable[[Session, str], WorkingCalendar | None]


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
        self.check_form = check_form
        self.keeps_versions = True  # else a number stands for whatever version is there: where diagrams are tried
        self.library = Library()

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
        deployment = deploying.deploy(self, session, resources, actor=actor, note=note)
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
            top.local.update(copied(data))
        else:
            receive(event, top, copied(data))
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
        human_tasks.complete(self, session, task_id, values, outcome=outcome, actor=actor)

    def claim(self, session: Session, task_id: UUID, *, actor: Actor) -> None:
        """Take a task for oneself; a second claim by the same person changes nothing. Raises TaskGone, TaskTaken."""
        human_tasks.claim(self, session, task_id, actor=actor)

    def release(self, session: Session, task_id: UUID, *, actor: Actor) -> None:
        """Give a claimed task back to its candidates. Raises TaskGone, TaskTaken."""
        human_tasks.release(self, session, task_id, actor=actor)

    def task(self, session: Session, task_id: UUID) -> OpenTask:
        """An open task with its form and outcomes. Raises TaskGone."""
        return human_tasks.task(self, session, task_id)

    def open_tasks(self, session: Session, instance_id: UUID) -> list[UUID]:
        """The ids of an instance's open human tasks, oldest first."""
        return human_tasks.open_tasks(session, instance_id)

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


RECONSIDER = "engine.reconsider"


def _office_hours(zone: str) -> CalendarProvider:
    return lambda _session, name: office_calendar(zone) if name == "default" else None


def _mapping_start(version: Version, start: str | None) -> TokenSpec | None:
    """The start event, where it says what of its payload is kept."""
    if start is None:
        return None
    event = version.program.root.spec_of(start)
    return event if maps(event.node) else None
