"""What the history costs and what it can bear: `python -m benchmarks.history [--events 1000000] [--rounds 1000]`

On PostgreSQL (DATABASE_URL's server, else a throw-away one), tables made by the migrations.

- **cost**: instances of a start, a script, a human task, a gateway and an end, two steps each, turn by turn with the
  history as it is (chained, sealed names) and with none; medians, of CPU where it can be read. Held under 15 %.
- **verify**: `lanedesk audit verify` over all rows. Held under 30 s for 1,000,000 rows.
- **export**: 1,000,000 events to XES by the worker's code in a process of its own. Held under 60 s and 300 MB.
- **heat**: the cockpit's heat map over the same events, once they are worked out. Held under 1 s.

Seconds by the wall clock; CPU seconds of our own processes are said beside, since other work on the machine does not
lengthen them.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import select, text

from benchmarks.engine import OURS
from benchmarks.exporting import export
from benchmarks.postgresql import empty_databases
from benchmarks.stand import desk_on, verdict
from desk.application import Desk
from desk.audit.verify import verify
from desk.audit.witness import AuditWitness
from desk.cockpit import filters, projection, queries
from desk.people.models import User
from engine import step
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.history import START, Recorder, chain
from engine.operators import Operators
from engine.runtime import Engine
from engine.tables import process_version
from lanedesk.migrating import upgrade

COST_AT_MOST = 0.15
VERIFY_SECONDS, EXPORT_SECONDS, EXPORT_MB, HEAT_SECONDS = 30.0, 60.0, 300.0, 1.0
STEPS = 24  # completed elements of one instance of the big log
PEOPLE = [Actor("user", number, f"座席{number}") for number in range(1, 41)]


class NoHistory(Recorder):
    """Writes nothing down: what a step costs without."""

    def add(self, *_arguments: Any, **_more: Any) -> None:
        """Not a row, not a hash."""


@dataclass(frozen=True)
class Cost:
    """What history adds to an instance of two steps: the medians over pairs of one with and one without, run in turn.

    By the wall clock, and by CPU (ours and the server's) where it can be read: others share the machine's clock.
    """

    wall: float
    cpu: float | None
    milliseconds: float  # of CPU (else by the clock) that an instance takes with its history

    @property
    def share(self) -> float:
        """What is judged."""
        return self.wall if self.cpu is None else self.cpu


def cost(database: Database, rounds: int) -> Cost:
    """Run `rounds` pairs."""
    found = Engine(Operators(), witness=AuditWitness())
    with database.transaction() as session:
        found.deploy(session, {"p.bpmn": OURS.encode()}, actor=SYSTEM)
        backend = session.scalar(text("SELECT pg_backend_pid()"))

    def measured(recorder: type[Recorder]) -> tuple[float, float]:
        setattr(step, "Recorder", recorder)  # noqa: B010
        began, cpu, server = time.perf_counter(), time.process_time(), _server_cpu(backend)
        with database.transaction() as session:
            instance = found.start(session, "p", {"amount": 5}, actor=PEOPLE[0])
        with database.transaction() as session:
            (task,) = found.open_tasks(session, instance)
            found.complete(session, task, {"note": "done"}, outcome="ok", actor=PEOPLE[0])
        used = time.process_time() - cpu + _server_cpu(backend) - server
        return time.perf_counter() - began, used

    try:
        pairs = [(measured(Recorder), measured(NoHistory)) for _ in range(rounds + 60)][60:]
    finally:
        setattr(step, "Recorder", Recorder)  # noqa: B010
    wall = statistics.median(with_it[0] / without[0] for with_it, without in pairs) - 1
    if not _server_cpu(backend):
        return Cost(wall, None, statistics.median(pair[0][0] for pair in pairs) * 1000)
    cpu = statistics.median(with_it[1] / without[1] for with_it, without in pairs) - 1
    return Cost(wall, cpu, statistics.median(pair[0][1] for pair in pairs) * 1000)


def _server_cpu(backend: int) -> float:
    """Seconds of CPU that our connection's server process has used; 0 where it runs on another machine."""
    try:
        return int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def long_diagram() -> bytes:
    """A process of STEPS elements in a row, a few of them with a way back."""
    nodes = "".join(
        f'<scriptTask id="step{n}" name="步骤{n}"><extensionElements>'
        f'<l:assign name="a" value="{n}"/></extensionElements></scriptTask>'
        f'<sequenceFlow id="f{n}" sourceRef="{f"step{n - 1}" if n else "s"}" targetRef="step{n}"/>'
        for n in range(STEPS - 2)
    )
    return (
        '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:l="urn:lanedesk:bpmn:1.0" targetNamespace="benchmark"><process id="long" '
        f'isExecutable="true"><startEvent id="s"/>{nodes}<sequenceFlow id="last" '
        f'sourceRef="step{STEPS - 3}" targetRef="e"/><endEvent id="e"/></process></definitions>'
    ).encode()


def fill(url: str, version: UUID, events: int) -> int:
    """Write instances with `events` completed elements in all, as the engine would; how many rows there are."""
    random = Random(1)
    plain = url.replace("+psycopg", "")
    elements = ["s", *(f"step{n}" for n in range(STEPS - 2)), "e"]
    begin = datetime.now(UTC) - timedelta(days=90)
    instances, rows = events // STEPS, 0
    with psycopg.connect(plain) as connection:
        connection.execute("SET session_replication_role = replica")
        with connection.cursor() as cursor:
            for start in range(0, instances, 2000):
                heads, lines = [], []
                for number in range(start, min(start + 2000, instances)):
                    head, own = _instance(random, version, elements, begin, number)
                    heads.append(head)
                    lines += own
                rows += len(lines)
                with cursor.copy(
                    "COPY process_instance (id, version_id, status, revision, state, history_seq, "
                    "history_hash, depth, started_at, ended_at) FROM STDIN"
                ) as copy:
                    for head in heads:
                        copy.write_row(head)
                with cursor.copy(
                    "COPY history (instance_id, seq, at, actor, event, element_id, token_id, data, "
                    "hash) FROM STDIN"
                ) as copy:
                    for line in lines:
                        copy.write_row(line)
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")
    return rows


def _instance(
    random: Random, version: UUID, elements: list[str], begin: datetime, number: int
) -> tuple[Any, list[Any]]:
    instance = UUID(int=random.getrandbits(128))
    at = begin + timedelta(seconds=number * 150)
    started, previous = at, START
    said: list[tuple[str, str | None, dict[str, Any]]] = [
        ("started", None, {"set": {"amount": number}, "version": 1})
    ]
    said += [("completed", element, {"set": {"a": 1}}) for element in elements]
    said.append(("ended", None, {}))
    rows = []
    for seq, (event, element, data) in enumerate(said, 1):
        actor = PEOPLE[(number + seq) % len(PEOPLE)].as_json()
        token = UUID(int=random.getrandbits(128)) if element else None
        row = {
            "instance_id": instance, "seq": seq, "at": at, "actor": actor, "event": event,
            "element_id": element, "token_id": token, "data": data,
        }  # fmt: skip
        previous = chain(previous, row)
        rows.append(
            (instance, seq, at, orjson.dumps(actor).decode(), event, element, token,
             orjson.dumps(data).decode(), previous)
        )  # fmt: skip
        if element:
            at += timedelta(seconds=random.randint(1, 3600))
    head = (
        instance, version, "completed", 1, b"", len(rows), previous, 0, started, rows[-1][2],
    )  # fmt: skip
    return head, rows


def heat(desk: Desk, version: UUID) -> tuple[float, float, int]:
    """Seconds of the heat map; seconds it took to work out what it is made of; passes in it."""
    began = time.perf_counter()
    projection.catch_up(desk.engine, desk.database, "UTC")
    worked = time.perf_counter() - began
    auditor = User(id=1, login="audit", name="审计", roles=["auditor"], active=True)
    auditor.teams = []
    best, found = float("inf"), {}
    for _ in range(3):
        began = time.perf_counter()
        with desk.reading() as session:
            found = queries.passes(
                session, auditor, [version], filters.InstanceFilter(), queries.Period()
            )
        best = min(best, time.perf_counter() - began)
    return best, worked, sum(one.count for name, one in found.items() if name.startswith("step"))


@contextmanager
def timed(what: str) -> Iterator[Callable[[], float]]:
    """Prints what is being done; the function gives seconds so far."""
    print(f"{what} …", flush=True)
    began = time.perf_counter()
    yield lambda: time.perf_counter() - began


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1000)
    given = parser.parse_args()
    with empty_databases() as create, tempfile.TemporaryDirectory() as name:
        url, folder = create("history"), Path(name)
        desk = desk_on(url, folder)
        upgrade(desk.database)
        with timed("the cost of history in a step"):
            found = cost(desk.database, given.rounds)
        share = found.share
        cpu = "" if found.cpu is None else f", of CPU {found.cpu:+.1%}"
        print(f"  by the clock {found.wall:+.1%}{cpu}; {found.milliseconds:.2f} ms an instance")
        with desk.database.transaction() as session:
            desk.engine.deploy(session, {"long.bpmn": long_diagram()}, actor=SYSTEM)
            version = session.scalars(
                select(process_version.c.id).where(process_version.c.key == "long")
            ).one()
        with timed(f"writing {given.events:,} events") as seconds:
            rows = fill(url, version, given.events)
            print(f"  {rows:,} rows in {seconds():.0f} s")
        with timed("verify"):
            report = verify(desk.database, desk.storage)
        per_million = report.seconds / report.rows * 1e6
        print(f"  {report.rows:,} rows in {report.seconds:.1f} s with {os.cpu_count()} processes")
        with timed("export to XES"):
            exported = export(url, folder, "xes")
        print(
            f"  {exported['events']:,.0f} events, {exported['size'] / 1e6:,.0f} MB of file in "
            f"{exported['seconds']:.1f} s ({exported['cpu']:.1f} s CPU), {exported['mb']:.0f} MB of memory"
        )
        with timed("heat map"):
            hot, worked, passes = heat(desk, version)
        print(f"  {passes:,} passes in {hot * 1000:.0f} ms; worked out in {worked:.0f} s before")
        desk.database.dispose()
    held = (
        share < COST_AT_MOST
        and per_million < VERIFY_SECONDS
        and report.clean
        and exported["seconds"] * 1e6 / exported["events"] < EXPORT_SECONDS
        and exported["mb"] < EXPORT_MB
        and hot < HEAT_SECONDS
    )
    verdict(
        held,
        f"history costs {share:.1%} of a step; {report.rows:,} rows verify in {report.seconds:.1f} s; "
        f"{exported['events']:,.0f} events to XES in {exported['seconds']:.1f} s and "
        f"{exported['mb']:.0f} MB; heat map over {passes:,} passes in {hot * 1000:.0f} ms",
    )


if __name__ == "__main__":
    main()
