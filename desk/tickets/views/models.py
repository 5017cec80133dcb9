"""Views of tickets and who sees them [000 §5.1.5]."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from desk.database import Record
from desk.people.models import User
from engine.tables import Json


class Standing(StrEnum):
    """Whether a view is listed; what was deleted can be restored."""

    OPEN = "open"
    CLOSED = "closed"
    DELETED = "deleted"


class TicketView(Record):
    """A question about tickets and how its answer is shown. One with a key has come with the desk."""

    __tablename__ = "ticket_view"

    key: Mapped[str | None] = mapped_column(String(32), unique=True)
    name: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh": …, "en": …}
    note: Mapped[str] = mapped_column(String(400), default="")
    # {"field", "operator", "values"}, as desk.rules.rule.Condition: all of these, and any of those
    all_of: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)
    any_of: Mapped[list[dict[str, object]]] = mapped_column(Json, default=list)
    type: Mapped[str | None] = mapped_column(String(64))  # None: tickets of all types
    columns: Mapped[list[str]] = mapped_column(Json, default=list)  # empty: the list's own
    group_by: Mapped[str | None] = mapped_column(String(80))  # a key of desk.insight.dimensions
    sort: Mapped[str] = mapped_column(String(80), default="-created")  # as in the list's address
    category: Mapped[str] = mapped_column(String(60), default="")  # under which it is listed
    position: Mapped[int] = mapped_column(Integer, default=0)
    standing: Mapped[str] = mapped_column(String(8), default=Standing.OPEN)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    owner: Mapped[User | None] = relationship()
    shares: Mapped[list["TicketViewShare"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="TicketViewShare.id"
    )


class TicketViewShare(Record):
    """Who sees a view beside its owner: `everybody`, or a name of desk.people.permissions.candidates_of."""

    __tablename__ = "ticket_view_share"
    __table_args__ = (UniqueConstraint("view_id", "candidate"),)

    view_id: Mapped[int] = mapped_column(ForeignKey("ticket_view.id", ondelete="CASCADE"))
    candidate: Mapped[str] = mapped_column(String(64), index=True)
