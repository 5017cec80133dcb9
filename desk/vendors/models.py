"""Other desks that take our tickets or give us theirs, and each ticket that went over."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from desk.tickets.models import Ticket
from engine.tables import Json
from engine.timestamps import UtcDateTime

Status = Literal["asked", "accepted", "refused", "returned", "ended", "withdrawn"]
OPEN: Final = ("asked", "accepted")


class Vendor(Record):
    """A desk of another vendor (关联服务商) [000 §5.2.19]. It is withdrawn, never deleted: its tickets name it."""

    __tablename__ = "vendor"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))  # of their desk, without a slash at the end
    known_as: Mapped[str] = mapped_column(String(64))  # the key under which they keep us
    token: Mapped[str | None] = mapped_column(String(400))  # a program's key of theirs
    secret: Mapped[str] = mapped_column(String(64))  # signs both ways; the same on both desks
    # Their type → our type, "*" for all others; empty: the basic one.
    types: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Transfer(Record):
    """A ticket that went to another desk (`out`) or came from one (`in`). `uid` is the same on both desks.

    `asked`: on its way; `accepted`: the other desk, or this one, works on it; then how it ended.
    """

    __tablename__ = "ticket_transfer"
    __table_args__ = (
        UniqueConstraint("uid", "direction"),
        Index(None, "ticket_id", "id"),
        Index(None, "vendor_id"),
    )

    uid: Mapped[UUID] = mapped_column(Uuid)
    direction: Mapped[str] = mapped_column(String(8))
    vendor_id: Mapped[int] = mapped_column(ForeignKey("vendor.id"))
    # Empty for a moment: between the arrival and the diagram's making a ticket of it.
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(16), default="asked")
    number: Mapped[str] = mapped_column(String(64), default="")  # of the other desk's ticket
    state: Mapped[str] = mapped_column(String(16), default="")  # of it, as it told last
    # The uids of all transfers that the ticket has been through, this one last.
    chain: Mapped[list[str]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text, default="")  # for the people of the other desk
    reason: Mapped[str] = mapped_column(Text, default="")  # why it ended as it did
    finish: Mapped[bool] = mapped_column(Boolean, default=False)  # ours ends when theirs has
    with_customer: Mapped[bool] = mapped_column(Boolean, default=False)
    with_talk: Mapped[bool] = mapped_column(Boolean, default=False)
    with_files: Mapped[bool] = mapped_column(Boolean, default=False)
    fields: Mapped[list[str]] = mapped_column(Json, default=list)  # keys of the ticket's form
    by: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    vendor: Mapped[Vendor] = relationship()
    ticket: Mapped[Ticket | None] = relationship()

    @property
    def open(self) -> bool:
        """Whether the other desk may still tell of it."""
        return self.status in OPEN
