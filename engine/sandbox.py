"""A bundle tried out: the real engine on an empty database in memory, with a clock that can be moved and operators that
only pretend. Scenarios and the designer's dry runs are played on it; nothing of it reaches the world."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from engine import inspection, jobs, scheduler, store_acts
from engine.actors import Actor
from engine.bpmn.schedule import arm_timer
from engine.bpmn.state import dump_value
from engine.database import Database
from engine.delivery import deliver_kept
from engine.history import PASSES, plain
from engine.operators import BpmnError, Operator, Operators, PermanentFailure
from engine.runtime import CalendarProvider, Engine, RecordLoader
from engine.step import Step
from engine.store_acts import Stored
from engine.stores import EMPTY
from engine.tables import (
    data_store,
    human_task,
    human_task_candidate,
    inbox_message,
    incident,
    job,
    metadata,
    process_instance,
    timer,
)

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TESTER = Actor("user", 1, "scenario")
MOST_TIMERS = 1000  # firings within one passing of time; a loop would never let time pass


class NotPossible(Exception):
    """What was asked cannot happen now; `words` say why, by language."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = {"en": en, "zh": zh}


@dataclass(frozen=True)
class Call:
    """What an operator would have done: with which parameters, and what it is said to have returned."""

    operator: str
    element: str
    parameters: dict[str, Any]
    result: Any
    at: datetime


@dataclass(frozen=True)
class Happened:
    """A line of the history of one of the instances, which are counted from 1."""

    instance: int
    event: str
    element: str | None
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Failing:
    """How an operator fails: with a BPMN error of that code, without one for good."""

    operator: str
    code: str | None = None
    message: str = ""


class Sandbox:
    """One try. Every act is done at `now`; what it does is collected in `calls`, `log`, `data`, `elements`, `flows`."""

    def __init__(
        self,
        bundle: Mapping[str, bytes],
        operators: Operators,
        *,
        before: Sequence[Mapping[str, bytes]] = (),
        records: Mapping[str, Any] | None = None,
        loaders: Mapping[str, RecordLoader] | None = None,
        returns: Mapping[str, Any] | None = None,
        begin: datetime = BEGIN,
        zone: str = "UTC",
        calendars: CalendarProvider | None = None,
    ) -> None:
        """Deploy `bundle`, after the bundles `before` that it calls. Raises DeployRefused.

        `records` are what expressions read (`loaders`: what loads it), `returns` what operators return, by name.
        """
        self.now = begin
        self.returns = dict(returns or {})
        self.calls: list[Call] = []
        self.log: list[Happened] = []
        self.data: dict[str, Any] = {}
        self.elements: set[str] = set()
        self.flows: set[str] = set()
        self._made: Counter[str] = (
            Counter()
        )  # calls of operators that return one result after another
        self._failing: Failing | None = None
        self._instances: dict[UUID, int] = {}
        self._incidents: set[UUID] = set()
        self.database = _TEMPLATE.copy()
        self.engine = Engine(
            self._pretending(operators),
            records={**(loaders or {}), **{n: _always(v) for n, v in (records or {}).items()}},
            clock=lambda: self.now,
            stepped=self._stepped,
            zone=zone,
            calendars=calendars,
        )
        self.engine.keeps_versions = False
        with self.database.transaction() as session:
            called = [self._deploy(session, other) for other in before]
            elements, flows = self._deploy(session, bundle)
        for other_elements, other_flows in called:
            elements, flows = elements - other_elements, flows - other_flows
        self.all_elements, self.all_flows = elements, flows

    def close(self) -> None:
        """Forget everything."""
        self.database.dispose()

    # Acts -------------------------------------------------------------------------------------------------------------

    def fill(self, stores: Mapping[str, Any]) -> None:
        """Give data stores what they hold before anything starts. Raises NotPossible for one that there is not."""
        with self.database.transaction() as session:
            for key, value in stores.items():
                filled = update(data_store).where(data_store.c.key == key)
                if not session.execute(filled.values(value=dump_value(value))).rowcount:  # type: ignore[attr-defined]
                    raise NotPossible(f"there is no data store {key}", f"没有数据存储 {key}")

    def start(self, process: str, payload: Mapping[str, Any]) -> None:
        """Start a process at its start event without trigger."""
        with self.database.transaction() as session:
            self.engine.start(session, process, payload, actor=TESTER)

    def message(self, name: str, payload: Mapping[str, Any], correlation: str | None) -> None:
        """Send a message. Raises NotPossible when nobody takes it."""
        with self.database.transaction() as session:
            delivery = self.engine.message(
                session, name, payload, actor=TESTER, correlation=correlation
            )
        if not delivery.anywhere:
            raise NotPossible(f"nobody waits for {name}", f"没有流程在等待消息 {name}")

    def signal(self, name: str, payload: Mapping[str, Any]) -> None:
        """Send a signal to all."""
        with self.database.transaction() as session:
            self.engine.signal(session, name, payload, actor=TESTER)

    def complete(self, element: str, values: Mapping[str, Any], outcome: str | None) -> None:
        """Complete the oldest open task at an element. Raises NotPossible."""
        with self.database.transaction() as session:
            task = session.scalars(
                select(human_task.c.id)
                .where(human_task.c.element_id == element, human_task.c.status == "open")
                .order_by(human_task.c.created_at)
            ).first()
            if task is None:
                raise NotPossible(f"no open task at {element}", f"{element} 处没有待办任务")
            self.engine.complete(session, task, values, outcome=outcome, actor=TESTER)

    def work(self, failing: Failing | None = None) -> None:
        """Do all due jobs, as workers would; one operator may fail."""
        self._failing = failing
        deliver_kept(self.engine, self.database)
        for queue in self._queues():
            jobs.work(self.engine, self.database, queue)
        self._failing = None
        self._note_incidents()

    def pass_time(self, duration: str) -> None:
        """Let time pass; timers fire at their own time, not all at the end. Raises ValueError, NotPossible."""
        self._pass_until(arm_timer("duration", duration, self.now)[0])

    def next_timer(self) -> timedelta:
        """Let time pass until the next timer has fired; how much passed, in whole seconds. Raises NotPossible."""
        due = self._due()
        if due is None:
            raise NotPossible("no timer is set", "没有定时器在等待")
        passing = timedelta(seconds=max(0, ceil((due - self.now).total_seconds())))
        self._pass_until(self.now + passing)
        return passing

    def clear(self) -> None:
        """End all instances, and forget what was collected."""
        with self.database.transaction() as session:
            active = process_instance.c.status.in_(("active", "suspended"))
            for instance_id in session.scalars(select(process_instance.c.id).where(active)).all():
                self.engine.cancel(session, instance_id, actor=TESTER, reason="cleared")
            session.execute(delete(inbox_message))
            session.execute(update(data_store).values(value=EMPTY))
            session.execute(update(job).where(job.c.status == "waiting").values(status="cancelled"))
        self.calls.clear()
        self.log.clear()
        self.data.clear()
        self._instances.clear()

    def answer(self, operator: str, element: str) -> Any:
        """What an operator returns at an element; to be replaced where that depends on the element."""
        return self._returned(operator)

    # Questions --------------------------------------------------------------------------------------------------------

    def standing(self) -> list[tuple[int, str]]:
        """(instance, element) where tokens stand, by element."""
        found = []
        with self.database.reading() as session:
            for row in session.execute(
                select(process_instance.c.id).where(process_instance.c.status == "active")
            ):
                number = self.number(row.id)
                found += [(number, e) for e in inspection.progress(self.engine, session, row.id)["active"]]
        return sorted(found, key=lambda pair: (pair[1], pair[0]))

    def excluded(self) -> list[str]:
        """Who may not do one of the open human tasks, by reference."""
        barred = select(human_task_candidate.c.candidate).distinct()
        with self.database.reading() as session:
            return sorted(
                session.scalars(
                    barred.join(human_task, human_task.c.id == human_task_candidate.c.task_id).where(
                        human_task_candidate.c.excluded, human_task.c.status == "open"
                    )
                )
            )

    def stores(self) -> list[Stored]:
        """All data stores as they are."""
        with self.database.reading() as session:
            return store_acts.stores(session)

    def number(self, instance_id: UUID) -> int:
        """Which instance it is, counted from 1 in the order of their starts."""
        return self._instances.setdefault(instance_id, len(self._instances) + 1)

    @property
    def started(self) -> bool:
        """Whether any instance was started."""
        return bool(self._instances)

    def _deploy(self, session: Session, bundle: Mapping[str, bytes]) -> tuple[set[str], set[str]]:
        """Deploy, and say which elements and flows there are, in called processes too."""
        deployed = self.engine.deploy(session, bundle, actor=TESTER)
        versions = [self.engine.library.version(session, v) for v in deployed.versions.values()]
        scopes = [scope.model for version in versions for scope in version.program.scope_list]
        return {e for s in scopes for e in s.nodes}, {f for s in scopes for f in s.flows}

    # ------------------------------------------------------------------------------------------------------------------

    def _pass_until(self, until: datetime) -> None:
        for _ in range(MOST_TIMERS):
            due = self._due()
            if due is None or due > until:
                self.now = until
                self._note_incidents()
                return
            self.now = max(self.now, due)
            scheduler.run_due(self.engine, self.database)
        raise NotPossible(
            f"timers fired {MOST_TIMERS} times within that time",
            f"在这段时间内定时器触发超过 {MOST_TIMERS} 次",
        )

    def _due(self) -> datetime | None:
        with self.database.reading() as session:
            due: datetime | None = session.scalar(select(func.min(timer.c.due_at)))
            return due

    def _queues(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(job.c.queue).distinct()))

    def _note_incidents(self) -> None:
        """What failed becomes lines of the log: workers and timers do not raise, they leave incidents."""
        with self.database.reading() as session:
            rows = session.execute(select(incident).order_by(incident.c.at)).all()
        for row in rows:
            if row.id not in self._incidents:
                self._incidents.add(row.id)
                number = self.number(row.instance_id) if row.instance_id else 0
                self.log.append(
                    Happened(number, "incident", row.element_id, self.now, {"message": row.message})
                )

    def _stepped(self, step: Step) -> None:
        self.flows |= set(step.instance.taken)
        number = self.number(step.recorder.instance_id)
        for row in step.recorder.rows:
            self.log.append(
                Happened(number, row["event"], row["element_id"], row["at"], row["data"])
            )
            self.data |= row["data"].get("set", {})
            if row["event"] in (*PASSES, "received", "fired") and row["element_id"]:
                self.elements.add(row["element_id"].removesuffix("#listener"))

    def _pretending(self, operators: Iterable[Operator]) -> Operators:
        """The same declarations with functions that write down the call and return what they are said to."""
        pretending = Operators()
        for operator in operators:
            fields = {k: getattr(operator, k) for k in Operator.__dataclass_fields__}
            fields["function"] = self._pretence(operator.name)
            pretending._add(Operator(**fields))
        return pretending

    def _returned(self, name: str) -> Any:
        """What an operator returns now: of a list the next one, at last the last one again and again."""
        result = self.returns.get(name, {})
        if not isinstance(result, list) or not result:
            return result
        self._made[name] += 1
        return result[min(self._made[name], len(result)) - 1]

    def _pretence(self, name: str) -> Callable[..., Any]:
        def pretend(context: Any, **parameters: Any) -> Any:
            result = self.answer(name, context.element_id or "")
            self.calls.append(
                Call(name, context.element_id or "", plain(parameters), plain(result), self.now)
            )
            failing = self._failing
            if failing is not None and failing.operator in (name, context.element_id):
                if failing.code is not None:
                    raise BpmnError(failing.code, failing.message)
                raise PermanentFailure(failing.message or "the scenario says so")
            if isinstance(result, Mapping) and set(result) == {"throws"}:
                raise BpmnError(str(result["throws"]), "the scenario says so")
            return result

        return pretend


def _always(value: Any) -> Callable[[Any, Mapping[str, Any]], Any]:
    return lambda _session, _data: value


class _Template:
    """A database with all tables and no rows, to copy from: to make them takes longer than most diagrams do."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tables = 0
        self.source: Any = None

    def copy(self) -> Database:
        """A new database in memory."""
        database = Database("sqlite://")
        with self.lock, database.engine.connect() as connection:
            if self.tables != len(metadata.tables):
                made = create_engine(
                    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
                )
                metadata.create_all(made)
                self.tables = len(metadata.tables)
                self.source = made.raw_connection().driver_connection
            self.source.backup(connection.connection.driver_connection)
        return database


_TEMPLATE = _Template()
