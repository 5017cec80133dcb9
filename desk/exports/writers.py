"""One writer a format. Each streams, keeps only a batch in memory, and can go on where a worker died.

`task.keep` is called every BATCH rows, after everything before it is on the disk.
"""

import csv
import io
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from desk.background.running import Running
from desk.exports import ocel, xes, xlsx
from desk.exports.lines import COLUMNS, HEADINGS, Line, lines
from desk.exports.source import Case, cases
from desk.exports.wanted import FORMATS, Wanted
from desk.tickets.export import BOM, harmless

BATCH: Final = 20_000  # rows between two places to go on from
SHEET_ROWS: Final = 1_048_575  # of Excel, without the heading

Write = Callable[[Running, Session, Wanted, str], int]


def write(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """Write the file of an export; how many rows or events there are."""
    place = _rows(task) if wanted.format == "xlsx" else task.file_path
    if not place.exists() or place.stat().st_size < task.state.get("size", 1):
        task.state = {}  # it was kept on another machine: begin anew
    return WRITERS[wanted.format](task, session, wanted, name)


def _open(task: Running, wanted: Wanted, name: str) -> Any:
    """The result's file, cut to what was kept."""
    return _cut(task, task.file(name, FORMATS[wanted.format].mime))


def _cut(task: Running, out: IO[bytes]) -> IO[bytes]:
    out.seek(task.state.get("size", 0))
    out.truncate()
    return out


def _lines(task: Running, session: Session, wanted: Wanted) -> Iterator[tuple[int, Line]]:
    """Lines with their number, from where the work was left."""
    done = task.state.get("done", 0)
    for line in lines(session, wanted, task.state.get("after")):
        done += 1
        yield done, line


def write_csv(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """RFC 4180 with a byte order mark, for Excel; no cell is a formula."""
    out = _open(task, wanted, name)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    columns = COLUMNS[wanted.source]
    if not out.tell():
        buffer.write(BOM)
        writer.writerow(HEADINGS[column].in_(wanted.locale) for column in columns)

    def flush() -> None:
        out.write(buffer.getvalue().encode())
        buffer.seek(0)
        buffer.truncate()

    done = task.state.get("done", 0)
    for done, line in _lines(task, session, wanted):  # noqa: B007 - the last one counts
        writer.writerow(_cell(line.values[column]) for column in columns)
        if done % BATCH == 0:
            flush()
            _keep(task, out, done, line.place)
        task.progress(done)
    flush()
    return done


def write_jsonl(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """One JSON object a line."""
    out = _open(task, wanted, name)
    done = task.state.get("done", 0)
    for done, line in _lines(task, session, wanted):  # noqa: B007
        out.write(orjson.dumps(line.values, option=orjson.OPT_APPEND_NEWLINE))
        if done % BATCH == 0:
            _keep(task, out, done, line.place)
        task.progress(done)
    return done


def write_xlsx(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """A workbook with a sheet for each million rows; times are Excel's own, in UTC. See desk.exports.xlsx."""
    columns = COLUMNS[wanted.source]
    done = task.state.get("done", 0)
    begins = task.state.get("sheets", [0])
    _rows(task).touch()
    with _rows(task).open("r+b") as rows:
        _cut(task, rows)
        for done, line in _lines(task, session, wanted):  # noqa: B007
            if done > len(begins) * SHEET_ROWS:
                begins.append(rows.tell())
            number = done - (len(begins) - 1) * SHEET_ROWS + 1
            rows.write(xlsx.row(number, [_value(line.values[column]) for column in columns]))
            if done % BATCH == 0:
                _keep(task, rows, done, line.place, sheets=begins)
            task.progress(done)
        sheets = [
            xlsx.Sheet(begin, end, min(done - number * SHEET_ROWS, SHEET_ROWS))
            for number, (begin, end) in enumerate(pairwise([*begins, rows.tell()]))
        ]
        out = task.file(name, FORMATS["xlsx"].mime)
        out.truncate()
        xlsx.bind(out, _headings(columns, wanted.locale), rows, sheets, lambda: task.progress(done))
    return int(done)


def _rows(task: Running) -> Path:
    """Where the rows of a workbook wait until all are there."""
    return task.folder / "rows"


def _headings(columns: tuple[str, ...], locale: str) -> dict[str, int]:
    """What stands over the columns of a sheet, with their widths."""
    wide = {"what": 60, "data": 40, "old": 40, "at": 20, "instance": 38, "hash": 20}
    words = {column: HEADINGS[column].in_(locale) for column in columns}
    words["at"] += " (UTC)"
    return {words[column]: wide.get(column, 14) for column in columns}


def _cases(task: Running, session: Session, wanted: Wanted) -> Iterator[tuple[int, Case]]:
    """Cases with how many events there were up to them, from where the work was left."""
    done = task.state.get("done", 0)
    after = task.state.get("after")
    for case in cases(session, wanted, UUID(after[0]) if after else None):
        done += len(case.events)
        yield done, case


def write_xes(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """See desk.exports.xes."""
    out = _open(task, wanted, name)
    if not out.tell():
        out.write(xes.head())
    quoted = xes.Texts()
    done = kept = task.state.get("done", 0)
    for done, case in _cases(task, session, wanted):  # noqa: B007
        out.write(xes.trace(case, quoted).encode())
        if done - kept >= BATCH:
            kept = done
            _keep(task, out, done, [str(case.id)])
        task.progress(done)
    out.write(xes.tail())
    return done


def write_ocel(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """See desk.exports.ocel. Objects wait in a database beside the file, since each is written once."""
    out = _open(task, wanted, name)
    if not out.tell():
        out.write(b'{"events": [')
    activities = set(task.state.get("activities", []))
    done = kept = task.state.get("done", 0)
    with _Objects(task.folder / "objects") as objects:
        for done, case in _cases(task, session, wanted):  # noqa: B007
            ocel.write_events(out, case, first=done == len(case.events))
            activities.update(event.name for event in case.events)
            objects.add(case)
            if done - kept >= BATCH:
                kept = done
                objects.commit()
                _keep(task, out, done, [str(case.id)], activities=sorted(activities))
            task.progress(done)
        out.write(b'\n],\n"objects": [')
        for number, line in enumerate(objects):
            out.write(b",\n" if number else b"\n")
            out.write(line)
    out.write(ocel.types(activities))
    return done


class _Objects:
    """The objects met so far, each once, on the disk."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA synchronous=OFF")  # a lost one is made again with its case
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS object (id TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID"
        )

    def __enter__(self) -> "_Objects":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def add(self, case: Case) -> None:
        """The objects of a case, and the people in it."""
        found = {number: (kind, at, values) for number, kind, at, values in ocel.objects_of(case)}
        for event in case.events:
            if (person := ocel.person_of(event)) is not None:
                found[person[0]] = ("person", case.started_at, {"name": person[1]})
        self._connection.executemany(
            "INSERT OR IGNORE INTO object VALUES (?, ?)",
            [(number, ocel.object_line(number, *what)) for number, what in found.items()],
        )

    def commit(self) -> None:
        """What was added stays."""
        self._connection.commit()

    def __iter__(self) -> Iterator[bytes]:
        for (line,) in self._connection.execute("SELECT line FROM object ORDER BY id"):
            yield line


def write_ocel_sqlite(task: Running, session: Session, wanted: Wanted, name: str) -> int:
    """OCEL 2.0 in its SQLite form: a table for events, objects, relations, and one for each type."""
    task.file(name, FORMATS["ocel-sqlite"].mime).close()
    if not task.state:
        task.file_path.write_bytes(b"")
    connection = sqlite3.connect(task.file_path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
        book = _Book(connection)
        done = kept = task.state.get("done", 0)
        connection.execute("BEGIN")
        for done, case in _cases(task, session, wanted):  # noqa: B007
            book.add(case)
            if done - kept >= BATCH:
                kept = done
                connection.execute("COMMIT")
                task.keep({"done": done, "after": [str(case.id)]})
                connection.execute("BEGIN")
            task.progress(done)
        connection.execute("COMMIT")
        return int(done)
    finally:
        connection.close()


class _Book:
    """The tables of OCEL 2.0's relational form; every row may come twice and is kept once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.types: dict[str, str] = {}
        connection.executescript(
            """
            CREATE TABLE IF NOT EXISTS event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
            CREATE TABLE IF NOT EXISTS object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT);
            CREATE TABLE IF NOT EXISTS event_object (ocel_event_id TEXT, ocel_object_id TEXT,
                ocel_qualifier TEXT, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
            CREATE TABLE IF NOT EXISTS object_object (ocel_source_id TEXT, ocel_target_id TEXT,
                ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
            CREATE TABLE IF NOT EXISTS event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
            CREATE TABLE IF NOT EXISTS object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
            """
        )
        self.types = dict(connection.execute("SELECT ocel_type, ocel_type_map FROM event_map_type"))
        for kind, attributes in ocel.OBJECT_TYPES.items():
            columns = "".join(
                f", {name} {'INTEGER' if of == 'integer' else 'TEXT'}"
                for name, of in attributes.items()
            )
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS object_{kind} (ocel_id TEXT, ocel_time TEXT, "
                f"ocel_changed_field TEXT{columns}, PRIMARY KEY (ocel_id, ocel_time))"
            )
            connection.execute("INSERT OR IGNORE INTO object_map_type VALUES (?, ?)", (kind, kind))

    def add(self, case: Case) -> None:
        """A case with its events, objects and relations."""
        for number, kind, at, values in ocel.objects_of(case):
            self._object(number, kind, xes.stamp(at), values)
        for event in case.events:
            table = self.types.get(event.name) or self._type(event.name)
            number = f"{case.id}:{event.seq}"
            self.connection.execute(
                "INSERT OR IGNORE INTO event VALUES (?, ?)", (number, event.name)
            )
            self.connection.execute(
                f"INSERT OR IGNORE INTO event_{table} VALUES (?, ?, ?, ?)",  # noqa: S608 - our own name
                (number, xes.stamp(event.at), event.element, event.resource or None),
            )
            if (person := ocel.person_of(event)) is not None:
                self._object(person[0], "person", xes.stamp(case.started_at), {"name": person[1]})
            self.connection.executemany(
                "INSERT OR IGNORE INTO event_object VALUES (?, ?, ?)",
                [(number, other, qualifier) for other, qualifier in ocel.relations_of(case, event)],
            )

    def _object(self, number: str, kind: str, at: str, values: dict[str, Any]) -> None:
        cursor = self.connection.execute(
            "INSERT OR IGNORE INTO object VALUES (?, ?)", (number, kind)
        )
        if not cursor.rowcount:
            return
        given = [values.get(name) for name in ocel.OBJECT_TYPES[kind]]
        places = ", ".join("?" * (3 + len(given)))
        self.connection.execute(
            f"INSERT OR IGNORE INTO object_{kind} VALUES ({places})",  # noqa: S608 - our own name
            (number, at, None, *given),
        )

    def _type(self, name: str) -> str:
        table = self.types[name] = f"activity_{len(self.types) + 1}"
        self.connection.execute("INSERT OR IGNORE INTO event_map_type VALUES (?, ?)", (name, table))
        self.connection.execute(
            f"CREATE TABLE IF NOT EXISTS event_{table} "
            "(ocel_id TEXT PRIMARY KEY, ocel_time TEXT, element TEXT, resource TEXT)"
        )
        return table


def _keep(task: Running, out: Any, done: int, after: list[Any], **more: Any) -> None:
    out.flush()
    task.keep({"done": done, "after": after, "size": out.tell(), **more})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    return harmless(_text(value))


def _value(value: Any) -> Any:
    """As a workbook takes it."""
    return value if value is None or isinstance(value, datetime | int) else _text(value) or None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return orjson.dumps(value).decode() if value else ""
    return str(value.isoformat(sep=" ", timespec="milliseconds"))


WRITERS: Final[dict[str, Write]] = {
    "csv": write_csv, "jsonl": write_jsonl, "xlsx": write_xlsx, "xes": write_xes,
    "ocel": write_ocel, "ocel-sqlite": write_ocel_sqlite,
}  # fmt: skip
