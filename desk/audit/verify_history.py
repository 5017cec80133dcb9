"""Checks the chains of instances, many rows a second: straight from the driver, the instances split over processes.

For each instance all rows must be there from 1 to where the instance says its chain ends, each hash following from the
row and the hash before. A fault is named once: after a row that does not fit, its stored hash is taken as given.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy.engine import make_url

from desk.audit.findings import Finding
from engine.database import Database
from engine.history import START

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 5000  # rows fetched together
SPLIT_ABOVE = 50_000  # rows from which further processes pay
_SORTED = orjson.OPT_SORT_KEYS

Row = tuple[str, int, str, str, str, str | None, str | None, str, bytes]

HEADS = """
SELECT {id}, i.history_seq, i.history_hash, a.seq, a.hash
FROM process_instance i LEFT JOIN audit_archived_chain a ON a.instance_id = i.id
WHERE i.id >= {0} AND i.id <= {1} ORDER BY i.id
"""
ROWS = """
SELECT {instance}, seq, at, {actor}, event, element_id, {token}, {data}, hash
FROM history h WHERE instance_id >= {0} AND instance_id <= {1} ORDER BY h.instance_id, h.seq
"""


def verify_history(
    database: Database, *, processes: int | None = None
) -> tuple[int, list[Finding]]:
    """Check all chains; how many rows there were, and what is wrong.

    `processes`: over how many the work is split; by default one a core where there is enough of it.
    """
    url = database.engine.url.render_as_string(hide_password=False)
    count = processes or (os.cpu_count() or 1 if _many(database) else 1)
    if count == 1:
        return check_part(url, "0" * 32, "f" * 32)
    bounds = [i * 256 // count for i in range(count + 1)]
    parts = [
        {"url": url, "low": f"{low:02x}" + "0" * 30, "high": f"{high - 1:02x}" + "f" * 30}
        for low, high in zip(bounds, bounds[1:], strict=False)
    ]
    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(_in_a_process, parts))
    return sum(rows for rows, _ in results), [f for _, findings in results for f in findings]


def _in_a_process(part: dict[str, str]) -> tuple[int, list[Finding]]:
    """`check_part` in a Python of its own, told on its standard input: an address may hold a password.

    A plain process, since multiprocessing starts the command anew (spawn) or forks beside threads (fork).
    """
    done = subprocess.run(
        [sys.executable, "-m", "desk.audit.verify_history"],
        input=orjson.dumps(part), capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"verifying failed: {done.stderr.decode(errors='replace')[-2000:]}")
    rows, findings = orjson.loads(done.stdout)
    return rows, [Finding(*finding) for finding in findings]


def check_part(url: str, low: str, high: str) -> tuple[int, list[Finding]]:
    """The chains of the instances from `low` to `high` (hexadecimal, both included)."""
    findings: list[Finding] = []
    count = 0
    with _reading(url) as read:
        heads = read(HEADS, low, high)
        head = next(heads, None)
        chain = _Chain(findings)
        for row in read(ROWS, low, high):
            count += 1
            if row[0] != chain.instance:
                chain.end()
                while head is not None and head[0] < row[0]:
                    _Chain(findings, head).end()
                    head = next(heads, None)
                if head is not None and head[0] == row[0]:
                    chain = _Chain(findings, head)
                    head = next(heads, None)
                else:
                    chain = _Chain(findings, (row[0], 0, START, None, None))
            chain.add(row)
        chain.end()
        while head is not None:
            _Chain(findings, head).end()
            head = next(heads, None)
    return count, findings


class _Chain:
    """The chain of one instance while its rows come by. `head`: id, last row, its hash, and the same of its archive."""

    def __init__(self, findings: list[Finding], head: Any = None) -> None:
        self.findings = findings
        self.instance: str | None = None
        self.seq, self.last, self.previous, self.hash = 0, 0, START, START
        self.archived = False
        if head is None:
            return
        self.instance, self.last, self.hash = head[0], head[1], bytes(head[2])
        self.archived = head[3] is not None
        if self.archived and (head[3], bytes(head[4])) != (self.last, self.hash):
            self._found("altered", f"row {self.last}", "its archive ends otherwise")

    def add(self, row: Row) -> None:
        instance, seq, at, actor, event, element, token, data, stored = row
        if seq != self.seq + 1:
            missing = f"row {self.seq + 1}" + (f" to {seq - 1}" if seq > self.seq + 2 else "")
            self._found("missing", missing)
        else:
            body = orjson.dumps(
                {
                    "actor": _loads(actor), "at": at, "data": orjson.loads(data),
                    "element": element, "event": event, "instance": instance, "seq": seq,
                    "token": token,
                },
                option=_SORTED,
            )  # fmt: skip
            if sha256(self.previous + body).digest() != stored:
                self._found("altered", f"row {seq}", f"{event} {element or ''}".strip())
        self.seq, self.previous = seq, stored

    def end(self) -> None:
        """After the last row: does the chain end where its instance says?"""
        if self.instance is None:
            return
        if self.seq < self.last:
            if self.archived and self.seq == 0:
                return
            more = f"row {self.seq + 1}" + (f" to {self.last}" if self.last > self.seq + 1 else "")
            self._found("truncated", more)
        elif self.seq > self.last:
            self._found("inserted", f"row {self.last + 1} to {self.seq}")
        elif self.seq and self.previous != self.hash:
            self._found("altered", f"row {self.seq}", "not the end that its instance knows")

    def _found(self, kind: str, where: str, detail: str = "") -> None:
        self.findings.append(Finding(kind, f"history {self.instance} {where}", detail))


_actors: dict[str, Any] = {}


def _loads(text: str) -> Any:
    """JSON of an actor; few people do most of the work."""
    found = _actors.get(text)
    if found is None:
        if len(_actors) > 10_000:
            _actors.clear()
        found = _actors[text] = orjson.loads(text)
    return found


def _many(database: Database) -> bool:
    with database.reading() as session:
        query = f"SELECT 1 FROM history LIMIT 1 OFFSET {SPLIT_ABOVE}"  # noqa: S608 - a constant of ours
        return session.connection().exec_driver_sql(query).first() is not None


@contextmanager
def _reading(url: str) -> Iterator[Any]:
    """A function `read(query, low, high)` that streams rows; all its questions see the same snapshot."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        import sqlite3

        with sqlite3.connect(f"file:{parsed.database}?mode=ro", uri=True) as connection:
            connection.execute("BEGIN")
            yield lambda query, low, high: _of_sqlite(connection, query, low, high)
        connection.close()
        return
    import psycopg

    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, options="-c timezone=utc") as connection_pg:
        connection_pg.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield lambda query, low, high: _of_postgresql(connection_pg, query, low, high)


def _of_sqlite(connection: Any, query: str, low: str, high: str) -> Iterator[Any]:
    cursor = connection.cursor()
    cursor.arraysize = AT_ONCE
    cursor.execute(query.format("?", "?", **_AS_KEPT), (low, high))
    rows = query is ROWS
    while batch := cursor.fetchmany():
        for row in batch:
            if rows:
                instance, seq, at, actor, event, element, token, data, stored = row
                yield (
                    _dashed(instance), seq, _moment(at), actor, event, element,
                    _dashed(token) if token else None, data, stored,
                )  # fmt: skip
            else:
                yield (_dashed(row[0]), *row[1:])


def _dashed(number: str) -> str:
    return f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"


def _moment(text: str) -> str:
    """SQLAlchemy's text of a time as ISO 8601 has it, in UTC."""
    return text.replace(" ", "T").removesuffix(".000000") + "+00:00"


# Ids and JSON as text: an object of each would be made for every row only to be written out again.
_AS_TEXT = {
    "id": "i.id::text", "instance": "instance_id::text", "token": "token_id::text",
    "actor": "actor::text", "data": "data::text",
}  # fmt: skip
_AS_KEPT = {
    "id": "i.id", "instance": "instance_id", "token": "token_id", "actor": "actor", "data": "data",
}  # fmt: skip


def _of_postgresql(connection: Any, query: str, low: str, high: str) -> Iterator[Any]:
    rows = query is ROWS
    with connection.cursor(name="rows" if rows else "heads", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(query.format("%s::uuid", "%s::uuid", **_AS_TEXT), (low, high))
        if not rows:
            yield from cursor
            return
        last, at = None, ""
        for instance, seq, moment, *more in cursor:
            if moment != last:  # the rows of a step share theirs
                last, at = moment, moment.astimezone(UTC).isoformat()
            yield instance, seq, at, *more


def main() -> None:
    """One part, asked on standard input and answered on standard output, as JSON."""
    part = orjson.loads(sys.stdin.buffer.read())
    rows, findings = check_part(part["url"], part["low"], part["high"])
    sys.stdout.buffer.write(orjson.dumps([rows, [(f.kind, f.place, f.detail) for f in findings]]))


if __name__ == "__main__":
    main()
