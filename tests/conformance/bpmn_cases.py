"""Runs one case of the suite on the real engine and a database of its own, and says what came of it."""

import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine import jobs, scheduler
from engine.actors import SYSTEM
from engine.bpmn.tokens import DiagramError, UncaughtError
from engine.database import Database
from engine.errors import DeployRefused, Problem
from engine.operators import BpmnError, JobRun, Operators, Step, Text
from engine.runtime import Engine
from engine.tables import incident, job, metadata, timer
from tests.conformance.bpmn_models import load, symbols

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN_SECONDS = timedelta(seconds=10)
REAL_TIME_LIMIT = 20  # seconds of real time for one case
SLOW = "suite-slow"  # the queue of tasks that take ten seconds
ERRORS = {"ERROR_deployment", "ERROR_runtime", "ERROR_thrownErrorEvent"}
_WORDS = Text("test", "测试")


class NeverSettles(Exception):
    """The engine polls, spins or blocks."""


@dataclass(frozen=True)
class Case:
    """One entry of cases.json with the process it belongs to."""

    process: str
    folder: str
    file: Path
    number: int
    start: Sequence[str]
    variables: Mapping[str, Any]
    delay: timedelta
    expected: Sequence[str]

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"{self.folder}/{self.process}#{self.number}"

    @property
    def expects_error(self) -> bool:
        """Whether a refusal is a pass."""
        return any(entry.startswith("ERROR") for entry in self.expected)


@dataclass
class Verdict:
    """What a case came to. `impossible` are expected entries that no script of the model can write."""

    case: Case
    trace: list[str]
    problems: Sequence[Problem] = ()
    crash: str = ""
    impossible: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Actual and expected trace are equal as multisets."""
        return not self.crash and Counter(self.trace) == Counter(self.case.expected)

    @property
    def silently_wrong(self) -> bool:
        """Deployed, settled, and then another trace than drawn; not counted when no engine could write the trace."""
        refused = ERRORS & set(self.trace) or self.crash
        return not self.passed and not refused and not self.impossible


class Stand:
    """An engine with the suite's operators, a clock that is moved by hand, and the trace of one case."""

    def __init__(self, database: Database, *, reload: bool) -> None:
        self.database, self.reload = database, reload
        self.now = BEGIN
        self.trace: list[str] = []
        self.marked = False
        self.times: dict[str, tuple[datetime, datetime]] = {}
        self.operators = self._operators()
        self._engine = self._new()

    @property
    def engine(self) -> Engine:
        """The engine: always the same one, or a fresh one for every command that knows nothing but the database."""
        return self._new() if self.reload else self._engine

    def _new(self) -> Engine:
        return Engine(self.operators, clock=lambda: self.now)

    def _operators(self) -> Operators:
        operators = Operators()

        @operators.inline("suite.note", title=_WORDS, help=_WORDS)
        def note(step: Step, *, text: str) -> dict[str, Any]:
            self.trace.append(text)
            return {}

        @operators.inline("suite.mark", title=_WORDS, help=_WORDS)
        def mark(step: Step) -> dict[str, Any]:
            self.marked = True
            return {}

        @operators.inline("suite.increment", title=_WORDS, help=_WORDS)
        def increment(step: Step, *, number: int) -> dict[str, Any]:
            self.trace.append("INCREMENT_correct")
            return {"integerVariable": number + 1}

        @operators.inline("suite.check_data", title=_WORDS, help=_WORDS)
        def check_data(step: Step, *, data: str) -> dict[str, Any]:
            if data == "String":
                self.trace.append("DATA_correct")
            return {}

        @operators.inline("suite.throw", title=_WORDS, help=_WORDS)
        def throw(step: Step, *, code: str) -> dict[str, Any]:
            raise BpmnError(code)

        @operators.job("suite.take_time", title=_WORDS, help=_WORDS, queue=SLOW)
        def take_time(run: JobRun, *, log: str) -> dict[str, Any]:
            if log:
                self.times[log] = (self.now - TEN_SECONDS, self.now)
            return {}

        return operators

    def run(self, case: Case, content: bytes) -> Sequence[Problem]:
        """Deploy, start, drive; what happened is in `trace`. The deploy's problems come back."""
        try:
            with self.database.transaction() as session:
                self.engine.deploy(session, {case.file.name: content}, actor=SYSTEM)
        except DeployRefused as refused:
            self.trace.append("ERROR_deployment")
            return refused.problems
        for key in case.start:
            data = dict(case.variables) if key == case.start[-1] else {}
            self._start(key, data)
            self._settle(self.now)
        self._settle(BEGIN + case.delay)
        if self.marked and "MARKER_exists" in case.expected:
            self.trace.append("MARKER_exists")
        if len(self.times) == 2:
            (a, b), (c, d) = self.times.values()
            if a < d and c < b:
                self.trace.append("EXECUTION_parallel")
        return ()

    def _start(self, key: str, data: dict[str, Any]) -> None:
        try:
            with self.database.transaction() as session:
                self.engine.start(session, key, data, actor=SYSTEM)
        except UncaughtError:
            self.trace.append("ERROR_thrownErrorEvent")
        except DiagramError:
            self.trace.append("ERROR_runtime")

    def _settle(self, until: datetime) -> None:
        """Do all jobs; move the clock to what is due next, but not past `until`."""
        while True:
            self._work()
            due = self._next_due()
            if due is None or due > until:
                self._note_failures()
                self.now = max(self.now, until)
                return
            self.now = max(self.now, due)
            scheduler.run_due(self.engine, self.database)
            self._work()
            self._finish_slow()

    def _work(self) -> None:
        while rows := jobs.claim(self.engine, self.database, "engine", 1):
            for row in rows:
                jobs.perform(self.engine, self.database, row)

    def _finish_slow(self) -> None:
        for row in jobs.claim(self.engine, self.database, SLOW, 100):
            if row.created_at + TEN_SECONDS <= self.now:
                jobs.perform(self.engine, self.database, row)
            else:
                self._give_back(row)

    def _give_back(self, row: Any) -> None:
        with self.database.transaction() as session:
            session.execute(
                job.update().where(job.c.id == row.id).values(status="waiting", tries=0)
            )

    def _next_due(self) -> datetime | None:
        with self.database.reading() as session:
            by_timer = session.scalar(select(func.min(timer.c.due_at)))
            slow = session.scalar(
                select(func.min(job.c.created_at)).where(
                    job.c.queue == SLOW, job.c.status == "waiting"
                )
            )
        ends = [by_timer] if by_timer else []
        if slow is not None:
            ends.append(slow + TEN_SECONDS)
        return min(ends, default=None)

    def _note_failures(self) -> None:
        """A technical error in a job or a timer is an incident, or a job that would be tried again; so is an error end
        event that nothing caught."""
        with self.database.transaction() as session:
            failed = session.execute(select(job.c.id).where(job.c.error.is_not(None))).all()
            broken = session.scalars(select(incident.c.kind).where(incident.c.job_id.is_(None)))
            kinds = ["ERROR_thrownErrorEvent" if k == "error" else "ERROR_runtime" for k in broken]
            session.execute(
                job.update().where(job.c.error.is_not(None)).values(error=None, status="failed")
            )
            session.execute(incident.delete())
        self.trace += [*["ERROR_runtime"] * len(failed), *kinds]


@dataclass
class Room:
    """A folder with an empty prepared database to copy from."""

    folder: Path
    count: int = field(default=0)

    def __post_init__(self) -> None:
        database = Database(f"sqlite:///{self.folder / 'empty.db'}")
        metadata.create_all(database.engine)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A database of one case alone."""
        self.count += 1
        path = self.folder / f"{self.count}.db"
        shutil.copyfile(self.folder / "empty.db", path)
        database = Database(f"sqlite:///{path}")
        try:
            yield database
        finally:
            database.dispose()
            for rest in self.folder.glob(f"{self.count}.db*"):
                rest.unlink()


def judge(case: Case, room: Room, *, reload: bool) -> Verdict:
    """Run a case; `reload`: a fresh engine object for every command."""
    content = case.file.read_bytes()
    with room.database() as database:
        stand = Stand(database, reload=reload)
        problems: Sequence[Problem] = ()
        crash = ""
        try:
            with _limit(REAL_TIME_LIMIT):
                problems = stand.run(case, load(content))
        except Exception as error:  # noqa: BLE001 - a crash of any kind is what is looked for
            crash = f"{type(error).__name__}: {error}"
    trace = stand.trace
    if "ERROR" in case.expected and ERRORS & set(trace):
        trace = [entry for entry in trace if entry not in ERRORS] + ["ERROR"]
    written = symbols(content)
    impossible = sorted({e for e in case.expected if e.startswith("SCRIPT_") and e not in written})
    return Verdict(case, trace, problems, crash, tuple(impossible))


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def over(_number: int, _frame: object) -> None:
        raise NeverSettles(f"not settled after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if time.monotonic() - began > seconds:
            raise NeverSettles(f"not settled after {seconds} s")
