"""Retention: rows past their time go into an archive that verifies on its own, and only then out of the table.

A rule says for how many days the history of ended processes (`process:<key>`, or `process` for all others), entries
of the log (`subject:<kind>`, or `subject`) or former values of data stores (`store:<id>`, or `store`) stay in the
database. What no rule names stays for ever. The archives stay
in the storage; who deletes one deletes history, and `audit verify` says so.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from desk.audit import signing
from desk.audit.archives import verify_archive, write_archive
from desk.audit.chain import digest
from desk.audit.models import (
    Archive,
    ArchivedChain,
    ArchivedEntry,
    AuditEntry,
    RetentionRule,
    Unsealed,
)
from desk.audit.operations import record
from desk.settings import Settings
from desk.storage import Storage
from engine.actors import Actor
from engine.bpmn.state import load_value
from engine.database import Database
from engine.history import plain
from engine.tables import (
    data_store,
    data_store_change,
    history,
    process_instance,
    process_version,
)

AT_ONCE = 2000  # instances, or 20,000 entries, of one archive
ENTRIES_AT_ONCE = 20_000
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Archived:
    """What one run put away: how many archives, chains of instances, and rows in all."""

    archives: int = 0
    chains: int = 0
    rows: int = 0

    def __add__(self, other: "Archived") -> "Archived":
        return Archived(
            self.archives + other.archives, self.chains + other.chains, self.rows + other.rows
        )


class ArchiveBroken(Exception):
    """The file that was just written does not verify; nothing was deleted."""


def rules(session: Session) -> dict[str, int]:
    """Scope → days, of the rules in force."""
    return {
        rule.scope: rule.days
        for rule in session.scalars(select(RetentionRule).where(RetentionRule.active.is_(True)))
    }


def set_rule(session: Session, scope: str, days: int | None, *, actor: Actor) -> None:
    """Keep rows of a scope for `days`, or for ever (None). Side effect: an entry in the log.

    Raises ValueError for a scope that is none, or less than a day.
    """
    kind = scope.partition(":")[0]
    if kind not in _ARCHIVERS or scope.endswith(":"):
        known = ", ".join(f"{kind}, {kind}:<{name}>" for kind, (_, name) in _ARCHIVERS.items())
        raise ValueError(f"{scope!r} is none of {known}")
    if days is not None and days < 1:
        raise ValueError("at least one day")
    rule = session.scalars(select(RetentionRule).where(RetentionRule.scope == scope)).one_or_none()
    before = rule.days if rule is not None and rule.active else None
    if before == days:
        return
    if rule is None:
        rule = RetentionRule(scope=scope, days=days)
        session.add(rule)
    rule.active = days is not None
    if days is not None:
        rule.days = days
    record(
        session, "retention_changed", actor=actor, subject=f"retention:{scope}",
        old={"days": before}, new={"days": days},
    )  # fmt: skip


def archive_due(
    database: Database,
    storage: Storage,
    settings: Settings,
    *,
    now: datetime,
    actor: Actor,
    progress: Progress = lambda _rows: None,
) -> Archived:
    """Archive and prune all that is due by the rules; safe to be stopped anywhere and called again.

    Each archive is written, read back and verified, put into the storage, and entered in the tables in the same
    transaction that deletes its rows. Raises ArchiveBroken.
    """
    with database.reading() as session:
        kept = rules(session)
    total = Archived()
    for scope, days in sorted(kept.items(), key=lambda rule: (":" not in rule[0], rule[0])):
        before = now - timedelta(days=days)
        kind, _, name = scope.partition(":")
        others = [s.partition(":")[2] for s in kept if s.startswith(f"{kind}:")]
        one, _ = _ARCHIVERS[kind]
        while True:
            done = one(
                database, storage, settings, before, name, others,
                reason=f"{scope} older than {days} days", actor=actor, now=now,
            )  # fmt: skip
            if done is None:
                break
            total += done
            progress(total.rows)
    return total


def _one_history(
    database: Database, storage: Storage, settings: Settings, before: datetime, key: str,
    others: Sequence[str], *, reason: str, actor: Actor, now: datetime,
) -> Archived | None:  # fmt: skip
    with database.reading() as session:
        due = _due_instances(session, before, key, others)
        if not due:
            return None
        archive = _stored(
            storage, settings, {"kind": "history", "at": now, "reason": reason},
            _history_lines(session, due),
        )  # fmt: skip
        first, last = session.execute(
            select(func.min(history.c.at), func.max(history.c.at)).where(
                history.c.instance_id.in_([row.id for row in due])
            )
        ).one()
    with database.transaction() as session:
        number = _enter(session, "history", archive, now, reason, first, last)
        session.execute(
            insert(ArchivedChain),
            [
                {
                    "instance_id": row.id, "archive_id": number, "seq": row.history_seq,
                    "hash": bytes(row.history_hash),
                }
                for row in due
            ],
        )  # fmt: skip
        session.execute(delete(history).where(history.c.instance_id.in_([row.id for row in due])))
        _note(session, number, archive, reason, actor)
    return Archived(1, len(due), archive.rows)


def _due_instances(
    session: Session, before: datetime, key: str, others: Sequence[str]
) -> Sequence[Any]:
    """Ended before then, of the process or of none of the others, not archived yet."""
    query = (
        select(
            process_instance.c.id, process_instance.c.history_seq, process_instance.c.history_hash,
            process_instance.c.started_at, process_instance.c.ended_at,
            process_instance.c.business_key, process_version.c.key, process_version.c.version,
            process_version.c.name,
        )
        .join(process_version, process_version.c.id == process_instance.c.version_id)
        .where(
            process_instance.c.status.in_(("completed", "cancelled")),
            process_instance.c.ended_at < before,
            process_instance.c.id.not_in(select(ArchivedChain.instance_id)),
            process_version.c.key == key if key else process_version.c.key.not_in(others),
        )
        .order_by(process_instance.c.ended_at)
        .limit(AT_ONCE)
    )  # fmt: skip
    return session.execute(query).all()


def _history_lines(session: Session, due: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for row in due:
        yield {
            "chain": str(row.id), "process": row.key, "version": row.version, "name": row.name,
            "business_key": row.business_key, "started": _iso(row.started_at),
            "ended": _iso(row.ended_at), "seq": row.history_seq,
            "hash": bytes(row.history_hash).hex(),
        }  # fmt: skip
        yield from history_lines(session, row.id)


def history_lines(session: Session, instance_id: UUID) -> Iterator[dict[str, Any]]:
    """The rows of an instance as they are hashed (engine.history.chain), each with its hash."""
    rows = session.execute(
        select(history).where(history.c.instance_id == instance_id).order_by(history.c.seq)
    )
    for row in rows:
        yield {
            "instance": str(row.instance_id), "seq": row.seq, "at": _iso(row.at),
            "actor": row.actor, "event": row.event, "element": row.element_id,
            "token": str(row.token_id) if row.token_id else None, "data": row.data,
            "hash": bytes(row.hash).hex(),
        }  # fmt: skip


def _one_log(
    database: Database, storage: Storage, settings: Settings, before: datetime, kind: str,
    others: Sequence[str], *, reason: str, actor: Actor, now: datetime,
) -> Archived | None:  # fmt: skip
    with database.reading() as session:
        due = _due_entries(session, before, kind, others)
        if not due:
            return None
        archive = _stored(
            storage, settings, {"kind": "log", "at": now, "reason": reason},
            (_entry_line(row) for row in due),
        )  # fmt: skip
    with database.transaction() as session:
        number = _enter(session, "log", archive, now, reason, due[0].at, due[-1].at)
        session.execute(
            insert(ArchivedEntry), [{"entry_id": row.id, "archive_id": number} for row in due]
        )
        low, high = min(row.id for row in due), max(row.id for row in due)
        archived = select(ArchivedEntry.entry_id).where(ArchivedEntry.archive_id == number)
        session.execute(
            delete(AuditEntry)
            .where(AuditEntry.id.between(low, high), AuditEntry.id.in_(archived))
            .execution_options(synchronize_session=False)
        )
        _note(session, number, archive, reason, actor)
    return Archived(1, 0, archive.rows)


def _due_entries(
    session: Session, before: datetime, kind: str, others: Sequence[str]
) -> Sequence[AuditEntry]:
    wanted = (
        [AuditEntry.subject.startswith(f"{kind}:", autoescape=True)]
        if kind
        else [AuditEntry.subject.not_like(f"{other}:%") for other in others]
    )
    return session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.at < before,
            AuditEntry.id.not_in(select(Unsealed.entry_id)),
            # what archives were made of stays: it is the list of what was deleted
            AuditEntry.action != "history_archived",
            *wanted,
        )
        .order_by(AuditEntry.at, AuditEntry.id)
        .limit(ENTRIES_AT_ONCE)
    ).all()


def _entry_line(row: AuditEntry) -> dict[str, Any]:
    return {
        "entry": row.id, "at": _iso(row.at), "actor": row.actor, "address": row.address,
        "action": row.action, "subject": row.subject, "ticket": row.ticket_id, "old": row.old,
        "new": row.new, "reason": row.reason, "digest": digest(row).hex(),
    }  # fmt: skip


def _one_stores(
    database: Database, storage: Storage, settings: Settings, before: datetime, key: str,
    others: Sequence[str], *, reason: str, actor: Actor, now: datetime,
) -> Archived | None:  # fmt: skip
    with database.reading() as session:
        due = _due_values(session, before, key, others)
        if not due:
            return None
        archive = _stored(
            storage, settings, {"kind": "stores", "at": now, "reason": reason},
            (_value_line(row) for row in due),
        )  # fmt: skip
    with database.transaction() as session:
        times = [row.at for row in due]
        number = _enter(session, "stores", archive, now, reason, min(times), max(times))
        table = data_store_change.c
        for store, last in {row.key: row.revision for row in due}.items():
            session.execute(
                delete(data_store_change).where(
                    table.key == store, table.revision <= last, table.at < before
                )
            )
        _note(session, number, archive, reason, actor)
    return Archived(1, 0, archive.rows)


def _due_values(
    session: Session, before: datetime, key: str, others: Sequence[str]
) -> Sequence[Any]:
    """What stores were given before then, the oldest of each first; what one holds now stays."""
    table = data_store_change.c
    query = (
        select(data_store_change)
        .join(data_store, data_store.c.key == table.key)
        .where(
            table.at < before,
            table.revision < data_store.c.revision,
            table.key == key if key else table.key.not_in(others),
        )
        .order_by(table.key, table.revision)
        .limit(ENTRIES_AT_ONCE)
    )
    return session.execute(query).all()


def _value_line(row: Any) -> dict[str, Any]:
    return {
        "store": row.key, "revision": row.revision, "at": _iso(row.at), "actor": row.actor,
        "instance": str(row.instance_id) if row.instance_id else None, "element": row.element_id,
        "value": plain(load_value(row.value)), "reason": row.reason,
    }  # fmt: skip


# By kind of scope: what archives, and what the name after the colon is.
_ARCHIVERS: Final = {
    "process": (_one_history, "key"),
    "subject": (_one_log, "kind"),
    "store": (_one_stores, "id"),
}


@dataclass(frozen=True)
class _File:
    key: str
    size: int
    rows: int


def _stored(
    storage: Storage, settings: Settings, head: Mapping[str, Any], lines: Iterator[dict[str, Any]]
) -> _File:
    key = signing.load_private(settings.audit_key)
    with tempfile.TemporaryFile() as out:
        write_archive(out, {**head, "at": _iso(head["at"])}, lines, key=key)
        content = verify_archive(out)
        if content.findings:
            raise ArchiveBroken(content.findings[0].words())
        size = out.seek(0, 2)
        out.seek(0)
        return _File(storage.put(out, suffix=".gz"), size, content.rows)


def _enter(
    session: Session, kind: str, file: _File, now: datetime, reason: str,
    first: datetime | None, last: datetime | None,
) -> int:  # fmt: skip
    archive = Archive(
        at=now, kind=kind, reason=reason, file_key=file.key, size=file.size, rows=file.rows,
        first_at=first, last_at=last,
    )  # fmt: skip
    session.add(archive)
    session.flush()
    return archive.id


def _note(session: Session, number: int, file: _File, reason: str, actor: Actor) -> None:
    record(
        session, "history_archived", actor=actor, subject=f"archive:{number}",
        new={"rows": file.rows, "file": file.key}, reason=reason,
    )  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
