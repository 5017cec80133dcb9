"""Jobs are done although Redis may forget, workers may die and nobody may have been told."""

import signal
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from desk.application import Desk
from engine.operators import JobRun, Operators, Text
from engine.step import job_row
from engine.tables import job
from engine.timestamps import utc_now
from lanedesk import scheduler as scheduling
from lanedesk import worker
from lanedesk.redis_client import connect_redis
from lanedesk.scheduler import HEARTBEAT, Scheduler
from lanedesk.wakes import Wakes

operators = Operators()
done: list[str] = []


@operators.job(
    "test.note", title=Text("Note", "记录"), help=Text("For tests.", "测试用。"), queue="test"
)
def note(run: JobRun, *, word: str) -> dict[str, Any]:
    """Leaves a word."""
    done.append(word)
    return {}


@pytest.fixture
def noting_desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    done.clear()
    desk.engine.operators.include(operators)
    monkeypatch.setattr(worker, "_desk", desk)
    return desk


def write_job(desk: Desk, word: str, **columns: Any) -> None:
    row = job_row("test.note", {"word": word}, now=utc_now(), key=f"test:{uuid4()}", queue="test")
    with desk.database.transaction() as session:
        session.execute(insert(job), row)
        if columns:
            session.execute(update(job).where(job.c.id == row["id"]).values(columns))


def burst(redis: Redis) -> None:
    """Let an RQ worker do what Redis asks for now. It takes signals to itself, as it had a process alone."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        SimpleWorker([Queue("test", connection=redis)], connection=redis).work(
            burst=True, logging_level="WARNING"
        )
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_a_thousand_wakes_are_one_request(redis: Redis) -> None:
    wakes = Wakes(redis)
    for _ in range(1000):
        wakes.wake("test")
    assert Queue("test", connection=redis).count == 1


def test_a_busy_worker_is_not_asked_over_and_over(redis: Redis) -> None:
    wakes = Wakes(redis)
    for _ in range(5):
        wakes.wake("test")
        redis.delete("lanedesk:asked:test")  # as if its time had run out
    assert Queue("test", connection=redis).count == 1


def test_a_worker_does_all_that_is_due(noting_desk: Desk, redis: Redis) -> None:
    words = [str(n) for n in range(25)]  # more than are claimed at once
    for word in words:
        write_job(noting_desk, word)
    write_job(noting_desk, "later", due_at=utc_now() + timedelta(hours=1))
    Wakes(redis).wake("test")
    burst(redis)
    assert sorted(done, key=int) == words


def test_what_is_written_while_a_worker_drains_asks_anew(noting_desk: Desk, redis: Redis) -> None:
    Wakes(redis).wake("test")
    burst(redis)
    Wakes(redis).wake("test")
    assert Queue("test", connection=redis).count == 1


def test_a_redis_that_lost_everything_loses_no_job(noting_desk: Desk, redis: Redis) -> None:
    write_job(noting_desk, "kept")
    Wakes(redis).wake("test")
    redis.flushall()
    burst(redis)
    assert done == []
    Scheduler(noting_desk).round()
    burst(redis)
    assert done == ["kept"]


def test_a_job_whose_worker_died_is_handed_out_again(noting_desk: Desk, redis: Redis) -> None:
    gone = {
        "status": "running",
        "tries": 1,
        "lease_until": utc_now() - timedelta(seconds=1),
        "lease_token": uuid4(),
    }
    write_job(noting_desk, "again", **gone)
    Scheduler(noting_desk).round()
    burst(redis)
    assert done == ["again"]
    with noting_desk.database.reading() as session:
        assert session.scalars(select(job.c.status)).all() == ["done"]


def test_without_redis_a_wake_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    Wakes(connect_redis("redis://127.0.0.1:1")).wake("test")
    assert "the scheduler will make up for it" in caplog.text


def test_the_scheduler_lives_through_a_database_outage(
    noting_desk: Desk,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = Scheduler(noting_desk)
    real, tries = scheduling.run_due, []

    def broken_twice(engine: Any, database: Any) -> Any:
        assert not redis.get(HEARTBEAT), "whoever cannot work is not alive"
        tries.append(1)
        if len(tries) <= 2:
            raise OperationalError("SELECT", {}, Exception("server closed the connection"))
        loop.stop.set()
        return real(engine, database)

    monkeypatch.setattr(scheduling, "run_due", broken_twice)
    monkeypatch.setattr(loop.stop, "wait", lambda _pause: None)
    loop.run()
    assert len(tries) == 3
    assert caplog.text.count("the scheduler cannot work") == 2
    assert redis.get(HEARTBEAT)
