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
    engine = database.engine
    if not database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    # said of the session: a question that names a record would not hear it from the engine, and be read in one piece
    session = Session(engine, expire_on_commit=False, execution_options={"yield_per": AT_ONCE})
    try:
        yield session
    finally:
        session.close()
