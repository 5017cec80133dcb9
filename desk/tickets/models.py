"""A ticket, what was said about it, the files that came along, and the trail of what was done.

States follow the ticket life [004 §4.10.1]; only operators called by a diagram move them.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.contacts.models import Company, Contact
from desk.database import Record
from desk.people.models import Team, User
from engine.tables import Json
from engine.timestamps import UtcDateTime


class TicketState(StrEnum):
    """The ticket status dictionary of [004 §4.10.1]."""

    PENDING = "pending"  # 待派发
    DISPATCHED = "dispatched"  # 已派发
    CANCELLED = "cancelled"  # 已取消
    PROCESSING = "processing"  # 处理中
    RETURNED = "returned"  # 退回
    ENDED = "ended"  # 已结束


OVER = (TicketState.ENDED, TicketState.CANCELLED)  # nobody has to do anything any more


class TicketType(Record):
    """What kind of request a ticket is: its process, form, numbers, rights and print layout.

    A type is withdrawn, never deleted: tickets that run keep it, and their process goes on.
    """

    __tablename__ = "ticket_type"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    help: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    process_key: Mapped[str] = mapped_column(String(255))
    form_key: Mapped[str | None] = mapped_column(String(255))  # deployed with the process
    prefix: Mapped[str] = mapped_column(String(6), default="WN")  # of its ticket numbers
    # Keys of desk.people.permissions.ROLES; empty: everybody with the permission.
    create_roles: Mapped[list[str]] = mapped_column(Json, default=list)
    read_roles: Mapped[list[str]] = mapped_column(Json, default=list)
    priority: Mapped[str] = mapped_column(String(16), default="normal")  # of a new ticket
    print_layout: Mapped[str | None] = mapped_column(String(64))
    survey: Mapped[bool] = mapped_column(Boolean, default=False)  # ask the customer afterwards
    # Customers' forms of this type ask for the desk's own fields that are required, too.
    asks_fields: Mapped[bool] = mapped_column(Boolean, default=False)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)  # a new ticket begins with it
    position: Mapped[int] = mapped_column(Integer, default=0)


class Ticket(Record):
    """One request of one customer. `instance_id` is the process that decides what happens to it."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index(None, "state", "created_at"),
        Index(None, "assignee_id", "state"),
        Index(None, "team_id", "state"),
        Index(None, "created_at"),
        Index(None, "processed_at"),
        Index(None, "last_message_at"),
        Index(None, "deadline"),
        Index(None, "type", "created_at"),
    )

    number: Mapped[str] = mapped_column(String(32), unique=True)  # WN-YYYYMMDD-NNNNNN
    # The key of a TicketType. No foreign key: a process may run before anybody named its type.
    type: Mapped[str] = mapped_column(String(64), default="basic")
    title: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(16), default=TicketState.PENDING)
    # Of the desk's own, within the state: a key of desk.tickets.statuses.
    status: Mapped[str | None] = mapped_column(String(64))
    # low | normal | high | urgent
    priority: Mapped[str] = mapped_column(String(16), default="normal")
    channel: Mapped[str] = mapped_column(String(16))  # mail | form | desk | api | vendor
    # Deferred: the first operator of a process may make the ticket before the instance is saved.
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id", deferrable=True, initially="DEFERRED"), index=True
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact.id", ondelete="SET NULL"), index=True
    )
    company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", ondelete="SET NULL"), index=True
    )
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    assignee_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 截止完成时间
    # 处理时间: the last change of state
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_response_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Set: gone from lists and searches, kept for those who read the history.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket.id", ondelete="SET NULL"), index=True
    )
    # Set: its words and its customer's are with that ticket, and its process rests.
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket.id", ondelete="SET NULL"), index=True
    )
    # A step took longer than its diagram allows: since when, and which (words).
    overdue_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    overdue_step: Mapped[dict[str, str] | None] = mapped_column(Json)
    rating: Mapped[int | None] = mapped_column(Integer)  # 1–5
    rating_comment: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    form_data: Mapped[dict[str, object]] = mapped_column(Json, default=dict)  # the form as filled
    form_key: Mapped[str | None] = mapped_column(String(255))
    # an engine.actors.Actor
    created_by: Mapped[dict[str, object]] = mapped_column(Json, default=dict)
    contact: Mapped[Contact | None] = relationship()
    company: Mapped[Company | None] = relationship()
    team: Mapped[Team | None] = relationship()
    assignee: Mapped[User | None] = relationship()


class TicketNumber(Record):
    """The day's last number; the sequence restarts every day in the desk's zone [004 §4.10.1]."""

    __tablename__ = "ticket_number"
    __table_args__ = (UniqueConstraint("day", "prefix"),)

    day: Mapped[date] = mapped_column(Date)
    prefix: Mapped[str] = mapped_column(String(6), default="WN")
    last: Mapped[int] = mapped_column(Integer)


class Message(Record):
    """Something said: by the customer, to the customer, or among ourselves.

    `ticket_id` is empty between the arrival of a message and the diagram's decision where it
    belongs. `thread` joins messages whose mail headers belong together before any ticket exists.
    The sender's addresses and the form as filled wait here until the diagram makes a contact and a
    ticket of them.
    """

    __tablename__ = "message"
    __table_args__ = (Index(None, "ticket_id", "id"), Index(None, "thread"))

    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    thread: Mapped[UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(16))  # customer | reply | note | automatic
    channel: Mapped[str] = mapped_column(String(16))  # mail | form | desk | tracking | api | vendor
    author: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    # Whose words these are, when somebody else wrote them down.
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    sender_mail: Mapped[str | None] = mapped_column(String(254))
    sender_phone: Mapped[str | None] = mapped_column(String(40))
    form_key: Mapped[str | None] = mapped_column(String(255))
    form_data: Mapped[dict[str, object] | None] = mapped_column(Json)
    subject: Mapped[str] = mapped_column(String(400), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    quoted: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)  # cleaned
    mail_message_id: Mapped[str | None] = mapped_column(String(400), index=True)
    raw_mail_id: Mapped[int | None] = mapped_column(BigInteger)
    automatic: Mapped[bool] = mapped_column(Boolean, default=False)  # RFC 3834: never answer it
    delivery: Mapped[str | None] = mapped_column(String(16))  # sent | failed | bounced | unsent
    # Of a reply, who gets it beside the customer: desk.tickets.copies.
    cc: Mapped[list[dict[str, str]] | None] = mapped_column(Json)
    attachments: Mapped[list["Attachment"]] = relationship(
        back_populates="message", order_by="Attachment.id"
    )


# What a message's words are found by (desk.tickets.searching), as numbers; kept on PostgreSQL only.
PARTS = ARRAY(Integer).with_variant(JSON(), "sqlite")
message_words = Table(
    "message_words",
    Record.metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("parts", PARTS, nullable=False),
    Index(None, "parts", postgresql_using="gin"),
)


class Attachment(Record):
    """A file that came with a message; its bytes are in the storage under `storage_key`."""

    __tablename__ = "attachment"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), index=True
    )
    filename: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(255))
    content_id: Mapped[str | None] = mapped_column(String(255))
    inline: Mapped[bool] = mapped_column(Boolean, default=False)
    message: Mapped[Message] = relationship(back_populates="attachments")


class TrailEntry(Record):
    """One line of the trail (处理流程) [004 §4.8.2]: who did what, from which state to which."""

    __tablename__ = "ticket_trail"
    __table_args__ = (Index(None, "ticket_id", "id"), Index(None, "action", "at"))

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    action: Mapped[str] = mapped_column(String(32))  # desk.tickets.trail knows the words
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str | None] = mapped_column(String(16))
    remark: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, object]] = mapped_column(Json, default=dict)  # names for the sentence


class TicketWatcher(Record):
    """Somebody who is told what happens: copied in by others (抄送), or following by themselves.

    `view_only`: they read along and change nothing.
    """

    __tablename__ = "ticket_watcher"
    __table_args__ = (UniqueConstraint("ticket_id", "user_id"), Index(None, "user_id", "ticket_id"))

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))  # copied | follows
    view_only: Mapped[bool] = mapped_column(Boolean, default=False)
    by: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    user: Mapped[User] = relationship()


class TicketLink(Record):
    """Two tickets that have to do with each other; the lower id stands first."""

    __tablename__ = "ticket_link"
    __table_args__ = (UniqueConstraint("first_id", "second_id"), Index(None, "second_id"))

    first_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    by: Mapped[dict[str, object]] = mapped_column(Json)


class TicketMerge(Record):
    """A ticket that was joined into another, with all that is needed to take it apart again."""

    __tablename__ = "ticket_merge"
    __table_args__ = (Index(None, "into_id"),)

    from_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[dict[str, object]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text, default="")
    messages: Mapped[list[int]] = mapped_column(Json)  # the messages that moved
    watchers: Mapped[list[int]] = mapped_column(Json)  # people who watch the other because of it
    was_running: Mapped[bool] = mapped_column(Boolean)  # its process was stopped by it
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[dict[str, object] | None] = mapped_column(Json)


class TicketPayment(Record):
    """Money that a ticket brings or gives back [000 §5.2.9, §8.3]. It is settled once."""

    __tablename__ = "ticket_payment"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))  # charge | refund
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    what: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(8), default="due")  # due | paid | void
    method: Mapped[str | None] = mapped_column(String(32))  # cash, transfer, the provider's name
    reference: Mapped[str | None] = mapped_column(String(120))  # of the bank or the provider
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[dict[str, object] | None] = mapped_column(Json)
