"""Long work that somebody asked for: what, by whom, how far it is, and what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime, utc_now

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"


class BackgroundJob(Record):
    """One piece of work. `state` is what the work itself keeps to go on from after a crash."""

    __tablename__ = "background_job"
    __table_args__ = (
        Index(None, "status", "due_at"),
        Index(None, "owner_id", "created_at"),
        Index(None, "fingerprint"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)  # type: ignore[assignment]
    kind: Mapped[str] = mapped_column(String(64))  # desk.background.kinds
    name: Mapped[dict[str, str]] = mapped_column(Json)  # {"en", "zh"}: what a page calls it
    parameters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    actor: Mapped[dict[str, Any]] = mapped_column(Json)  # an engine.actors.Actor
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    fingerprint: Mapped[str | None] = mapped_column(String(64))  # the same work: the same value
    status: Mapped[str] = mapped_column(String(16), default=WAITING)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    words: Mapped[dict[str, str] | None] = mapped_column(Json)  # what is being done right now
    state: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    file_key: Mapped[str | None] = mapped_column(String(80))
    file_name: Mapped[str | None] = mapped_column(String(255))
    file_type: Mapped[str | None] = mapped_column(String(127))
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None] = mapped_column(Text)
    incident_id: Mapped[UUID | None] = mapped_column(Uuid)
    cancel_asked: Mapped[bool] = mapped_column(Boolean, default=False)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in (DONE, FAILED, CANCELLED)

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while the total is not known."""
        if not self.total:
            return None
        return min(100, 100 * self.done // self.total)
