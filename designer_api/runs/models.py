"""Dry runs as what was done in them: any web process plays them again, so none of them has to remember."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from desk.database import Record
from engine.tables import Json


class DryRun(Record):
    """One person's run of a bundle that need not be deployed. `updated_at` says when it was last used."""

    __tablename__ = "designer_run"
    __table_args__ = (Index(None, "user_id", "updated_at"),)

    run_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    process: Mapped[str] = mapped_column(String(255))
    files: Mapped[dict[str, str]] = mapped_column(Json)  # content by path
    setting: Mapped[dict[str, Any]] = mapped_column(Json)  # data, records, operators, stores, clock
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
