"""The daily root: one hash over every chain, so that a whole chain that was written anew shows as well.

A root's body names the root before, the last seal of the log, the archives, and a hash over its leaves: where each
instance that moved since the last root stood. The table keeps roots and leaves; a copy of each root belongs elsewhere
(LANEDESK_AUDIT_ROOTS, another machine's folder), since who may write tables may write roots too.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, func, insert, literal, select, text
from sqlalchemy.orm import Session

from desk.audit import signing
from desk.audit.chain import START, canonical
from desk.audit.models import Archive, Leaf, Root, Seal
from desk.settings import Settings
from engine.database import Database, is_sqlite
from engine.tables import process_instance
from engine.timestamps import utc_now

LOCK = 0x2007


@dataclass(frozen=True)
class RootFile:
    """A root as it is kept elsewhere."""

    number: int
    body: str
    hash: bytes
    signature: bytes | None

    def as_json(self) -> bytes:
        """The file's content."""
        return orjson.dumps(
            {
                "body": self.body,
                "hash": self.hash.hex(),
                "signature": base64.b64encode(self.signature).decode() if self.signature else None,
            },
            option=orjson.OPT_INDENT_2,
        )

    @classmethod
    def read(cls, content: bytes) -> "RootFile":
        """The reverse. Raises ValueError for what is no root."""
        try:
            found = orjson.loads(content)
            signature = found["signature"]
            return cls(
                orjson.loads(found["body"])["number"],
                found["body"],
                bytes.fromhex(found["hash"]),
                base64.b64decode(signature) if signature else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a root: {error}") from error


def take_root(database: Database, settings: Settings, *, now: datetime | None = None) -> RootFile:
    """Make the next root now, sign it where a key is configured, and write its file where a folder is.

    Raises SettingsError for a key that cannot be read, OSError for a folder that cannot be written to; the root stands
    in the table then, and the next call writes all files that are missing.
    """
    key = signing.load_private(settings.audit_key)
    with database.transaction() as session:
        if not is_sqlite(session):
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        root = _make(session, now or utc_now())
        if key is not None:
            root.signature = key.sign(root.body.encode())
        session.add(root)
    write_files(database, settings)
    return RootFile(root.number, root.body, root.hash, root.signature)


def daily_root(database: Database, settings: Settings, now: datetime) -> RootFile | None:
    """The root of a new day (UTC), at the first call in it; None when it was taken. A clock set back takes none."""
    with database.reading() as session:
        last = session.scalar(select(func.max(Root.at)))
    if last is not None and last.astimezone(UTC).date() >= now.astimezone(UTC).date():
        return None
    return take_root(database, settings, now=now)


def write_files(database: Database, settings: Settings) -> int:
    """Write the file of every root that LANEDESK_AUDIT_ROOTS does not hold; how many. Files that are there stay."""
    if not settings.audit_roots:
        return 0
    folder = Path(settings.audit_roots)
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir()}
    written = 0
    with database.reading() as session:
        for number in session.scalars(select(Root.number)).all():
            name = f"root-{number:06d}.json"
            if name not in there:
                row = session.get_one(Root, number)
                file = RootFile(row.number, row.body, bytes(row.hash), row.signature)
                (folder / name).write_bytes(file.as_json())
                written += 1
    return written


def _make(session: Session, now: datetime) -> Root:
    last = session.execute(
        select(Root.number, Root.hash).order_by(Root.number.desc()).limit(1)
    ).one_or_none()
    number = last.number + 1 if last else 1
    _add_leaves(session, number)
    count, leaves = leaves_hash(session, number)
    seal = session.execute(
        select(Seal.number, Seal.hash).order_by(Seal.number.desc()).limit(1)
    ).one_or_none()
    body = canonical(
        {
            "number": number,
            "at": now.astimezone(UTC).isoformat(),
            "previous": (bytes(last.hash) if last else START).hex(),
            "seals": {
                "number": seal.number if seal else 0,
                "hash": (bytes(seal.hash) if seal else START).hex(),
            },
            "leaves": {"count": count, "hash": leaves.hex()},
            "archives": archives_hash(session, None),
        }
    )
    return Root(number=number, at=now, body=body, hash=hashlib.sha256(body.encode()).digest())


def _add_leaves(session: Session, number: int) -> None:
    """A leaf for every instance whose chain is longer than at its last leaf."""
    known = select(func.max(Leaf.seq)).where(Leaf.instance_id == process_instance.c.id)
    moved = select(
        process_instance.c.id,
        process_instance.c.history_seq,
        process_instance.c.history_hash,
        literal(number),
    ).where(process_instance.c.history_seq > func.coalesce(known.scalar_subquery(), 0))
    table = Leaf.__table__
    assert isinstance(table, Table)
    session.execute(insert(table).from_select(["instance_id", "seq", "hash", "root_number"], moved))


def leaves_hash(session: Session, number: int) -> tuple[int, bytes]:
    """How many leaves a root has, and the hash over them in the order of their instances."""
    digest, count = hashlib.sha256(), 0
    rows: Any = session.execute(
        select(Leaf.instance_id, Leaf.seq, Leaf.hash)
        .where(Leaf.root_number == number)
        .order_by(Leaf.instance_id, Leaf.seq)
        .execution_options(yield_per=5000)
    )
    for row in rows:
        digest.update(leaf_bytes(row.instance_id, row.seq, bytes(row.hash)))
        count += 1
    return count, digest.digest()


def leaf_bytes(instance_id: UUID, seq: int, hash: bytes) -> bytes:
    """A leaf as it is hashed."""
    return instance_id.bytes + seq.to_bytes(8, "big") + hash


def archives_hash(session: Session, last: int | None) -> dict[str, Any]:
    """The archives up to number `last` (all: None): the number of the last one, and a hash over their files' names."""
    query = select(Archive.id, Archive.file_key).order_by(Archive.id)
    if last is not None:
        query = query.where(Archive.id <= last)
    digest, number = hashlib.sha256(), 0
    for row in session.execute(query):
        digest.update(f"{row.id}:{row.file_key}\n".encode())
        number = row.id
    return {"last": number, "hash": digest.hexdigest()}
