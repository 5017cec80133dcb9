"""A small desk with everything that can be attacked: histories, log, seals, roots, archives; and copies of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import insert, select, text

from desk.audit.findings import Finding
from desk.audit.models import Archive
from desk.audit.operations import record
from desk.audit.retention import archive_due, set_rule
from desk.audit.rights import APPEND_ONLY
from desk.audit.roots import take_root
from desk.audit.sealing import seal_new
from desk.audit.verify import verify
from desk.settings import Settings
from desk.storage import FolderStorage
from engine.actors import SYSTEM, Actor
from engine.database import Database
from engine.history import START, Recorder
from engine.tables import deployment, history, process_instance, process_version
from engine.timestamps import utc_now
from lanedesk.migrating import upgrade

PEOPLE = (Actor("user", 7, "李雷"), Actor("user", 8, "韩梅梅"), SYSTEM)
EVENTS = ("completed", "submitted", "decided", "received")


class Victim:
    """The desk under attack. `restore` takes everything back to how it was."""

    def __init__(self, folder: Path, url: str, random: Random) -> None:
        self.folder, self.url, self.random = folder, url, random
        self.files, self.kept = folder / "files", folder / "kept"
        self.roots = folder / "elsewhere"
        self.storage = FolderStorage(self.files)
        self.settings = Settings(data_dir=folder, database_url=url, audit_roots=str(self.roots))
        self.database = Database(url)
        upgrade(self.database)
        self._fill()
        self._open_doors()
        self._keep()

    def _fill(self) -> None:
        now = utc_now()
        with self.database.transaction() as session:
            made, version = uuid4(), uuid4()
            session.execute(insert(deployment).values(id=made, at=now, actor={}, note=""))
            session.execute(
                insert(process_version).values(
                    id=version, key="ticket", version=1, name={"zh": "工单", "en": "Ticket"},
                    deployment_id=made, resource="t.bpmn", sha256="0" * 64, at=now, latest=True,
                    calls={},
                )
            )  # fmt: skip
            for number in range(60):
                old = now - timedelta(days=400) if number < 20 else None
                self._instance(session, version, old)
            set_rule(session, "process", 365, actor=SYSTEM)
        for day in range(4):
            with self.database.transaction() as session:
                for number in range(30):
                    record(
                        session, "setting_changed", actor=self.random.choice(PEOPLE),
                        subject=f"setting:{number}", old={"n": number}, new={"n": number + day},
                        reason=self.random.choice((None, "为什么", "because")),
                    )  # fmt: skip
            seal_new(self.database)
        take_root(self.database, self.settings)
        archive_due(self.database, self.storage, self.settings, now=now, actor=SYSTEM)
        with self.database.transaction() as session:
            for _ in range(10):
                self._instance(session, version, now - timedelta(days=366))
        archive_due(self.database, self.storage, self.settings, now=now, actor=SYSTEM)
        seal_new(self.database)
        take_root(self.database, self.settings)
        with self.database.reading() as session:
            self.instances: list[tuple[UUID, int]] = [
                (row.instance_id, row.last)
                for row in session.execute(
                    text("SELECT instance_id, max(seq) AS last FROM history GROUP BY instance_id")
                    .columns(instance_id=history.c.instance_id.type)
                )
            ]  # fmt: skip
            self.instances.sort()
            self.archives = list(session.execute(select(Archive.id, Archive.file_key)))

    def _instance(self, session: Any, version: UUID, ended: Any) -> None:
        instance, seq, previous = uuid4(), 0, START
        at = ended or utc_now()
        rows: list[dict[str, Any]] = []
        for _ in range(self.random.randint(2, 9)):
            recorder = Recorder(instance, self.random.choice(PEOPLE).as_json(), at, seq, previous)
            for _ in range(self.random.randint(1, 3)):
                recorder.add(
                    self.random.choice(EVENTS), f"step-{self.random.randint(1, 5)}", uuid4(),
                    {"set": {"n": self.random.randint(0, 99), "text": "打印机"}},
                )  # fmt: skip
            rows += recorder.rows
            seq, previous = recorder.seq, recorder.hash
            at += timedelta(seconds=self.random.randint(0, 900))
        session.execute(
            insert(process_instance).values(
                id=instance, version_id=version, status="completed" if ended else "active",
                revision=1, state=b"", history_seq=seq, history_hash=previous, depth=0,
                started_at=rows[0]["at"], ended_at=ended,
            )
        )  # fmt: skip
        session.execute(insert(history), rows)

    def _open_doors(self) -> None:
        """The attacker owns the database: the triggers are gone."""
        with self.database.transaction() as session:
            if self.database.is_sqlite:
                query = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for name in session.scalars(query).all():
                    session.execute(text(f"DROP TRIGGER {name}"))
            else:
                for table in APPEND_ONLY:
                    session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))

    def _keep(self) -> None:
        self.database.dispose()
        shutil.copytree(self.files, self.kept)
        if self.database.is_sqlite:
            with self.database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            self.database.dispose()
            shutil.copyfile(self._path, self.folder / "kept.db")
        else:
            self._server("ALTER DATABASE victim RENAME TO kept")
            self.restore()

    def restore(self) -> None:
        """As it was before the attack."""
        self.database.dispose()
        shutil.rmtree(self.files)
        shutil.copytree(self.kept, self.files)
        if self.database.is_sqlite:
            for suffix in ("-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.folder / "kept.db", self._path)
        else:
            self._server("DROP DATABASE IF EXISTS victim WITH (FORCE)")
            self._server("CREATE DATABASE victim TEMPLATE kept")

    @property
    def _path(self) -> str:
        return self.url.removeprefix("sqlite:///")

    def _server(self, statement: str) -> None:
        plain = self.url.replace("+psycopg", "").replace("/victim?", "/postgres?")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def tampering(self) -> Iterator[Any]:
        """A session in which foreign keys say nothing."""
        with self.database.transaction() as session:
            if not self.database.is_sqlite:
                session.execute(text("SET LOCAL session_replication_role = replica"))
            yield session

    def verify(self) -> list[Finding]:
        """What `lanedesk audit verify --roots …` finds."""
        report = verify(self.database, self.storage, processes=1, roots=self.roots)
        return list(report.findings)
