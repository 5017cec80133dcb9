"""Notices in the bell, and the systems outside that may be told of things."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class Notice(Record):
    """A line in somebody's bell. `text` has both languages: {"en": …, "zh": …}."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "user_id", "read_at"))

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    text: Mapped[dict[str, str]] = mapped_column(Json)
    href: Mapped[str] = mapped_column(String(400), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Target(Record):
    """A system outside that diagrams may call (外部目标) [000 §5.2.19]; nothing else can be reached."""

    __tablename__ = "notice_target"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))
    method: Mapped[str] = mapped_column(String(8), default="POST")
    answer: Mapped[str] = mapped_column(String(8), default="any")  # any | json: what it must answer
    login: Mapped[str | None] = mapped_column(String(200))  # HTTP basic authentication
    password: Mapped[str | None] = mapped_column(String(400))
    secret: Mapped[str] = mapped_column(String(64))  # signs what is sent
    body: Mapped[str] = mapped_column(Text, default="")  # used where the diagram gives none
    active: Mapped[bool] = mapped_column(Boolean, default=True)
