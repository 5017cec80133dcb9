"""The flow library as records. A file keeps its bytes exactly; a revision never changes once it is written."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from desk.database import Record
from engine.tables import Json
from engine.timestamps import UtcDateTime


class DesignerFile(Record):
    """One file of the library. `draft` is what somebody is working on, None where that is the newest revision."""

    __tablename__ = "designer_file"
    __table_args__ = (
        # a deleted file keeps its revisions and gives its place away
        Index(
            "uq_designer_file_path",
            "path",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    path: Mapped[str] = mapped_column(String(255))  # folder/name.bpmn
    kind: Mapped[str] = mapped_column(String(16))  # bpmn | dmn | form | scenario
    key: Mapped[str | None] = mapped_column(
        String(255), index=True
    )  # of the process, decision, form
    names: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    etag: Mapped[str] = mapped_column(String(64))  # of the draft, else of the revision
    revision: Mapped[int] = mapped_column(Integer, default=0)  # the newest; 0: never saved as one
    draft: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    drafted: Mapped[bool] = mapped_column(default=False)
    changed_by: Mapped[dict[str, Any]] = mapped_column(Json)  # actor of the newest content
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployed_revision: Mapped[int | None] = mapped_column(Integer)
    deployment_id: Mapped[UUID | None] = mapped_column(Uuid)  # engine.tables.deployment
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DesignerRevision(Record):
    """What a file was at one time, with who and why."""

    __tablename__ = "designer_revision"
    __table_args__ = (UniqueConstraint("file_id", "number"),)

    file_id: Mapped[int] = mapped_column(ForeignKey("designer_file.id"))
    number: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(String(255))
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    etag: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
