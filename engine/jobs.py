"""Jobs: work outside the database, written with the step that wants it, done by a worker after the commit.

A worker claims jobs with a lease. A job that fails, hangs or kills its worker counts a try each time, since tries are
counted when a job is claimed, not when somebody reports; after its last one it is an incident. Jobs that are claimed
together are done in their order, so of those whose lease ran out together the first had begun; the others never did,
and their try counts for the next claim.
"""

import logging
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, case, exists, or_, select, tuple_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import announcing, batches, delivery, store_acts
from engine import statements as sql
from engine.actors import SYSTEM, Actor
from engine.bpmn import state
from engine.bpmn.kinds.activities import ServiceTask
from engine.bpmn.kinds.throwing import throw_error
from engine.bpmn.tokens import UncaughtError
from engine.causes import Cause
from engine.database import Database
from engine.errors import InstanceGone, InstanceSuspended
from engine.operators import BpmnError, JobLost, JobRun, PermanentFailure
from engine.step import DepthExceeded, lock
from engine.tables import job
from engine.trouble import open_incident

if TYPE_CHECKING:
    from engine.runtime import Engine

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
RENEWED_AT = LEASE * 0.9  # a job with less than this before it gets a whole lease when its turn comes
BATCH = 20


def work(engine: "Engine", database: Database, queue: str, *, limit: int | None = None) -> int:
    """Claim and do due jobs of a queue until none is left (or `limit` are done); how many were tried."""
    done = 0
    while limit is None or done < limit:
        claimed = claim(
            engine, database, queue, BATCH if limit is None else min(BATCH, limit - done)
        )
        if not claimed:
            break
        for row in claimed:
            perform(engine, database, row)
            done += 1
    return done


_BESIDE = job.alias()
# Of the jobs that a worker claimed together and has not ended: the one it had begun.
_HAD_BEGUN = ~exists().where(
    _BESIDE.c.lease_token == job.c.lease_token,
    _BESIDE.c.status == "running",
    tuple_(_BESIDE.c.due_at, _BESIDE.c.id) < tuple_(job.c.due_at, job.c.id),
)


def is_more_due(engine: "Engine", database: Database, queue: str, than: int) -> bool:
    """Whether more than that many jobs of the queue wait to be done now."""
    waiting = (
        select(job.c.id)
        .where(job.c.queue == queue, job.c.status == "waiting", job.c.due_at <= engine.clock())
        .offset(than)
        .limit(1)
    )
    with database.reading() as session:
        return session.scalar(waiting) is not None


def claim(engine: "Engine", database: Database, queue: str, count: int) -> list[Any]:
    """Take up to `count` due jobs for LEASE; a job whose last lease ran out on its last try becomes an incident."""
    now = engine.clock()
    with database.transaction() as session:
        due = session.execute(
            select(job.c.id, or_(job.c.status == "waiting", _HAD_BEGUN).label("counts"))
            .where(
                job.c.queue == queue,
                or_(
                    (job.c.status == "waiting") & (job.c.due_at <= now),
                    (job.c.status == "running") & (job.c.lease_until < now),
                ),
            )
            .order_by(job.c.due_at)
            .limit(count)
            .with_for_update(skip_locked=True, of=job)
        ).all()
        if not due:
            return []
        counted = [row.id for row in due if row.counts]
        rows = list(
            session.execute(
                update(job)
                .where(job.c.id.in_([row.id for row in due]))
                .values(
                    status="running",
                    tries=job.c.tries + case((job.c.id.in_(counted), 1), else_=0),
                    lease_until=now + LEASE,
                    lease_token=uuid4(),
                )
                .returning(job)
            )
        )
        ready = []
        for row in sorted(rows, key=lambda r: (r.due_at, r.id)):
            if row.tries > row.max_tries:
                _give_up(engine, session, row, "the worker died or hung on every try", None, now)
            else:
                ready.append(row)
        return ready


def perform(engine: "Engine", database: Database, claimed: Any) -> None:
    """Do one claimed job and write how it ended."""
    row = _with_lease(engine, database, claimed)
    if row is None:
        log.warning("job %s was taken over by another worker", claimed.id)
        return
    try:
        try:
            _do(engine, database, row)
        except BpmnError as error:
            _throw(engine, database, row, error)
    except InstanceSuspended:
        _hold(engine, database, row)
    except DepthExceeded:
        _stop_chain(engine, database, row)
    except JobLost:
        log.warning("job %s was taken over by another worker", row.id)
    except Exception as error:  # noqa: BLE001 - whatever an operator raises ends in a retry or an incident
        _failed(engine, database, row, error)


def _with_lease(engine: "Engine", database: Database, claimed: Any) -> Any:
    """The claimed job with nearly a whole lease before it; None when another worker has it by now."""
    now = engine.clock()
    if claimed.lease_until - now > RENEWED_AT:
        return claimed
    held = {"wanted": claimed.id, "lease": claimed.lease_token, "until": now + LEASE}
    with database.transaction() as session:
        return sql.run(session, _RENEW, held).one_or_none()


def _do(engine: "Engine", database: Database, row: Any) -> None:
    """Do the work of a claimed job, and hand its result on."""
    finished = False

    def finish(session: Session, result: Any) -> None:
        nonlocal finished
        _mark_done(session, row, engine.clock())
        if row.token_id is not None:
            _complete_token(engine, session, row, result)
        finished = True

    if row.operator == batches.OPERATOR:
        batch_id = UUID(row.parameters["batch"])
        batches.run_slice(engine, database, row.id, row.lease_token, batch_id, row.tries)
        return
    if row.operator == announcing.OPERATOR:
        announcing.tell(engine, database, row)
        return
    if row.operator in _INTERNAL:
        with database.transaction() as session:
            _INTERNAL[row.operator](engine, session, row.parameters)
            finish(session, None)
        return
    operator = engine.operators[row.operator]
    run = JobRun(
        database, engine.services, row.idempotency_key, row.tries,
        row.instance_id, row.element_id, finish,
    )  # fmt: skip
    result = operator.function(run, **operator.check_arguments(row.parameters))
    if not finished:
        with database.transaction() as session:
            finish(session, result)


def _mark_done(session: Session, row: Any, now: datetime) -> None:
    held = {"wanted": row.id, "lease": row.lease_token, "now": now}
    if not sql.run(session, _DONE, held).rowcount:
        raise JobLost(str(row.id))


_HELD = update(job).where(
    job.c.id == bindparam("wanted"),
    job.c.lease_token == bindparam("lease"),
    job.c.status == "running",
)
_RENEW = sql.Query(_HELD.values(lease_until=bindparam("until")).returning(job))
_DONE = sql.Query(
    _HELD.values(status="done", ended_at=bindparam("now"), lease_until=None, error=None)
)


def _complete_token(engine: "Engine", session: Session, row: Any, result: Any) -> None:
    """Hand the result to the waiting token; a token that has gone meanwhile needs none."""
    try:
        step = lock(engine, session, row.instance_id, SYSTEM, None)
    except InstanceGone:
        return
    token = step.instance.token(row.token_id)
    if token is None:
        return
    assert isinstance(token.task_spec, ServiceTask)
    step.job_done = token.id
    token.task_spec.take(token, result)
    token.complete()
    step.run()
    step.save()


def _stop_chain(engine: "Engine", database: Database, row: Any) -> None:
    """The event goes no further: trying it again would only go on for ever."""
    with database.transaction() as session:
        _mark_done(session, row, engine.clock())
        announcing.stop(session, Cause.from_json(row.parameters["cause"]), engine.clock())


def _hold(engine: "Engine", database: Database, row: Any) -> None:
    """Its instance was suspended meanwhile: the job waits with it and is done again when it goes on."""
    with database.transaction() as session:
        session.execute(
            update(job)
            .where(job.c.id == row.id, job.c.lease_token == row.lease_token)
            .values(status="held", tries=row.tries - 1, due_at=engine.clock(), lease_until=None)
        )


def _throw(engine: "Engine", database: Database, row: Any, error: BpmnError) -> None:
    """A BPMN error of an operator goes to who catches it in the diagram; what nobody catches is a failure for good."""
    if row.instance_id is None or row.token_id is None:
        raise error
    try:
        with database.transaction() as session:
            _mark_done(session, row, engine.clock())
            step = lock(engine, session, row.instance_id, SYSTEM, None)
            token = step.instance.token(row.token_id)
            if token is not None:
                throw_error(token, error.code, str(error), from_activity=True)
                step.run()
                step.save()
    except (UncaughtError, InstanceGone) as uncaught:
        raise PermanentFailure(str(uncaught)) from error


def _failed(engine: "Engine", database: Database, row: Any, error: Exception) -> None:
    now = engine.clock()
    delay = timedelta(0) if _was_in_the_way(error) else backoff(row.backoff_seconds, row.tries)
    words = f"{type(error).__name__}: {error}"
    log.warning("job %s (%s) failed: %s", row.id, row.operator, words)
    with database.transaction() as session:
        if isinstance(error, PermanentFailure) or row.tries >= row.max_tries:
            _give_up(engine, session, row, words, error, now)
            return
        session.execute(
            update(job)
            .where(job.c.id == row.id, job.c.lease_token == row.lease_token)
            .values(
                status="waiting",
                due_at=now + delay,
                lease_until=None,
                error=words[:4000],
            )
        )


def _was_in_the_way(error: Exception) -> bool:
    """Whether PostgreSQL ended the transaction for another's sake (a deadlock): it can be done again at once."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") == "40P01"


def backoff(seconds: int, tries: int) -> timedelta:
    """Exponential with jitter: seconds × 2^(tries-1), ±20 %, at most a day."""
    return timedelta(seconds=min(86400.0, seconds * 2 ** (tries - 1)) * random.uniform(0.8, 1.2))


def _give_up(
    engine: "Engine",
    session: Session,
    row: Any,
    words: str,
    error: BaseException | None,
    now: datetime,
) -> None:
    changed = session.execute(
        update(job)
        .where(job.c.id == row.id, job.c.lease_token == row.lease_token)
        .values(status="failed", ended_at=now, lease_until=None, error=words[:4000])
    ).rowcount  # type: ignore[attr-defined]
    if changed:
        open_incident(
            session, "job", f"{row.operator}: {words}", error=error,
            instance_id=row.instance_id, job_id=row.id, element_id=row.element_id, now=now,
        )  # fmt: skip
        engine.gave_up(session, row)


def due_queues(session: Session, now: datetime) -> Iterator[str]:
    """Queues with work that nobody may have been told of; the sweeper wakes their workers."""
    return iter(
        session.scalars(
            select(job.c.queue)
            .where(
                or_(
                    (job.c.status == "waiting") & (job.c.due_at <= now),
                    (job.c.status == "running") & (job.c.lease_until < now),
                )
            )
            .distinct()
        )
    )


def _message(engine: "Engine", session: Session, parameters: Mapping[str, Any]) -> None:
    engine.message(
        session,
        parameters["name"],
        parameters["payload"],
        actor=Actor.from_json(parameters["actor"]),
        correlation=parameters["correlation"],
        cause=Cause.from_json(parameters["cause"]),
        starts=parameters.get("starts", True),
    )


def _reconsider(engine: "Engine", session: Session, parameters: Mapping[str, Any]) -> None:
    """Ask the conditions of an instance anew, and the timers that are computed from data."""
    told = parameters.get("cause")
    cause = Cause.from_json(told) if told else None
    try:
        step = lock(engine, session, UUID(parameters["instance"]), SYSTEM, cause)
    except (InstanceGone, InstanceSuspended):
        return  # it has ended, or asks anew when it goes on
    step.instance.conditions_due = True
    step.run()
    # Also what does not hold any more is remembered: it fires when it holds again.
    if step.recorder.rows or state.dump(step.instance) != bytes(step.row.state):
        step.save()


def _signal(engine: "Engine", session: Session, parameters: Mapping[str, Any]) -> None:
    delivery.signal(
        engine,
        session,
        parameters["name"],
        parameters["payload"],
        actor=Actor.from_json(parameters["actor"]),
        cause=Cause.from_json(parameters["cause"]),
        thrower=UUID(parameters["thrower"]),
    )


def _hand_over(engine: "Engine", session: Session, parameters: Mapping[str, Any]) -> None:
    """Deliver a kept message whose delivery has failed."""
    delivery.hand_over(engine, session, UUID(parameters["message"]))


_INTERNAL = {
    "engine.message": _message,
    "engine.signal": _signal,
    "engine.reconsider": _reconsider,
    "engine.stores": store_acts.tell,
    delivery.HAND_OVER: _hand_over,
}
