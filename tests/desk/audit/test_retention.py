"""Old rows go into files that verify on their own, and only those rows may leave the tables."""

import gzip
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from desk.application import Desk
from desk.audit import retention
from desk.audit.archives import read_lines, signature_of, verify_archive
from desk.audit.models import Archive, ArchivedChain, AuditEntry
from desk.audit.reading import read_archive
from desk.audit.retention import archive_due, set_rule
from desk.audit.roots import take_root
from desk.audit.sealing import seal_new
from desk.audit.signing import is_signed
from desk.audit.verify import verify
from engine import statements as sql
from engine import store_acts
from engine.actors import SYSTEM
from engine.stores import EMPTY, change_row, written
from engine.tables import data_store, history
from engine.timestamps import utc_now

NOW = utc_now()
LONG_AGO = NOW - timedelta(days=400)
Process = Callable[..., UUID]


def keep(desk: Desk, scope: str, days: int | None) -> None:
    with desk.database.transaction() as session:
        set_rule(session, scope, days, actor=SYSTEM)


def put_away(desk: Desk, **more: Any) -> retention.Archived:
    seal_new(desk.database)
    return archive_due(desk.database, desk.storage, desk.settings, now=NOW, actor=SYSTEM, **more)


def faults(desk: Desk) -> list[tuple[str, str]]:
    seal_new(desk.database)
    return [(f.kind, f.place) for f in verify(desk.database, desk.storage).findings]


def instances(desk: Desk) -> set[UUID]:
    with desk.reading() as session:
        return set(session.scalars(select(history.c.instance_id).distinct()))


def test_what_is_due_goes_and_all_still_verifies(guarded: Desk, process: Process) -> None:
    old, young, running = process(ended=LONG_AGO), process(ended=NOW), process()
    take_root(guarded.database, guarded.settings)
    keep(guarded, "process", 365)
    done = put_away(guarded)
    assert (done.archives, done.chains, done.rows) == (1, 1, 5)
    assert instances(guarded) == {young, running}
    assert faults(guarded) == []
    assert put_away(guarded) == retention.Archived()
    with guarded.reading() as session:
        archive = session.scalars(select(Archive)).one()
        noted = session.scalar(
            select(AuditEntry.reason).where(AuditEntry.action == "history_archived")
        )
    assert noted == "process older than 365 days"
    with guarded.storage.open(archive.file_key) as stream:
        lines = list(read_lines(stream))
        assert [line.get("chain", line.get("seq")) for line in lines[1:]] == [
            str(old), 1, 2, 3, 4, 5,
        ]  # fmt: skip


def test_each_definition_has_its_own_time(guarded: Desk, process: Process) -> None:
    slow = process(key="complaint", ended=LONG_AGO)
    process(key="ticket", ended=LONG_AGO)
    process(key="other", ended=LONG_AGO)
    keep(guarded, "process:complaint", 3650)
    keep(guarded, "process:ticket", 30)
    put_away(guarded)
    assert len(instances(guarded)) == 2
    keep(guarded, "process", 100)
    put_away(guarded)
    assert instances(guarded) == {slow}
    assert faults(guarded) == []


def test_the_log_goes_by_its_subjects(guarded: Desk, entries: Any) -> None:
    entries(3, subject="user:7")
    entries(2, subject="ticket:1")
    keep(guarded, "subject:user", 30)
    seal_new(guarded.database)
    later = NOW + timedelta(days=31)
    done = archive_due(guarded.database, guarded.storage, guarded.settings, now=later, actor=SYSTEM)
    assert done.rows == 3
    with guarded.reading() as session:
        left = set(session.scalars(select(AuditEntry.subject)))
    assert left == {"ticket:1", "retention:subject:user", "archive:1"}
    assert faults(guarded) == []


def test_former_values_of_data_stores_go_and_the_present_one_stays(guarded: Desk) -> None:
    with guarded.database.transaction() as session:
        for key in ("Sites", "Visits"):
            session.execute(
                insert(data_store).values(
                    key=key, name={"en": key, "zh": key}, value=EMPTY, revision=0, at=NOW
                )
            )
            for number in range(3):
                given = change_row(key, number + 1, number * 10, SYSTEM.as_json(), LONG_AGO)
                sql.write(session, written([given | {"reason": "counted"}]))
    keep(guarded, "store", 365)
    keep(guarded, "store:Sites", 3650)
    done = put_away(guarded)
    assert (done.archives, done.chains, done.rows) == (1, 0, 2)
    assert put_away(guarded) == retention.Archived()
    with guarded.reading() as session:
        left = {key: [c.value for c in store_acts.changes(session, key)] for key in ("Sites", "Visits")}
        archive = session.scalars(select(Archive)).one()
    assert left == {"Sites": [20, 10, 0], "Visits": [20]}
    with guarded.storage.open(archive.file_key) as stream, guarded.reading() as session:
        read = read_archive(session, stream, text="counted")
    assert [(line.place, line.values) for line in read.lines] == [
        ("store Visits revision 1", '{"value":0}'), ("store Visits revision 2", '{"value":10}'),
    ]  # fmt: skip
    assert faults(guarded) == []


def test_a_rule_that_is_none_is_refused(guarded: Desk) -> None:
    for scope, days in (("tickets", 5), ("process:", 5), ("process", 0), ("store:", 5)):
        with pytest.raises(ValueError), guarded.database.transaction() as session:
            set_rule(session, scope, days, actor=SYSTEM)


def test_the_door_opens_for_archived_rows_alone(guarded: Desk, process: Process) -> None:
    process(ended=LONG_AGO)
    other = process(ended=NOW)
    keep(guarded, "process", 365)
    put_away(guarded)
    with (
        pytest.raises(DBAPIError, match="never changed"),
        guarded.database.transaction() as session,
    ):
        session.execute(delete(history).where(history.c.instance_id == other))


def test_rows_pruned_under_a_pretext_are_named(guarded: Desk, process: Process) -> None:
    process(ended=LONG_AGO)
    keep(guarded, "process", 365)
    put_away(guarded)
    other = process(ended=NOW)
    with guarded.database.transaction() as session:
        session.execute(
            insert(ArchivedChain).values(instance_id=other, archive_id=1, seq=5, hash=bytes(32))
        )
        session.execute(delete(history).where(history.c.instance_id == other))
    found = faults(guarded)
    assert ("altered", f"history {other} row 5") in found
    assert any(f"chain {other}" in place for _kind, place in found)


def test_a_missing_archive_is_named(guarded: Desk, process: Process) -> None:
    process(ended=LONG_AGO)
    keep(guarded, "process", 365)
    put_away(guarded)
    with guarded.reading() as session:
        key = session.scalars(select(Archive.file_key)).one()
    guarded.storage.delete(key)
    assert faults(guarded) == [("missing", f"archive 1 ({key[:12]}…)")]


def test_a_crash_between_file_and_tables_loses_nothing(
    guarded: Desk, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(ended=LONG_AGO)
    keep(guarded, "process", 365)

    def crash(*_args: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_note", crash)
        with pytest.raises(KeyboardInterrupt):
            put_away(guarded)
    assert len(instances(guarded)) == 1
    assert faults(guarded) == []
    assert put_away(guarded).rows == 5
    assert faults(guarded) == []


def archive_of(desk: Desk, process: Process, count: int = 3) -> bytes:
    for _ in range(count):
        process(rows=4, ended=LONG_AGO, data={"title": "打印机坏了"})
    keep(desk, "process", 365)
    put_away(desk)
    with desk.reading() as session:
        return desk.storage.get(session.scalars(select(Archive.file_key)).one())


def test_any_tool_unpacks_an_archive(guarded: Desk, process: Process) -> None:
    content = archive_of(guarded, process)
    lines = [orjson.loads(line) for line in gzip.decompress(content).splitlines()]
    assert lines[0]["lanedesk"] == "archive"
    assert sum("event" in line for line in lines) == 12


def test_every_single_changed_byte_is_found(guarded: Desk, process: Process) -> None:
    content = archive_of(guarded, process)
    assert verify_archive(io.BytesIO(content)).findings == []
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        found = verify_archive(io.BytesIO(bytes(changed))).findings
        assert found, f"byte {place}"


def test_a_cut_or_lengthened_archive_is_found(guarded: Desk, process: Process) -> None:
    content = archive_of(guarded, process)
    for size in (0, 1, len(content) // 2, len(content) - 1):
        assert verify_archive(io.BytesIO(content[:size])).findings
    assert verify_archive(io.BytesIO(content + b"\0")).findings
    assert verify_archive(io.BytesIO(content + content)).findings


def test_an_archive_is_signed(guarded: Desk, process: Process, tmp_path: Any) -> None:
    private = Ed25519PrivateKey.generate()
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    guarded.settings = replace(guarded.settings, audit_key=str(pem))
    stream = io.BytesIO(archive_of(guarded, process))
    signature, digest = signature_of(stream)
    assert verify_archive(stream).findings == []
    assert is_signed(private.public_key(), signature, digest)
    assert not is_signed(Ed25519PrivateKey.generate().public_key(), signature, digest)


def test_more_chains_than_one_archive_takes(
    guarded: Desk, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _ in range(5):
        process(rows=2, ended=LONG_AGO)
    keep(guarded, "process", 365)
    seen: list[int] = []
    done = put_away(guarded, progress=seen.append)
    assert (done.archives, done.chains, done.rows, seen) == (3, 5, 10, [4, 8, 10])
    with guarded.reading() as session:
        assert session.scalar(select(func.count()).select_from(history)) == 0
    assert faults(guarded) == []
