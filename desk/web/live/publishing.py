"""Telling open pages that something happened, in the transaction in which it happens.

The rows are inserted together just before the commit; after it one wake goes through Redis. A wake that is lost only
costs time: readers look into the table by themselves as well.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import structlog
from redis.exceptions import RedisError
from sqlalchemy import Table, delete, event, func, insert, select
from sqlalchemy.orm import Session

from desk.web.breaker import Breaker
from desk.web.live.models import LiveEvent
from engine.database import after_commit
from engine.statements import Write, write
from engine.timestamps import utc_now

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger(__name__)

PENDING = "lanedesk.live_events"
WAKE_CHANNEL = "lanedesk:live"
KEPT = timedelta(days=1)


class Live:
    """The sending side; `redis` is None where nobody needs to be woken."""

    def __init__(self, redis: "Redis | None" = None) -> None:
        self._redis = redis
        self._breaker = Breaker()

    def publish(
        self, session: Session, topic: str, kind: str, data: Mapping[str, Any] | None = None
    ) -> None:
        """Tell everybody who listens to `topic`, once the session's transaction has committed.

        `data` is small and JSON: ids and words for the page, never more than the topic's readers may see: topics
        that all teams hear (`tickets`, `incidents`) say that something happened, not to what, so theirs is left out.
        The same topic, kind and data twice in one transaction are told once. Nothing is told when it fails.
        """
        pending: list[dict[str, Any]] | None = session.info.get(PENDING)
        if pending is None:
            pending = session.info[PENDING] = []
        row = {"topic": topic, "kind": kind, "data": dict(data or {}) if ":" in topic else {}}
        if row not in pending:
            pending.append(row)
        if self._redis is not None:
            after_commit(session, "live", self._wake)

    def _wake(self) -> None:
        if self._redis is None or self._breaker.is_open:
            return
        try:
            self._redis.publish(WAKE_CHANNEL, b"1")
        except (RedisError, OSError) as error:  # readers look by themselves, only later
            self._breaker.failed()
            log.warning("live.wake_failed", error=str(error))


# Every step of every ticket writes some: straight to the driver, past the ORM.
_INSERT = Write(insert(cast(Table, LiveEvent.__table__)))


@event.listens_for(Session, "before_commit")  # of all sessions: each of its own would pay for it
def _insert_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is released; the commit is still to come
    pending = session.info.pop(PENDING, None)
    if pending:
        # the time is taken here, as near to the commit as can be: readers look back by it (see reading.py)
        now = utc_now()
        rows = [{**row, "at": now, "created_at": now, "updated_at": now} for row in pending]
        write(session, [(_INSERT, rows)])


def prune(session: Session) -> int:
    """Delete events older than a day; returns how many. Called by the scheduler now and then.

    The newest stays whatever its age: SQLite would give its id again, and readers go by ids.
    """
    newest = select(func.max(LiveEvent.id)).scalar_subquery()
    old = (LiveEvent.at < utc_now() - KEPT, LiveEvent.id < newest)
    result = session.execute(delete(LiveEvent).where(*old))
    return int(result.rowcount)  # type: ignore[attr-defined]
