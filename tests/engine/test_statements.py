"""Statements that travel together are done together, in their order, and say what each has changed."""

import sys
from uuid import uuid4

from sqlalchemy import LargeBinary, bindparam, delete, func, select, update

from engine.database import Database
from engine.statements import INSERT_JOB, Query, Write, change, run
from engine.step import job_row
from engine.tables import job
from engine.timestamps import utc_now

RENAME = Write(
    update(job).where(job.c.queue == bindparam("was")).values(queue=bindparam("becomes"))
)
FORGET = Write(delete(job).where(job.c.queue == bindparam("of_queue")))

MEASURE = Query(select(func.length(bindparam("content", type_=LargeBinary)).label("size")))


def new(queue: str) -> dict[str, object]:
    return job_row("test.work", {}, now=utc_now(), key=str(uuid4()), queue=queue)


def queues(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(job.c.queue)))


def test_each_says_how_many_rows_it_has_changed(database: Database) -> None:
    with database.transaction() as session:
        for queue in ("a", "a", "a", "b"):
            change(session, [(INSERT_JOB, new(queue))])
        counts = change(
            session,
            [
                (RENAME, {"was": "a", "becomes": "c"}),
                (FORGET, {"of_queue": "nothing"}),
                (INSERT_JOB, new("d")),
                (FORGET, {"of_queue": "b"}),
            ],
        )
    assert counts == [3, 0, 1, 1]
    assert queues(database) == ["c", "c", "c", "d"]


def test_a_connection_keeps_nothing_of_what_was_sent_and_found(database: Database) -> None:
    content = bytes(1_000_000)
    with database.transaction() as session:
        for _ in range(2):  # the second time with the cursor of the first
            before = sys.getrefcount(content)
            assert run(session, MEASURE, {"content": content}).scalar() == len(content)
            assert sys.getrefcount(content) == before
        for cursor in session.connection().info.get("lanedesk.cursors", {}).values():
            assert cursor.pgresult is None
            assert cursor._tx.pgresult is None
