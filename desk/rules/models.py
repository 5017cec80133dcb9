"""What is kept about rules beside their diagrams: their order, and what automations have acted on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.timestamps import UtcDateTime


class RuleRow(Record):
    """A rule in the list. The diagram says what it does; `version_id` is the one that was looked at last."""

    __tablename__ = "rule"

    key: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(16), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    deleted: Mapped[bool] = mapped_column(Boolean, default=False)
    version_id: Mapped[UUID] = mapped_column(Uuid)
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200), default="")
    timing: Mapped[str] = mapped_column(String(16), default="")
    scope: Mapped[str] = mapped_column(String(400), default="")


class ActedOn(Record):
    """An automation has done its work for a ticket; it does it again only after another change of state."""

    __tablename__ = "rule_acted_on"
    __table_args__ = (UniqueConstraint("rule", "ticket_id"),)

    rule: Mapped[str] = mapped_column(String(255))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
