"""Exports take no more memory for more events: `python -m benchmarks.exports [--events 10000000] [--format xes]`

On PostgreSQL (DATABASE_URL's server, else a throw-away one), tables made by the migrations and filled by the server
itself, so that ten million events take minutes. One export by the worker's code in a process of its own; the most
memory it ever had is read after the first tenth of the events and at the end. Held when the rest adds under 5 %.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from benchmarks.exporting import export
from benchmarks.history import PEOPLE, STEPS, long_diagram, timed
from benchmarks.postgresql import empty_databases
from benchmarks.stand import desk_on, verdict
from desk.exports.wanted import FORMATS
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


def main() -> None:
    """Fill, export, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--format", choices=FORMATS, default="xes")
    given = parser.parse_args()
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
