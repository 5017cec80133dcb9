"""Why something happens: the chain of events behind a step, so that a chain that would run for ever is found and shown.

What people, customers and timers do begins a chain. An event that a step causes, and all that it starts, belong to the
chain one link deeper. A chain is stopped when it is too deep or has started too much, with one incident a chain.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from sqlalchemy.orm import Session

DEPTH_LIMIT = 50  # causes of causes; past it there is an incident, not a flood
START_LIMIT = 500  # instances that one chain may start, however it branches

_CAUSE = "lanedesk.cause"


@dataclass(frozen=True)
class Cause:
    """A link of a chain. `path` names the links before it: "ticket.changed → process key"; `by` is the instance whose
    step was the last of them."""

    root: str | None = None
    depth: int = 0
    path: tuple[str, ...] = ()
    by: str | None = None

    def then(self, event: str, process: str, by: str | None) -> "Cause":
        """The link after this one: `process`, in its instance `by`, has caused `event`."""
        return Cause(
            self.root or str(uuid4()), self.depth + 1, (*self.path, f"{process} → {event}"), by
        )

    def as_json(self) -> dict[str, Any] | None:
        """For JSON columns; nothing for the beginning of a chain."""
        if not self.depth:
            return None
        return {"root": self.root, "depth": self.depth, "path": list(self.path), "by": self.by}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self:
        """The reverse of `as_json`."""
        if value is None:
            return cls()
        return cls(value["root"], value["depth"], tuple(value["path"]), value["by"])

    @property
    def words(self) -> str:
        """The chain in one line; of a long one its beginning and the round in which it ends."""
        shown = self.path if len(self.path) <= 12 else (*self.path[:6], "…", *self.path[-6:])
        return " ⇒ ".join(shown)


FIRST = Cause()


@contextmanager
def causing(session: Session, cause: Cause, process: str, by: str) -> Iterator[None]:
    """What is said to happen inside is caused by a step of `process`, in its instance `by`."""
    before = session.info.get(_CAUSE)
    session.info[_CAUSE] = (cause, process, by)
    try:
        yield
    finally:
        session.info[_CAUSE] = before


def current(session: Session) -> tuple[Cause, str, str] | None:
    """The cause of what happens now, the process whose step it is and its instance; None outside of any step."""
    found: tuple[Cause, str, str] | None = session.info.get(_CAUSE)
    return found
