"""Reading the events back: one reader a process follows the table and hands each event to who listens.

Redis only says that there is something to read; without it the reader looks every second. It also
looks for the ids that were skipped, since they may be committed late (see position.py).
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.web.live.models import LiveEvent
from desk.web.live.position import IN_FLIGHT, Position, newest_position
from desk.web.live.publishing import WAKE_CHANNEL
from engine.database import Database
from engine.timestamps import utc_now

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import PubSub

log = structlog.get_logger(__name__)

LOOK_WITHOUT_REDIS = 1.0  # seconds between two looks when nobody wakes us
LOOK_WITH_REDIS = 5.0  # … and when somebody does: for wakes that were lost
BATCH = 1000
BACKLOG = 1000  # events waiting for one slow connection before it is dropped


@dataclass(frozen=True)
class Event:
    """One event as it is sent. `position` is where its reader stands after it."""

    id: int
    topic: str
    kind: str
    data: dict[str, Any]
    at: datetime
    position: Position = Position(0)

    def as_json(self) -> dict[str, Any]:
        """For the wire."""
        return {
            "id": self.id,
            "topic": self.topic,
            "kind": self.kind,
            "data": self.data,
            "at": self.at.isoformat(timespec="milliseconds"),
        }


_COLUMNS = (LiveEvent.id, LiveEvent.topic, LiveEvent.kind, LiveEvent.data, LiveEvent.at)


def events_after(session: Session, topics: Sequence[str], position: Position) -> list[Event]:
    """What came for these topics and was not seen at the position, in order; at most `BATCH`."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(
            LiveEvent.topic.in_(topics),
            or_(LiveEvent.id > position.last, LiveEvent.id.in_(position.missing)),
        )
        .order_by(LiveEvent.id)
        .limit(BATCH)
    )
    return [Event(*row) for row in rows]


@dataclass(eq=False)
class Listener:
    """One open connection. `lagging` is set when it does not keep up; it then has to connect again."""

    topics: frozenset[str]
    lagging: bool = False
    _waiting: "queue.Queue[Event]" = field(default_factory=lambda: queue.Queue(BACKLOG))
    _handed: set[int] = field(default_factory=set)

    def offer(self, event: Event) -> None:
        """Hand over an event; never waits."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self.lagging = True

    def take(self, timeout: float) -> Event | None:
        """The next event that was not taken before, or None when `timeout` seconds pass without one."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            try:
                event = self._waiting.get(timeout=left)
            except queue.Empty:
                return None
            if self.is_new(event):
                return event
        return None

    def is_new(self, event: Event) -> bool:
        """Whether this connection sees the event for the first time; it counts as seen from now on."""
        if event.id in self._handed:
            return False
        self._handed.add(event.id)
        if len(self._handed) > 2 * BACKLOG:
            newest = sorted(self._handed)[-BACKLOG:]
            self._handed = set(newest)
        return True


class Reader:
    """The one reader of a process; it starts with the first listener, so after the fork of a worker."""

    def __init__(self, database: Database, redis: "Redis | None") -> None:
        self._database, self._redis = database, redis
        self._listeners: dict[str, set[Listener]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._last = 0
        self._missing: dict[
            int, datetime
        ] = {}  # ids below `_last` that were not there yet: since when

    @contextlib.contextmanager
    def listening(self, topics: Iterable[str]) -> Any:
        """A Listener that gets what comes for the topics, from now until the end of the block."""
        listener = Listener(frozenset(topics))
        with self._lock:
            self._start()
            for topic in listener.topics:
                self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                for topic in listener.topics:
                    there = self._listeners[topic]
                    there.discard(listener)
                    if not there:
                        del self._listeners[topic]

    def stop(self) -> None:
        """End the reader's thread (tests, the end of a process)."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        self._stopping.clear()

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._database.reading() as session:
            here = newest_position(session)
        self._last, self._missing = here.last, dict.fromkeys(here.missing, utc_now())
        self._thread = threading.Thread(target=self._run, name="live-reader", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        wait = self._waker()
        while not self._stopping.is_set():
            wait()
            try:
                self.look()
            except SQLAlchemyError:
                # listeners stay connected; what they miss now is still in the table at the next look
                log.exception("live.read_failed")
                self._stopping.wait(LOOK_WITHOUT_REDIS)

    def look(self) -> None:
        """Read what is new and hand it on."""
        while True:
            with self._database.reading() as session:
                rows = session.execute(
                    select(*_COLUMNS)
                    .where(or_(LiveEvent.id > self._last, LiveEvent.id.in_(tuple(self._missing))))
                    .order_by(LiveEvent.id)
                    .limit(BATCH)
                ).all()
            for row in rows:
                self._hand_on(Event(*row))
            given_up = utc_now() - IN_FLIGHT
            self._missing = {i: since for i, since in self._missing.items() if since > given_up}
            if len(rows) < BATCH:
                return

    def _hand_on(self, event: Event) -> None:
        self._missing.pop(event.id, None)
        if event.id > self._last:
            skipped = range(max(self._last + 1, event.id - BATCH), event.id)
            self._missing |= dict.fromkeys(skipped, utc_now())
            self._last = event.id
        event = replace(event, position=Position.of(self._last, self._missing))
        with self._lock:
            listeners = tuple(self._listeners.get(event.topic, ()))
        for listener in listeners:
            listener.offer(event)

    def _waker(self) -> Callable[[], None]:
        """What the reader waits with between two looks: Redis, or the clock while Redis cannot be reached."""
        channel: PubSub | None = None

        def wait() -> None:
            nonlocal channel
            if self._redis is None:
                self._stopping.wait(LOOK_WITHOUT_REDIS)
                return
            try:
                if channel is None:
                    channel = self._redis.pubsub(  # type: ignore[no-untyped-call]
                        ignore_subscribe_messages=True
                    )
                    channel.subscribe(WAKE_CHANNEL)
                until = time.monotonic() + LOOK_WITH_REDIS
                while time.monotonic() < until and not self._stopping.is_set():
                    # short waits, so that stopping does not take long; the subscription's own answer is None too
                    if channel.get_message(timeout=min(1.0, LOOK_WITH_REDIS)) is not None:
                        return
            except (RedisError, OSError) as error:
                if channel is not None:
                    log.warning("live.redis_away", error=str(error))
                channel = None
                self._stopping.wait(LOOK_WITHOUT_REDIS)

        return wait
