"""Fixtures of the audit: a desk whose tables refuse to be changed, with histories and entries in it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from desk.application import Desk
from desk.audit.operations import record
from desk.audit.sealing import seal_new
from desk.settings import Settings
from desk.storage import FolderStorage
from desk.web.live import Live
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.history import START, Recorder
from engine.tables import deployment, history, process_instance, process_version
from engine.timestamps import utc_now
from lanedesk.migrating import upgrade
from tests.desk.web.fixtures import bearer, chinese, make_team, make_user, quick_hashes  # noqa: F401
from tests.fixtures.databases import Databases

LI = Actor("user", 7, "李雷")


@pytest.fixture(scope="session")
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> str:
    """The address of an empty database made by the migrations: with triggers. To copy from."""
    if database_kind == "postgresql":
        url = str(request.getfixturevalue("postgresql").create_database("migrated_once"))
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('migrated') / 'once.db'}"
    database = Database(url)
    upgrade(database)
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return url


@pytest.fixture
def guarded(databases: Databases, migrated: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk on a database of its own, with triggers."""
    url = databases.copy(migrated, "guarded")
    database = databases.open(url)
    settings = Settings(
        data_dir=tmp_path, database_url=url, secret_key="a secret that only tests know"
    )
    yield Desk(
        settings=settings, database=database, engine=None,
        storage=FolderStorage(tmp_path / "files"), live=Live(None),
    )  # fmt: skip
    database.dispose()


@pytest.fixture
def process(guarded: Desk) -> Callable[..., UUID]:
    """`process(rows=5, ended=…)`: an instance with a history of that many rows; its id."""
    return Processes(guarded.database)


class Processes:
    """Writes instances as the engine does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.versions: dict[str, UUID] = {}

    def __call__(
        self,
        rows: int = 5,
        *,
        key: str = "ticket",
        ended: datetime | None = None,
        actor: Actor = LI,
        data: Any = None,
    ) -> UUID:
        instance = uuid4()
        recorder = Recorder(instance, actor.as_json(), ended or utc_now(), 0, START)
        recorder.add("started", None, None, {"version": 1, "set": data or {"priority": "normal"}})
        for number in range(1, rows):
            recorder.add("completed", f"step-{number}", uuid4(), {"set": {"n": number}})
        with self.database.transaction() as session:
            session.execute(
                insert(process_instance).values(
                    id=instance, version_id=self.version(session, key),
                    status="completed" if ended else "active", revision=1, state=b"",
                    history_seq=recorder.seq, history_hash=recorder.hash, depth=0,
                    started_at=ended or utc_now(), ended_at=ended,
                )
            )  # fmt: skip
            session.execute(insert(history), recorder.rows)
        return instance

    def version(self, session: Any, key: str) -> UUID:
        if key not in self.versions:
            made, self.versions[key] = uuid4(), uuid4()
            session.execute(insert(deployment).values(id=made, at=utc_now(), actor={}, note=""))
            session.execute(
                insert(process_version).values(
                    id=self.versions[key], key=key, version=1, name={"zh": "工单", "en": "Ticket"},
                    deployment_id=made, resource=f"{key}.bpmn", sha256="0" * 64, at=utc_now(),
                    latest=True, calls={},
                )
            )  # fmt: skip
        return self.versions[key]


@pytest.fixture
def entries(guarded: Desk) -> Callable[..., None]:
    """`entries(10)`: that many sealed entries of the log."""

    def make(count: int, *, subject: str = "user:7", seal: bool = True) -> None:
        with guarded.database.transaction() as session:
            for number in range(count):
                record(
                    session, "setting_changed", actor=SYSTEM, subject=subject,
                    old={"n": number}, new={"n": number + 1}, reason="测试",
                )  # fmt: skip
        if seal:
            seal_new(guarded.database)

    return make
