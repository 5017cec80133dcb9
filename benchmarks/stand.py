"""A desk for benchmarks: real parts in a folder of their own, on SQLite or on the database named by DATABASE_URL."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from desk.application import Desk
from desk.settings import Settings
from engine.actors import SYSTEM
from lanedesk.build import build_desk
from lanedesk.models import metadata

LIBRARY = Path(__file__).parent.parent / "bpmn_library"


@contextmanager
def stand() -> Iterator[Desk]:
    """An empty desk with the library's diagrams deployed; no Redis: the benchmark does the workers' part itself.

    A database named by DATABASE_URL must be empty and is left with what the benchmark wrote.
    """
    with tempfile.TemporaryDirectory(prefix="lanedesk-benchmark-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url=os.environ.get("DATABASE_URL", ""),
            secret_key="benchmark",
        )
        desk = build_desk(settings)
        metadata.create_all(desk.database.engine)
        deploy(desk, LIBRARY / "tickets" / "basic")
        try:
            yield desk
        finally:
            desk.database.dispose()


def deploy(desk: Desk, folder: Path) -> None:
    """Deploy a folder of the library."""
    resources = {
        str(path.relative_to(LIBRARY)): path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in (".bpmn", ".form", ".dmn")
    }
    with desk.database.transaction() as session:
        desk.engine.deploy(session, resources, actor=SYSTEM, note="benchmark")


def desk_on(url: str, folder: Path) -> Desk:
    """The whole desk on a database whose tables are there, or will be; it writes no log."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = Settings(data_dir=folder, database_url=url, secret_key="for a benchmark only")
    return build_desk(settings)


def verdict(passed: bool, figure: str) -> None:
    """Print the figure as the last line; exit 1 when the bound was missed."""
    print(f"{figure}: {'held' if passed else 'MISSED'}")
    sys.exit(0 if passed else 1)
