"""Fires timers when they are due: once, not before their time, and after downtime once, not in a burst.

Several schedulers may run. The only lock is the instance's; whoever comes second finds the timer no longer armed.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from engine import statements as sql
from engine.actors import SYSTEM
from engine.bpmn.kinds.events import Waiting
from engine.bpmn.schedule import arm_timer, next_round
from engine.database import Database
from engine.delivery import deliver_kept
from engine.errors import InstanceGone, InstanceSuspended
from engine.step import lock
from engine.tables import event_chain, inbox_message, timer
from engine.trouble import open_incident

if TYPE_CHECKING:
    from engine.runtime import Engine

log = logging.getLogger(__name__)

BATCH = 100
CHAIN_KEPT = timedelta(days=7)  # how long after its first event a chain is counted


def run_due(engine: "Engine", database: Database) -> tuple[int, datetime | None]:
    """Fire all timers that are due now, oldest first; how many fired, and when the next one is due.

    Those that become due while a backlog is worked off do not wait for its end, unless their own instance has an older
    one. Also delivers messages that came before anybody waited for them.
    """
    deliver_kept(engine, database)
    fired, began = 0, engine.clock()
    while True:
        with database.reading() as session:
            now = engine.clock()
            backlog = sql.run(session, _OLDEST, {"now": now})
            punctual = sql.run(session, _PUNCTUAL, {"began": began, "now": now}) if backlog else []
        if not backlog:
            break
        for row in {row.id: row for row in [*punctual, *backlog]}.values():
            fired += _try_to_fire(engine, database, row)
    with database.reading() as session:
        following = session.scalar(select(timer.c.due_at).order_by(timer.c.due_at).limit(1))
    return fired, following


_OLDEST = sql.Query(
    select(timer).where(timer.c.due_at <= bindparam("now")).order_by(timer.c.due_at).limit(BATCH)
)
_older = timer.alias("older")
_PUNCTUAL = sql.Query(
    select(timer)
    .where(timer.c.due_at > bindparam("began"), timer.c.due_at <= bindparam("now"))
    .where(
        ~exists().where(
            _older.c.instance_id == timer.c.instance_id, _older.c.due_at < timer.c.due_at
        )
    )
    .order_by(timer.c.due_at)
    .limit(BATCH)
)


def _try_to_fire(engine: "Engine", database: Database, row: Any) -> int:
    """1 when the timer fired. One that cannot fire becomes an incident and is taken off the list."""
    try:
        with database.transaction() as session:
            return int(fire(engine, session, row))
    except OperationalError:
        raise  # the database is away, not the diagram broken: the timer stays armed
    except Exception as error:  # noqa: BLE001 - one broken diagram must not hold up all other timers
        log.warning("timer %s failed: %s", row.id, error)
        with database.transaction() as session:
            session.execute(delete(timer).where(timer.c.id == row.id))
            open_incident(
                session, "timer", str(error), error=error, instance_id=row.instance_id,
                element_id=row.element_id, now=engine.clock(),
                context={
                    "timer": {
                        "id": row.id, "version_id": row.version_id, "token_id": row.token_id,
                        "trigger": row.trigger, "rounds": row.rounds, "since": row.since,
                    }
                },
            )  # fmt: skip
        return 0


def fire(engine: "Engine", session: Session, timer_row: Any) -> bool:
    """Fire a due timer. False when it was no longer armed: whoever came first has done it."""
    if timer_row.instance_id is None:
        return _fire_start(engine, session, timer_row)
    try:
        step = lock(engine, session, timer_row.instance_id, SYSTEM)
    except (InstanceGone, InstanceSuspended):  # the timers of a suspended one come back with it
        session.execute(delete(timer).where(timer.c.id == timer_row.id))
        return False
    token = step.instance.token(timer_row.token_id)
    armed = token.internal_data.get(f"due:{timer_row.trigger}") if token else None
    if token is None or armed is None or armed[0] > step.now:
        # Left on the list, it would be found due for ever.
        session.execute(delete(timer).where(timer.c.id == timer_row.id))
        return False
    step.recorder.add("fired", token.task_spec.node.id, token.id, {"due": armed[0]})
    assert isinstance(token.task_spec, Waiting)
    token.task_spec.fire(token, timer_row.trigger, {})
    step.run()
    step.save()
    return True


def _fire_start(engine: "Engine", session: Session, timer_row: Any) -> bool:
    removed = session.execute(delete(timer).where(timer.c.id == timer_row.id)).rowcount  # type: ignore[attr-defined]
    if not removed:
        return False
    version = engine.library.version(session, timer_row.version_id)
    trigger = version.element(timer_row.element_id).triggers[timer_row.trigger]
    engine.begin(session, version, {}, actor=SYSTEM, start=timer_row.element_id)
    if trigger.timer == "cycle" and trigger.expression:
        armed = arm_timer("cycle", trigger.expression, timer_row.since.astimezone(engine.zone))
        armed[0], armed[2] = timer_row.due_at, timer_row.rounds
        following = next_round(armed, engine.here())
        if following is not None:
            session.execute(
                insert(timer),
                {
                    "id": uuid4(),
                    "version_id": version.id,
                    "element_id": timer_row.element_id,
                    "trigger": timer_row.trigger,
                    "due_at": following[0],
                    "rounds": following[2],
                    "since": timer_row.since,
                },
            )
    return True


def expire(engine: "Engine", database: Database) -> None:
    """Forget messages whose time to live is over, and chains of events that have long ended."""
    with database.transaction() as session:
        now = engine.clock()
        session.execute(
            update(inbox_message)
            .where(inbox_message.c.status == "kept", inbox_message.c.expires_at <= now)
            .values(status="expired")
        )
        session.execute(
            delete(inbox_message).where(
                inbox_message.c.status != "kept", inbox_message.c.expires_at <= now
            )
        )
        session.execute(delete(event_chain).where(event_chain.c.at <= now - CHAIN_KEPT))
