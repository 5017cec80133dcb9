"""One commit for all mails that are waiting for one: an fsync costs the same for fifty mails as for one."""

import logging
import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass

from connectors.mail.intake import Incoming, store
from desk.application import Desk

log = logging.getLogger(__name__)

LARGEST_GROUP = 64


@dataclass(frozen=True)
class _Waiting:
    mail: Incoming
    stored: "Future[int]"


class GroupCommitter:
    """A thread that writes mails; whoever hands one over gets a future that is done once it is durable.

    Nothing is delayed to make a group: while one commit runs, the next group gathers.
    """

    def __init__(self, desk: Desk) -> None:
        """Nothing is written yet."""
        self._desk = desk
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="mail-commit", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was handed over, then end."""
        self._queue.put(None)
        self._thread.join()

    def hand_over(self, mail: Incoming) -> "Future[int]":
        """A future of the raw mail's number; it fails with the database's error."""
        waiting = _Waiting(mail, Future())
        self._queue.put(waiting)
        return waiting.stored

    def _run(self) -> None:
        ending = False
        while not ending:
            group: list[_Waiting] = []
            item = self._queue.get()
            while item is not None:
                group.append(item)
                if len(group) == LARGEST_GROUP or self._queue.empty():
                    break
                item = self._queue.get()
            ending = item is None
            if group:
                self._write(group)

    def _write(self, group: list[_Waiting]) -> None:
        try:
            with self._desk.database.transaction() as session:
                ids = store(self._desk.engine, session, [waiting.mail for waiting in group])
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever a mail or a database does
            if len(group) > 1:
                # One mail the database will not take must not be the ruin of its neighbours.
                for waiting in group:
                    self._write([waiting])
                return
            log.error("a mail could not be stored: %s", error)
            group[0].stored.set_exception(error)
            return
        for waiting, raw_mail_id in zip(group, ids, strict=True):
            waiting.stored.set_result(raw_mail_id)
