"""The worker process: does the jobs that steps have written.

`engine` is served by RQ's SimpleWorker, in this process, because engine work is short and many; `mail` and `print` by
its forking Worker, so that whatever a mail or a PDF does to a process, it does to one that ends anyway.
"""

import logging
import multiprocessing
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import FrameType

from redis.exceptions import RedisError
from rq import Queue, SimpleWorker, Worker
from rq.job import Job

from connectors.mail.intake import QUEUE as MAIL
from desk.application import Desk
from desk.background.operations import QUEUE as BACKGROUND
from desk.background.running import work_due
from engine.jobs import is_more_due, work
from lanedesk.tied import end_with_parent
from lanedesk.wakes import Wakes

log = logging.getLogger(__name__)

AT_ONCE = 10  # jobs claimed together: all must end before the first one's lease does
SLICE_SECONDS = 20.0
LONGEST_PAUSE = 30  # seconds between two tries to reach Redis

_FORKING = multiprocessing.get_context("fork")  # a process begun anew would load all modules first


class SecondHandDied(Exception):
    """One of two processes that share a queue's jobs has ended before its time."""


_desk: Desk | None = (
    None  # RQ calls drain() by its name, so the desk of this process has to be found from there
)


def drain(queue: str) -> int:
    """Do the jobs of `queue` that are due; how many there were. Called by RQ in a worker process.

    After SLICE_SECONDS it hands the rest to a new wake-up, so that other queues get their turn and a worker can stop.
    """
    if _desk is None:
        raise RuntimeError("drain() runs in `lanedesk worker` only")
    wakes = Wakes(_desk.redis)
    wakes.heard(queue)
    if queue == BACKGROUND:
        return work_due(_desk)
    until = time.monotonic() + SLICE_SECONDS
    done = do_due(_desk, queue, until)
    if time.monotonic() >= until:
        wakes.wake(queue)
    return done


def do_due(desk: Desk, queue: str, until: float) -> int:
    """Do the due jobs of `queue` until there are none or it is `until` (time.monotonic); how many there were.

    Of many mails, PostgreSQL has two in hand at a time, each in a process: what a mail costs is our own CPU, and
    threads share one. They are as apart as two workers: each claims its own jobs and has its own connections. SQLite
    writes one thing at a time, so a second mail would only wait there.

    Raises SecondHandDied when the other process ended before its time; its jobs are claimed anew after their lease.
    """
    if queue != MAIL or desk.database.is_sqlite or not is_more_due(desk.engine, desk.database, queue, AT_ONCE):
        return _do_due(desk, queue, until)
    desk.database.dispose()  # a connection must not be spoken through by two
    receiver, sender = _FORKING.Pipe(duplex=False)
    second = _FORKING.Process(target=_second_hand, args=(desk, queue, until, sender), daemon=True)
    second.start()
    sender.close()
    try:
        done = _do_due(desk, queue, until)
        return done + int(receiver.recv())
    except EOFError:
        raise SecondHandDied(f"the second process at the queue {queue} has died") from None
    finally:
        second.join()


def _second_hand(desk: Desk, queue: str, until: float, done: Connection) -> None:
    end_with_parent()
    done.send(_do_due(desk, queue, until))
    desk.database.dispose()


def _do_due(desk: Desk, queue: str, until: float) -> int:
    done = 0
    while time.monotonic() < until:
        count = work(desk.engine, desk.database, queue, limit=AT_ONCE)
        done += count
        if count < AT_ONCE:
            break
    return done


def run_worker(desk: Desk, queues: Sequence[str], *, fork: bool) -> None:
    """Serve `queues` until SIGTERM or SIGINT. Redis may come and go; it is tried again after 1 to 30 seconds."""
    global _desk
    _desk = desk
    pause = 1
    while True:
        started = time.monotonic()
        try:
            worker = (ForkingWorker if fork else InProcessWorker)(
                [Queue(name, connection=desk.redis) for name in queues], connection=desk.redis
            )
            log.info("worker ready", extra={"queues": ",".join(queues), "fork": fork})
            worker.work(logging_level="WARNING")
            if worker.told_to_stop:
                return
        except RedisError as error:
            log.warning("Redis is away", extra={"cause": str(error)})
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # nothing is in hand while we wait
        pause = 1 if time.monotonic() - started > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
        time.sleep(pause)


class Stoppable:
    """RQ's `work()` returns for many reasons; this remembers whether it was because we were told to."""

    max_connection_wait_time = 5.0  # seconds; RQ's own minute is long for people who wait
    told_to_stop = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the job in hand, then stop."""
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[misc]


class InProcessWorker(Stoppable, SimpleWorker):
    """Does jobs in this process."""


class ForkingWorker(Stoppable, Worker):
    """Does each drain in a forked process, the work horse, which does not outlive us."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """In the child, before the job."""
        end_with_parent()
        super().main_work_horse(job, queue)
