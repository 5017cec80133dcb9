"""What a customer was asked about a ticket, and what they answered."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from desk.tickets.models import Ticket
from engine.timestamps import UtcDateTime

ASKED, ANSWERED, EXPIRED = "asked", "answered", "expired"


class Survey(Record):
    """One asking. It is answered once; a ticket that ends again may be asked about again."""

    __tablename__ = "survey"
    __table_args__ = (Index(None, "ticket_id", "id"), Index(None, "answered_at"))

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(16), default=ASKED)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[int | None] = mapped_column(Integer)  # 1–5
    solved: Mapped[bool | None] = mapped_column(Boolean)
    comment: Mapped[str] = mapped_column(Text, default="")
    ticket: Mapped[Ticket] = relationship()
