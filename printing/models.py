"""Layouts as administrators have changed them. A layout that nobody changed has no row: what ships is used."""

from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json


class PrintLayout(Record):
    """A layout: of a kind, chosen by `key` when something is printed. `version` is the one in use."""

    __tablename__ = "print_layout"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(32))  # printing.kinds
    name: Mapped[dict[str, str]] = mapped_column(Json)  # {"zh", "en"}
    version: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class PrintLayoutVersion(Record):
    """What a layout was after a change; never changed itself."""

    __tablename__ = "print_layout_version"
    __table_args__ = (UniqueConstraint("layout_id", "version"),)

    layout_id: Mapped[int] = mapped_column(ForeignKey("print_layout.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(String(400), default="")
    by: Mapped[dict[str, Any]] = mapped_column(Json)  # an engine.actors.Actor
