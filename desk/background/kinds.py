"""The kinds of background work. A subject's `works.py` declares its own with `@work`; the worker imports them all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.operators import Text

if TYPE_CHECKING:
    from desk.application import Desk
    from desk.background.running import Running

Run = Callable[["Desk", "Running"], None]


@dataclass(frozen=True)
class Kind:
    """One kind. `permission` is what somebody must hold, then still, to take the result away."""

    key: str
    title: Text
    run: Run
    permission: str | None


KINDS: Final[dict[str, Kind]] = {}


def work(key: str, *, title: Text, permission: str | None = None) -> Callable[[Run], Run]:
    """Declare `def run(desk, task) -> None` as the way in which work of this kind is done.

    It may be called again after a crash: `task.state` and `task.folder` then hold what was kept. Whatever it raises
    becomes an incident; an OSError or a database that is away is tried again first.
    """

    def declare(run: Run) -> Run:
        if KINDS.get(key, Kind(key, title, run, permission)).run.__module__ != run.__module__:
            raise ValueError(f"two modules declare the background work {key!r}")
        KINDS[key] = Kind(key, title, run, permission)
        return run

    return declare
