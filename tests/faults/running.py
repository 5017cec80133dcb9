"""Plays a schedule on the engine: the instance kept in memory, or all read back from the database each step."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import func, select, update

from engine import incidents, inspection, jobs, scheduler, store_acts
from engine.actors import SYSTEM, Actor
from engine.bpmn import state
from engine.bpmn.program import Program
from engine.bpmn.tokens import Instance, Token, World
from engine.database import Database
from engine.errors import TaskGone
from engine.history import START, chain
from engine.operators import BpmnError, JobRun, OperatorError, Operators, Step, Text
from engine.runtime import Engine
from engine.tables import (
    history,
    human_task,
    incident,
    job,
    process_instance,
    subscription,
    timer,
)
from tests.faults.drawing import draw, store_key
from tests.faults.schedule import Act, Standing
from tests.faults.structure import Handler, Room, walk

WORDS = Text("test", "测试")
ALICE = Actor("user", 1, "Alice")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Fault(Exception):
    """The engine did something else than foretold; `str()` says what."""


@dataclass(frozen=True)
class Seen:
    """What is so after an act."""

    rows: list[tuple[str, str | None, Any]]  # the lines that it wrote: event, element, data
    standing: Standing
    data: dict[str, Any]
    status: str
    incidents: int
    stored: int


@contextmanager
def kept_in_memory(kept: dict[bytes, Instance]) -> Iterator[None]:
    """The engine goes on with the instance it had, as if there had never been a need to read one back."""
    dump, load = state.dump, state.load

    def keep(instance: Instance) -> bytes:
        content = dump(instance)
        kept.clear()
        kept[content] = instance
        return content

    def take(content: bytes, program: Program, world: World) -> Instance:
        if content not in kept:
            return load(content, program, world)
        instance = kept[content]
        instance.world = world
        instance.opened, instance.closed, instance.changed = {}, {}, {}
        return instance

    with patch.object(state, "dump", keep), patch.object(state, "load", take):
        yield


class Run:
    """One instance on one database. `reload`: a fresh Engine and a fresh Database for every act."""

    def __init__(self, url: str, *, reload: bool) -> None:
        self.url, self.reload = url, reload
        self.now = datetime.min
        self.order: tuple[str, int, str] = ("done", 0, "")
        self.reloads = self.acts = self.seq = 0
        self.operators = self._operators()
        self._database: Database | None = None
        self._renew()

    def _operators(self) -> Operators:
        operators = Operators()

        @operators.inline("faults.add", title=WORDS, help=WORDS)
        def add(_step: Step, *, number: int) -> int:
            return number + 1

        @operators.job("faults.work", title=WORDS, help=WORDS)
        def work(_run: JobRun) -> int:
            how, value, code = self.order
            if how == "fail":
                raise OperatorError("not now")
            if how == "error":
                raise BpmnError(code, "says the job")
            return value

        return operators

    def _renew(self) -> None:
        if self._database is not None:
            if not self.reload:
                return
            self._database.dispose()
            self.reloads += 1
        self._database = Database(self.url)
        self.engine = Engine(self.operators, clock=lambda: self.now)

    @property
    def database(self) -> Database:
        """The connection of this act."""
        assert self._database is not None
        return self._database

    def close(self) -> None:
        """End what still runs, and let the database go."""
        with self.database.transaction() as session:
            status = session.scalar(
                select(process_instance.c.status).where(process_instance.c.id == self.instance)
            )
            if status == "active":
                self.engine.cancel(session, self.instance, actor=ALICE, reason="the round is over")
        self.database.dispose()

    # Acts -------------------------------------------------------------------------------------------------------------

    def start(self, room: Room, key: str, data: Mapping[str, Any], now: datetime) -> Seen:
        """Deploy and start."""
        self.now, self.seq, self.key = now, 0, key
        self.index = {
            f"{n.id}_s" if isinstance(n, Handler) else n.id: n.index
            for n in walk(room)
            if hasattr(n, "index")
        }
        with self.database.transaction() as session:
            self.engine.deploy(session, draw(room, key), actor=SYSTEM)
        self._renew()
        with self.database.transaction() as session:
            self.instance: UUID = self.engine.start(session, key, data, actor=ALICE)
        return self._look()

    def act(self, act: Act) -> Seen:
        """Do it, and when everything is read back, do it a second time: that must change nothing."""
        self._renew()
        self.acts += 1
        if act.verb == "cancel":
            with self.database.transaction() as session:
                self.engine.cancel(session, self.instance, actor=ALICE, reason="chance")
            return self._look()
        getattr(self, f"_{act.verb}")(act, self._token(act))
        return self._look()

    def _complete(self, act: Act, token: UUID) -> None:
        with self.database.transaction() as session:
            self.engine.complete(session, token, act.values, outcome=None, actor=ALICE)
        if self.reload:
            self._renew()
            try:
                with self.database.transaction() as session:
                    self.engine.complete(session, token, act.values, outcome=None, actor=ALICE)
            except TaskGone:
                return
            raise Fault(f"{act.element} was completed twice")

    def _message(self, act: Act, token: UUID) -> None:
        name = act.element
        name = name.removesuffix("_s") if name.startswith("h") else name
        keys = {
            "correlation": ".".join(str(part) for part in act.identity),
            "dedupe_key": f"{self.instance}:{self.acts}",
        }
        with self.database.transaction() as session:
            done = self.engine.message(session, name, act.values, actor=ALICE, **keys)
        if done.instances != (self.instance,):
            raise Fault(f"the message {name} reached {done}")
        if self.reload:
            self._renew()
            with self.database.transaction() as session:
                again = self.engine.message(session, name, act.values, actor=ALICE, **keys)
            if not again.duplicate:
                raise Fault(f"the message {name} counted twice")

    def _fire(self, act: Act, token: UUID) -> None:
        assert act.at is not None
        self.now = act.at
        with self.database.reading() as session:
            row = session.execute(select(timer).where(timer.c.token_id == token)).one()
        with self.database.transaction() as session:
            if not scheduler.fire(self.engine, session, row):
                raise Fault(f"the timer {act.element} was due and did not fire")
        if self.reload:
            self._renew()
            with self.database.transaction() as session:
                if scheduler.fire(self.engine, session, row):
                    raise Fault(f"the timer {act.element} fired twice")

    def _work(self, act: Act, token: UUID) -> None:
        """The job comes first, its lease and its pause are over."""
        with self.database.transaction() as session:
            session.execute(
                update(job)
                .where(job.c.token_id == token)
                .values(due_at=LONG_AGO - timedelta(days=self.acts), lease_until=LONG_AGO)
            )
        self.order = (act.how, act.values["value"], act.values["code"])
        claimed = jobs.claim(self.engine, self.database, "engine", 1)
        for row in claimed if act.how != "crash" else []:
            if row.token_id != token:
                raise Fault(f"the worker got the job of {row.element_id}, not of {act.element}")
            jobs.perform(self.engine, self.database, row)
            if self.reload:
                self._renew()
                self.order = ("done", 99, "")
                if act.how == "done":
                    jobs.perform(self.engine, self.database, row)

    def _retry(self, act: Act, token: UUID) -> None:
        with self.database.transaction() as session:
            incident_id = session.scalar(
                select(incident.c.id)
                .join(job, job.c.id == incident.c.job_id)
                .where(job.c.token_id == token, incident.c.resolved_at.is_(None))
            )
            if incident_id is None:
                raise Fault(f"there is no incident for {act.element}")
            incidents.retry(self.engine, session, incident_id, actor=ALICE, reason="chance")

    # What is so -------------------------------------------------------------------------------------------------------

    def _token(self, act: Act) -> UUID:
        """The oldest token that the act is for; of timers the one that is due first."""
        with self.database.reading() as session:
            found = [
                t for t in self._waiting(session)
                if (t.task_spec.node.id, self._identity(t)) == (act.element, act.identity)
            ]  # fmt: skip
        if not found:
            raise Fault(f"nobody waits at {act.element} {act.identity}")
        if act.verb == "fire":
            found.sort(key=lambda t: t.internal_data["due:0"][0])
        return found[0].id

    def _identity(self, token: Token) -> tuple[Any, ...]:
        names = ("key", *self.index[token.task_spec.node.id])
        return tuple(token.scope.variables[name] for name in names)

    def _loaded(self, session: Any) -> Instance | None:
        row = session.execute(
            select(process_instance).where(process_instance.c.id == self.instance)
        ).one()
        if row.status != "active":
            return None
        return inspection.as_it_stands(self.engine, session, row)

    def _waiting(self, session: Any) -> list[Token]:
        instance = self._loaded(session)
        if instance is None:
            return []
        return [t for t in instance.tokens() if t.id in instance.waiting]

    def _look(self) -> Seen:
        """Read the lines written since the last look, and where the instance stands now."""
        self._renew()
        with self.database.reading() as session:
            instance = self._loaded(session)
            waiting = self._waiting(session)
            self._check_tables(session, waiting)
            rows = session.execute(
                select(history)
                .where(history.c.instance_id == self.instance, history.c.seq > self.seq)
                .order_by(history.c.seq)
            ).all()
            self.seq += len(rows)
            status = session.scalar(
                select(process_instance.c.status).where(process_instance.c.id == self.instance)
            )
            count = session.scalar(
                select(func.count()).where(incident.c.instance_id == self.instance)
            )
            return Seen(
                [(r.event, r.element_id, _without_ids(r.data)) for r in rows],
                Counter((t.task_spec.node.id, self._identity(t)) for t in waiting),
                dict(instance.top.local) if instance else {},
                str(status),
                int(count or 0),
                self._stored(session),
            )

    def _stored(self, session: Any) -> int:
        """What the data store holds; of the values it was given none may be below the one before."""
        store = store_acts.store(session, store_key(self.key))
        given = [c.value for c in store_acts.changes(session, store_key(self.key), limit=1000)]
        if given != sorted(given, reverse=True):
            raise Fault(f"the data store was given {given}, newest first")
        return store.value or 0 if store is not None else 0

    def _check_tables(self, session: Any, waiting: list[Token]) -> None:
        """Every token that waits has the row by which it is found, and there are no others."""

        def ids(column: Any, *conditions: Any) -> list[UUID]:
            table = column.table
            query = select(column).where(table.c.instance_id == self.instance, *conditions)
            return sorted(i for i in session.scalars(query) if i is not None)

        def tokens(wanted: Any) -> list[UUID]:
            return sorted(t.id for t in waiting if wanted(t))

        def kind(token: Token) -> str:
            return str(token.task_spec.node.trigger.kind)

        pairs = {
            "human_task": (
                ids(human_task.c.id, human_task.c.status == "open"),
                tokens(lambda t: t.task_spec.node.tag == "userTask"),
            ),
            "job": (
                ids(job.c.token_id, job.c.status.in_(["waiting", "running", "failed"])),
                tokens(lambda t: t.task_spec.node.tag == "serviceTask"),
            ),
            "subscription": (
                ids(subscription.c.token_id),
                tokens(lambda t: kind(t) == "message"),
            ),
            "timer": (ids(timer.c.token_id), tokens(lambda t: kind(t) == "timer")),
        }
        for name, (stored, wanted) in pairs.items():
            if stored != wanted:
                raise Fault(f"the table {name} has {len(stored)} rows for {len(wanted)} tokens")

    def told(self) -> dict[str, Any]:
        """All variables as the history tells them last, after its chain of hashes was followed."""
        found: dict[str, Any] = {}
        previous = START
        with self.database.reading() as session:
            for row in inspection.history_of(session, self.instance):
                found |= row["data"].get("set", {})
                if chain(previous, row) != row["hash"]:
                    raise Fault(f"line {row['seq']} of the history breaks the chain")
                previous = row["hash"]
            last = session.scalar(
                select(process_instance.c.history_hash).where(
                    process_instance.c.id == self.instance
                )
            )
        if last != previous:
            raise Fault("the history breaks the chain at its end")
        return found


def _without_ids(data: dict[str, Any]) -> dict[str, Any]:
    """What a history line says, but for the number of an incident: each run has its own."""
    return {name: value for name, value in data.items() if name != "incident"}
