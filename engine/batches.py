"""Batches: one act on many instances, done in slices by a worker, each item in a transaction of its own.

The items are rows, and an item is marked as done in the transaction that did it; so what `progress` says is the truth
at any moment, also after a worker was killed. A slice is a job: its lease brings it to another worker when its own has
died. From the second try on an item is marked before it is tried, so that the one that kills workers is found out.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.batch_acts import ACTS, NEEDED, Item
from engine.bpmn.tokens import DiagramError
from engine.database import Database
from engine.errors import (
    InstanceGone,
    InstanceSuspended,
    MigrationRefused,
    NothingToDo,
    Reason,
    StateUnreadable,
    UnknownElement,
)
from engine.history import plain
from engine.step import job_row, wake
from engine.tables import batch, batch_item, job

if TYPE_CHECKING:
    from engine.runtime import Engine

log = logging.getLogger(__name__)

OPERATOR = "engine.batch"
QUEUE = "engine"
SLICE_SECONDS = 10.0  # then other work of the queue has its turn
LOOK = 100  # items read at once


@dataclass(frozen=True)
class Progress:
    """A batch as a page or a program needs it; `todo + done + failed + stopped == total`."""

    id: UUID
    kind: str
    parameters: dict[str, Any]
    actor: Actor
    reason: str
    at: datetime
    ended_at: datetime | None
    stopped_by: Actor | None
    total: int
    todo: int
    done: int
    failed: int
    stopped: int


@dataclass(frozen=True)
class ItemState:
    """How one subject fared. `status`: todo, done, failed (with reasons), stopped."""

    position: int
    subject: UUID
    status: str
    reasons: tuple[Reason, ...]
    at: datetime | None


def create(
    engine: "Engine",
    session: Session,
    kind: str,
    parameters: Mapping[str, Any],
    instance_ids: Iterable[UUID],
    *,
    actor: Actor,
    reason: str,
) -> UUID:
    """Write a batch and the job that begins it; a worker is woken after the commit. Returns the batch's id.

    `kind` and `parameters` (plain values) are those of engine.batch_acts; `instance_ids` are incidents' ids for
    retry_incident and resolve_incident. An id that comes twice counts once. Raises ValueError for an unknown kind,
    missing parameters, no items or an empty reason.
    """
    if kind not in ACTS:
        raise ValueError(f"there is no act {kind!r}")
    if missing := NEEDED.get(kind, frozenset()) - parameters.keys():
        raise ValueError(f"{kind} needs {', '.join(sorted(missing))}")
    subjects = list(dict.fromkeys(instance_ids))
    if not subjects:
        raise ValueError("a batch needs something to work on")
    if not reason.strip():
        raise ValueError("a batch needs a reason")
    batch_id = uuid4()
    session.execute(
        insert(batch),
        {
            "id": batch_id,
            "kind": kind,
            "parameters": plain(parameters),
            "actor": actor.as_json(),
            "reason": reason.strip(),
            "total": len(subjects),
            "at": engine.clock(),
        },
    )
    session.execute(
        insert(batch_item),
        [
            {
                "batch_id": batch_id,
                "position": position,
                "subject_id": subject,
                "status": "todo",
                "reasons": [],
            }
            for position, subject in enumerate(subjects, 1)
        ],
    )
    _enqueue(engine, session, batch_id)
    return batch_id


def progress(session: Session, batch_id: UUID) -> Progress | None:
    """How far a batch is; None when there is none with this id."""
    row = session.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
    if row is None:
        return None
    counted = session.execute(
        select(batch_item.c.status, func.count().label("number"))
        .where(batch_item.c.batch_id == batch_id)
        .group_by(batch_item.c.status)
    )
    counts = {row.status: row.number for row in counted}
    return Progress(
        row.id, row.kind, row.parameters, Actor.from_json(row.actor), row.reason, row.at,
        row.ended_at, Actor.from_json(row.stopped_by) if row.stopped_by else None, row.total,
        counts.get("todo", 0) + counts.get("trying", 0), counts.get("done", 0),
        counts.get("failed", 0), counts.get("stopped", 0),
    )  # fmt: skip


def items(
    session: Session, batch_id: UUID, *, status: str | None = None, after: int = 0, limit: int = 100
) -> list[ItemState]:
    """Items in the order they were given, `limit` of those behind position `after`; of one status where it is named."""
    query = select(batch_item).where(
        batch_item.c.batch_id == batch_id, batch_item.c.position > after
    )
    if status is not None:
        wanted = ("todo", "trying") if status == "todo" else (status,)
        query = query.where(batch_item.c.status.in_(wanted))
    return [
        ItemState(
            row.position, row.subject_id, "todo" if row.status == "trying" else row.status,
            tuple(Reason(**reason) for reason in row.reasons), row.at,
        )
        for row in session.execute(query.order_by(batch_item.c.position).limit(limit))
    ]  # fmt: skip


def stop(engine: "Engine", session: Session, batch_id: UUID, *, actor: Actor) -> bool:
    """Leave undone what is not done yet. False when the batch had ended before."""
    now = engine.clock()
    changed = session.execute(
        update(batch)
        .where(batch.c.id == batch_id, batch.c.ended_at.is_(None))
        .values(ended_at=now, stopped_by=actor.as_json())
    ).rowcount  # type: ignore[attr-defined]
    if not changed:
        return False
    session.execute(
        update(batch_item)
        .where(batch_item.c.batch_id == batch_id, batch_item.c.status.in_(("todo", "trying")))
        .values(status="stopped", at=now)
    )
    return True


def run_slice(engine: "Engine", database: Database, job_id: UUID, lease: UUID, batch_id: UUID,
              attempt: int, seconds: float = SLICE_SECONDS) -> None:  # fmt: skip
    """Do items for `seconds`, then end this job and, where more is to do, write the next one. Called by a worker."""
    if attempt > 1:
        _find_out(engine, database, batch_id)
    until = monotonic() + seconds
    with database.reading() as session:
        found = progress(session, batch_id)
    if found is None:
        raise ValueError(f"there is no batch {batch_id}")
    over = False
    while not over and monotonic() < until:
        with database.reading() as session:
            rows = session.execute(
                select(batch_item.c.position, batch_item.c.subject_id)
                .where(batch_item.c.batch_id == batch_id, batch_item.c.status == "todo")
                .order_by(batch_item.c.position)
                .limit(LOOK)
            ).all()
        over = not rows
        for row in rows:
            if attempt > 1:
                _mark_trying(database, batch_id, row.position)
            _do(engine, database, found, row.position, row.subject_id)
            if monotonic() >= until:
                break
    _end_slice(engine, database, job_id, lease, batch_id, over)


def _do(
    engine: "Engine", database: Database, found: Progress, position: int, subject: UUID
) -> None:
    """One item: its act and its mark in one transaction, or nothing of it and the reasons why."""
    try:
        with database.transaction() as session:
            if _claim(session, found.id, position, "done", [], engine.clock()):
                ACTS[found.kind](
                    Item(engine, session, subject, found.parameters, found.actor, found.reason)
                )
        return
    except OperationalError:
        raise  # the database is away, not the item wrong
    except Exception as error:  # noqa: BLE001 - one item that cannot be done must not hold up the others
        reasons = reasons_of(error)
        log.info("batch %s: item %s failed: %s", found.id, subject, reasons[0].en)
    with database.transaction() as session:
        _claim(session, found.id, position, "failed", reasons, engine.clock())


def reasons_of(error: Exception) -> list[Reason]:
    """Why something could not be done, in words for people."""
    match error:
        case MigrationRefused():
            return error.reasons
        case NothingToDo():
            return [Reason("", error.en, error.zh)]
        case InstanceGone():
            return [Reason("", "The instance has ended.", "实例已结束。")]
        case InstanceSuspended():
            return [Reason("", "The instance is suspended.", "实例已挂起。")]
        case StateUnreadable():
            return [
                Reason(
                    "",
                    "What is kept of this instance cannot be read by this program: nothing was changed.",
                    "本程序无法读取该实例保存的状态，未作任何更改。",
                )
            ]
        case UnknownElement():
            return [Reason("", f"Not possible there: {error}", f"无法操作该位置：{error}")]
        case DiagramError():
            return [
                Reason(error.element_id, f"The diagram: {error.reason}", f"流程：{error.reason}")
            ]
    words = f"{type(error).__name__}: {error}"[:500]
    return [Reason("", words, words)]


def _claim(
    session: Session, batch_id: UUID, position: int, status: str, reasons: list[Reason],
    now: datetime,
) -> bool:  # fmt: skip
    """Mark an item that is still to do; False when another worker or a stop came first."""
    changed: int = session.execute(
        update(batch_item)
        .where(
            batch_item.c.batch_id == batch_id,
            batch_item.c.position == position,
            batch_item.c.status.in_(("todo", "trying")),
        )
        .values(
            status=status,
            reasons=[{"element": r.element, "en": r.en, "zh": r.zh} for r in reasons],
            at=now,
        )
    ).rowcount  # type: ignore[attr-defined]
    return bool(changed)


def _mark_trying(database: Database, batch_id: UUID, position: int) -> None:
    with database.transaction() as session:
        session.execute(
            update(batch_item)
            .where(
                batch_item.c.batch_id == batch_id,
                batch_item.c.position == position,
                batch_item.c.status == "todo",
            )
            .values(status="trying")
        )


def _find_out(engine: "Engine", database: Database, batch_id: UUID) -> None:
    """An item that was being tried when a worker died or hung is not tried for ever."""
    words = Reason(
        "", "The worker died or hung while doing this.", "执行此项时工作进程崩溃或无响应。"
    )
    with database.transaction() as session:
        tried = session.scalars(
            select(batch_item.c.position).where(
                batch_item.c.batch_id == batch_id, batch_item.c.status == "trying"
            )
        ).all()
        for position in tried:
            _claim(session, batch_id, position, "failed", [words], engine.clock())


def _end_slice(
    engine: "Engine", database: Database, job_id: UUID, lease: UUID, batch_id: UUID, over: bool
) -> None:
    now = engine.clock()
    with database.transaction() as session:
        held: int = session.execute(
            update(job)
            .where(job.c.id == job_id, job.c.lease_token == lease, job.c.status == "running")
            .values(status="done", ended_at=now, lease_until=None, error=None)
        ).rowcount  # type: ignore[attr-defined]
        if not held:
            return  # another worker has taken the slice over, and goes on
        if over:
            session.execute(
                update(batch)
                .where(batch.c.id == batch_id, batch.c.ended_at.is_(None))
                .values(ended_at=now)
            )
        else:
            _enqueue(engine, session, batch_id)


def _enqueue(engine: "Engine", session: Session, batch_id: UUID) -> None:
    session.execute(
        insert(job),
        job_row(
            OPERATOR, {"batch": str(batch_id)}, now=engine.clock(), queue=QUEUE,
            key=f"{OPERATOR}:{batch_id}:{uuid4()}",
        ),
    )  # fmt: skip
    wake(engine, session, QUEUE)
