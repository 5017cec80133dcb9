"""Tables of the audit. Rows are only ever added (migration 0002 refuses the rest), but for keys and rules."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from desk.database import Record
from engine.tables import BigId, Json, metadata
from engine.timestamps import UtcDateTime


class Row(DeclarativeBase):
    """A row that is written once: it knows no time of its last change."""

    metadata = metadata


class AuditEntry(Row):
    """One thing that somebody did. `old` and `new` hold the values; personal ones are sealed (desk.audit.personal)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "subject", "id"),
        Index(None, "at", "id"),
        Index(None, "action", "at"),
        Index(None, "actor_ref", "at"),
        Index(None, "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[dict[str, Any]] = mapped_column(Json)  # an engine.actors.Actor
    actor_ref: Mapped[str] = mapped_column(String(64))  # "user:7", for finding
    address: Mapped[str | None] = mapped_column(String(64))  # the network address it was done from
    action: Mapped[str] = mapped_column(String(64))  # desk.audit.actions
    subject: Mapped[str] = mapped_column(String(120))  # "user:7" | "ticket:12" | "process:ticket" …
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)  # the ticket it is about, if any
    old: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    reason: Mapped[str | None] = mapped_column(Text)


class Unsealed(Row):
    """Entries that no seal covers yet, with their digests; written with the entry, taken away by the seal."""

    __tablename__ = "audit_unsealed"

    entry_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class Seal(Row):
    """A link of the chain: the digests of up to a thousand entries, and the hash of the link before."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    entries: Mapped[bytes] = mapped_column(LargeBinary)  # desk.audit.chain.packed
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Root(Row):
    """A day's root: one hash over everything that was known, signed where a key is configured, kept elsewhere."""

    __tablename__ = "audit_root"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(Text)  # JSON as it was hashed, see desk.audit.roots
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)


class Leaf(Row):
    """Where the chain of an instance stood at a root, for each instance that had moved since the root before."""

    __tablename__ = "audit_leaf"
    __table_args__ = (Index(None, "root_number"),)

    instance_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    root_number: Mapped[int] = mapped_column(Integer)


class Archive(Row):
    """A compressed file that verifies on its own. `kind`: history (whole chains) | log (entries) | stores (values)."""

    __tablename__ = "audit_archive"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)  # the rule by which its rows were due
    file_key: Mapped[str] = mapped_column(String(80))  # in the storage; its name is its SHA-256
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ArchivedChain(Row):
    """The door for a prune: rows of an instance may be deleted only once this names the archive that holds them."""

    __tablename__ = "audit_archived_chain"

    instance_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    archive_id: Mapped[int] = mapped_column(ForeignKey("audit_archive.id"))
    seq: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class ArchivedEntry(Row):
    """The same for an entry of the log; its digest stays in its seal."""

    __tablename__ = "audit_archived_entry"

    entry_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    archive_id: Mapped[int] = mapped_column(ForeignKey("audit_archive.id"), index=True)


class PersonKey(Row):
    """The key that values of one person are sealed with. Destroyed: `key` is empty, for ever."""

    __tablename__ = "person_key"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)  # "contact:5" | "instance:…"
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetentionRule(Record):
    """How long rows stay before they are archived. `scope`: as desk.audit.retention says."""

    __tablename__ = "audit_retention"

    scope: Mapped[str] = mapped_column(String(255), unique=True)
    days: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
