"""A run through tickets and how far it is: kept here, so that it goes on in any browser."""

from typing import Final

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record

OPEN: Final = "open"  # its tickets open one after the other; one run of a person at a time
PAUSED: Final = "paused"
OVER: Final = "over"

WAITING: Final = "waiting"
DONE: Final = "done"
SKIPPED: Final = "skipped"
PASSED: Final = "passed"  # over: somebody else was there before


class TaskRun(Record):
    """A run of one person. `last_result` is what came of the last operation on the ticket that is open in it."""

    __tablename__ = "task_run"
    __table_args__ = (Index(None, "user_id", "status"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(8), default=OPEN)
    last_result: Mapped[str | None] = mapped_column(String(8))  # done | failed


class TaskRunTicket(Record):
    """A ticket of a run at its place, counted from 0."""

    __tablename__ = "task_run_ticket"
    __table_args__ = (UniqueConstraint("run_id", "position"), Index(None, "ticket_id"))

    run_id: Mapped[int] = mapped_column(ForeignKey("task_run.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    reason: Mapped[str | None] = mapped_column(String(8))  # why it was passed over: Reason
    who: Mapped[str | None] = mapped_column(String(120))  # has taken it
