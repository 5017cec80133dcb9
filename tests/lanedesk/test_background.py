"""Long work reaches its own worker, and the scheduler looks after the audit."""

import pytest
from rq import Queue
from sqlalchemy import func, select

from desk.application import Desk
from desk.audit.models import AuditEntry, Root, Seal
from desk.audit.operations import record
from desk.audit.retention import set_rule
from desk.audit.works import ARCHIVE
from desk.background.models import BackgroundJob
from desk.background.operations import QUEUE
from desk.exports.operations import ask
from desk.exports.wanted import Wanted
from engine.actors import SYSTEM
from lanedesk import worker
from lanedesk.scheduler import Scheduler
from lanedesk.wakes import BACKGROUND_SECONDS


@pytest.fixture
def export(desk: Desk) -> BackgroundJob:
    with desk.database.transaction() as session:
        asked = ask(session, Wanted(format="jsonl", source="log"), actor=SYSTEM)
        return session.get_one(BackgroundJob, asked.id)


def test_the_scheduler_wakes_the_worker_that_does_it(
    desk: Desk, export: BackgroundJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    Scheduler(desk).round()
    (waiting,) = Queue(QUEUE, connection=desk.redis).jobs
    assert (waiting.args, waiting.timeout) == ((QUEUE,), BACKGROUND_SECONDS)
    monkeypatch.setattr(worker, "_desk", desk)
    assert worker.drain(QUEUE) == 1
    with desk.reading() as session:
        assert session.get_one(BackgroundJob, export.id).status == "done"


def test_the_scheduler_seals_at_every_round_and_takes_a_root_a_day(desk: Desk) -> None:
    with desk.database.transaction() as session:
        record(session, "setting_changed", actor=SYSTEM, subject="setting:x")
        set_rule(session, "process", 365, actor=SYSTEM)
    scheduler = Scheduler(desk)
    for _ in range(3):
        scheduler.round()
    with desk.reading() as session:
        sealed = session.scalar(select(func.count()).select_from(Seal))
        roots = session.scalar(select(func.count()).select_from(Root))
        entries = session.scalar(select(func.count()).select_from(AuditEntry))
        archiving = session.scalars(select(BackgroundJob.kind)).all()
    assert (sealed, roots, entries) == (1, 1, 2)
    assert archiving == [ARCHIVE], "what is past its time is looked for once a day"
