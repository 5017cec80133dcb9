"""Does background work in a worker: claims it, keeps its lease while it runs, and writes how it ended.

Work may take hours, so its lease is short and renewed by a thread beside it: a worker that dies is noticed within
LEASE, and another goes on from what the work kept. Tries are counted when work is claimed, as for jobs of the engine.
"""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desk.application import Desk
from desk.background.kinds import KINDS
from desk.background.models import CANCELLED, DONE, FAILED, RUNNING, WAITING, BackgroundJob
from desk.notices.operations import notify
from desk.storage import safe_filename
from engine.actors import Actor
from engine.history import plain
from engine.incidents import open_incident
from engine.jobs import backoff
from engine.operators import Text
from engine.timestamps import utc_now

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
RENEW_SECONDS = 20.0
TELL_SECONDS = 1.0  # between two words of progress
TRIES = 4
WAIT_SECONDS = 10  # before the second try; doubles
PATIENCE = timedelta(seconds=5)  # who waited longer has gone on to something else: the bell rings
RING = {
    DONE: Text("%(name)s is ready", "%(name)s已完成"),
    FAILED: Text("%(name)s has failed", "%(name)s失败"),
}
_AWAY = (OSError, DBAPIError)  # worth another try: a disk, a network, a database that was away


class Stopped(Exception):
    """Somebody cancelled the work."""


class Lost(Exception):
    """The lease ran out and another worker has taken the work over."""


class Running:
    """What work is given: what was asked, how to tell its progress, where to put its result.

    `state` is what was kept by `keep`, empty the first time. `result` may be filled with small JSON for pages.
    """

    def __init__(self, desk: Desk, row: BackgroundJob) -> None:
        self._desk, self._lease = desk, row.lease_token
        self.id, self.kind, self.tries = row.id, row.kind, row.tries
        self.parameters: Mapping[str, Any] = row.parameters
        self.actor = Actor.from_json(row.actor)
        self.state: dict[str, Any] = dict(row.state)
        self.result: dict[str, Any] = dict(row.result)
        self._file: tuple[Path, IO[bytes], str, str] | None = None
        self._told = 0.0
        self._seen = (row.done, row.total)

    @property
    def folder(self) -> Path:
        """A folder of this work on this machine; it outlives a crash and goes when the work has ended."""
        path = self._desk.settings.data_dir / "background" / str(self.id)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def progress(self, done: int, total: int | None = None, words: Text | None = None) -> None:
        """Say how far it is; cheap to call often. Raises Stopped when somebody cancelled, Lost when it is not ours."""
        self._seen = (done, total if total is not None else self._seen[1])
        now = time.monotonic()
        if now - self._told < TELL_SECONDS:
            return
        self._told = now
        values: dict[str, Any] = {"done": self._seen[0], "total": self._seen[1]}
        if words is not None:
            values["words"] = {"en": words.en, "zh": words.zh}
        self._write(values)

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keep small JSON to go on from: the same work called again finds it in `state`. Raises as `progress` does.

        What was written to the result file so far is on the disk when this returns.
        """
        if self._file is not None and not self._file[1].closed:
            self._file[1].flush()
        self.state = plain(state)
        self._write({"state": self.state, "done": self._seen[0], "total": self._seen[1]})

    def file(self, name: str, mime: str) -> IO[bytes]:
        """The result's file, open for writing; what a try before this one left is still in it, the position at 0.

        When the work ends well it goes into the storage and is offered under `name`. One file a work.
        """
        if self._file is None:
            path = self.folder / "result"
            stream = path.open("r+b" if path.exists() else "w+b")
            self._file = (path, stream, safe_filename(name), mime)
        return self._file[1]

    @property
    def file_path(self) -> Path:
        """Where `file` keeps the bytes, for work whose library insists on a path of its own."""
        return self.folder / "result"

    def _write(self, values: Mapping[str, Any]) -> None:
        with self._desk.database.transaction() as session:
            asked = session.execute(
                update(BackgroundJob)
                .where(BackgroundJob.id == self.id, BackgroundJob.lease_token == self._lease)
                .values(**values, lease_until=utc_now() + LEASE)
                .returning(BackgroundJob.cancel_asked)
            ).first()
            if asked is None:
                raise Lost(str(self.id))
            tell(self._desk, session, self.id, self.actor)
        if asked.cancel_asked:
            raise Stopped(str(self.id))

    def _store(self) -> dict[str, Any]:
        """Put the file into the storage; the columns that name it."""
        if self._file is None:
            return {}
        path, stream, name, mime = self._file
        stream.close()
        with path.open("rb") as content:
            key = self._desk.storage.put(content, suffix=Path(name).suffix)
        return {
            "file_key": key, "file_name": name, "file_type": mime,
            "file_size": path.stat().st_size,
        }  # fmt: skip

    def _let_go(self, *, forget: bool) -> None:
        if self._file is not None:
            self._file[1].close()
        if forget:
            shutil.rmtree(self.folder, ignore_errors=True)


def tell(desk: Desk, session: Session, job_id: UUID, actor: Actor) -> None:
    """Let the pages of who asked know."""
    if actor.kind == "user":
        desk.live.publish(session, actor.reference, "background.changed", {"id": str(job_id)})


def work_due(desk: Desk, *, limit: int | None = None) -> int:
    """Do what is due, one after the other, until nothing is (or `limit` were done); how many."""
    done = 0
    while limit is None or done < limit:
        row = _claim(desk)
        if row is None:
            break
        _perform(desk, row)
        done += 1
    return done


def _claim(desk: Desk) -> BackgroundJob | None:
    now = utc_now()
    with desk.database.transaction() as session:
        row = session.scalars(
            select(BackgroundJob)
            .where(
                or_(
                    (BackgroundJob.status == WAITING) & (BackgroundJob.due_at <= now),
                    (BackgroundJob.status == RUNNING) & (BackgroundJob.lease_until < now),
                )
            )
            .order_by(BackgroundJob.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.tries += 1
        row.status, row.lease_token, row.lease_until = RUNNING, uuid4(), now + LEASE
        row.started_at = row.started_at or now
        session.flush()
        tell(desk, session, row.id, Actor.from_json(row.actor))
        return row


def _perform(desk: Desk, row: BackgroundJob) -> None:
    task = Running(desk, row)
    try:
        if row.tries > TRIES:
            raise RuntimeError("the worker died or hung on every try")
        if row.cancel_asked:
            raise Stopped(str(row.id))
        with _renewing(desk, row):
            KINDS[row.kind].run(desk, task)
            stored = task._store()
        _end(desk, task, row, {"status": DONE, "done": task._seen[0], "total": task._seen[1],
                               "result": plain(task.result), "words": None, **stored})  # fmt: skip
    except Lost:
        task._let_go(forget=False)
        log.warning("background work %s was taken over by another worker", row.id)
    except Stopped:
        task._let_go(forget=False)
        _end(desk, task, row, {"status": CANCELLED})
    except Exception as error:  # noqa: BLE001 - whatever work raises ends in a retry or an incident
        task._let_go(forget=False)
        _failed(desk, task, row, error)
    else:
        task._let_go(forget=True)


def _failed(desk: Desk, task: Running, row: BackgroundJob, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"[:4000]
    log.warning("background work %s (%s) failed: %s", row.id, row.kind, words)
    if isinstance(error, _AWAY) and row.tries < TRIES:
        due = utc_now() + backoff(WAIT_SECONDS, row.tries)
        _end(desk, task, row, {"status": WAITING, "due_at": due, "error": words})
    else:
        _end(desk, task, row, {"status": FAILED, "error": words}, error)


def _end(
    desk: Desk, task: Running, row: BackgroundJob, values: dict[str, Any],
    error: Exception | None = None,
) -> None:  # fmt: skip
    over: dict[str, Any] = {} if values["status"] == WAITING else {"ended_at": utc_now()}
    with desk.database.transaction() as session:
        ended = session.execute(
            update(BackgroundJob)
            .where(BackgroundJob.id == row.id, BackgroundJob.lease_token == row.lease_token)
            .values(**values, **over, lease_until=None, lease_token=None)
            .returning(BackgroundJob.id)
        ).first()
        if ended is None:
            return
        if error is not None:
            incident = open_incident(
                session, "background", f"{row.kind}: {values['error']}", error=error
            )
            session.execute(
                update(BackgroundJob).where(BackgroundJob.id == row.id).values(incident_id=incident)
            )
            desk.live.publish(session, "incidents", "incident.changed", {"id": str(incident)})
        tell(desk, session, row.id, task.actor)
        if values["status"] in RING and utc_now() - (row.started_at or utc_now()) > PATIENCE:
            said = RING[values["status"]]
            text = {
                "en": said.en % {"name": row.name["en"]},
                "zh": said.zh % {"name": row.name["zh"]},
            }
            notify(session, desk.live, [task.actor.reference], text, href=f"/background/{row.id}")


@contextlib.contextmanager
def _renewing(desk: Desk, row: BackgroundJob) -> Iterator[None]:
    """Renew the lease from a thread for as long as the block runs."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(RENEW_SECONDS):
            try:
                _renew(desk, row, utc_now())
            except DBAPIError:
                log.warning("the lease of background work %s could not be renewed", row.id)

    thread = threading.Thread(target=renew, name="background-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(desk: Desk, row: BackgroundJob, now: datetime) -> None:
    with desk.database.transaction() as session:
        session.execute(
            update(BackgroundJob)
            .where(BackgroundJob.id == row.id, BackgroundJob.lease_token == row.lease_token)
            .values(lease_until=now + LEASE)
        )
