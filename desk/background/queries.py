"""What is asked of background work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk.background.models import RUNNING, WAITING, BackgroundJob


def of_person(session: Session, user_id: int, *, limit: int = 50) -> Sequence[BackgroundJob]:
    """What this person asked for, newest first."""
    return session.scalars(
        select(BackgroundJob)
        .where(BackgroundJob.owner_id == user_id)
        .order_by(BackgroundJob.created_at.desc())
        .limit(limit)
    ).all()


def find(session: Session, job_id: UUID) -> BackgroundJob | None:
    """One piece of work."""
    return session.get(BackgroundJob, job_id)


def any_due(session: Session, now: datetime) -> bool:
    """Whether a worker should look: something waits, or was left by a worker that died."""
    due = select(BackgroundJob.id).where(
        or_(
            (BackgroundJob.status == WAITING) & (BackgroundJob.due_at <= now),
            (BackgroundJob.status == RUNNING) & (BackgroundJob.lease_until < now),
        )
    )
    return session.execute(due.limit(1)).first() is not None
