"""Fires timers when they are due: once, not before their time, and after downtime once, not in a burst.

Several schedulers may run. The only lock is the instance's; whoever comes second finds the timer no longer armed.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.exc import OperationalError

from engine import statements as sql
from engine.actors import SYSTEM
from engine.database import Database
from engine.delivery import deliver_kept
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
            fired += _fire(engine, database, row)
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


def _fire(engine: "Engine", database: Database, row: Any) -> int:
    """1 when the timer fired. One that cannot fire becomes an incident and is taken off the list."""
    try:
        with database.transaction() as session:
            return int(engine.fire(session, row, SYSTEM))
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
