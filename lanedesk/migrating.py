"""Brings the tables to the shape that this version of the code works with (Alembic)."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from engine.database import Database, DatabaseUnreachable

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
FORBIDDEN = "42501"  # SQLSTATE of PostgreSQL: insufficient_privilege
LOCK = 0x6C616E65  # any number that is ours: of two processes that migrate at once, one waits


def upgrade(database: Database) -> tuple[str | None, str | None]:
    """Apply every revision that is missing, in one transaction; the revision before and after.

    Raises DatabaseUnreachable. Safe to call from several processes at once.
    """
    database.check()
    try:
        with database.engine.execution_options(lanedesk_write=True).begin() as connection:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            before = _current(connection)
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return before, _current(connection)
    except DBAPIError as error:
        if not isinstance(error, OperationalError) and _sqlstate(error) != FORBIDDEN:
            raise
        cause = str(error.orig).splitlines()[0]
        raise DatabaseUnreachable(
            f"DATABASE_URL {database.safe_url}: its tables cannot be made: {cause}"
        ) from error


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def at_head(database: Database) -> bool:
    """Whether the tables have the newest shape. Raises DatabaseUnreachable."""
    try:
        with database.engine.connect() as connection:
            return _current(connection) == _head()
    except SQLAlchemyError as error:
        raise DatabaseUnreachable(f"DATABASE_URL {database.safe_url} does not answer") from error


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _head() -> str | None:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
