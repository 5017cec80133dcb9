"""What is asked of imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.background.models import BackgroundJob
from desk.imports.models import TicketImport


@dataclass(frozen=True)
class Before:
    """An import that was started: `result` counts {"made", "failed"} once it is over."""

    filename: str
    who: str
    owner_id: int
    at: datetime
    job_id: UUID
    status: str
    result: Mapping[str, Any]


def imports(session: Session, *, limit: int = 50) -> list[Before]:
    """What was imported, by anybody, newest first."""
    rows = session.execute(
        select(TicketImport, BackgroundJob)
        .join(BackgroundJob, BackgroundJob.id == TicketImport.job_id)
        .order_by(TicketImport.id.desc())
        .limit(limit)
    )
    return [
        Before(
            found.filename, str(found.by.get("name", "")), found.owner_id, job.created_at, job.id,
            job.status, job.result,
        )
        for found, job in rows
    ]  # fmt: skip
