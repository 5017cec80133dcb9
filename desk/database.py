"""The declarative base of the desk's records; it shares the engine's metadata, so keys can point across."""

from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Column, Table, insert, inspect
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    make_transient_to_detached,
    mapped_column,
)

from engine.statements import Query, run
from engine.tables import BigId, metadata
from engine.timestamps import UtcDateTime, utc_now


class Record(DeclarativeBase):
    """A row of the desk with a number of its own and the times at which it was made and last changed."""

    __abstract__ = True
    metadata = metadata

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


def insert_now(session: Session, record: Record) -> None:
    """Insert a new record, by one statement of the driver; it is then the session's own, as after a flush.

    For the hot paths: the unit of work takes several times as long. Only the record's own columns are looked at, and
    other pending records are not written; set foreign keys, not relationships.
    """
    query, columns = _insert_of(type(record))
    given = inspect(record).dict
    values = {name: given[name] if name in given else _default(column) for name, column in columns}
    values["id"] = run(session, query, values).scalar()
    for name, _ in columns:
        given[name] = values[name]
    given["id"] = values["id"]
    make_transient_to_detached(record)
    session.add(record)


@cache
def _insert_of(kind: type[Record]) -> tuple[Query, tuple[tuple[str, Column[Any]], ...]]:
    """The statement, and the columns by the names of their attributes (which are the columns' own here)."""
    table = cast(Table, kind.__table__)
    columns = tuple((column.name, column) for column in table.c if column.name != "id")
    return Query(insert(table).returning(table.c.id)), columns


def _default(column: Column[Any]) -> Any:
    if column.default is None:
        return None
    value: Any = cast(Any, column.default).arg
    return value(None) if callable(value) else value
