"""The desk as one object: what was built from the settings and is handed to everything that needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import current_app
from sqlalchemy.orm import Session

from desk.settings import Settings
from engine.database import Database

if TYPE_CHECKING:
    from redis import Redis

    from desk.storage import Storage
    from desk.web.live import Live

EXTENSION = "lanedesk"


@dataclass
class Desk:
    """One installation at work. `redis` is None where nothing needs waking (tests, single commands)."""

    settings: Settings
    database: Database
    engine: Any  # engine.Engine; the desk's own tests run without one
    storage: "Storage"
    live: "Live"
    redis: "Redis | None" = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for questions; the records it loaded stay readable after it, detached, for templates."""
        with self.database.reading() as session:
            yield session


def current_desk() -> Desk:
    """The desk of the Flask application that answers right now; needs an application context."""
    return cast(Desk, current_app.extensions[EXTENSION])
