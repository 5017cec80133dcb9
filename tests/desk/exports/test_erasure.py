"""Archived, exported, erased: nothing of the person is left anywhere, and everything still verifies."""

import gzip
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import select, update

from desk.application import Desk
from desk.audit import erasure
from desk.audit.erasure import erase_contact
from desk.audit.models import Archive
from desk.audit.operations import record
from desk.audit.personal import conceal
from desk.audit.reading import read_archive
from desk.audit.retention import archive_due, set_rule
from desk.audit.roots import take_root
from desk.audit.sealing import seal_new
from desk.audit.verify import verify
from desk.background.models import RUNNING, BackgroundJob
from desk.background.running import Running, work_due
from desk.contacts.models import Contact
from desk.exports import operations, writers
from desk.exports.erasure import erase_exports
from desk.exports.wanted import FORMATS, Wanted
from desk.tickets.models import Ticket
from engine.actors import SYSTEM, Actor
from engine.timestamps import utc_now
from tests.desk.audit.conftest import LI, Processes

NAME, PHONE = "欧阳若兰", "13900001234"
OPEN = [key for key, form in FORMATS.items() if not form.mining]


@pytest.fixture
def customer(guarded: Desk, process: Processes) -> int:
    """A customer with an old ticket and a new one; their values are sealed in the history and in the log."""
    with guarded.database.transaction() as session:
        contact = Contact(name=NAME)
        session.add(contact)
        session.flush()
        number = contact.id
    for place, ended in enumerate((utc_now() - timedelta(days=400), utc_now())):
        instance = _process(guarded, process, number, ended)
        with guarded.database.transaction() as session:
            session.add(
                Ticket(
                    number=f"WN-{place}", title="x", channel="mail", instance_id=instance,
                    contact_id=number, created_by={},
                )
            )  # fmt: skip
    with guarded.database.transaction() as session:
        record(
            session, "contact_changed", actor=LI, subject=f"contact:{number}",
            person=f"contact:{number}", old={"phone": ""}, new={"phone": PHONE},
        )  # fmt: skip
    return number


def _process(desk: Desk, process: Processes, contact: int, ended: Any) -> UUID:
    with desk.database.transaction() as session:
        name = conceal(session, f"contact:{contact}", NAME)
        phone = conceal(session, f"contact:{contact}", PHONE)
    actor = Actor("contact", contact, name)
    return process(rows=4, ended=ended, actor=actor, data={"phone": phone, "n": 1})


def export(desk: Desk, form: str, source: str = "history") -> UUID:
    with desk.database.transaction() as session:
        asked = operations.ask(session, Wanted(format=form, source=source), actor=SYSTEM)
    work_due(desk)
    return asked.id


def content_of(desk: Desk, job_id: UUID) -> str:
    with desk.reading() as session:
        job = session.get_one(BackgroundJob, job_id)
        assert job.status == "done", job.error
    raw = desk.storage.get(job.file_key or "")
    if job.file_name is not None and job.file_name.endswith(".xlsx"):
        with ZipFile(io.BytesIO(raw)) as book:
            raw = b"".join(book.read(name) for name in book.namelist())
    return raw.decode("utf-8", "replace")


def put_away(desk: Desk) -> None:
    with desk.database.transaction() as session:
        set_rule(session, "process", 365, actor=SYSTEM)
        set_rule(session, "subject:contact", 30, actor=SYSTEM)
    seal_new(desk.database)
    later = utc_now() + timedelta(days=31)
    archive_due(desk.database, desk.storage, desk.settings, now=later, actor=SYSTEM)
    take_root(desk.database, desk.settings)


def read_archives(desk: Desk) -> Iterator[str]:
    """What the page says of each archive."""
    with desk.reading() as session:
        for archive in session.scalars(select(Archive).order_by(Archive.id)).all():
            with desk.storage.open(archive.file_key) as stream:
                page = read_archive(session, stream)
            assert page.findings == ()
            yield " ".join(f"{line.who} {line.what} {line.values}" for line in page.lines)


def whole(desk: Desk) -> bool:
    seal_new(desk.database)
    return verify(desk.database, desk.storage).clean


def test_nothing_of_an_erased_customer_is_left(guarded: Desk, customer: int) -> None:
    put_away(guarded)
    assert sum(NAME in said or PHONE in said for said in read_archives(guarded)) == 2
    assert whole(guarded)
    made = [export(guarded, form) for form in FORMATS]
    made.append(export(guarded, "csv", "log"))
    before = {job_id: content_of(guarded, job_id) for job_id in made}
    assert sum(NAME in text for text in before.values()) == len(OPEN), "mining names no customers"
    with guarded.reading() as session:
        keys = set(session.scalars(select(BackgroundJob.file_key)))

    with guarded.database.transaction() as session:
        erase_contact(session, guarded.storage, customer, actor=SYSTEM, reason="their letter")
    assert whole(guarded)
    assert [s for s in read_archives(guarded) if NAME in s or PHONE in s] == []
    with guarded.reading() as session:
        left = {key for key in keys if key is not None and guarded.storage.exists(key)}
        files = [guarded.storage.get(key) for key in session.scalars(select(Archive.file_key))]
    assert len(left) == len(FORMATS) - len(OPEN)
    for raw in [*(guarded.storage.get(key) for key in left), *map(gzip.decompress, files)]:
        assert NAME.encode() not in raw
        assert PHONE.encode() not in raw
    for form in OPEN:
        again = export(guarded, form)
        assert again not in made, "the file that is gone is not offered"
        text = content_of(guarded, again)
        assert NAME not in text
        assert PHONE not in text

    put_away(guarded)
    assert whole(guarded), "archived again after the erasure"


def test_erased_first_archived_then(guarded: Desk, customer: int) -> None:
    with guarded.database.transaction() as session:
        erase_contact(session, guarded.storage, customer, actor=SYSTEM, reason="their letter")
    put_away(guarded)
    assert [s for s in read_archives(guarded) if NAME in s or PHONE in s] == []
    assert whole(guarded)


def test_an_export_under_way_begins_anew(
    guarded: Desk, customer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    def die(_task: Running, _state: Any) -> None:
        raise Killed

    with guarded.database.transaction() as session:
        job_id = operations.ask(session, Wanted(format="csv"), actor=SYSTEM).id
    with monkeypatch.context() as patch:
        patch.setattr(writers, "BATCH", 2)
        patch.setattr(Running, "keep", die)
        with pytest.raises(Killed):
            work_due(guarded)
    with guarded.database.transaction() as session:
        assert session.get_one(BackgroundJob, job_id).status == RUNNING
        erase_contact(session, guarded.storage, customer, actor=SYSTEM, reason="their letter")
    with guarded.database.transaction() as session:
        session.execute(update(BackgroundJob).values(due_at=utc_now()))
    work_due(guarded)
    assert NAME not in content_of(guarded, job_id)


def test_exports_and_prints_are_among_what_is_erased() -> None:
    from printing.erasure import erase_prints

    assert {erase_exports, erase_prints} <= set(erasure.ERASERS)
