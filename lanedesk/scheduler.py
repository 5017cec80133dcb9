"""The scheduler process: fires timers that are due, and sweeps up what a lost wake-up or a dead worker left.

Several may run: a timer and a job are claimed by row locks. It survives the database and Redis going away: it
waits, from 1 to 30 seconds, and says so.
"""

import logging
import threading
import time

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from desk.application import Desk
from desk.audit.daily import daily
from desk.audit.sealing import seal_new
from desk.background.operations import QUEUE as BACKGROUND
from desk.background.queries import any_due
from desk.cockpit.projection import catch_up
from desk.tickets.searching import index_new
from desk.web.api import idempotency
from desk.web.live import prune
from engine.database import DatabaseUnreachable
from engine.jobs import due_queues
from engine.scheduler import expire, run_due
from engine.timestamps import utc_now
from lanedesk.wakes import Wakes

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # the latest that a new timer is seen
LONGEST_PAUSE = 30.0
TIDY_SECONDS = 60.0
FIGURES_SECONDS = 5.0  # the cockpit's figures are at most so old
HEARTBEAT = "lanedesk:scheduler"  # /readyz looks for it
HEARTBEAT_SECONDS = 60


class Scheduler:
    """The loop. `stop` ends it within a second."""

    def __init__(self, desk: Desk) -> None:
        """For a built desk; nothing is asked of the database yet."""
        self.desk = desk
        self.wakes = Wakes(desk.redis)
        self.stop = threading.Event()
        self._tidy_at = 0.0
        self._figures_at = 0.0

    def run(self) -> None:
        """Round after round until `stop` is set."""
        trouble = 0
        while not self.stop.is_set():
            try:
                pause = self.round()
                if trouble:
                    log.info("the scheduler is back", extra={"failed_rounds": trouble})
                trouble = 0
            except (SQLAlchemyError, DatabaseUnreachable, OSError) as error:
                trouble += 1
                pause = min(2.0**trouble, LONGEST_PAUSE)
                log.warning(
                    "the scheduler cannot work",
                    extra={"cause": str(error).splitlines()[0], "again_in": pause},
                )
            self.stop.wait(pause)

    def round(self) -> float:
        """Fire what is due, wake workers for waiting jobs, tidy now and then; returns seconds to sleep."""
        _fired, next_due = run_due(self.desk.engine, self.desk.database)
        with self.desk.database.reading() as session:
            queues = list(due_queues(session, utc_now()))
            if any_due(session, utc_now()):
                queues.append(BACKGROUND)
        for queue in queues:
            self.wakes.wake(queue)
        seal_new(self.desk.database)
        if time.monotonic() >= self._figures_at:
            # One transaction at a time, so that no timer waits for a long history.
            new = catch_up(
                self.desk.engine, self.desk.database, self.desk.settings.timezone, rounds=1
            )
            # What was said can be found by its words at once; the index makes it quick.
            new += index_new(self.desk.database, utc_now())
            self._figures_at = time.monotonic() + (0 if new else FIGURES_SECONDS)
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_SECONDS
            tidy(self.desk)
        self._beat()
        if next_due is None:
            return POLL_SECONDS
        return min(max((next_due - utc_now()).total_seconds(), 0.0), POLL_SECONDS)

    def _beat(self) -> None:
        """Say that a whole round went well."""
        if self.desk.redis is None:
            return
        try:
            self.desk.redis.set(HEARTBEAT, utc_now().isoformat(), ex=HEARTBEAT_SECONDS)
        except RedisError as error:
            log.debug("no heartbeat left", extra={"cause": str(error)})  # wake() warns


def tidy(desk: Desk) -> None:
    """Let go of what is out of date: messages nobody awaited in time, live events everybody has seen."""
    expire(desk.engine, desk.database)
    with desk.database.transaction() as session:
        prune(session)
        idempotency.prune(session)
    daily(desk, utc_now())
