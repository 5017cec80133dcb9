"""Data stores (BPMN 2.0, 10.4.1): values that processes share and that outlive them.

A step holds the stores of its program from its beginning to its commit, so that to read one, work with it and write it
is one act between instances. The order of locks is: instances by id, data stores by key, then what operators lock;
docs/decisions/0015-data-stores.md says why nobody waits for each other in it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.bpmn.model import ScopeModel, Store
from engine.bpmn.state import dump_value, load_value
from engine.bpmn.tokens import DiagramError, Token
from engine.database import is_sqlite
from engine.expressions import names_in
from engine.feel.errors import FeelError
from engine.tables import data_store, data_store_change, subscription

VALUE_LIMIT = 16 * 1024  # bytes of one store: records belong into tables
WATCH = "store"  # the kind of the subscriptions of conditions that read a store

EMPTY = dump_value(None)


class Stores:
    """The data stores of one step: as they were when it began, and as it leaves them."""

    def __init__(self, session: Session, keys: Collection[str]) -> None:
        self._session, self._keys = session, keys
        self._known: dict[str, tuple[Any, int]] | None = None  # value and revision, by key
        self._changed: dict[str, Any] = {}
        self._writers: dict[str, str | None] = {}  # the element that wrote it last

    def hold(self) -> None:
        """Keep all others from stepping with these stores until this transaction has ended."""
        if self._keys:
            self._known = hold(self._session, self._keys)

    def value(self, store: Store) -> Any:
        """What a store holds now; null where nothing was written yet."""
        if store.key in self._changed:
            return self._changed[store.key]
        if self._known is None:  # for looking only
            self._known = _values(self._session, self._keys)
        return self._known[store.key][0] if store.key in self._known else None

    def put(self, store: Store, value: Any) -> None:
        """Give a store a value, to be written when the step is. Raises DiagramError."""
        size = len(dump_value(value))
        if size > VALUE_LIMIT:
            raise DiagramError(store.key, f"a data store is over {VALUE_LIMIT // 1024} KB")
        if store.capacity is not None and isinstance(value, list) and len(value) > store.capacity:
            raise DiagramError(store.key, f"the data store holds {store.capacity} entries at most")
        self._changed[store.key] = value
        self._writers[store.key] = None

    def written_by(self, element: str) -> None:
        """What was put since this was last said, this element has put."""
        for key, writer in self._writers.items():
            if writer is None:
                self._writers[key] = element

    def writes(
        self, instance_id: UUID, actor: dict[str, Any], now: datetime
    ) -> list[tuple[sql.Write, list[dict[str, Any]]]]:
        """The rows to write for what was put."""
        assert self._known is not None or not self._changed, "a step holds its stores"
        changes = [
            change_row(key, (self._known or {})[key][1] + 1, value, actor, now)
            | {"instance_id": instance_id, "element_id": self._writers[key]}
            for key, value in sorted(self._changed.items())
        ]
        return written(changes) if changes else []

    def watched(self, instance_id: UUID) -> list[str]:
        """Of the stores that were written, those that a condition of another instance reads."""
        if not self._changed:
            return []
        return sorted(
            self._session.scalars(
                select(subscription.c.name)
                .where(
                    subscription.c.kind == WATCH,
                    subscription.c.name.in_(self._changed),
                    subscription.c.instance_id != instance_id,
                )
                .distinct()
            )
        )


def read_by(token: Token, expression: str) -> list[str]:
    """The keys of the data stores that an expression of a token names."""
    try:
        names = names_in(expression.removeprefix("="))
    except FeelError:  # whoever asks it meets the error
        return []
    stores = (token.scope.store(name) for name in names)
    return sorted({store.key for store in stores if store is not None})


def hold(session: Session, keys: Collection[str]) -> dict[str, tuple[Any, int]]:
    """Lock stores until the transaction ends, always in the order of their keys; value and revision by key."""
    return _values(session, keys, locked=True)


def _values(
    session: Session, keys: Collection[str], *, locked: bool = False
) -> dict[str, tuple[Any, int]]:
    query = (
        select(data_store.c.key, data_store.c.value, data_store.c.revision)
        .where(data_store.c.key.in_(keys))
        .order_by(data_store.c.key)
    )
    rows = session.execute(query.with_for_update() if locked else query)
    return {row.key: (load_value(row.value), row.revision) for row in rows}


def declare(session: Session, scopes: Iterable[ScopeModel], now: datetime) -> None:
    """There are the stores that these scopes name, empty where they are new. Called when they are deployed."""
    found = {store.key: store for scope in scopes for store in scope.stores.values()}
    dialect = sqlite if is_sqlite(session) else postgresql
    for key, store in sorted(found.items()):
        row = {"key": key, "name": dict(store.name), "value": EMPTY, "revision": 0, "at": now}
        session.execute(dialect.insert(data_store).values(row).on_conflict_do_nothing())


def change_row(
    key: str, revision: int, value: Any, actor: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """A row for the table `data_store_change`, of what no instance has done."""
    return {
        "key": key,
        "revision": revision,
        "at": now,
        "actor": actor,
        "instance_id": None,
        "element_id": None,
        "value": dump_value(value),
        "reason": None,
    }


def written(changes: list[dict[str, Any]]) -> list[tuple[sql.Write, list[dict[str, Any]]]]:
    """What makes these changes, and keeps them."""
    updates = [
        {"wanted": row["key"], **{name: row[name] for name in ("value", "revision", "at")}}
        for row in changes
    ]
    return [(_UPDATE, updates), (_INSERT_CHANGE, changes)]


_UPDATE = sql.Write(
    update(data_store)
    .where(data_store.c.key == bindparam("wanted"))
    .values(value=bindparam("value"), revision=bindparam("revision"), at=bindparam("at"))
)
_INSERT_CHANGE = sql.Write(insert(data_store_change))
