"""Statements that travel together are done together, in their order, and say what each has changed."""

from uuid import uuid4

from sqlalchemy import bindparam, delete, select, update

from engine.database import Database
from engine.statements import INSERT_JOB, Write, change
from engine.step import job_row
from engine.tables import job
from engine.timestamps import utc_now

RENAME = Write(
    update(job).where(job.c.queue == bindparam("was")).values(queue=bindparam("becomes"))
)
FORGET = Write(delete(job).where(job.c.queue == bindparam("of_queue")))


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
