"""What happened, for pages that are open: one row an event and topic, kept for a day."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class LiveEvent(Record):
    """`topic` says whom it concerns (`user:7`, `ticket:12`, `tickets`), `kind` what happened, `data` ids and words."""

    __tablename__ = "live_event"
    __table_args__ = (Index(None, "topic", "id"), Index(None, "at"))

    topic: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
