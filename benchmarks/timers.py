"""How quickly do timers fire when many are due at once? `python -m benchmarks.timers`

100,000 instances wait at a timer, 20,000 of them overdue, as after an hour in which nobody ran. One scheduler works the
backlog off, on PostgreSQL (DATABASE_URL's server, else a throw-away one). Printed: timers fired a second; how late
those fired that became due in the middle of it; and what arming one more costs beside 100,000 as against beside none.

Held when those were less than a second late, and arming costs at most 1.5 times as much.
"""

import statistics
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, text

from benchmarks.postgresql import empty_databases
from benchmarks.stand import verdict
from engine import scheduler
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.operators import Operators
from engine.runtime import Engine
from engine.tables import history, metadata, process_instance, timer
from engine.timestamps import utc_now

ARMED, DUE = 100_000, 20_000
SAMPLE = 300
AGENT = Actor("user", 1, "李雷")
LATEST, DEAREST = 1.0, 1.5  # seconds; times

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  targetNamespace="benchmark"><process id="wait" isExecutable="true"><startEvent id="s"/>
<sequenceFlow id="f1" sourceRef="s" targetRef="t"/><intermediateCatchEvent id="t"><timerEventDefinition>
<timeDate xsi:type="tFormalExpression">=due</timeDate></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="f2" sourceRef="t" targetRef="e"/><endEvent id="e"/></process></definitions>"""


def arm(engine: Engine, database: Database, seconds: float) -> UUID:
    """An instance that waits until so many seconds from now."""
    due = utc_now() + timedelta(seconds=seconds)
    with database.transaction() as session:
        return engine.start(session, "wait", {"due": due}, actor=AGENT)


def arming_cost(engine: Engine, database: Database) -> float:
    """Median milliseconds by the clock of starting an instance that arms a timer."""
    times = []
    for _ in range(SAMPLE):
        began = time.perf_counter()
        arm(engine, database, 86_400)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def copy(database: Database, original: UUID, count: int) -> None:
    """As many more instances like this one, with their timers and histories: made by the database, to save minutes."""
    with database.transaction() as session:
        kept = dict(session.execute(
            select(process_instance).where(process_instance.c.id == original)
        ).one()._mapping)  # fmt: skip
        armed = dict(
            session.execute(select(timer).where(timer.c.instance_id == original)).one()._mapping
        )
        lines = [
            dict(row._mapping)
            for row in session.execute(select(history).where(history.c.instance_id == original))
        ]
        for first in range(0, count, 5000):
            ids = [uuid4() for _ in range(min(5000, count - first))]
            session.execute(insert(process_instance), [kept | {"id": i} for i in ids])
            session.execute(insert(timer), [armed | {"id": uuid4(), "instance_id": i} for i in ids])
            session.execute(
                insert(history), [line | {"instance_id": i} for i in ids for line in lines]
            )


def late(database: Database, punctual: Sequence[UUID], end: datetime) -> list[float]:
    """By how many seconds those fired late that became due before the backlog's end."""
    fired = select(history.c.at, history.c.data).where(
        history.c.instance_id.in_(punctual), history.c.event == "fired"
    )
    with database.reading() as session:
        lines = session.execute(fired).all()
    found = [(line.at, datetime.fromisoformat(line.data["due"])) for line in lines]
    return [(at - due).total_seconds() for at, due in found if due < end]


def main() -> None:
    """Arm, fall behind, catch up; exits 1 when a bound was missed."""
    with empty_databases() as create:
        database = Database(create("timers"))
        metadata.create_all(database.engine)
        engine = Engine(Operators())
        with database.transaction() as session:
            engine.deploy(session, {"wait.bpmn": PROCESS.encode()}, actor=SYSTEM)
        arming_cost(engine, database)  # modules and statements, as in a program that has worked
        beside_none = arming_cost(engine, database)
        copy(database, arm(engine, database, 7 * 86_400), ARMED - DUE)
        copy(database, arm(engine, database, -3600), DUE - 1)
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        beside_many = arming_cost(engine, database)
        punctual = [arm(engine, database, second) for second in range(2, 40, 2)]
        began, at = time.perf_counter(), utc_now()
        fired, _ = scheduler.run_due(engine, database)
        seconds = time.perf_counter() - began
        lateness = late(database, punctual, at + timedelta(seconds=seconds))
        with database.reading() as session:
            overdue = timer.c.due_at <= at
            left = session.scalar(select(func.count()).select_from(timer).where(overdue))
        database.dispose()
    cost = beside_many / beside_none
    print(f"arming: {beside_none:.2f} ms beside none, {beside_many:.2f} ms beside {ARMED:,}")
    print(f"fired: {fired:,} in {seconds:.1f} s, left {left}")
    verdict(
        max(lateness) < LATEST and cost <= DEAREST and left == 0 and fired >= DUE,
        f"timers: {fired / seconds:.0f} fired a second, the latest of {len(lateness)} that became due in the middle"
        f" {max(lateness) * 1000:.0f} ms late (under {LATEST:.0f} s), arming beside {ARMED:,} ×{cost:.2f}"
        f" (at most {DEAREST})",
    )


if __name__ == "__main__":
    main()
