"""The processes that `--kill` kills: `python -m tests.faults.parts worker|scheduler|producer …`.

Worker and scheduler are the desk's own loops with the operators below beside its own. A producer does what people and
gateways do: it places orders, answers them and completes tasks, each again and again until the engine has acknowledged
it, and writes down what was. Settings come from the environment, as for the desk.
"""

import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import SQLAlchemyError

from desk.application import Desk
from desk.settings import Settings
from engine import jobs
from engine.actors import Actor
from engine.errors import InstanceGone, TaskGone, TaskTaken
from engine.operators import JobRun, OperatorError, Operators, Text
from engine.tables import human_task
from lanedesk.build import build_desk
from lanedesk.scheduler import Scheduler
from lanedesk.worker import run_worker
from tests.engine.diagrams import (
    diagram,
    extension,
    message,
    on_message,
    person,
    script,
    service,
    timer,
)

WORDS = Text("test", "测试")
LEASE = timedelta(seconds=6)  # what a killed worker had in hand is handed out again after this
PAUSE = 0.05  # seconds between two rounds of a producer
DAY = timedelta(days=1)
POISONED = 40  # every such order kills the worker that does its last job

effect_metadata = MetaData()
effect = Table(
    "fault_effect",
    effect_metadata,
    Column("id", Integer, primary_key=True),
    Column("idempotency_key", String(255), nullable=False, index=True),
)

operators = Operators()


@operators.job("faults.effect", title=WORDS, help=WORDS, tries=60, backoff=timedelta(seconds=1))
def leave_a_mark(run: JobRun) -> None:
    """Write the job's idempotency key down; one time in ten it fails after that."""
    with run.database.transaction() as session:
        session.execute(insert(effect), {"idempotency_key": run.idempotency_key})
    if random.random() < 0.1:
        raise OperatorError("not this time")


@operators.job("faults.poison", title=WORDS, help=WORDS, tries=2, backoff=timedelta(seconds=1))
def kill_the_worker(_run: JobRun) -> None:
    """What a broken library may do to its process."""
    os.kill(os.getpid(), signal.SIGKILL)


def diagrams() -> dict[str, bytes]:
    """An order: a job, a timer beside a message, a person under a reminder, a last job, word to another process."""
    told = extension('<l:input name="order" value="=order"/>')
    body = (
        f'<startEvent id="s">{on_message("order.placed")}</startEvent>'
        + service("first", "faults.effect")
        + '<parallelGateway id="f"/><parallelGateway id="j"/>'
        + f'<intermediateCatchEvent id="t">{timer("Duration", "PT2S")}</intermediateCatchEvent>'
        + script("x", ("ticks", "1"))
        + f'<intermediateCatchEvent id="m">{on_message("order.answered")}</intermediateCatchEvent>'
        + person("check")
        + f'<boundaryEvent id="b" attachedToRef="check" cancelActivity="false">{timer("Cycle", "R3/PT2S")}'
        + '</boundaryEvent><endEvent id="e2"/>'
        + script("n", ("reminders", "if reminders = null then 1 else reminders + 1"))
        + '<exclusiveGateway id="g"/>'
        + service("last", "faults.effect")
        + service("bad", "faults.poison")
        + f'<endEvent id="e">{told}{on_message("order.done")}</endEvent>'
        + '<endEvent id="e3"/>'
        + f"s->first first->f f->t t->x x->j f->m m->j j->check b->n n->e2 check->g "
        f"g->bad[modulo(order, {POISONED}) = 0] g->>last last->e bad->e3"
    )
    answered = message("order.answered", "=string(order)")
    outside = message("order.placed") + answered + message("order.done")
    tally = f'<startEvent id="s">{on_message("order.done")}</startEvent><endEvent id="e"/>'
    tally += script("counted", ("counted", "1")) + "s->counted counted->e"
    return {
        "order.bpmn": diagram(body, key="order", outside=outside),
        "tally.bpmn": diagram(tally, key="tally", outside=message("order.done")),
    }


def desk() -> Desk:
    """The desk of the environment's settings, with the operators of this test."""
    jobs.LEASE = LEASE
    built = build_desk(Settings.from_environment())
    built.engine.operators.include(operators)
    return built


class Producer:
    """Places and answers orders `first`, `first + 2` …; what is intended and acknowledged stands in `log`."""

    def __init__(self, built: Desk, log: Path, first: int) -> None:
        self.desk, self.log, self.first = built, log, first
        self.actor = Actor("user", 1, "producer")
        self.intended: list[int] = []
        self.started: set[int] = set()
        self.answered: set[int] = set()
        for word, number in read_log(log):
            if word == "intended":
                self.intended.append(number)
            elif word in ("started", "answered"):
                getattr(self, word).add(number)

    def run(self) -> None:
        """Until it is killed; once the shop is closed, it only finishes what was begun."""
        while True:
            closed = closing(self.log.parent).exists()
            if not closed:
                number = self.first + 2 * len(self.intended)
                self.intended.append(number)
                self.note("intended", number)
            for number in self.intended:
                if number not in self.started and self.acknowledged(self.place, number):
                    self.started.add(number)
                    self.note("started", number)
            # The newest are left for a moment, so that some answers come early and some late.
            for number in self.intended if closed else self.intended[:-3]:
                if number not in self.answered and self.acknowledged(self.answer, number):
                    self.answered.add(number)
                    self.note("answered", number)
            self.acknowledged(self.complete_some, 5)
            time.sleep(PAUSE)

    def note(self, word: str, number: int) -> None:
        """A line that stays though this process is killed."""
        with self.log.open("a") as file:
            file.write(f"{word} {number}\n")

    def acknowledged(self, act: Callable[[int], None], number: int) -> bool:
        """Whether the engine took it; when the database was away, nobody knows, and it is tried again."""
        try:
            act(number)
        except SQLAlchemyError:
            time.sleep(0.1)
            return False
        return True

    def place(self, number: int) -> None:
        """Start an instance by a message."""
        with self.desk.database.transaction() as session:
            self.desk.engine.message(
                session, "order.placed", {"order": number}, actor=self.actor,
                dedupe_key=f"placed:{number}",
            )  # fmt: skip

    def answer(self, number: int) -> None:
        """The message that the instance waits for, or will."""
        with self.desk.database.transaction() as session:
            self.desk.engine.message(
                session, "order.answered", {"answer": number}, actor=self.actor,
                correlation=str(number), dedupe_key=f"answered:{number}", time_to_live=DAY,
            )  # fmt: skip

    def complete_some(self, count: int) -> None:
        """Complete open tasks; the other producer may be faster."""
        with self.desk.database.reading() as session:
            query = select(human_task.c.id).where(human_task.c.status == "open").limit(4 * count)
            found = list(session.scalars(query))
        for task in random.sample(found, min(count, len(found))):
            try:
                with self.desk.database.transaction() as session:
                    self.desk.engine.complete(session, task, {}, outcome=None, actor=self.actor)
            except (TaskGone, TaskTaken, InstanceGone):
                continue


def closing(folder: Path) -> Path:
    """This file says that no new orders are wanted."""
    return folder / "closed"


def read_log(log: Path) -> list[tuple[str, int]]:
    """The lines of a producer's log; a last line that was cut off by a kill was not acknowledged to anybody."""
    lines = log.read_text().splitlines() if log.exists() else []
    pairs = [line.split() for line in lines]
    return [(p[0], int(p[1])) for p in pairs if len(p) == 2]


def main(arguments: list[str]) -> None:
    """Run one part until it is told to stop, or killed."""
    logging.basicConfig(level=logging.WARNING)
    if arguments[0] == "worker":
        run_worker(desk(), ["engine"], fork=False)
    elif arguments[0] == "scheduler":
        loop = Scheduler(desk())
        signal.signal(signal.SIGTERM, lambda *_: loop.stop.set())
        loop.run()
    else:
        Producer(desk(), Path(arguments[1]), int(arguments[2])).run()


if __name__ == "__main__":
    main(sys.argv[1:])
