"""The statements of the hot path, compiled once and run by the driver itself.

Making a statement anew costs more than running it, and SQLAlchemy's own execution costs more than both. `run` asks or
changes on the session's connection, within its transaction; `write` hands all writes of a step to the driver in one go:
on PostgreSQL they are one statement and one round trip. The ORM has no part in either.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import psycopg
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Dialect,
    Insert,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from engine.tables import (
    history,
    human_task,
    human_task_candidate,
    job,
    process_instance,
    process_version,
    subscription,
    timer,
)
from engine.timestamps import UtcDateTime


class Query:
    """A SELECT, or a change of which rows (RETURNING) or their number are asked for.

    Lists of values (`IN`) must be one parameter of the database's own (an array, JSON), not an expanding one.
    Python-side defaults of columns are not applied.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def prepared(self, dialect: Dialect, keys: tuple[str, ...]) -> "_Compiled":
        """The statement for parameters with these names."""
        found = self._compiled.get((dialect.name, keys))
        if found is None:
            found = _Compiled(self.statement, dialect, keys)
            self._compiled[(dialect.name, keys)] = found
        return found


class Write(Query):
    """An INSERT, UPDATE or DELETE that gives nothing back; every row must have the same keys."""

    def __init__(self, statement: ClauseElement) -> None:
        # Nobody asks for the keys that the database gives.
        super().__init__(statement.inline() if isinstance(statement, Insert) else statement)


def values_of(
    parameter: str, kind: type[TypeEngine[Any]], *, for_sqlite: bool
) -> ColumnElement[Any]:
    """A row for each value of a list parameter, to be selected from: one statement, however many there are."""
    if for_sqlite:
        lists = func.json_each(bindparam(parameter, type_=JSON))
        return lists.table_valued("value", joins_implicitly=True).c.value
    return func.unnest(bindparam(parameter, type_=ARRAY(kind))).column_valued(parameter)


class Rows(list[Any]):
    """What a query found, as named tuples; `rowcount` is how many rows it found or changed."""

    rowcount: int = 0

    def first(self) -> Any:
        """The first row, or None."""
        return self[0] if self else None

    def one_or_none(self) -> Any:
        """The only row, or None; LookupError when there are more."""
        if len(self) > 1:
            raise LookupError(f"one row was expected, and there are {len(self)}")
        return self[0] if self else None

    def one(self) -> Any:
        """The only row; LookupError when there is none."""
        if (row := self.one_or_none()) is None:
            raise LookupError("one row was expected, and there is none")
        return row

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self[0][0] if self else None


class _Compiled:
    """SQL text, and how each value becomes what the driver takes, and back."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, keys: tuple[str, ...]) -> None:
        writer: Any = dialect
        if (
            dialect.name == "postgresql"
        ):  # $1, $2: what the server itself reads, nothing left to translate
            writer = type(dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]
        columns = list(keys) if isinstance(statement, Insert) else None
        compiled: Any = statement.compile(dialect=writer, column_keys=columns)
        self.sql = str(compiled)
        self.order = tuple(compiled.positiontup)
        self.constants: dict[str, Any] = {}
        processors: dict[str, Callable[[Any], Any] | None] = {}
        for name, bind in compiled.binds.items():
            if isinstance(bind.type, UtcDateTime):
                processors[name] = _moments(dialect)
            else:
                processors[name] = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if name not in keys:
                self.constants[name] = bind.effective_value
        self.given = _values_getter(self.order)
        self.writers = tuple(
            (at, writer) for at, name in enumerate(self.order) if (writer := processors[name])
        )
        results = [(c.keyname, c.type) for c in compiled._result_columns]
        self.row: Any = namedtuple("Row", [name for name, _ in results], rename=True)  # type: ignore[misc]
        self.gives_rows = bool(results)
        readers = [
            kind.dialect_impl(dialect).result_processor(dialect, None) for _, kind in results
        ]
        self.readers = tuple(
            (at, reader) for at, reader in enumerate(readers) if reader is not None
        )

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """Parameters in the order in which the text names them."""
        values = [*self.given({**self.constants, **row} if self.constants else row)]
        for at, write in self.writers:
            values[at] = write(values[at])
        return values

    def all_values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The parameters of all rows, one after the other."""
        return [value for row in rows for value in self.values(row)]

    def rows(self, found: Sequence[tuple[Any, ...]]) -> Rows:
        """What the driver gave, as Python's values."""
        rows = Rows()
        for values in found:
            if self.readers:
                read = list(values)
                for at, reader in self.readers:
                    read[at] = reader(read[at])
                values = tuple(read)
            rows.append(self.row._make(values))
        return rows


@cache
def _moments(dialect: Dialect) -> Callable[[datetime | None], Any]:
    """How the driver takes a moment; of its one moment a step writes much."""
    processor: Any = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=64)(processor)


def _values_getter(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """The values under these names, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: [row[name] for name in names]


@dataclass(frozen=True)
class _Wire:
    """What a session speaks through for the length of one transaction; asking it anew for each statement is dear."""

    transaction: SessionTransaction | None
    dialect: Dialect
    driver: Any
    cursors: dict[str, "_Cursor"]  # of the connection, by statement (PostgreSQL)

    @property
    def is_postgresql(self) -> bool:
        """Whether statements can travel together."""
        return self.dialect.name == "postgresql"

    def execute(self, text: str, values: Sequence[Any]) -> Any:
        """The driver's cursor after the statement. Raises DBAPIError."""
        for observer in observers:
            observer(text)
        try:
            if not self.is_postgresql:
                return self.driver.execute(text, values)
            cursor = self.cursors.get(text)
            if cursor is None:
                if len(self.cursors) >= MOST_CURSORS:
                    self.cursors.clear()
                cursor = self.cursors[text] = _Cursor(self.driver)
            cursor.execute(text, values)
        except self.dialect.loaded_dbapi.Error as error:
            kind = self.dialect.loaded_dbapi.Error
            raise DBAPIError.instance(
                text, None, error, kind, hide_parameters=True, dialect=self.dialect
            ) from error
        return cursor


_WIRE = "lanedesk.wire"
_CURSORS = "lanedesk.cursors"
MOST_CURSORS = 300


class _Cursor(psycopg.RawCursor[Any]):
    """For one statement, again and again: it keeps how its values are adapted, and once closed nothing else."""

    def close(self) -> None:
        """Give up what was sent and found; it may be a mail of 40 MB."""
        # psycopg has no public way to do so but to close the cursor, which then forgets how values are adapted.
        # tests/engine/test_statements.py fails where another version keeps them elsewhere.
        self._reset()
        self._tx.set_pgresult(None)


def _wire(session: Session) -> _Wire:
    known: _Wire | None = session.info.get(_WIRE)
    if known is None or known.transaction is not session.get_transaction():
        connection = session.connection()
        driver = connection.connection.driver_connection
        cursors = connection.info.setdefault(_CURSORS, {})
        known = _Wire(session.get_transaction(), connection.dialect, driver, cursors)
        session.info[_WIRE] = known
    return known


def run(session: Session, query: Query, parameters: Mapping[str, Any]) -> Rows:
    """Ask or change on the session's own connection, within its transaction; pending records are not written before.

    Raises SQLAlchemy's errors (DBAPIError), as a statement of the session would.
    """
    wire = _wire(session)
    compiled = query.prepared(wire.dialect, tuple(parameters))
    cursor = wire.execute(compiled.sql, compiled.values(parameters))
    rows = compiled.rows(cursor.fetchall()) if compiled.gives_rows else Rows()
    rows.rowcount = cursor.rowcount
    cursor.close()
    return rows


def write(session: Session, batch: Sequence[tuple[Write, Sequence[Mapping[str, Any]]]]) -> None:
    """Run the statements of `batch`, each for all of its rows, in order, within the session's transaction.

    What the session's records have pending is written before, as a statement of the session's own would do.
    """
    session.flush()
    wire = _wire(session)
    prepared = [(s.prepared(wire.dialect, tuple(rows[0])), rows) for s, rows in batch]
    if wire.is_postgresql:
        text = _joined(tuple((compiled, len(rows)) for compiled, rows in prepared))
        values = [v for compiled, rows in prepared for v in compiled.all_values(rows)]
        wire.execute(text, values).close()
        return
    for compiled, rows in prepared:
        if len(rows) > 1 and (one_insert := _many(compiled.sql, len(rows))):
            wire.execute(one_insert, compiled.all_values(rows))
        else:
            for row in rows:
                wire.execute(compiled.sql, compiled.values(row))


Change = tuple[Write, Mapping[str, Any]]  # a statement and the values of its parameters


def change(session: Session, batch: Sequence[Change]) -> list[int]:
    """Run the statements of `batch` in order, within the session's transaction; how many rows each has changed.

    On PostgreSQL they are one statement: each sees what was there before all of them. Pending records are not written
    before.
    """
    wire = _wire(session)
    prepared = [(s.prepared(wire.dialect, tuple(values)), values) for s, values in batch]
    if not wire.is_postgresql:
        return [wire.execute(c.sql, c.values(values)).rowcount for c, values in prepared]
    text = _counting(tuple(compiled for compiled, _ in prepared))
    cursor = wire.execute(text, [v for c, values in prepared for v in c.values(values)])
    counts = list(cursor.fetchone())
    cursor.close()
    return counts


@lru_cache(maxsize=500)
def _counting(parts: tuple[_Compiled, ...]) -> str:
    """All as one statement that counts, in their order, the rows that each has changed."""
    tables: list[str] = []
    before = 0
    for compiled in parts:
        tables.append(f"w{len(tables)} AS ({_shifted(compiled.sql, before)} RETURNING 1)")
        before += len(compiled.order)
    counts = ", ".join(f"(SELECT count(*) FROM w{i})" for i in range(len(tables)))  # noqa: S608 - our own names
    return f"WITH {', '.join(tables)} SELECT {counts}"


@lru_cache(maxsize=500)
def _many(sql: str, count: int) -> str | None:
    """An INSERT of one row, for `count` of them (SQLite); None for all other statements."""
    parts = _one_row(sql)
    return parts and parts[0] + ", ".join([parts[1]] * count)


def _one_row(sql: str) -> tuple[str, str] | None:
    """An INSERT that can take more rows, as what stands before its row and the row; None for all other statements."""
    head, values, row = sql.partition(" VALUES ")
    return (head + values, row) if values and " ON CONFLICT " not in row else None


@lru_cache(maxsize=500)
def _joined(shape: tuple[tuple[_Compiled, int], ...]) -> str:
    """All statements of a step as one: each a common table expression, foreign keys are checked at the end.

    The rows of one INSERT are one list of values: PostgreSQL numbers these in their order, and nothing else.
    """
    parts: list[str] = []
    before = 0
    for compiled, count in shape:
        width = len(compiled.order)
        offsets = range(before, before + count * width, width)
        before += count * width
        if count > 1 and (insert_row := _one_row(compiled.sql)):
            head, row = insert_row
            parts.append(head + ", ".join(_shifted(row, offset) for offset in offsets))
        else:
            parts += [_shifted(compiled.sql, offset) for offset in offsets]
    if len(parts) == 1:
        return parts[0]
    tables = ", ".join(f"w{i} AS ({part})" for i, part in enumerate(parts))
    return f"WITH {tables} SELECT 1"


def _shifted(sql: str, offset: int) -> str:
    """The numbers of its parameters, `offset` higher."""
    return _PLACE.sub(lambda found: f"${int(found[1]) + offset}", sql) if offset else sql


_PLACE = re.compile(r"\$(\d+)")

# Told of every statement that runs here; SQLAlchemy's own events do not see them. For benchmarks.
observers: list[Callable[[str], None]] = []


LATEST_VERSION = Query(
    select(process_version.c.id).where(
        process_version.c.key == bindparam("wanted"), process_version.c.latest.is_(True)
    )
)

OPEN_TASKS = Query(
    select(human_task.c.id)
    .where(human_task.c.instance_id == bindparam("of_instance"), human_task.c.status == "open")
    .order_by(human_task.c.created_at)
)
_RUNNING = (  # what a step needs to know of its instance
    process_instance.c.id,
    process_instance.c.version_id,
    process_instance.c.business_key,
    process_instance.c.status,
    process_instance.c.revision,
    process_instance.c.state,
    process_instance.c.history_seq,
    process_instance.c.history_hash,
    process_instance.c.cause,
)
LOCK_INSTANCE = Query(
    select(*_RUNNING).where(process_instance.c.id == bindparam("wanted")).with_for_update()
)
# A human task, and its instance locked with it: the task as it was before whoever held the lock has let go.
LOCK_TASK = Query(
    select(
        human_task.c.status.label("task_status"),
        human_task.c.assignee,
        human_task.c.claimed,
        *_RUNNING,
    )
    .join(process_instance, process_instance.c.id == human_task.c.instance_id)
    .where(human_task.c.id == bindparam("wanted"))
    .with_for_update(of=process_instance)
)
INSERT_INSTANCE = Write(insert(process_instance))
UPDATE_INSTANCE = Write(
    update(process_instance)
    .where(process_instance.c.id == bindparam("wanted"))
    .values(
        state=bindparam("state"),
        status=bindparam("status"),
        revision=bindparam("revision"),
        business_key=bindparam("business_key"),
        history_seq=bindparam("history_seq"),
        history_hash=bindparam("history_hash"),
        ended_at=bindparam("ended_at"),
    )
)
UPDATE_HISTORY_END = Write(
    update(process_instance)
    .where(process_instance.c.id == bindparam("wanted"))
    .values(history_seq=bindparam("history_seq"), history_hash=bindparam("history_hash"))
)

READ_TASK = Query(select(human_task).where(human_task.c.id == bindparam("wanted")))
INSERT_TASK = Write(insert(human_task))
INSERT_CANDIDATE = Write(insert(human_task_candidate))
# Candidates are for finding open tasks; rows of ended ones would only slow that down.
DELETE_CANDIDATES = Write(
    delete(human_task_candidate).where(human_task_candidate.c.task_id == bindparam("of_task"))
)
END_TASK = Write(
    update(human_task)
    .where(human_task.c.id == bindparam("wanted"))
    .values(
        status=bindparam("status"),
        assignee=func.coalesce(human_task.c.assignee, bindparam("doer", type_=String)),
        ended_at=bindparam("ended_at"),
        ended_by=bindparam("ended_by"),
        outcome=bindparam("outcome"),
    )
)

INSERT_SUBSCRIPTION = Write(insert(subscription))
DELETE_SUBSCRIPTION = Write(
    delete(subscription).where(
        subscription.c.instance_id == bindparam("of_instance"),
        subscription.c.token_id == bindparam("of_token"),
    )
)
SUBSCRIBERS = Query(
    select(subscription)
    .where(subscription.c.kind == bindparam("kind"), subscription.c.name == bindparam("named"))
    .where(
        (subscription.c.correlation == bindparam("key"))
        | subscription.c.correlation.is_(None)
        | (bindparam("kind") == "signal")
    )
    .order_by(subscription.c.id)
)

INSERT_TIMER = Write(insert(timer))
DELETE_TIMER = Write(
    delete(timer).where(
        timer.c.instance_id == bindparam("of_instance"), timer.c.token_id == bindparam("of_token")
    )
)

# Its JSON is written as the text that was hashed (SQLite).
INSERT_HISTORY = Write(
    insert(history).values(
        actor=bindparam("actor", type_=String),
        data=bindparam("data", type_=String),
    )
)


@cache
def insert_history(places: int) -> Write:
    """Inserts up to `places` rows of a step; what they have in common is said once (PostgreSQL).

    Parameters: `instance`, `before` (the number of the row before), `at`, `actor`, `hashes` (32 bytes a row), `count`,
    and of each row `event1`, `element1`, `token1`, `data1` …, null beyond `count`.
    """
    rows = ", ".join(
        f"({n}, CAST(:event{n} AS varchar), CAST(:element{n} AS varchar), CAST(:token{n} AS uuid), "
        f"CAST(:data{n} AS jsonb))"
        for n in range(1, places + 1)
    )
    return Write(
        text(
            f"""
            INSERT INTO history
                (instance_id, seq, at, actor, event, element_id, token_id, data, hash)
            SELECT CAST(:instance AS uuid), CAST(:before AS integer) + r.n,
                CAST(:at AS timestamptz), CAST(:actor AS jsonb), r.event, r.element, r.token, r.data,
                substring(CAST(:hashes AS bytea) FROM r.n * 32 - 31 FOR 32)
            FROM (VALUES {rows}) AS r (n, event, element, token, data)
            WHERE r.n <= CAST(:count AS integer)
            """  # noqa: S608 - numbers of our own
        )
    )


INSERT_JOB = Write(insert(job))
CANCEL_JOB = Write(
    update(job)
    .where(
        job.c.token_id == bindparam("of_token"),
        job.c.status != "done",
        job.c.status != "cancelled",
    )
    .values(status="cancelled", ended_at=bindparam("ended_at"))
)
