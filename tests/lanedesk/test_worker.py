"""How many jobs a worker has in hand at a time, and when it lets go."""

import multiprocessing
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import insert, select

from desk.application import Desk
from engine.operators import JobRun, Operators, Text
from engine.step import job_row
from engine.tables import job
from engine.timestamps import utc_now
from lanedesk import worker
from lanedesk.worker import AT_ONCE, SecondHandDied, do_due

SECONDS = 30.0
TESTS = os.getpid()


class Hands:
    """An operator whose first job, and the first that a second process gets, wait for each other."""

    def __init__(self, meeting: int, folder: Path, *, deadly: bool = False) -> None:
        self.meeting = multiprocessing.get_context("fork").Barrier(meeting)
        self.folder, self.deadly = folder, deadly

    def operators(self) -> Operators:
        operators = Operators()
        words = Text("test", "测试")

        @operators.job("test.hands", title=words, help=words, tries=1)
        def hands(run: JobRun, *, number: int) -> dict[str, Any]:
            (self.folder / f"{os.getpid()}").touch()
            if number in (0, AT_ONCE):
                self.meeting.wait(SECONDS)
                if self.deadly and os.getpid() != TESTS:
                    os._exit(1)
            return {}

        return operators

    @property
    def processes(self) -> int:
        """How many have done some of it."""
        return len(list(self.folder.iterdir()))


def write_jobs(desk: Desk, queue: str, count: int) -> None:
    with desk.database.transaction() as session:
        for number in range(count):
            key = f"test:{uuid4()}"
            row = job_row("test.hands", {"number": number}, now=utc_now(), key=key, queue=queue)
            session.execute(insert(job), row)


def statuses(desk: Desk) -> set[str]:
    with desk.database.reading() as session:
        return set(session.scalars(select(job.c.status)))


@pytest.mark.parametrize("queue", ["mail", "print"])
def test_two_mails_are_in_hand_at_a_time_on_postgresql(
    desk: Desk, queue: str, tmp_path: Path
) -> None:
    count = 2 if queue == "mail" and not desk.database.is_sqlite else 1
    hands = Hands(count, tmp_path)
    desk.engine.operators.include(hands.operators())
    write_jobs(desk, queue, AT_ONCE + 3)
    assert do_due(desk, queue, time.monotonic() + SECONDS) == AT_ONCE + 3
    assert hands.processes == count
    assert statuses(desk) == {"done"}, "it has let go of none when it says that it is done"


def test_few_mails_need_no_second_process(desk: Desk, tmp_path: Path) -> None:
    hands = Hands(1, tmp_path)
    desk.engine.operators.include(hands.operators())
    write_jobs(desk, "mail", AT_ONCE)
    assert do_due(desk, "mail", time.monotonic() + SECONDS) == AT_ONCE
    assert hands.processes == 1


def test_a_second_process_that_dies_is_said_and_its_jobs_stay_claimed(
    desk: Desk, tmp_path: Path
) -> None:
    alone = desk.database.is_sqlite
    desk.engine.operators.include(Hands(1 if alone else 2, tmp_path, deadly=True).operators())
    write_jobs(desk, "mail", AT_ONCE + 3)
    with nullcontext() if alone else pytest.raises(SecondHandDied):
        do_due(desk, "mail", time.monotonic() + SECONDS)
    assert statuses(desk) == ({"done"} if alone else {"done", "running"})


def test_what_is_left_when_the_time_is_over_is_asked_for_anew(
    desk: Desk, redis: Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk.engine.operators.include(Hands(1, tmp_path).operators())
    write_jobs(desk, "mail", 3)
    monkeypatch.setattr(worker, "_desk", desk)
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    assert worker.drain("mail") == 0
    assert statuses(desk) == {"waiting"}
    assert Queue("mail", connection=redis).count == 1
