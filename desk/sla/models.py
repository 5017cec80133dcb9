"""The clocks of a ticket as they are stored: targets and moments, from which every page computes what is left."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.timestamps import UtcDateTime


class ClockKind(StrEnum):
    """The three promises of a service level [000 §5.3.3], in their order."""

    FIRST_RESPONSE = "first_response"  # 首次响应: the first public reply
    SECOND_RESPONSE = "second_response"  # 二次响应: the second one, the plan
    RESOLUTION = "resolution"  # 解决: the ticket has ended


class SlaClock(Record):
    """One promise about one ticket, in working time of a calendar.

    The clock has counted `worked_seconds` up to `running_since` and counts on from there. While it is held
    (`paused_at`), `running_since` and `due_at` are empty. It is over once it is met or dropped.
    """

    __tablename__ = "sla_clock"
    __table_args__ = (UniqueConstraint("ticket_id", "kind"), Index(None, "due_at"))

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))  # a ClockKind
    policy: Mapped[str] = mapped_column(
        String(120), default=""
    )  # the row of the table that promised it
    calendar: Mapped[str] = mapped_column(String(64), default="default")
    target_seconds: Mapped[int | None] = mapped_column(Integer)  # of working time; None: no promise
    worked_seconds: Mapped[int] = mapped_column(Integer, default=0)
    running_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    met_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    breached_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    steps_done: Mapped[int] = mapped_column(Integer, default=0)  # of its chain of notices

    @property
    def over(self) -> bool:
        """Whether nothing is promised any more: kept, or given up with the ticket."""
        return self.met_at is not None or self.dropped_at is not None

    @property
    def missed(self) -> bool:
        """Whether the promise was not kept in time, as far as the stored moments say."""
        return self.breached_at is not None
