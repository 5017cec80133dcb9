"""Messages and signals: who waits, what starts, what is kept for later."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import SYSTEM, Actor
from engine.bpmn.kinds.events import KEY_LIMIT, Waiting
from engine.causes import Cause
from engine.database import Database, is_sqlite
from engine.errors import InstanceGone, InstanceSuspended, MessageRefused
from engine.history import plain
from engine.starts import Asking, Start, holds
from engine.step import job_row, lock, wake
from engine.stores import hold
from engine.tables import inbox_message, job, process_instance, subscription

if TYPE_CHECKING:
    from engine.runtime import Engine

log = logging.getLogger(__name__)

HAND_OVER = "engine.kept"  # the job that delivers a kept message whose delivery has failed
SUSPENDED_KEEP = timedelta(days=365)  # how long a message waits for a suspended instance


@dataclass(frozen=True)
class Delivery:
    """What became of an event: instances that took it, instances it started, kept for later, or seen before."""

    instances: tuple[UUID, ...] = ()
    started: tuple[UUID, ...] = ()
    kept: bool = False
    duplicate: bool = False

    @property
    def anywhere(self) -> bool:
        """Whether anybody took it."""
        return bool(self.instances or self.started)


def message(
    engine: "Engine",
    session: Session,
    name: str,
    payload: Mapping[str, Any],
    *,
    actor: Actor,
    correlation: str | None,
    dedupe_key: str | None,
    time_to_live: timedelta,
    cause: Cause,
    starts: bool,
) -> Delivery:
    """Deliver a message.

    Every instance that waits for it with the same key takes it once (its oldest waiting token), and every process whose
    start event names it and whose condition holds starts, unless one of its instances has taken it. All conditions are
    asked before anything starts. For a suspended instance it is kept until that goes on. A message with a dedupe key
    that was seen before does nothing. Raises MessageRefused.
    """
    for what, text in (("name", name), ("key", correlation), ("dedupe key", dedupe_key)):
        if text is not None and len(text) > KEY_LIMIT:
            raise MessageRefused(f"the message's {what} is over {KEY_LIMIT} characters")
    inbox_id = None
    if dedupe_key is not None:
        inbox_id = _first_time(
            engine, session, name, payload, correlation, dedupe_key, time_to_live
        )
        if inbox_id is None:
            return Delivery(duplicate=True)
    found = sql.run(session, _WAITING, {"named": name, "key": correlation})
    waiting = sorted({r.instance_id for r in found if r.correlation == correlation})
    if len(waiting) > 1:
        _hold_all(engine, session, waiting, [])
    taken, processes, kept = [], set(), False
    for instance_id in waiting:
        try:
            version_id = _fire(
                engine, session, instance_id, "message", name, correlation, payload, actor, cause
            )
        except InstanceSuspended:
            _keep(
                engine, session, name, payload, correlation, None, SUSPENDED_KEEP, cause.depth,
                instance_id=instance_id,
            )  # fmt: skip
            processes.add(session.scalar(_VERSION_OF.params(wanted=instance_id)))
            kept = True
            continue
        if version_id is not None:
            taken.append(instance_id)
            processes.add(version_id)
    opened = _matching(engine, session, name, payload) if starts else []
    if starts and not taken and not opened:
        engine.starts.look_again()  # another process of the desk may have deployed it a moment ago
        opened = _matching(engine, session, name, payload)
    if len(opened) > 1:
        _hold_all(engine, session, [], [start.version_id for start in opened])
    started = [
        _start(engine, session, start, payload, actor, cause)
        for start in opened
        if start.version_id not in processes
    ]
    if not taken and not started and not kept and time_to_live:
        kept = True
        if inbox_id is None:
            _keep(engine, session, name, payload, correlation, None, time_to_live, cause.depth)
        else:
            session.execute(
                update(inbox_message).where(inbox_message.c.id == inbox_id).values(status="kept")
            )
    return Delivery(tuple(taken), tuple(started), kept)


def signal(
    engine: "Engine",
    session: Session,
    name: str,
    payload: Mapping[str, Any],
    *,
    actor: Actor,
    cause: Cause,
    thrower: UUID | None = None,
) -> Delivery:
    """Deliver a signal to every instance that waits for it and start every process that starts with it.

    The instance that threw it has had it within the step that threw.
    """
    rows = [
        r
        for r in _subscribers(session, "signal", name, None)
        if thrower is None or r.instance_id != thrower
    ]
    waiting = sorted({r.instance_id for r in rows if r.instance_id is not None})
    if len(rows) > 1:
        _hold_all(engine, session, waiting, [r.version_id for r in rows if r.version_id])
    taken = []
    for instance_id in waiting:
        with suppress(InstanceSuspended):  # a signal is not kept for who cannot hear it now
            if _fire(engine, session, instance_id, "signal", name, None, payload, actor, cause):
                taken.append(instance_id)
    started = [
        _start(engine, session, row, payload, actor, cause)
        for row in rows
        if row.version_id is not None and _condition_holds(engine, session, row, payload)
    ]
    return Delivery(tuple(taken), tuple(started))


def deliver_kept(engine: "Engine", database: Database) -> int:
    """Deliver messages that came before anybody waited for them; how many found somebody now.

    The scheduler does this at every look: a step that begins to wait need not ask for what is rarely there.
    """
    with database.reading() as session:
        rows = session.execute(_KEPT_AND_AWAITED.params(now=engine.clock())).all()
    return sum(_deliver_kept(engine, database, row.id) for row in rows)


def _deliver_kept(engine: "Engine", database: Database, message_id: UUID) -> bool:
    """Whether it found somebody. What cannot take it becomes a job: tried again, in the end an incident."""
    try:
        with database.transaction() as session:
            return hand_over(engine, session, message_id, "kept")
    except OperationalError:
        raise  # the database is away, not the diagram broken: the message stays kept
    except Exception as error:  # noqa: BLE001 - one broken diagram must not hold up messages and timers
        log.warning("kept message %s failed: %s", message_id, error)
        with database.transaction() as session:
            if _taken_up(session, message_id, "kept", "failing") is not None:
                _write_job(engine, session, message_id)
        return False


def _write_job(engine: "Engine", session: Session, message_id: UUID) -> None:
    parameters, key = {"message": str(message_id)}, f"{HAND_OVER}:{message_id}:{uuid4()}"
    row = job_row(HAND_OVER, parameters, now=engine.clock(), key=key)
    session.execute(insert(job), row)
    wake(engine, session, row["queue"])


def hand_over(
    engine: "Engine", session: Session, message_id: UUID, status: str = "failing"
) -> bool:
    """Deliver a kept message to whom it was kept for, or to all that wait for it now; whether anybody took it.

    One that nobody takes is kept on.
    """
    row = _taken_up(session, message_id, status, "delivered")
    if row is None:
        return False
    cause = Cause(str(row.id), row.depth, ("…",) if row.depth else ())
    if row.instance_id is None:
        taken = message(
            engine, session, row.name, row.payload, actor=SYSTEM, correlation=row.correlation,
            dedupe_key=None, time_to_live=timedelta(0), starts=True, cause=cause,
        ).anywhere  # fmt: skip
    else:
        taken = False
        with suppress(InstanceSuspended):
            version_id = _fire(
                engine, session, row.instance_id, "message", row.name, row.correlation, row.payload,
                SYSTEM, cause,
            )  # fmt: skip
            taken = version_id is not None
    if not taken:
        session.execute(
            update(inbox_message).where(inbox_message.c.id == row.id).values(status="kept")
        )
    return taken


def _taken_up(session: Session, message_id: UUID, status: str, afterwards: str) -> Any:
    """The message of that status, which nobody else hands over from now on; None when somebody does."""
    return session.execute(
        update(inbox_message)
        .where(inbox_message.c.id == message_id, inbox_message.c.status == status)
        .values(status=afterwards)
        .returning(inbox_message)
    ).one_or_none()


_KEPT_AND_AWAITED = (
    select(inbox_message)
    .where(
        inbox_message.c.status == "kept",
        inbox_message.c.expires_at > bindparam("now"),
        exists().where(
            subscription.c.kind == "message",
            subscription.c.name == inbox_message.c.name,
            subscription.c.instance_id.is_not(None),
            subscription.c.instance_id == process_instance.c.id,
            process_instance.c.status == "active",
            or_(
                inbox_message.c.instance_id.is_(None),
                inbox_message.c.instance_id == process_instance.c.id,
            ),
            or_(
                subscription.c.correlation == inbox_message.c.correlation,
                subscription.c.correlation.is_(None) & inbox_message.c.correlation.is_(None),
            ),
        ),
    )
    .order_by(inbox_message.c.at)
    .limit(200)
)


def _matching(
    engine: "Engine", session: Session, name: str, payload: Mapping[str, Any]
) -> list[Start]:
    asking = Asking(payload, engine.records, session, engine.here, engine.host(session))
    return engine.starts.index(session).matching(name, asking)


_VERSION_OF = select(process_instance.c.version_id).where(
    process_instance.c.id == bindparam("wanted")
)

# Instances that wait for a message with this key, or with none.
_WAITING = sql.Query(
    select(subscription)
    .where(
        subscription.c.kind == "message",
        subscription.c.name == bindparam("named"),
        subscription.c.instance_id.is_not(None),
        or_(subscription.c.correlation == bindparam("key"), subscription.c.correlation.is_(None)),
    )
    .order_by(subscription.c.id)
)


def _hold_all(
    engine: "Engine", session: Session, instances: list[UUID], versions: Iterable[UUID]
) -> None:
    """Lock all that several steps of one transaction will lock, in the order of engine.stores: each step for itself
    would lock the stores of the first before the second instance."""
    if is_sqlite(session):
        return  # the one writer has everything
    several = set(versions)
    if instances:
        several |= {r.version_id for r in sql.run(session, _LOCK_ALL, {"wanted": instances})}
    programs = [engine.library.version(session, version_id).program for version_id in several]
    if keys := {key for program in programs for key in program.stores}:
        hold(session, keys)


_LOCK_ALL = sql.Query(
    select(process_instance.c.version_id)
    .where(process_instance.c.id == any_(bindparam("wanted", type_=ARRAY(Uuid))))
    .order_by(process_instance.c.id)
    .with_for_update()
)


def _condition_holds(
    engine: "Engine", session: Session, row: Any, payload: Mapping[str, Any]
) -> bool:
    asking = Asking(payload, engine.records, session, engine.here, engine.host(session))
    condition = (row.condition or "").removeprefix("=").strip()
    return holds(condition or None, asking)


def _subscribers(session: Session, kind: str, name: str, key: str | None) -> list[Any]:
    """Who waits for the event with this key, and what starts with it."""
    return list(sql.run(session, sql.SUBSCRIBERS, {"kind": kind, "named": name, "key": key}))


def _fire(
    engine: "Engine",
    session: Session,
    instance_id: UUID,
    kind: str,
    name: str,
    correlation: str | None,
    payload: Mapping[str, Any],
    actor: Actor,
    cause: Cause,
) -> UUID | None:
    """Let an instance take the event; its version's id, or None when it waits no more. Raises InstanceSuspended."""
    try:
        step = lock(engine, session, instance_id, actor, cause)
    except InstanceGone:
        return None
    matching = [
        (token, index)
        for token in step.instance.tokens()
        if token.id in step.instance.waiting and isinstance(token.task_spec, Waiting)
        for index in range(len(token.task_spec.node.triggers))
        if token.task_spec.hears(token, index, kind, name, correlation)
    ]
    if not matching:
        return None
    matching.sort(key=lambda found: found[0].last_state_change)  # the oldest first, in whichever scope it is
    for token, index in matching if kind == "signal" else matching[:1]:
        if token.id in step.instance.waiting:
            step.recorder.add(
                "received", token.task_spec.node.id, token.id, {kind: name, "payload": payload}
            )
            token.task_spec.fire(token, index, plain(payload))
    step.run()
    step.save()
    return step.version.id


def _start(
    engine: "Engine",
    session: Session,
    row: Any,
    payload: Mapping[str, Any],
    actor: Actor,
    cause: Cause,
) -> UUID:
    version = engine.library.version(session, row.version_id)
    return engine.begin(
        session, version, plain(payload), actor=actor, start=row.element_id, cause=cause
    )


def _first_time(
    engine: "Engine",
    session: Session,
    name: str,
    payload: Mapping[str, Any],
    correlation: str | None,
    dedupe_key: str,
    time_to_live: timedelta,
) -> UUID | None:
    """Write down that the event came; None when it had come before."""
    keep = max(time_to_live, timedelta(days=30))  # how long a repetition is recognised
    return _keep(engine, session, name, payload, correlation, dedupe_key, keep, 0, "delivered")


def _keep(
    engine: "Engine",
    session: Session,
    name: str,
    payload: Mapping[str, Any],
    correlation: str | None,
    dedupe_key: str | None,
    time_to_live: timedelta,
    depth: int,
    status: str = "kept",
    instance_id: UUID | None = None,
) -> UUID | None:
    dialect = sqlite if is_sqlite(session) else postgresql
    now = engine.clock()
    inbox_id = uuid4()
    inserted = session.execute(
        dialect.insert(inbox_message)
        .values(
            id=inbox_id,
            dedupe_key=dedupe_key,
            name=name,
            correlation=correlation,
            instance_id=instance_id,
            payload=plain(payload),
            depth=depth,
            status=status,
            at=now,
            expires_at=now + time_to_live,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(inbox_message.c.id)  # a driver may not count what a conflict left out
    ).first()
    return inbox_id if inserted is not None else None
