"""Alembic's entry: on the connection that lanedesk.migrating gives, else on the settings' database."""

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.engine import Connection

from desk.settings import Settings
from engine.database import Database
from engine.tables import Json
from engine.timestamps import UtcDateTime
from lanedesk.models import metadata


def render_item(kind: str, item: Any, autogenerate: AutogenContext) -> Any:
    """A revision must mean the same in ten years, so it names no type of our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is Json:
        autogenerate.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def migrate(connection: Connection) -> None:
    """Run the revisions on this connection, in its transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
        transactional_ddl=True,  # Database begins and commits SQLite's transactions itself
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    database = Database(Settings.from_environment().database)
    with database.engine.execution_options(lanedesk_write=True).begin() as opened:
        migrate(opened)
