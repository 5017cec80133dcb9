"""Data stores seen from outside: what they hold, who wrote it, a value set by hand, and who is told of a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import Actor
from engine.bpmn.model import Words
from engine.bpmn.state import dump_value, load_value
from engine.causes import FIRST
from engine.errors import StoreRefused
from engine.step import job_row, wake
from engine.stores import VALUE_LIMIT, WATCH, change_row, hold, written
from engine.tables import data_store, data_store_change, job, subscription

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class Stored:
    """A data store as it is."""

    key: str
    name: Words
    value: Any
    revision: int
    at: datetime


@dataclass(frozen=True)
class Change:
    """A value that a store was given: by a step of an instance, or by hand with a reason."""

    revision: int
    value: Any
    at: datetime
    actor: Mapping[str, Any]
    instance_id: UUID | None
    element_id: str | None
    reason: str | None


def stores(session: Session) -> list[Stored]:
    """All data stores, by key."""
    rows = session.execute(select(data_store).order_by(data_store.c.key))
    return [_stored(row) for row in rows]


def store(session: Session, key: str) -> Stored | None:
    """One data store."""
    row = session.execute(select(data_store).where(data_store.c.key == key)).one_or_none()
    return None if row is None else _stored(row)


def changes(session: Session, key: str, *, before: int | None = None, limit: int = 50) -> list[Change]:
    """What a store was given, newest first; only revisions `before` that one."""
    table = data_store_change.c
    query = select(data_store_change).where(table.key == key)
    if before is not None:
        query = query.where(table.revision < before)
    return [
        Change(row.revision, load_value(row.value), row.at, row.actor, row.instance_id,
               row.element_id, row.reason)
        for row in session.execute(query.order_by(table.revision.desc()).limit(limit))
    ]  # fmt: skip


def edit(
    engine: "Engine",
    session: Session,
    key: str,
    value: Any,
    *,
    revision: int,
    actor: Actor,
    reason: str,
) -> None:
    """Give a store a value by hand; conditions that read it are asked anew by a worker.

    Raises StoreRefused when there is no such store, when it has another `revision` by now, or the value is too large.
    """
    found = hold(session, [key]).get(key)
    if found is None or found[1] != revision:
        raise StoreRefused(f"the data store {key!r} was changed meanwhile")
    if len(dump_value(value)) > VALUE_LIMIT:
        raise StoreRefused(f"a data store is over {VALUE_LIMIT // 1024} KB")
    now = engine.clock()
    row = change_row(key, revision + 1, value, actor.as_json(), now) | {"reason": reason}
    sql.write(session, written([row]))
    parameters = {
        "stores": [key],
        "by": None,
        "cause": FIRST.then(key, actor.kind, None).as_json(),
    }
    session.execute(insert(job), job_row("engine.stores", parameters, now=now, key=f"engine.stores:{uuid4()}"))
    wake(engine, session, "engine")


def tell(engine: "Engine", session: Session, parameters: Mapping[str, Any]) -> None:
    """Write a job for every other instance with a condition that reads one of these stores: each is asked by itself."""
    by = parameters["by"]
    waiting = session.scalars(
        select(subscription.c.instance_id)
        .where(subscription.c.kind == WATCH, subscription.c.name.in_(parameters["stores"]))
        .distinct()
    )
    rows = [
        job_row(
            "engine.reconsider",
            {"instance": str(instance_id), "cause": parameters["cause"]},
            now=engine.clock(),
            key=f"engine.reconsider:{uuid4()}",
        )
        for instance_id in sorted(i for i in waiting if str(i) != by)
    ]
    if rows:
        session.execute(insert(job), rows)
        wake(engine, session, "engine")


def _stored(row: Any) -> Stored:
    return Stored(row.key, row.name, load_value(row.value), row.revision, row.at)
