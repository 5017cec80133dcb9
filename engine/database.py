"""The database: one place that knows how a transaction begins, ends and what happens after it.

SQLite and PostgreSQL are equals. A write takes its lock at the start (`BEGIN IMMEDIATE` on SQLite), so two
writers queue instead of failing half-way; a read never waits for a writer (WAL, snapshot).
"""

import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from time import monotonic, sleep
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy import Engine as SqlEngine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.orm import Session, sessionmaker

log = logging.getLogger(__name__)

AFTER_COMMIT = "lanedesk.after_commit"


class DatabaseUnreachable(Exception):
    """The database cannot be used; `str()` is one line that a person can act on."""


class Database:
    """A pool of connections and the two ways to use it: `transaction()` and `reading()`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """Prepare a pool for `url` (SQLAlchemy form); nothing is connected yet.

        Raises DatabaseUnreachable when the address itself cannot be understood.
        """
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise DatabaseUnreachable(f"DATABASE_URL is not a database address: {error}") from error
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.safe_url = parsed.render_as_string(hide_password=True)
        if not self.is_sqlite and parsed.drivername != "postgresql+psycopg":
            raise DatabaseUnreachable(
                f"DATABASE_URL {self.safe_url} is neither postgresql://… nor sqlite:///…"
            )
        try:
            self.engine = (
                self._sqlite(parsed) if self.is_sqlite else self._server(parsed, pool_size)
            )
        except SQLAlchemyError as error:
            raise DatabaseUnreachable(f"DATABASE_URL {self.safe_url}: {error}") from error
        self._writer = sessionmaker(expire_on_commit=False)
        self._writing = self.engine.execution_options(lanedesk_write=True)
        # Connections for the next transactions, with when they were used. One in memory belongs to its thread alone.
        self._kept: deque[tuple[Connection, float]] = deque()
        self._most_kept = 0 if self.is_sqlite and not parsed.database else MOST_KEPT
        # A ROLLBACK makes psycopg forget its prepared statements, and a question needs no transaction there. On SQLite
        # the transaction is what gives all questions of a session the same snapshot.
        options = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reader = sessionmaker(
            self.engine.execution_options(**options), expire_on_commit=False
        )

    def _sqlite(self, url: Any) -> SqlEngine:
        engine = create_engine(
            url,
            json_serializer=_json,
            json_deserializer=orjson.loads,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _server(self, url: Any, pool_size: int) -> SqlEngine:
        # prepare_threshold: psycopg prepares a statement on its n-th use; the hot ones gain most early
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size + MOST_KEPT,
            json_serializer=_json,
            json_deserializer=orjson.loads,
            connect_args={"prepare_threshold": 2, "options": "-c timezone=utc"},
        )
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ping_idle)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A unit of work: commits at the end, rolls back on any exception.

        Functions given to `after_commit(session, …)` run once the commit has happened.
        """
        connection = self._connection()
        session = self._writer(bind=connection)
        try:
            yield session
            session.commit()
            session.close()
        except BaseException:
            with closing(connection), closing(session):
                session.rollback()
            raise
        self._keep(connection)
        for action in session.info.pop(AFTER_COMMIT, {}).values():
            try:
                action()
            except Exception:  # noqa: BLE001 - committed work must not be reported as failed
                # What runs here only wakes others (Redis); the sweeper makes up for a wake-up that was lost.
                log.exception("after-commit action failed")

    def _connection(self) -> Connection:
        """One that was kept, or one from the pool, which costs as much as several statements."""
        with suppress(IndexError):
            connection, used = self._kept.pop()
            if monotonic() - used < IDLE_SECONDS:
                return connection
            connection.close()  # the pool will ask whether it lives
        return self._writing.connect()

    def _keep(self, connection: Connection) -> None:
        if len(self._kept) < self._most_kept:
            self._kept.append((connection, monotonic()))
        else:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions only; it takes no write lock, and what it loaded stays readable after it."""
        session = self._reader()
        try:
            yield session
        finally:
            session.close()  # rolls back, without emptying the records as rollback() would

    def check(self) -> None:
        """Connect once; raises DatabaseUnreachable in one readable line."""
        try:
            with self.reading() as session:
                session.execute(text("SELECT 1"))
        except (OperationalError, SQLAlchemyError, OSError) as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise DatabaseUnreachable(f"DATABASE_URL {self.safe_url}: {cause}") from error

    def dispose(self) -> None:
        """Close all connections that nobody uses (before a fork, at exit)."""
        with suppress(IndexError):
            while True:
                self._kept.pop()[0].close()
        self.engine.dispose()


def after_commit(session: Session, key: str, action: Callable[[], None]) -> None:
    """Run `action` after the session's transaction has committed; one action a key (the last)."""
    session.info.setdefault(AFTER_COMMIT, {})[key] = action


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite (no row locks there: the write lock is taken at BEGIN)."""
    return session.get_bind().dialect.name == "sqlite"


MOST_KEPT = 4  # fewer than the pool has: the others are for questions too
BUSY_SECONDS = 30  # how long SQLite waits for another writer
IDLE_SECONDS = 5  # a connection that was used more recently is believed to live


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = monotonic()


def _ping_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that was idle whether it lives; a ping at every checkout would cost a round trip each."""
    if monotonic() - record.info.get("used", 0.0) < IDLE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as error:
        raise DisconnectionError(str(error)) from error


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's BEGIN is ours, see _begin_sqlite
    cursor = connection.cursor()
    _keep_a_log_ahead(cursor)
    cursor.execute(f"PRAGMA synchronous={os.environ.get('SQLITE_SYNCHRONOUS', 'NORMAL')}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.close()


def _keep_a_log_ahead(cursor: Any) -> None:
    """Journal mode WAL. SQLite waits for nobody here: of two processes that open a new file at once one is refused."""
    until = monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.02)


def _begin_sqlite(connection: Any) -> None:
    # Straight to the driver: as a statement of SQLAlchemy's own, BEGIN would cost more than most that follow it.
    write = connection.get_execution_options().get("lanedesk_write", False)
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"
    try:
        connection.connection.driver_connection.execute(begin)
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            begin, None, error, sqlite3.Error, dialect=connection.dialect
        ) from error
