"""An engine on a real database, with a clock that tests move and operators that write down what they did."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import inspection, jobs, scheduler
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.history import PASSES
from engine.operators import BpmnError, JobRun, OperatorError, Operators, Step, Text
from engine.runtime import Engine
from engine.tables import human_task, incident, job, process_instance

WORDS = Text("test", "测试")
ALICE = Actor("user", 1, "Alice")
BOB = Actor("user", 2, "Bob")


class Rig:
    """Drives diagrams the way the desk would, with every step committed and loaded again."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.trace: list[str] = []
        self.fail: list[Exception] = []
        self.runs: list[JobRun] = []
        self.during: Callable[[JobRun], object] = lambda _run: None  # what happens while a job is done
        operators = Operators()

        @operators.inline("test.note", title=WORDS, help=WORDS)
        def note(step: Step, *, text: str) -> dict[str, Any]:
            self.trace.append(text)
            return {}

        @operators.inline("test.throw", title=WORDS, help=WORDS)
        def throw(step: Step, *, code: str) -> dict[str, Any]:
            raise BpmnError(code, "thrown by a test")

        @operators.inline("test.refuse", title=WORDS, help=WORDS)
        def refuse(step: Step) -> dict[str, Any]:
            raise OperatorError("cannot")

        @operators.job("test.work", title=WORDS, help=WORDS, tries=3, backoff=timedelta(seconds=10))
        def work(run: JobRun, *, text: str = "work") -> dict[str, Any]:
            self.runs.append(run)
            self.during(run)
            if self.fail:
                raise self.fail.pop(0)
            self.trace.append(text)
            return {"worked": run.attempt}

        self.engine = Engine(operators, clock=lambda: self.now)

    def deploy(self, *files: bytes, **forms: bytes) -> None:
        """Deploy files as one bundle."""
        resources = {f"{i}.bpmn": content for i, content in enumerate(files)}
        resources |= {f"{name}.form": content for name, content in forms.items()}
        with self.database.transaction() as session:
            self.engine.deploy(session, resources, actor=SYSTEM)

    def start(self, key: str = "p", **data: Any) -> UUID:
        """Start an instance."""
        with self.database.transaction() as session:
            return self.engine.start(session, key, data, actor=SYSTEM)

    def message(self, name: str, payload: Mapping[str, Any] | None = None, **how: Any) -> Any:
        """Deliver a message."""
        with self.database.transaction() as session:
            return self.engine.message(session, name, payload or {}, actor=SYSTEM, **how)

    def signal(self, name: str) -> Any:
        """Deliver a signal."""
        with self.database.transaction() as session:
            return self.engine.signal(session, name, {}, actor=SYSTEM)

    def complete(self, element: str, outcome: str | None = None, **values: Any) -> None:
        """Complete the open task at an element, the oldest where there are several."""
        with self.database.transaction() as session:
            task = session.scalars(
                select(human_task.c.id)
                .where(human_task.c.element_id == element, human_task.c.status == "open")
                .order_by(human_task.c.created_at)
            ).first()
            assert task is not None, f"no open task at {element}"
            self.engine.complete(session, task, values, outcome=outcome, actor=ALICE)

    def work(self) -> int:
        """Let a worker do all due jobs."""
        return jobs.work(self.engine, self.database, "engine")

    def later(self, **delta: float) -> int:
        """Move the clock and let the scheduler run; how many timers fired."""
        self.now += timedelta(**delta)
        return scheduler.run_due(self.engine, self.database)[0]

    def active(self, instance: UUID) -> list[str]:
        """Where tokens stand."""
        with self.database.reading() as session:
            return inspection.progress(self.engine, session, instance)["active"]

    def passed(self, instance: UUID) -> list[str]:
        """The elements that were completed, in order."""
        with self.database.reading() as session:
            rows = inspection.history_of(session, instance)
        return [r["element_id"] for r in rows if r["event"] in PASSES and r["element_id"]]

    def status(self, instance: UUID) -> str:
        """active, completed, cancelled."""
        with self.database.reading() as session:
            return str(
                session.scalar(
                    select(process_instance.c.status).where(process_instance.c.id == instance)
                )
            )

    def data(self, instance: UUID) -> dict[str, Any]:
        """The variables as the history tells them."""
        found: dict[str, Any] = {}
        with self.database.reading() as session:
            for row in inspection.history_of(session, instance):
                found |= row["data"].get("set", {})
        return found

    def incidents(self) -> list[Any]:
        """All incidents."""
        with self.database.reading() as session:
            return list(session.execute(select(incident)))

    def jobs(self) -> list[Any]:
        """All jobs, oldest first."""
        with self.database.reading() as session:
            return list(session.execute(select(job).order_by(job.c.created_at)))


@pytest.fixture
def rig(database: Database) -> Rig:
    """An engine ready to run diagrams."""
    return Rig(database)
