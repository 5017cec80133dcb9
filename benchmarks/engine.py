"""How many process instances a second, and at what price? `python -m benchmarks.engine`

start → script → user task → exclusive gateway → end, in one process; state stored at the wait and loaded again, all
history written.
On PostgreSQL (DATABASE_URL's server, else a throw-away one) and on SQLite, each time beside

- plain SpiffWorkflow with its own serializer, one row an instance, on the same database, and
- a raw-SQL floor: the same rows, written by hand in the same number of transactions.

Held when we complete at least 2.5 times as many as plain SpiffWorkflow, at least 0.5 of the floor, with at most 12
statements an instance (BEGIN and COMMIT not counted), on both databases.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import event, select

from benchmarks.postgresql import empty_databases
from benchmarks.stand import verdict
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.operators import Operators
from engine.runtime import Engine
from engine.statements import observers
from engine.tables import history, human_task, metadata, process_instance

COUNT = 400
ROUNDS = 5
AGENT = Actor("user", 1, "李雷")
AT_LEAST_OF_SPIFF, AT_LEAST_OF_FLOOR, AT_MOST_STATEMENTS = 2.5, 0.5, 12

_PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:l="urn:lanedesk:bpmn:1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="benchmark">
<process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
<scriptTask id="t">{script}</scriptTask><sequenceFlow id="f2" sourceRef="t" targetRef="u"/>
<userTask id="u">{human}</userTask><sequenceFlow id="f3" sourceRef="u" targetRef="g"/>
<exclusiveGateway id="g" default="f5"/>
<sequenceFlow id="f4" sourceRef="g" targetRef="e">
<conditionExpression>{condition}</conditionExpression></sequenceFlow>
<sequenceFlow id="f5" sourceRef="g" targetRef="e2"/><endEvent id="e"/><endEvent id="e2"/></process></definitions>"""

OURS = _PROCESS.format(
    script='<extensionElements><l:assign name="double" value="amount * 2"/></extensionElements>',
    human='<extensionElements><l:humanTask candidates="team:1"><l:outcome id="ok" name="ok"/>'
    '<l:outcome id="no" name="no"/></l:humanTask></extensionElements>',
    condition='outcome = "ok"',
)
SPIFFS = _PROCESS.format(
    script="<script>double = amount * 2</script>", human="", condition='outcome == "ok"'
)


@dataclass
class Figures:
    """Medians over the rounds."""

    per_second: float
    cpu_ms: float


def measure(complete_one: Callable[[], None]) -> tuple[float, float]:
    """One round: instances a second by the wall clock, CPU milliseconds an instance of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(COUNT):
        complete_one()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return COUNT / wall, cpu / COUNT * 1000


def engine_instance(database: Database) -> Callable[[], None]:
    """Ours: start, then find the task and complete it, a transaction each."""
    engine = Engine(Operators())
    with database.transaction() as session:
        engine.deploy(session, {"p.bpmn": OURS.encode()}, actor=SYSTEM)

    def complete_one() -> None:
        with database.transaction() as session:
            instance = engine.start(session, "p", {"amount": 5}, actor=AGENT)
        with database.transaction() as session:
            (task,) = engine.open_tasks(session, instance)
            engine.complete(session, task, {"note": "done"}, outcome="ok", actor=AGENT)

    return complete_one


def statements(database: Database, complete_one: Callable[[], None]) -> int:
    """SQL statements of one instance, without BEGIN and COMMIT."""
    count = 0

    def counted(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal count
        count += not statement.startswith("BEGIN")

    def written(_statement: str) -> None:
        nonlocal count
        count += 1

    event.listen(database.engine, "before_cursor_execute", counted)
    observers.append(written)
    complete_one()
    observers.remove(written)
    event.remove(database.engine, "before_cursor_execute", counted)
    return count


def spiff_instance(database: Database) -> Callable[[], None]:
    """Plain SpiffWorkflow as its documentation has it: one JSON text an instance."""
    parser = BpmnParser()
    parser.add_bpmn_str(SPIFFS.encode())
    spec = parser.get_spec("p")
    serializer = BpmnWorkflowSerializer()
    with raw(database) as (run, _):
        run("CREATE TABLE spiff (id TEXT PRIMARY KEY, state TEXT)", ())

    def complete_one() -> None:
        key = str(uuid4())
        workflow = BpmnWorkflow(spec)
        workflow.task_tree.data["amount"] = 5
        workflow.get_next_task(state=TaskState.READY).data["amount"] = 5
        workflow.do_engine_steps()
        with raw(database) as (run, mark):
            run(
                f"INSERT INTO spiff VALUES ({mark}, {mark})",
                (key, serializer.serialize_json(workflow)),
            )
        with raw(database) as (run, mark):
            (state,) = run(f"SELECT state FROM spiff WHERE id = {mark}", (key,)).fetchone()
            loaded = serializer.deserialize_json(state)
            task = loaded.get_next_task(state=TaskState.READY, manual=True)
            task.data |= {"note": "done", "outcome": "ok"}
            task.run()
            loaded.do_engine_steps()
            if not loaded.is_completed():
                raise RuntimeError("plain SpiffWorkflow did not complete")
            run(
                f"UPDATE spiff SET state = {mark} WHERE id = {mark}",
                (serializer.serialize_json(loaded), key),
            )

    return complete_one


def floor_instance(database: Database) -> Callable[[], None]:
    """The rows of one of our instances, written by hand: no engine, no expressions, no objects."""
    with database.transaction() as session:
        instance = dict(session.execute(select(process_instance).limit(1)).one()._mapping)
        task = dict(session.execute(select(human_task).limit(1)).one()._mapping)
        lines = [
            dict(r._mapping)
            for r in session.execute(
                select(history)
                .where(history.c.instance_id == instance["id"])
                .order_by(history.c.seq)
            )
        ]
    actor = json.dumps(AGENT.as_json())
    to_wait = next(i for i, line in enumerate(lines) if line["event"] == "submitted")

    def plain(value: Any) -> Any:
        """A value as the driver takes it; SQLite knows neither UUIDs nor times."""
        if isinstance(value, dict | list):
            return json.dumps(value)
        if database.is_sqlite and isinstance(value, UUID):
            return value.hex
        if database.is_sqlite and isinstance(value, datetime):
            return value.isoformat(" ")
        return value

    def insert(run: Any, mark: str, table: str, row: dict[str, Any]) -> None:
        names, marks = ", ".join(f'"{n}"' for n in row), ", ".join([mark] * len(row))
        run(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(map(plain, row.values())))

    def write_history(run: Any, mark: str, key: Any, rows: list[dict[str, Any]]) -> None:
        names = ", ".join(f'"{n}"' for n in rows[0])
        one = "(" + ", ".join([mark] * len(rows[0])) + ")"
        values = [plain(v) for row in rows for v in (row | {"instance_id": key}).values()]
        run(f"INSERT INTO history ({names}) VALUES {', '.join([one] * len(rows))}", tuple(values))

    def complete_one() -> None:
        key, task_key = uuid4(), uuid4()
        with raw(database) as (run, mark):
            run(f"SELECT id FROM process_version WHERE key = {mark} AND latest", ("p",)).fetchone()
            insert(run, mark, "process_instance", instance | {"id": key, "status": "active"})
            insert(
                run,
                mark,
                "human_task",
                task | {"id": task_key, "instance_id": key, "status": "open"},
            )
            candidate = {"task_id": task_key, "candidate": "team:1", "excluded": False}
            insert(run, mark, "human_task_candidate", candidate)
            write_history(run, mark, key, lines[:to_wait])
        lock = "" if database.is_sqlite else " FOR UPDATE OF i"
        with raw(database) as (run, mark):
            run(f"SELECT id FROM human_task WHERE instance_id = {mark}", (plain(key),)).fetchone()
            run(
                "SELECT t.status, t.assignee, t.claimed, i.* FROM human_task t"
                f" JOIN process_instance i ON i.id = t.instance_id WHERE t.id = {mark}{lock}",
                (plain(task_key),),
            ).fetchone()
            run(
                f"UPDATE process_instance SET state = {mark}, status = {mark}, revision = 2, history_seq = {mark},"
                f" history_hash = {mark}, ended_at = {mark} WHERE id = {mark}",
                tuple(map(plain, (b"x", "completed", 8, lines[-1]["hash"], lines[-1]["at"], key))),
            )
            run(
                f"UPDATE human_task SET status = {mark}, assignee = {mark}, ended_at = {mark}, ended_by = {mark},"
                f" outcome = {mark} WHERE id = {mark}",
                tuple(
                    map(
                        plain,
                        ("completed", AGENT.reference, lines[-1]["at"], actor, "ok", task_key),
                    )
                ),
            )
            run(f"DELETE FROM human_task_candidate WHERE task_id = {mark}", (plain(task_key),))
            write_history(run, mark, key, lines[to_wait:])

    return complete_one


@contextmanager
def raw(database: Database) -> Iterator[tuple[Callable[..., Any], str]]:
    """A transaction on the driver itself, through the same pool; `run(sql, values)` and the driver's mark."""
    pooled = database.engine.raw_connection()
    try:
        cursor = pooled.cursor()
        if database.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")

        def run(sql: str, values: tuple[Any, ...]) -> Any:
            cursor.execute(sql, values)
            return cursor

        yield run, "?" if database.is_sqlite else "%s"
        pooled.commit()
    finally:
        pooled.close()


def compare(name: str, url: str) -> tuple[bool, str]:
    """All three on one database, in turns, so that all meet the same machine."""
    database = Database(url)
    metadata.create_all(database.engine)
    ours = engine_instance(database)
    ours()
    count = statements(database, ours)
    runs = {
        "lanedesk": ours,
        "plain SpiffWorkflow": spiff_instance(database),
        "raw SQL": floor_instance(database),
    }
    rounds: dict[str, list[tuple[float, float]]] = {key: [] for key in runs}
    for _ in range(ROUNDS):
        for key, complete_one in runs.items():
            rounds[key].append(measure(complete_one))
    database.dispose()
    found = {
        key: Figures(*(statistics.median(column) for column in zip(*values, strict=True)))
        for key, values in rounds.items()
    }
    for key, f in found.items():
        print(
            f"{name:<10} {key:<20} {f.per_second:7.0f} instances/s  {f.cpu_ms:6.2f} ms CPU an instance"
        )
    speed = found["lanedesk"].per_second
    of_spiff = speed / found["plain SpiffWorkflow"].per_second
    of_floor = speed / found["raw SQL"].per_second
    held = (
        of_spiff >= AT_LEAST_OF_SPIFF
        and of_floor >= AT_LEAST_OF_FLOOR
        and count <= AT_MOST_STATEMENTS
    )
    return (
        held,
        f"{name} {speed:.0f}/s, ×{of_spiff:.2f} plain SpiffWorkflow, {of_floor:.2f} of raw SQL, {count} statements",
    )


def main() -> None:
    """Both databases; exits 1 when a bound was missed on either."""
    with tempfile.TemporaryDirectory() as folder, empty_databases() as create:
        results = [
            compare("PostgreSQL", create("engine")),
            compare("SQLite", f"sqlite:///{folder}/engine.db"),
        ]
    verdict(all(held for held, _ in results), "; ".join(words for _, words in results))


if __name__ == "__main__":
    main()
