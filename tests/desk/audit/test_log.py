"""The log: written with what it is about, sealed in order, never changed; and verify says what is not as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from desk.application import Desk
from desk.audit.chain import digest, packed
from desk.audit.models import AuditEntry, Leaf, Root, Seal, Unsealed
from desk.audit.operations import record
from desk.audit.rights import restrict
from desk.audit.roots import daily_root, take_root
from desk.audit.sealing import seal_new, seal_some
from desk.audit.verify import verify
from desk.settings import SettingsError
from engine.actors import SYSTEM
from engine.history import START, chain
from engine.tables import history, process_instance
from engine.timestamps import utc_now
from tests.desk.audit.conftest import LI

TABLES = ("history", "audit_entry", "audit_seal", "audit_root", "audit_leaf")


def faults(desk: Desk, **more: Any) -> list[tuple[str, str]]:
    return [(f.kind, f.place) for f in verify(desk.database, desk.storage, **more).findings]


@contextmanager
def tampering(desk: Desk) -> Iterator[Any]:
    """What somebody does who owns the database: the triggers are gone."""
    with desk.database.transaction() as session:
        if desk.database.is_sqlite:
            names = session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all()
            for name in names:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in TABLES:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield session


def test_an_entry_says_who_what_and_from_where(guarded: Desk) -> None:
    with (
        Flask("test").test_request_context("/", environ_base={"REMOTE_ADDR": "10.1.2.3"}),
        guarded.database.transaction() as session,
    ):
        record(
            session, "setting_changed", actor=LI, subject="setting:mail",
            old={"limit": 5}, new={"limit": 9}, reason="too small",
        )  # fmt: skip
    with guarded.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.actor_ref, entry.address) == (LI.as_json(), "user:7", "10.1.2.3")
    assert (entry.old, entry.new, entry.reason) == ({"limit": 5}, {"limit": 9}, "too small")


def test_an_action_that_nobody_declared_is_refused(guarded: Desk) -> None:
    with guarded.database.transaction() as session, pytest.raises(KeyError, match="no action"):
        record(session, "did_something", actor=LI, subject="user:7")


def test_entries_get_their_place_in_the_chain_once(guarded: Desk, entries: Any) -> None:
    entries(3, seal=False)
    assert verify(guarded.database, guarded.storage).waiting == 3
    assert seal_new(guarded.database) == 3
    assert seal_new(guarded.database) == 0
    entries(2)
    report = verify(guarded.database, guarded.storage)
    assert (report.entries, report.waiting, list(report.findings)) == (5, 0, [])


def test_more_entries_than_one_seal_takes(guarded: Desk, entries: Any) -> None:
    entries(1001)
    with guarded.reading() as session:
        assert session.scalar(select(func.count()).select_from(Seal)) == 2
    assert faults(guarded) == []


@pytest.mark.parametrize("table", TABLES)
def test_the_database_itself_refuses(
    guarded: Desk, entries: Any, process: Callable[..., UUID], table: str
) -> None:
    entries(1)
    process()
    take_root(guarded.database, guarded.settings)
    column = {"history": "event", "audit_entry": "action"}.get(table, "hash")
    value = "'x'" if column != "hash" else ("x'00'" if guarded.database.is_sqlite else "'\\x00'")
    refused = [f"UPDATE {table} SET {column} = {value}", f"DELETE FROM {table}"]
    if not guarded.database.is_sqlite:
        refused.append(f"TRUNCATE {table} CASCADE")
    for statement in refused:
        with (
            pytest.raises(DBAPIError, match="never changed"),
            guarded.database.transaction() as session,
        ):
            session.execute(text(statement))


def test_what_waits_for_its_seal_is_not_written_anew(guarded: Desk, entries: Any) -> None:
    entries(1, seal=False)
    with (
        pytest.raises(DBAPIError, match="never changed"),
        guarded.database.transaction() as session,
    ):
        session.execute(update(Unsealed).values(digest=bytes(32)))


def test_an_altered_entry_is_named(guarded: Desk, entries: Any) -> None:
    entries(10)
    with tampering(guarded) as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 4).values(new={"n": 99}))
    assert faults(guarded) == [("altered", "log entry 4")]


def test_a_removed_entry_is_named(guarded: Desk, entries: Any) -> None:
    entries(10)
    with tampering(guarded) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 10))
    assert faults(guarded) == [("missing", "log entry 10")]


def test_an_inserted_entry_is_named(guarded: Desk, entries: Any) -> None:
    entries(3)
    with guarded.database.transaction() as session:
        session.execute(
            insert(AuditEntry).values(
                at=utc_now(), actor={}, actor_ref="user:1", action="signed_in", subject="user:1",
                old={}, new={},
            )
        )  # fmt: skip
    assert faults(guarded) == [("inserted", "log entry 4")]


def test_swapped_entries_are_both_named(guarded: Desk, entries: Any) -> None:
    entries(5)
    with tampering(guarded) as session:
        for number, other in ((2, 900), (3, 2), (900, 3)):
            session.execute(update(AuditEntry).where(AuditEntry.id == number).values(id=other))
    assert faults(guarded) == [("altered", "log entry 2"), ("altered", "log entry 3")]


def test_an_entry_that_vanished_before_its_seal_is_named(guarded: Desk, entries: Any) -> None:
    entries(2, seal=False)
    with tampering(guarded) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 1))
    assert faults(guarded) == [("missing", "log entry 1")]


def test_an_entry_altered_before_its_seal_is_named_before_and_after(
    guarded: Desk, entries: Any
) -> None:
    entries(3, seal=False)
    with tampering(guarded) as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(new={"n": 99}))
    assert faults(guarded) == [("altered", "log entry 2")]
    assert seal_new(guarded.database) == 3
    assert faults(guarded) == [("altered", "log entry 2")]


def test_whom_an_entry_is_found_by_is_who_did_it(guarded: Desk, entries: Any) -> None:
    entries(3)
    with tampering(guarded) as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(actor_ref="user:9"))
    assert faults(guarded) == [("altered", "log entry 2")]


def test_what_is_said_comes_back_from_the_database_as_it_was_digested(guarded: Desk) -> None:
    with guarded.database.transaction() as session:
        record(
            session, "setting_changed", actor=LI, subject="setting:x", reason="“为\x00什么”\ud800 🖨",
            old={"z": 1.0, "a": -0.5, "e": 1e-7, "big": 2**53, "none": None},
            new={"n": Decimal("12.50"), "at": utc_now(), "list": [1, {"ü": "é"}], "": ""},
        )  # fmt: skip
    assert faults(guarded) == []
    seal_new(guarded.database)
    assert faults(guarded) == []


def test_an_altered_removed_or_cut_seal_is_named(guarded: Desk, entries: Any) -> None:
    for _ in range(4):
        entries(2)
    with tampering(guarded) as session:
        session.execute(update(Seal).where(Seal.number == 2).values(entries=packed([(3, b"")])))
        session.execute(delete(Seal).where(Seal.number == 4))
    assert faults(guarded) == [
        ("altered", "seal 2"),
        ("altered", "log entry 3"),
        ("inserted", "log entry 4"),
        ("inserted", "log entry 7"),
        ("inserted", "log entry 8"),
    ]


def test_a_log_sealed_anew_disagrees_with_its_root(guarded: Desk, entries: Any) -> None:
    entries(5)
    take_root(guarded.database, guarded.settings)
    with tampering(guarded) as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 4).values(new={"n": 99}))
        session.execute(delete(Seal))
        for entry in session.scalars(select(AuditEntry)).all():
            session.add(Unsealed(entry_id=entry.id, digest=digest(entry)))
        session.flush()
        seal_some(session, utc_now())
    assert faults(guarded) == [("rewritten", "seal 1")]


def test_a_history_written_anew_disagrees_with_its_root(
    guarded: Desk, process: Callable[..., UUID]
) -> None:
    instance, other = process(), process()
    take_root(guarded.database, guarded.settings)
    with tampering(guarded) as session:
        session.execute(
            update(history).where(history.c.instance_id == instance, history.c.seq == 2)
            .values(data={"set": {"n": 99}})
        )  # fmt: skip
        previous = START
        rows = session.execute(
            select(history).where(history.c.instance_id == instance).order_by(history.c.seq)
        ).all()
        for row in rows:
            previous = chain(previous, row._mapping)
            session.execute(
                update(history)
                .where(history.c.instance_id == instance, history.c.seq == row.seq)
                .values(hash=previous)
            )
        session.execute(
            update(process_instance).where(process_instance.c.id == instance)
            .values(history_hash=previous)
        )  # fmt: skip
        session.execute(delete(history).where(history.c.instance_id == other))
        session.execute(delete(process_instance).where(process_instance.c.id == other))
    assert sorted(faults(guarded)) == sorted(
        [("rewritten", f"history {instance} row 5"), ("missing", f"history {other} row 5")]
    )


def test_faults_of_a_history_are_named(guarded: Desk, process: Callable[..., UUID]) -> None:
    altered, removed, cut, longer, empty = (process(rows=5) for _ in range(5))
    process(rows=2)
    with tampering(guarded) as session:
        session.execute(
            update(history).where(history.c.instance_id == altered, history.c.seq == 3)
            .values(actor={"kind": "user", "id": 8, "name": "Han"})
        )  # fmt: skip
        session.execute(delete(history).where(history.c.instance_id == removed, history.c.seq == 2))
        session.execute(delete(history).where(history.c.instance_id == cut, history.c.seq > 3))
        row = dict(
            session.execute(
                select(history).where(history.c.instance_id == longer, history.c.seq == 5)
            ).one()._mapping
        )  # fmt: skip
        row["seq"] = 6
        row["hash"] = chain(row["hash"], row)
        session.execute(insert(history).values(row))
        session.execute(delete(history).where(history.c.instance_id == empty))
    assert sorted(faults(guarded)) == sorted(
        [
            ("altered", f"history {altered} row 3"),
            ("missing", f"history {removed} row 2"),
            ("truncated", f"history {cut} row 4 to 5"),
            ("inserted", f"history {longer} row 6 to 6"),
            ("truncated", f"history {empty} row 1 to 5"),
        ]
    )


def test_several_processes_find_the_same(guarded: Desk, process: Callable[..., UUID]) -> None:
    instances = [process(rows=3) for _ in range(20)]
    with tampering(guarded) as session:
        session.execute(
            update(history).where(history.c.instance_id == instances[7], history.c.seq == 2)
            .values(event="cancelled")
        )  # fmt: skip
    report = verify(guarded.database, guarded.storage, processes=2)
    assert report.rows == 60
    assert [(f.kind, f.place) for f in report.findings] == [
        ("altered", f"history {instances[7]} row 2")
    ]


def test_roots_follow_each_other_and_name_what_moved(
    guarded: Desk, process: Callable[..., UUID], entries: Any
) -> None:
    process()
    take_root(guarded.database, guarded.settings)
    process()
    entries(2)
    take_root(guarded.database, guarded.settings)
    with guarded.reading() as session:
        assert session.scalars(select(Leaf.root_number).order_by(Leaf.root_number)).all() == [1, 2]
    assert faults(guarded) == []
    with tampering(guarded) as session:
        session.execute(update(Root).where(Root.number == 1).values(body="{}"))
        session.execute(delete(Leaf).where(Leaf.root_number == 2))
    assert faults(guarded) == [("altered", "root 1"), ("rewritten", "root 2 leaves")]


def test_one_root_a_day_whatever_the_clock_does(guarded: Desk) -> None:
    now = utc_now()
    assert daily_root(guarded.database, guarded.settings, now) is not None
    assert daily_root(guarded.database, guarded.settings, now) is None
    assert daily_root(guarded.database, guarded.settings, now - timedelta(days=3)) is None
    assert daily_root(guarded.database, guarded.settings, now + timedelta(days=1)) is not None


def test_a_clock_that_jumps_back_is_no_fault(guarded: Desk, process: Callable[..., UUID]) -> None:
    now = utc_now()
    for at in (now, now - timedelta(days=400), now + timedelta(hours=1)):
        with guarded.database.transaction() as session:
            entry = AuditEntry(
                at=at, actor=LI.as_json(), actor_ref="user:7", action="signed_in",
                subject="user:7", old={}, new={},
            )  # fmt: skip
            session.add(entry)
            session.flush()
            session.add(Unsealed(entry_id=entry.id, digest=digest(entry)))
        with guarded.database.transaction() as session:
            assert seal_some(session, at) == 1
        process(ended=at)
    assert faults(guarded) == []


def test_signed_roots_kept_elsewhere(
    guarded: Desk, process: Callable[..., UUID], tmp_path: Path
) -> None:
    from dataclasses import replace

    private = Ed25519PrivateKey.generate()
    pem = tmp_path / "key.pem"
    pem.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    folder = tmp_path / "elsewhere"
    settings = replace(guarded.settings, audit_key=str(pem), audit_roots=str(folder))
    instance = process()
    take_root(guarded.database, settings)
    take_root(guarded.database, settings)
    assert sorted(p.name for p in folder.iterdir()) == ["root-000001.json", "root-000002.json"]
    known = {"roots": folder, "public_key": private.public_key()}
    assert faults(guarded, **known) == []
    assert ("signature", "root 1") in faults(
        guarded, public_key=Ed25519PrivateKey.generate().public_key()
    )
    # somebody who owns the database writes everything anew, the roots too
    with tampering(guarded) as session:
        session.execute(delete(Leaf))
        session.execute(delete(Root))
        session.execute(delete(history).where(history.c.instance_id == instance))
        session.execute(delete(process_instance))
    take_root(guarded.database, guarded.settings)
    assert faults(guarded) == [], "by itself the database agrees with itself"
    assert faults(guarded, roots=folder) == [("rewritten", "root 1"), ("missing", "root 2")]


def test_a_key_that_cannot_be_read_is_said(guarded: Desk, tmp_path: Path) -> None:
    from dataclasses import replace

    (tmp_path / "bad.pem").write_text("no key")
    settings = replace(guarded.settings, audit_key=str(tmp_path / "bad.pem"))
    with pytest.raises(SettingsError, match="LANEDESK_AUDIT_KEY"):
        take_root(guarded.database, settings)


def test_rolled_back_work_leaves_no_entry(guarded: Desk) -> None:
    def fail() -> None:
        with guarded.database.transaction() as session:
            record(session, "setting_changed", actor=SYSTEM, subject="setting:x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with guarded.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_role_without_rights(guarded: Desk, process: Callable[..., UUID]) -> None:
    if guarded.database.is_sqlite:
        with (
            pytest.raises(ValueError, match="only PostgreSQL"),
            guarded.database.transaction() as session,
        ):
            restrict(session, "bob")
        return
    process()
    with guarded.database.transaction() as session:
        session.execute(text("DROP ROLE IF EXISTS lanedesk_app"))
        session.execute(text("CREATE ROLE lanedesk_app"))
        assert "history" in restrict(session, "lanedesk_app")
    with guarded.database.transaction() as session:
        session.execute(text("SET LOCAL ROLE lanedesk_app"))
        record(session, "setting_changed", actor=LI, subject="setting:x")
    for statement in ("DELETE FROM history", "UPDATE audit_entry SET action = 'x'"):
        with guarded.database.transaction() as session:
            session.execute(text("SET LOCAL ROLE lanedesk_app"))
            with pytest.raises(DBAPIError, match="permission denied"):
                session.execute(text(statement))
            session.rollback()
    with guarded.database.transaction() as session:
        session.execute(text("DROP OWNED BY lanedesk_app"))
        session.execute(text("DROP ROLE lanedesk_app"))
