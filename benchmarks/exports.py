"""Exports take no more memory for more events: `python -m benchmarks.exports [--events 10000000] [--format xes]`

On PostgreSQL (DATABASE_URL's server, else a throw-away one), tables made by the migrations and filled by the server
itself, so that ten million events take minutes. One export by the worker's code in a process of its own; the most
memory it ever had is read after the first tenth of the events and at the end. Held when the rest adds under 5 %.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from benchmarks.history import PEOPLE, STEPS, desk_on, long_diagram, timed
from benchmarks.postgresql import empty_databases
from benchmarks.stand import verdict
from desk.background.models import BackgroundJob
from desk.background.running import Running, work_due
from desk.exports.operations import ask
from desk.exports.wanted import FORMATS, Wanted
from engine.actors import SYSTEM
from engine.tables import process_version
from lanedesk.migrating import upgrade

GROWTH = 1.05  # of memory, from the first tenth to the end
FILL = """
INSERT INTO process_instance (id, version_id, status, revision, state, history_seq, history_hash, depth, started_at,
    ended_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, %(version)s, 'completed', 1, '', %(steps)s, '\\x00', 0,
    now() - n * interval '1 second', now() - n * interval '1 second' + interval '1 hour'
FROM generate_series(1, %(instances)s) n;
INSERT INTO history (instance_id, seq, at, actor, event, element_id, token_id, data, hash)
SELECT lpad(to_hex(n), 32, '0')::uuid, seq, now() - n * interval '1 second' + seq * interval '1 minute',
    (%(people)s::jsonb[])[1 + (n + seq) %% %(crowd)s], 'completed', (%(elements)s::text[])[seq], NULL,
    '{"set": {"a": 1}}', '\\x00'
FROM generate_series(1, %(instances)s) n, generate_series(1, %(steps)s) seq
"""


def fill(url: str, version: UUID, events: int) -> None:
    """Have the server write instances with `events` completed elements in all; their hashes are none."""
    values: dict[str, Any] = {
        "version": version, "steps": STEPS, "instances": events // STEPS, "crowd": len(PEOPLE),
        "people": [json.dumps(person.as_json()) for person in PEOPLE],
        "elements": ["s", *(f"step{number}" for number in range(STEPS - 2)), "e"],
    }  # fmt: skip
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in FILL.split(";"):
            connection.execute(statement, values)
        connection.execute("ANALYZE")


def export(url: str, folder: Path, form: str) -> dict[str, float]:
    """The export in a process of its own: seconds, CPU seconds, MB after a tenth and at most, events, bytes of file."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.exports", "--format", form, "--export", url, str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the export failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def export_here(url: str, folder: Path, form: str) -> None:
    """What the worker does with an export that is due; prints the figures."""
    desk = desk_on(url, folder)
    with desk.database.transaction() as session:
        asked = ask(session, Wanted(format=form), actor=SYSTEM)
    early: list[float] = []

    class Watched(Running):
        """Says what memory there was after a tenth."""

        def keep(self, state: Any) -> None:
            super().keep(state)
            _done, total = self._seen
            if not early and total and state["done"] >= total / 10:
                early.append(_most_mb())

    setattr(sys.modules[Running.__module__], "Running", Watched)  # noqa: B010
    began = time.perf_counter()
    work_due(desk)
    seconds = time.perf_counter() - began
    with desk.reading() as session:
        job = session.get_one(BackgroundJob, asked.id)
    if job.status != "done":
        raise SystemExit(f"the export ended as {job.status}: {job.error}")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "early": early[0],
                "mb": _most_mb(), "events": job.done, "size": job.file_size,
            }
        )
    )  # fmt: skip


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Fill, export, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--format", choices=FORMATS, default="xes")
    parser.add_argument("--export", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.export:
        export_here(given.export[0], Path(given.export[1]), given.format)
        return
    with empty_databases() as create, tempfile.TemporaryDirectory() as name:
        url, folder = create("exports"), Path(name)
        desk = desk_on(url, folder)
        upgrade(desk.database)
        with desk.database.transaction() as session:
            desk.engine.deploy(session, {"long.bpmn": long_diagram()}, actor=SYSTEM)
            version = session.scalars(
                select(process_version.c.id).where(process_version.c.key == "long")
            ).one()
        desk.database.dispose()
        with timed(f"writing {given.events:,} events") as seconds:
            fill(url, version, given.events)
            print(f"  in {seconds():.0f} s", flush=True)
        with timed(f"export as {given.format}"):
            found = export(url, folder, given.format)
    verdict(
        found["mb"] < found["early"] * GROWTH,
        f"{found['events']:,.0f} events as {given.format}, {found['size'] / 1e6:,.0f} MB of file, in "
        f"{found['seconds']:.0f} s ({found['cpu']:.0f} s CPU); {found['early']:.0f} MB of memory after a "
        f"tenth, {found['mb']:.0f} MB at most",
    )


if __name__ == "__main__":
    main()
