"""What can be done with background work: ask for it, stop it, ask again."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.background.kinds import KINDS
from desk.background.models import CANCELLED, DONE, FAILED, RUNNING, WAITING, BackgroundJob
from desk.storage import Storage
from desk.tickets.models import Attachment
from engine.actors import Actor
from engine.database import after_commit
from engine.history import plain
from engine.operators import Text
from engine.timestamps import utc_now

QUEUE = "background"  # the worker's queue; the scheduler wakes it within a second


def submit(
    session: Session,
    kind: str,
    parameters: Mapping[str, Any],
    *,
    actor: Actor,
    total: int | None = None,
    name: Text | None = None,
    fingerprint: str | None = None,
) -> UUID:
    """Write down work to be done by a worker soon after the commit; its id.

    `parameters` become JSON. `name` is what pages call it, the kind's title by default. `fingerprint` (at most 64
    characters) lets `same` find it again. Raises KeyError for a kind that nobody declared.
    """
    job = BackgroundJob(
        kind=kind,
        name=_words(name or KINDS[kind].title),
        parameters=plain(parameters),
        actor=actor.as_json(),
        owner_id=actor.id if actor.kind == "user" else None,
        fingerprint=fingerprint,
        total=total,
        status=WAITING,
        due_at=utc_now(),
    )
    session.add(job)
    session.flush()
    return job.id


def same(session: Session, fingerprint: str, *, owner_id: int | None) -> BackgroundJob | None:
    """The newest work of this person with the fingerprint that is under way or has a result; None if there is none."""
    return session.scalars(
        select(BackgroundJob)
        .where(
            BackgroundJob.fingerprint == fingerprint,
            BackgroundJob.owner_id == owner_id,
            BackgroundJob.status.in_((WAITING, RUNNING, DONE)),
            BackgroundJob.cancel_asked.is_(False),
        )
        .order_by(BackgroundJob.created_at.desc())
        .limit(1)
    ).first()


def cancel(session: Session, job: BackgroundJob) -> bool:
    """Stop it: at once while it waits, else at its next word of progress; False when it is over already."""
    session.refresh(job, with_for_update=True)
    if job.is_over:
        return False
    job.cancel_asked = True
    if job.status == WAITING:
        job.status, job.ended_at = CANCELLED, utc_now()
    return True


def again(session: Session, job: BackgroundJob) -> bool:
    """Try once more what failed or was cancelled, going on from what it kept; False when there is nothing to do."""
    session.refresh(job, with_for_update=True)
    if job.status not in (FAILED, CANCELLED):
        return False
    job.status, job.tries, job.due_at = WAITING, 0, utc_now()
    job.error, job.ended_at, job.cancel_asked, job.incident_id = None, None, False, None
    return True


def take_back(session: Session, storage: Storage, jobs: Iterable[BackgroundJob]) -> None:
    """Forget what this work has made of data that is no longer there; what is under way begins anew.

    Side effects: the files leave the storage after the commit, and whoever asks for the same gets a new one. A worker
    that is at it loses the work within a second; another begins it a minute later.
    """
    for job in jobs:
        session.refresh(job, with_for_update=True)
        key, job.file_key, job.fingerprint, job.state = job.file_key, None, None, {}
        if job.status == RUNNING:
            job.status, job.due_at = WAITING, utc_now() + timedelta(minutes=1)
            job.lease_token = job.lease_until = None
        if key is not None and not _attached(session, key):
            after_commit(session, f"take back:{key}", lambda key=key: storage.delete(key))  # type: ignore[misc]


def _attached(session: Session, key: str) -> bool:
    """Whether somebody has put the same bytes into a ticket."""
    same = select(Attachment.id).where(Attachment.storage_key == key).limit(1)
    return session.execute(same).first() is not None


def _words(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
