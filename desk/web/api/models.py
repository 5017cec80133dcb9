"""What a request with an Idempotency-Key was answered, so that its repetition gets the same."""

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record


class IdempotencyKey(Record):
    """One key of one user for one route. `status` is empty while the first request is still at work."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("user_id", "route", "key"), Index(None, "created_at"))

    key: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    route: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))  # SHA-256 of what was sent
    status: Mapped[int | None] = mapped_column(Integer)
    content_type: Mapped[str | None] = mapped_column(String(127))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
