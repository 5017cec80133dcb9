"""How many jobs a worker has in hand at a time, and when it lets go."""

import threading
import time
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
from lanedesk.worker import AT_ONCE, do_due

SECONDS = 30.0


class Hands:
    """An operator whose first job, and the first that a second hand gets, wait for each other."""

    def __init__(self, meeting: int) -> None:
        self.meeting = threading.Barrier(meeting)
        self.threads: set[str] = set()

    def operators(self) -> Operators:
        operators = Operators()
        words = Text("test", "测试")

        @operators.job("test.hands", title=words, help=words, tries=1)
        def hands(run: JobRun, *, number: int) -> dict[str, Any]:
            self.threads.add(threading.current_thread().name)
            if number in (0, AT_ONCE):
                self.meeting.wait(SECONDS)
            return {}

        return operators


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
def test_two_mails_are_in_hand_at_a_time_on_postgresql(desk: Desk, queue: str) -> None:
    count = 2 if queue == "mail" and not desk.database.is_sqlite else 1
    hands = Hands(meeting=count)
    desk.engine.operators.include(hands.operators())
    write_jobs(desk, queue, AT_ONCE + 3)
    assert do_due(desk, queue, time.monotonic() + SECONDS) == AT_ONCE + 3
    assert len(hands.threads) == count
    assert statuses(desk) == {"done"}, "it has let go of none when it says that it is done"


def test_what_is_left_when_the_time_is_over_is_asked_for_anew(
    desk: Desk, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.engine.operators.include(Hands(1).operators())
    write_jobs(desk, "mail", 3)
    monkeypatch.setattr(worker, "_desk", desk)
    monkeypatch.setattr(worker, "SLICE_SECONDS", 0.0)
    assert worker.drain("mail") == 0
    assert statuses(desk) == {"waiting"}
    assert Queue("mail", connection=redis).count == 1
