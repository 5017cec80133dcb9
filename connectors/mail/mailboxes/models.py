"""The mailboxes that were added to the one of the settings."""

from typing import Final

from sqlalchemy import Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json

LISTENER: Final = "listener"  # mail to it is handed to the desk's listener
FORWARD: Final = "forward"  # it passes its mail on to another address of the desk
IMAP: Final = "imap"  # the desk fetches its mail
WAYS: Final = (LISTENER, FORWARD, IMAP)
OF_SETTINGS: Final = ""  # the address of the row that says more of the mailbox of the settings


class MailboxRow(Record):
    """An address of the desk. It is withdrawn, never deleted: mails name it.

    The row without an address belongs to the mailbox of the settings, which has its servers from there.
    """

    __tablename__ = "mailbox"

    address: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")  # empty: the company's
    aliases: Mapped[list[str]] = mapped_column(Json, default=list)  # its further addresses
    type: Mapped[str | None] = mapped_column(String(64))  # key of a TicketType; None: general
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="SET NULL"))
    way: Mapped[str] = mapped_column(String(8), default=LISTENER)
    # Servers as imaps://user@host/folder and smtp://user@host; passwords are sealed (.sealing).
    imap_url: Mapped[str] = mapped_column(String(1000), default="")
    imap_password: Mapped[str] = mapped_column(Text, default="")
    smtp_url: Mapped[str] = mapped_column(String(1000), default="")  # empty: that of the settings
    smtp_password: Mapped[str] = mapped_column(Text, default="")
    is_default: Mapped[bool] = mapped_column(Boolean, default=False)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    error: Mapped[str] = mapped_column(Text, default="")  # why it could not be read last time
