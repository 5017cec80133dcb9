"""Public forms by address, and how often each network uses them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class FormLink(Record):
    """A form that anybody may fill in at `/f/<slug>`; what is sent starts the process.

    The form is the one deployed with the latest version of `process_key`, so a new deployment
    changes the page and the process together.
    """

    __tablename__ = "form_link"

    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    message: Mapped[str] = mapped_column(String(255))  # the name of the start message
    process_key: Mapped[str] = mapped_column(String(255))
    form_key: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_by: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor


class OneTimeLink(Record):
    """A form that one customer fills in once, at `/o/<token>` [000 §5.2.6-2]; of the token only its hash is kept.

    It opens a ticket of `type`, or answers on `ticket_id`. `fields` are desk.portal.once.Asked as JSON, in order.
    """

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str] = mapped_column(String(64), default="basic")
    title: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    fields: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor


class PortalUse(Record):
    """How often one network has sent something in the hour that began at `since`."""

    __tablename__ = "portal_use"

    # keyed digest of door and network: no addresses of customers are kept
    key: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    count: Mapped[int] = mapped_column(Integer)
