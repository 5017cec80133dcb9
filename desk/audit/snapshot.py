"""A session that sees the database as it was at its first question, and streams: for verifying and exporting."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from engine.database import Database

AT_ONCE = 5000  # rows fetched together


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A read-only view of one moment, however long it is read; rows of its questions come in parts.

    `Database.reading` commits each question by itself on PostgreSQL, which suits pages but knows no cursors.
    """
    options = {"yield_per": AT_ONCE}
    if not database.is_sqlite:
        options["isolation_level"] = "REPEATABLE READ"  # type: ignore[assignment]
    session = Session(database.engine.execution_options(**options), expire_on_commit=False)
    try:
        yield session
    finally:
        session.close()
