"""`lanedesk audit verify`: is everything there, unchanged, in its place? Says which row, link, root or file is not."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from desk.audit import signing
from desk.audit.archives import verify_archive
from desk.audit.chain import AT_ONCE, START, digest, seal_hash, unpacked
from desk.audit.findings import Finding, Report
from desk.audit.models import (
    Archive,
    ArchivedChain,
    ArchivedEntry,
    AuditEntry,
    Leaf,
    Root,
    Seal,
    Unsealed,
)
from desk.audit.roots import RootFile, archives_hash, leaves_hash
from desk.audit.snapshot import snapshot
from desk.audit.verify_history import verify_history
from desk.storage import FileMissing, Storage
from engine.actors import Actor
from engine.database import Database
from engine.tables import history, process_instance


def verify(
    database: Database,
    storage: Storage,
    *,
    processes: int | None = None,
    roots: Path | None = None,
    public_key: Ed25519PublicKey | None = None,
) -> Report:
    """Check histories, log, archives and roots.

    `roots`: a folder of root files kept elsewhere, which the table must agree with. `public_key`: every root must be
    signed with it. Changes nothing; may run beside the desk at work.
    """
    started = time.monotonic()
    rows, findings = verify_history(database, processes=processes)
    with snapshot(database) as session:
        waiting = {
            row.entry_id: bytes(row.digest)
            for row in session.execute(select(Unsealed.entry_id, Unsealed.digest))
        }
        entries = 0
        for finding in _log(session, waiting):
            if isinstance(finding, Finding):
                findings.append(finding)
            else:
                entries += finding
        archives = 0
        for archive in session.scalars(select(Archive).order_by(Archive.id)):
            archives += 1
            findings += _archive(session, storage, archive)
        findings += _untold_prunes(session)
        checked = list(session.scalars(select(Root).order_by(Root.number)))
        findings += _roots(session, checked, roots, public_key)
        findings += _against_roots(session)
    return Report(
        rows, entries, archives, len(checked), len(waiting), time.monotonic() - started, findings
    )


def _log(session: Session, waiting: dict[int, bytes]) -> Iterator[Finding | int]:
    """The seals in their order and the entries under them; yields faults and how many entries were looked at.

    `waiting`: numbers and digests of the entries that wait for their seal.
    """
    highest = session.scalar(select(func.max(AuditEntry.id))) or 0
    sealed = bytearray(highest + 1)  # which numbers a seal names; ten million are ten megabytes
    expected, previous = 1, START
    for seal in session.scalars(select(Seal).order_by(Seal.number).execution_options(yield_per=50)):
        if seal.number != expected:
            more = f" to {seal.number - 1}" if seal.number > expected + 1 else ""
            yield Finding("missing", f"seal {expected}{more}")
        elif seal_hash(previous, seal.number, seal.at, seal.entries) != bytes(seal.hash):
            yield Finding("altered", f"seal {seal.number}")
        expected, previous = seal.number + 1, bytes(seal.hash)
        try:
            items = list(unpacked(seal.entries))
        except ValueError as error:
            yield Finding("altered", f"seal {seal.number}", str(error))
            continue
        yield from _under_seal(session, items)
        yield len(items)
        for number, _ in items:
            if 0 < number <= highest:
                sealed[number] = 1
    for number in session.scalars(select(AuditEntry.id).execution_options(yield_per=20_000)):
        if not (0 < number <= highest and sealed[number]) and number not in waiting:
            yield Finding("inserted", f"log entry {number}", "no seal knows it")
    yield from _under_seal(session, sorted(waiting.items()))


def _under_seal(session: Session, items: list[tuple[int, bytes]]) -> Iterator[Finding]:
    found: dict[int, Any] = {}
    archived: set[int] = set()
    numbers = [number for number, _ in items]
    for start in range(0, len(numbers), AT_ONCE):
        part = numbers[start : start + AT_ONCE]
        found |= {
            row.id: row
            for row in session.execute(
                select(*AuditEntry.__table__.columns).where(AuditEntry.id.in_(part))
            )
        }
        if any(number not in found for number in part):
            archived |= set(
                session.scalars(
                    select(ArchivedEntry.entry_id).where(ArchivedEntry.entry_id.in_(part))
                )
            )
    for number, known in items:
        row = found.get(number)
        if row is None:
            if number not in archived:
                yield Finding("missing", f"log entry {number}")
        elif digest(row) != known or Actor.from_json(row.actor).reference != row.actor_ref:
            yield Finding("altered", f"log entry {number}", f"{row.action} {row.subject}")


def _archive(session: Session, storage: Storage, archive: Archive) -> Iterator[Finding]:
    """The file by itself, then against what the tables say it holds."""
    place = f"archive {archive.id} ({archive.file_key[:12]}…)"
    try:
        stream = storage.open(archive.file_key)
    except FileMissing:
        yield Finding("missing", place)
        return
    with stream:
        content = verify_archive(stream)
    for finding in content.findings:
        yield Finding(finding.kind, f"{place} {finding.place}", finding.detail)
    if content.findings:
        return
    if content.rows != archive.rows:
        yield Finding("altered", place, f"{content.rows} rows, not {archive.rows}")
    for row in session.execute(
        select(ArchivedChain.instance_id, ArchivedChain.seq, ArchivedChain.hash).where(
            ArchivedChain.archive_id == archive.id
        )
    ):
        if content.chains.get(str(row.instance_id)) != (row.seq, bytes(row.hash)):
            yield Finding("altered", f"{place} chain {row.instance_id}")
    for number in session.scalars(
        select(ArchivedEntry.entry_id).where(ArchivedEntry.archive_id == archive.id)
    ):
        if number not in content.entries:
            yield Finding("missing", f"{place} log entry {number}")


def _untold_prunes(session: Session) -> Iterator[Finding]:
    """What was pruned in the name of an archive that is not there."""
    known = select(Archive.id)
    for row in session.scalars(
        select(ArchivedChain.instance_id).where(ArchivedChain.archive_id.not_in(known))
    ):
        yield Finding("missing", f"history {row}", "pruned in the name of an archive that is none")
    for number in session.scalars(
        select(ArchivedEntry.entry_id).where(ArchivedEntry.archive_id.not_in(known))
    ):
        yield Finding(
            "missing", f"log entry {number}", "pruned in the name of an archive that is none"
        )


def _roots(
    session: Session, roots: list[Root], folder: Path | None, key: Ed25519PublicKey | None
) -> Iterator[Finding]:
    expected, previous = 1, START
    for root in roots:
        place = f"root {root.number}"
        if root.number != expected:
            yield Finding("missing", f"root {expected}")
        body = _body(root)
        if body is None or hashlib.sha256(root.body.encode()).digest() != bytes(root.hash):
            yield Finding("altered", place)
        else:
            yield from _root(session, root, body, previous if root.number == expected else None)
        if key is not None and not signing.is_signed(key, root.signature, root.body.encode()):
            yield Finding("signature", place)
        expected, previous = root.number + 1, bytes(root.hash)
    if folder is not None:
        yield from _elsewhere({root.number: bytes(root.hash) for root in roots}, folder)


def _body(root: Root) -> dict[str, Any] | None:
    try:
        body = orjson.loads(root.body)
    except ValueError:
        return None
    keys = {"number", "at", "previous", "seals", "leaves", "archives"}
    return body if isinstance(body, dict) and body.keys() >= keys else None


def _root(
    session: Session, root: Root, body: dict[str, Any], previous: bytes | None
) -> Iterator[Finding]:
    """What the root says, against the tables as they are now."""
    place = f"root {root.number}"
    if body["number"] != root.number or (
        previous is not None and body["previous"] != previous.hex()
    ):
        yield Finding("altered", place, "it does not follow from the root before")
    count, leaves = leaves_hash(session, root.number)
    if (count, leaves.hex()) != (body["leaves"]["count"], body["leaves"]["hash"]):
        yield Finding("rewritten", f"{place} leaves", f"{count}, not {body['leaves']['count']}")
    sealed = body["seals"]["number"]
    if sealed:
        now = session.scalar(select(Seal.hash).where(Seal.number == sealed))
        if now is None or bytes(now).hex() != body["seals"]["hash"]:
            yield Finding("rewritten", f"seal {sealed}", place)
    if archives_hash(session, body["archives"]["last"]) != body["archives"]:
        yield Finding("rewritten", "the list of archives", place)


def _elsewhere(known: dict[int, bytes], folder: Path) -> Iterator[Finding]:
    """The root files in a folder, against the table."""
    for path in sorted(folder.glob("root-*.json")):
        try:
            file = RootFile.read(path.read_bytes())
        except ValueError as error:
            yield Finding("altered", f"root file {path.name}", str(error))
            continue
        if hashlib.sha256(file.body.encode()).digest() != file.hash:
            yield Finding("altered", f"root file {path.name}")
        elif file.number not in known:
            yield Finding("missing", f"root {file.number}", f"{path.name} has it")
        elif known[file.number] != file.hash:
            yield Finding("rewritten", f"root {file.number}", f"{path.name} has another")


def _against_roots(session: Session) -> Iterator[Finding]:
    """Every leaf must be found in its instance's history, or in what is known of its archive."""
    rows = session.execute(
        select(
            Leaf.instance_id, Leaf.seq, Leaf.root_number, history.c.hash.label("row"),
            process_instance.c.id.label("instance"),
        )
        .outerjoin(
            history, and_(history.c.instance_id == Leaf.instance_id, history.c.seq == Leaf.seq)
        )
        .outerjoin(ArchivedChain, ArchivedChain.instance_id == Leaf.instance_id)
        .outerjoin(process_instance, process_instance.c.id == Leaf.instance_id)
        .where(
            ArchivedChain.instance_id.is_(None) | (ArchivedChain.seq < Leaf.seq)
            | ((ArchivedChain.seq == Leaf.seq) & (ArchivedChain.hash != Leaf.hash)),
            or_(history.c.hash.is_(None), history.c.hash != Leaf.hash),
        )
        .order_by(Leaf.instance_id, Leaf.seq)
        .execution_options(yield_per=1000)
    )  # fmt: skip
    for row in rows:
        kind = "missing" if row.instance is None else "rewritten"
        yield Finding(kind, f"history {row.instance_id} row {row.seq}", f"root {row.root_number}")
