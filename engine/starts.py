"""What starts with which message: the start events of all latest versions, kept in memory and asked without a query.

A thousand conditional start events are a thousand closures at most. Most say something simple of one field, which
engine.guards finds: those are looked up or tested natively, and only what may hold is asked as FEEL. Other processes
see a new deployment within a second, the one that deploys at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from engine.database import after_commit
from engine.expressions import compiled
from engine.feel import Expression, to_python
from engine.feel.errors import FeelError
from engine.functions import Host
from engine.guards import Test, guard_of
from engine.tables import awaited_event, process_version, subscription

FRESH = 1.0  # seconds for which what is known is not asked again
WHOLE = 30.0  # seconds after which it is read anew in any case: the order of rules may have changed elsewhere
_CHANGED = "lanedesk.starts.changed"

Order = Callable[[Session], Mapping[str, int]]


@dataclass(frozen=True)
class Start:
    """A start event that a message opens."""

    version_id: UUID
    element_id: str
    process: str
    condition: str | None
    rank: tuple[int, str, str]


@dataclass
class _Guarded:
    """Starts that ask something simple of one field: those that want one of some values, and those with a test."""

    expression: Expression
    by_value: dict[Any, list[Start]] = field(default_factory=dict)
    tested: list[tuple[Test, Start]] = field(default_factory=list)


@dataclass
class Group:
    """All start events of one message."""

    always: list[Start] = field(default_factory=list)
    asked: list[Start] = field(default_factory=list)
    guarded: dict[str, _Guarded] = field(default_factory=dict)

    def add(self, start: Start) -> None:
        """Put a start event where it is found fastest."""
        if start.condition is None:
            self.always.append(start)
            return
        try:
            guard = guard_of(start.condition)
        except FeelError:  # who asks it meets the error; the others are found all the same
            guard = None
        if guard is None:
            self.asked.append(start)
            return
        group = self.guarded.setdefault(guard.path, _Guarded(compiled(guard.path)))
        if guard.test is not None:
            group.tested.append((guard.test, start))
        for value in guard.values:
            group.by_value.setdefault(value, []).append(start)

    def candidates(self, asking: "Asking") -> Iterator[Start]:
        """The starts whose conditions may hold; those left out do not."""
        yield from self.asked
        for guard in self.guarded.values():
            value = asking.value(guard.expression)
            if isinstance(value, str | bool) and value in guard.by_value:
                yield from guard.by_value[value]
            if value is not None:
                now = asking.now
                yield from (start for test, start in guard.tested if test(value, now))


class Asking:
    """One event, as conditions see it: its payload, the desk's records, the time."""

    def __init__(
        self,
        payload: Mapping[str, Any],
        records: Mapping[str, Callable[..., Any]],
        session: Session,
        clock: Callable[[], Any],
        host: Host,
    ) -> None:
        self.variables = _Variables(payload, records, session)
        self.clock, self.host = clock, host
        self.now = clock()
        self._known: dict[str, Any] = {}

    def value(self, expression: Expression) -> Any:
        """The value of an expression, worked out once an event."""
        if expression.text not in self._known:
            self._known[expression.text] = to_python(
                expression.evaluate(self.variables, clock=self.clock, host=self.host)
            )
        return self._known[expression.text]


class _Variables(Mapping[str, Any]):
    """A payload and the desk's records, loaded when a condition names them."""

    def __init__(
        self,
        payload: Mapping[str, Any],
        records: Mapping[str, Callable[..., Any]],
        session: Session,
    ) -> None:
        self.payload, self.records, self.session = payload, records, session
        self.loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self.payload:
            return self.payload[name]
        if name not in self.loaded:
            self.loaded[name] = self.records[name](self.session, self.payload)
        return self.loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self.payload or name in self.records

    def __iter__(self) -> Iterator[str]:
        return iter(self.payload)

    def __len__(self) -> int:
        return len(self.payload)


@dataclass(frozen=True)
class Index:
    """All that was known at one moment."""

    groups: Mapping[str, Group]
    awaited: frozenset[str]
    stamp: Any

    def matching(self, name: str, asking: Asking) -> list[Start]:
        """The starts of a message whose conditions hold, in order. Raises FeelError of a condition."""
        return self._matching(name, asking, careful=False)

    def promising(self, name: str, asking: Asking) -> list[Start]:
        """As `matching`; a condition that cannot be worked out counts as held: who starts it meets the error."""
        return self._matching(name, asking, careful=True)

    def _matching(self, name: str, asking: Asking, *, careful: bool) -> list[Start]:
        group = self.groups.get(name)
        if group is None:
            return []
        found = list(group.always)
        for start in group.candidates(asking):
            try:
                if holds(start.condition, asking):
                    found.append(start)
            except FeelError:
                if not careful:
                    raise
                found.append(start)
        return sorted(found, key=lambda start: start.rank)


def holds(condition: str | None, asking: Asking) -> bool:
    """Whether a start condition is true; none is."""
    return condition is None or asking.value(compiled(condition)) is True


class Starts:
    """The index of one engine, and when to read it anew."""

    def __init__(self, order: Order | None = None) -> None:
        """`order(session)` gives the position of processes that shall start before others, by key."""
        self._order = order
        self._index: Index | None = None
        self._looked_at = self._read_at = 0.0

    def listens(self, session: Session, name: str) -> bool:
        """Whether anything starts with the message, or any diagram waits for it somewhere inside."""
        index = self.index(session)
        return name in index.groups or name in index.awaited

    def index(self, session: Session) -> Index:
        """What is known; asked anew when it is old, or when this very transaction has deployed something."""
        if session.info.get(_CHANGED):
            return self._read(session)
        now = monotonic()
        if self._index is not None and now - self._looked_at < FRESH:
            return self._index
        # Without a lock: two threads may read the same, but none waits for another that waits for the database.
        index = self._index
        if index is None or now - self._read_at > WHOLE or index.stamp != _stamp(session):
            index = self._index = self._read(session)
            self._read_at = now
        self._looked_at = now
        return index

    def look_again(self) -> None:
        """Ask the database at the next look, however fresh what is known."""
        self._looked_at = -FRESH

    def changed(self, session: Session) -> None:
        """Something was deployed, withdrawn or put into another order; others see it after the commit."""
        session.info[_CHANGED] = True

        def forget() -> None:
            session.info.pop(_CHANGED, None)
            self._index = None

        after_commit(session, "starts", forget)

    def _read(self, session: Session) -> Index:
        rows = session.execute(
            select(
                subscription.c.name, subscription.c.version_id, subscription.c.element_id,
                subscription.c.condition, process_version.c.key,
            )
            .join(process_version, process_version.c.id == subscription.c.version_id)
            .where(subscription.c.kind == "message")
        )  # fmt: skip
        order = self._order(session) if self._order is not None else {}
        groups: dict[str, Group] = {}
        for row in rows:
            condition = (row.condition or "").removeprefix("=").strip() or None
            rank = (order.get(row.key, 0), row.key, row.element_id)
            start = Start(row.version_id, row.element_id, row.key, condition, rank)
            groups.setdefault(row.name, Group()).add(start)
        awaited = frozenset(session.scalars(select(awaited_event.c.name)))
        return Index(groups, awaited, _stamp(session))


def _stamp(session: Session) -> Any:
    """Differs after every deployment and every withdrawal."""
    versions = process_version.c
    return tuple(
        session.execute(
            select(func.count(), func.sum(cast(versions.latest, Integer)), func.max(versions.at))
        ).one()
    )
