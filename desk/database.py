"""The declarative base of the desk's records; it shares the engine's metadata, so keys can point across."""

from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Column, Table, bindparam, insert, inspect, select
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


AnyRecord = TypeVar("AnyRecord", bound=Record)


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


def load_now(session: Session, kind: type[AnyRecord], number: int) -> AnyRecord | None:
    """The record with this number, None where there is none: `session.get` for the hot paths.

    What the session does not know yet is read by one statement of the driver.
    """
    if inspect(kind).identity_key_from_primary_key((number,)) in session.identity_map:
        return session.get(kind, number)
    query, names = _select_of(kind)
    row = run(session, query, {"wanted": number}).one_or_none()
    if row is None:
        return None
    record = kind()
    inspect(record).dict.update(zip(names, row, strict=True))
    make_transient_to_detached(record)
    session.add(record)
    return record


@cache
def _select_of(kind: type[Record]) -> tuple[Query, tuple[str, ...]]:
    """The statement, and the names of its columns' attributes (which are the columns' own here)."""
    table = cast(Table, kind.__table__)
    query = Query(select(table).where(table.c.id == bindparam("wanted")))
    return query, tuple(column.name for column in table.c)


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
