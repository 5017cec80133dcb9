"""Announcing that something has happened: who wants to hear is found in the transaction, and told by workers after it.

Unlike `engine.message` an announcement never fails because of those who listen, and changes nothing in its own
transaction but one job a listener group: a broken rule cannot undo a person's work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import Actor
from engine.causes import DEPTH_LIMIT, FIRST, START_LIMIT, Cause
from engine.database import Database, is_sqlite
from engine.history import plain
from engine.operators import JobLost
from engine.starts import Asking, holds
from engine.step import job_row, wake
from engine.tables import event_chain, job
from engine.trouble import open_incident

if TYPE_CHECKING:
    from engine.runtime import Engine

OPERATOR = "engine.event"
QUEUE = "engine"


@dataclass(frozen=True)
class Announcement:
    """Something that has happened. `cause` is the step that did it: its chain, and its process."""

    name: str
    payload: Mapping[str, Any]
    actor: Actor
    correlation: str | None
    cause: tuple[Cause, str, str] | None
    engine: "Engine"


def announce(session: Session, announcements: Sequence[Announcement]) -> None:
    """Find who starts with each and write a job for them, and one for instances that may wait for it.

    Start conditions are asked here and now. The events of one transaction are told in their order.
    """
    rows: list[dict[str, Any]] = []
    for one in announcements:
        rows += _jobs(session, one)
    if rows:
        sql.write(session, [(sql.INSERT_JOB, rows)])
        wake(announcements[0].engine, session, QUEUE)


def _jobs(session: Session, told: Announcement) -> list[dict[str, Any]]:
    engine = told.engine
    index = engine.starts.index(session)
    asking = Asking(told.payload, engine.records, session, engine.here, engine.host(session))
    starts = index.promising(told.name, asking)
    common = {
        "name": told.name,
        "payload": plain(told.payload),
        "actor": told.actor.as_json(),
        "correlation": told.correlation,
        "cause": _cause(told).as_json(),
    }
    rows = []
    if told.name in index.awaited:
        rows.append(_row(engine, "engine.message", common | {"starts": False}))
    if starts:
        chosen = [[str(start.version_id), start.element_id, start.process] for start in starts]
        rows.append(_row(engine, OPERATOR, common | {"starts": chosen}))
    return rows


def _cause(told: Announcement) -> Cause:
    """What is told outside of any step begins a chain: its instances are its first link."""
    cause, process, by = told.cause or (FIRST, told.actor.kind, None)
    return cause.then(told.name, process, by)


def _row(engine: "Engine", operator: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return job_row(
        operator, parameters, now=engine.clock(), queue=QUEUE, key=f"{operator}:{uuid4()}"
    )


def tell(engine: "Engine", database: Database, row: Any) -> None:
    """Start what an event starts, one after the other, each in a transaction of its own.

    What has been started is taken off the job in the same transaction, so a worker that dies doubles nothing. One that
    cannot start is tried again by itself and does not hold up those after it.
    """
    parameters = row.parameters
    cause = Cause.from_json(parameters["cause"])
    with database.transaction() as session:
        if not _may_go_on(session, cause, len(parameters["starts"]), engine.clock()):
            _end(session, row, engine)
            return
    starts = list(parameters["starts"])
    alone = len(starts) == 1
    while starts:
        version_id, element_id, process = starts.pop(0)
        left = {**parameters, "starts": starts}
        try:
            with database.transaction() as session:
                _start(engine, session, parameters, cause, UUID(version_id), element_id)
                _left(session, row, left, engine)
        except OperationalError:
            raise  # the database, not the diagram
        except Exception:
            if alone:
                raise
            single = {**parameters, "starts": [[version_id, element_id, process]]}
            with database.transaction() as session:
                _left(session, row, left, engine)
                sql.write(session, [(sql.INSERT_JOB, [_row(engine, OPERATOR, single)])])
                wake(engine, session, QUEUE)


def _start(
    engine: "Engine",
    session: Session,
    parameters: Mapping[str, Any],
    cause: Cause,
    version_id: UUID,
    element_id: str,
) -> None:
    version = engine.library.version(session, version_id)
    _meet_error(engine, session, version.element(element_id).start_condition, parameters)
    engine.begin(
        session, version, parameters["payload"], actor=Actor.from_json(parameters["actor"]),
        start=element_id, cause=cause,
    )  # fmt: skip


def _meet_error(
    engine: "Engine", session: Session, condition: str | None, parameters: Mapping[str, Any]
) -> None:
    """Raise for a condition that cannot be worked out, which `announce` let pass; what it says now does not matter."""
    asking = Asking(
        parameters["payload"], engine.records, session, engine.here, engine.host(session)
    )
    holds(condition.removeprefix("=").strip() if condition else None, asking)


def _left(session: Session, row: Any, parameters: Mapping[str, Any], engine: "Engine") -> None:
    """Note what is still to be started; the job is done with the last."""
    if not parameters["starts"]:
        _end(session, row, engine)
        return
    held = session.execute(
        update(job)
        .where(job.c.id == row.id, job.c.lease_token == row.lease_token, job.c.status == "running")
        .values(parameters=dict(parameters))
    ).rowcount  # type: ignore[attr-defined]
    _check(held, row)


def _end(session: Session, row: Any, engine: "Engine") -> None:
    held = session.execute(
        update(job)
        .where(job.c.id == row.id, job.c.lease_token == row.lease_token, job.c.status == "running")
        .values(status="done", ended_at=engine.clock(), lease_until=None, error=None)
    ).rowcount  # type: ignore[attr-defined]
    _check(held, row)


def _check(held: int, row: Any) -> None:
    if not held:
        raise JobLost(str(row.id))


def _may_go_on(session: Session, cause: Cause, count: int, now: Any) -> bool:
    """Count what a chain starts. False past a limit: the chain is stopped, with one incident however it branches."""
    if cause.depth <= 1:
        return True  # what a person, a customer or a timer has caused directly
    started, stopped = _counted(session, cause, count, now)
    if not stopped and (cause.depth > DEPTH_LIMIT or started > START_LIMIT):
        stop(session, cause, now)
        stopped = True
    return not stopped


def _counted(session: Session, cause: Cause, count: int, now: Any) -> tuple[int, bool]:
    dialect = sqlite if is_sqlite(session) else postgresql
    inserted = dialect.insert(event_chain).values(
        root=cause.root, at=now, started=count, stopped=False
    )
    row = session.execute(
        inserted.on_conflict_do_update(
            index_elements=["root"], set_={"started": event_chain.c.started + count}
        ).returning(event_chain.c.started, event_chain.c.stopped)
    ).one()
    return row.started, row.stopped


def stop(session: Session, cause: Cause, now: Any) -> None:
    """End a chain that would go on for ever: nothing more of it is told, and one incident shows it."""
    if session.scalar(select(event_chain.c.stopped).where(event_chain.c.root == cause.root)):
        return
    _counted(session, cause, 0, now)
    session.execute(
        update(event_chain).where(event_chain.c.root == cause.root).values(stopped=True)
    )
    open_incident(
        session, "loop",
        f"The chain of causes is longer than {DEPTH_LIMIT} events or has started more than "
        f"{START_LIMIT} instances; it was stopped. {cause.words}",
        context={"chain": list(cause.path)}, now=now,
    )  # fmt: skip
