"""Imports of tickets, and which row of which became which ticket."""

from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from desk.database import Record
from engine.tables import Json


class TicketImport(Record):
    """One file that was uploaded. Without `job_id` it is being looked at and nothing was opened."""

    __tablename__ = "ticket_import"
    __table_args__ = (Index(None, "created_at"),)

    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    by: Mapped[dict[str, object]] = mapped_column(Json)  # an engine.actors.Actor
    filename: Mapped[str] = mapped_column(String(255))
    # The rows as desk.imports.sheet keeps them; gone when all were tried.
    rows: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    count: Mapped[int] = mapped_column(Integer)  # rows with content, the headings too
    header: Mapped[bool] = mapped_column(Boolean, default=True)  # the first row names the columns
    mapping: Mapped[list[str]] = mapped_column(Json)  # for each column a key of a field, or ""
    type: Mapped[str] = mapped_column(String(64), default="basic")  # where no cell says otherwise
    skip_known: Mapped[bool] = mapped_column(Boolean, default=True)
    job_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("background_job.id", ondelete="SET NULL"), index=True
    )


class ImportedRow(Record):
    """A row that became a ticket: no try after a crash makes a second one of it."""

    __tablename__ = "ticket_import_row"
    __table_args__ = (UniqueConstraint("import_id", "row"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("ticket_import.id", ondelete="CASCADE"))
    row: Mapped[int] = mapped_column(Integer)  # as the workbook counts, from 1
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    # The number that the request has in the system it came from.
    external: Mapped[str | None] = mapped_column(String(120), index=True)
