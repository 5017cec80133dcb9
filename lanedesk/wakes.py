"""Wake-ups: after a commit that wrote jobs, a worker is told to look into the database.

RQ carries one job a queue, "drain it"; what is to be done stands in the table `job` alone. So a lost Redis loses
nothing (the scheduler hands out again what is due), and a thousand jobs written at once are one wake-up.
"""

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from desk.background.operations import QUEUE as BACKGROUND

log = logging.getLogger(__name__)

DRAIN = "lanedesk.worker.drain"
DRAIN_SECONDS = 330  # a slice takes 20; when one hangs its worker ends it, after the lease of its jobs (5 minutes)
BACKGROUND_SECONDS = 24 * 3600  # long work renews its own lease (desk.background.running)
ASKED_SECONDS = 5  # a wake-up that was lost with its worker is asked for again after that


class Wakes:
    """Asks workers to drain queues; at most one request a queue waits at a time."""

    def __init__(self, redis: "Redis | None") -> None:
        """Without a Redis, wake() does nothing and jobs are done when the scheduler or a test drains the queue."""
        self.redis = redis

    def wake(self, queue: str) -> None:
        """Ask for `queue` to be drained. Never raises for Redis: the job is safe in the database."""
        if self.redis is None:
            return
        try:
            if self.redis.set(_asked(queue), "1", nx=True, ex=ASKED_SECONDS):
                waiting = Queue(queue, connection=self.redis)
                if waiting.count == 0:  # else a drain is to come anyway, and will find the job
                    longest = BACKGROUND_SECONDS if queue == BACKGROUND else DRAIN_SECONDS
                    waiting.enqueue(
                        DRAIN, queue, job_timeout=longest, result_ttl=0, failure_ttl=3600
                    )
        except RedisError as error:
            log.warning(
                "wake-up not delivered; the scheduler will make up for it",
                extra={"cause": str(error)},
            )

    def heard(self, queue: str) -> None:
        """Called by the worker before it looks for jobs: what is written from now on asks anew."""
        if self.redis is None:
            return
        try:
            self.redis.delete(_asked(queue))
        except RedisError as error:
            log.warning("Redis is away", extra={"cause": str(error)})


def _asked(queue: str) -> str:
    return f"lanedesk:asked:{queue}"
