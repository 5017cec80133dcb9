"""Articles, the answers to what customers ask often."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class ArticleState(StrEnum):
    """Only operators called by a diagram publish an article or send it back."""

    DRAFT = "draft"  # 草稿
    REVIEW = "review"  # 待审核
    PUBLISHED = "published"  # 已发布
    WITHDRAWN = "withdrawn"  # 已下架


class Article(Record):
    """A question and its answer. `revision` rises with every change of words, so that none is lost."""

    __tablename__ = "article"
    __table_args__ = (Index(None, "state", "category"),)

    title: Mapped[str] = mapped_column(String(400))
    body: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[str] = mapped_column(String(16), default=ArticleState.DRAFT)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    # One article a ticket [000 §5.2.11].
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket.id", ondelete="SET NULL"), unique=True
    )
    author: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    reviewer: Mapped[dict[str, object] | None] = mapped_column(Json)
    remark: Mapped[str] = mapped_column(Text, default="")  # why it was sent back
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
