"""What the mail connector remembers: every raw mail, which ids belong together, who was answered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import BigId, Json, metadata
from engine.timestamps import UtcDateTime

# Up to this size the raw bytes live in the row: one fsync, the commit's. Above, in the storage.
INLINE_BYTES = 256 * 1024

ID_LENGTH = 255  # longest key of a Message-ID, see connectors.mail.threading.thread_key


class RawMailStatus(StrEnum):
    """What became of a raw mail."""

    RECEIVED = "received"  # stored and acknowledged, not yet read
    PARSED = "parsed"  # a message of the desk was made of it
    DUPLICATE = "duplicate"  # the same mail had come before
    REPORT = "report"  # a delivery report; marks what we sent, opens nothing
    LOOP = "loop"  # our own mail came back
    UNPARSEABLE = "unparseable"  # kept, with an incident for an administrator


class RawMail(Record):
    """One mail as it came, byte for byte, and the header facts that an answer needs."""

    __tablename__ = "raw_mail"
    __table_args__ = (Index(None, "status", "received_at"),)

    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(8))  # smtp | lmtp | imap | api
    envelope_from: Mapped[str] = mapped_column(String(320), default="")  # empty: the null sender
    envelope_to: Mapped[list[str]] = mapped_column(Json, default=list)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    # Which mailbox it came to (before it was read: that it was fetched from); None: the one of the settings.
    # No foreign key: mailboxes are withdrawn, never deleted.
    mailbox_id: Mapped[int | None] = mapped_column(BigId)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    # where the bytes are when they are not in the row
    storage_key: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(16), default=RawMailStatus.RECEIVED)
    error: Mapped[str | None] = mapped_column(Text)
    mail_message_id: Mapped[str | None] = mapped_column(Text)
    references: Mapped[list[str]] = mapped_column(Json, default=list)  # oldest first
    sender: Mapped[str] = mapped_column(String(320), default="")
    reply_to: Mapped[str | None] = mapped_column(String(320))
    automatic_reason: Mapped[str | None] = mapped_column(String(64))
    loop_hops: Mapped[int] = mapped_column(Integer, default=0)  # X-Lanedesk-Loop, see .loops


# Which conversation a Message-ID belongs to. A row is made for every id a mail names, also for ids not seen
# yet, so that a reply that arrives before its original finds it later.
mail_thread = Table(
    "mail_thread",
    metadata,
    Column("message_id", String(ID_LENGTH), primary_key=True),
    Column("thread", Uuid, nullable=False, index=True),
)

# The mails that were taken, by what they are (connectors.mail.identity); the primary key decides who was first.
mail_identity = Table(
    "mail_identity",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("raw_mail_id", BigId, ForeignKey("raw_mail.id", ondelete="CASCADE"), nullable=False),
)

# How many automatic answers an address caused in the hour that began at `since`.
sender_rate = Table(
    "sender_rate",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("answers", Integer, nullable=False),
)

# How far an IMAP box was read (RFC 3501 §2.3.1.1): uids are only comparable under one uidvalidity.
imap_box = Table(
    "imap_box",
    metadata,
    Column("box", String(255), primary_key=True),  # user@host/folder
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
)
