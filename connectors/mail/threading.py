"""Which conversation a mail belongs to: by Message-ID, In-Reply-To and References, or by reply token. Never by subject.

Every id a mail names gets a row, in one sorted statement that lets existing rows be. Two workers reading mails of one
conversation at the same time meet at the unique index: the second waits for the first to commit, then sees its thread.
So a reply that arrives before its original joins the same thread, whoever reads which first. The mails we sent need no
rows: their ids stand on the messages they were made of.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from connectors.mail.models import ID_LENGTH
from connectors.mail.statements import MOVE_IDS, insert_threads, threads
from desk.tickets.models import Message
from engine.database import is_sqlite
from engine.statements import Change, run, write

MOST_IDS = 60  # a chain of References can be endless; its beginning and its end are what matters


@dataclass(frozen=True)
class Thread:
    """A conversation and, once the diagram has made one, its newest ticket."""

    id: UUID
    ticket_id: int | None


@dataclass(frozen=True)
class Names:
    """The ids that a mail bears and names, as they are stored. `thread` is its own where all of them are new."""

    own: str | None
    before: tuple[str, ...]  # the newest first
    thread: UUID

    @property
    def all(self) -> list[str]:
        """Sorted, so that two workers with overlapping ids wait for each other in one order only."""
        return sorted({*self.before, *filter(None, [self.own])})


def names_of(own_id: str | None, ancestors: Sequence[str]) -> Names:
    """What a mail with this id names; `ancestors` are oldest first."""
    before = dict.fromkeys(thread_key(i) for i in _shortened(ancestors)[::-1])
    return Names(thread_key(own_id) if own_id else None, tuple(before), uuid4())


def names_noted(session: Session, names: Names) -> list[Change]:
    """The rows in `mail_thread` for the ids that nobody has named before; none where the mail has no ids at all."""
    if not names.all:
        return []
    return [(insert_threads(is_sqlite(session)), {"keys": names.all, "own": names.thread})]


def join_thread(session: Session, names: Names, sender: str, *, new: int) -> Thread:
    """The thread of a mail whose names are noted, `new` of them for the first time.

    An id that a mail of somebody else bears already says nothing: some programs give all their mails the same one, and
    strangers must not meet in one ticket. Side effects: threads that this mail shows to be
    one are joined, as long as at most one of them has a ticket: two tickets are never silently made one.
    """
    mine = Thread(names.thread, None)
    keys, own_key = list(names.before), names.own
    if not names.all or (new and not keys):
        return mine  # nobody has named this mail, and it names none
    found: dict[str, Thread] = {}
    is_taken = False
    known = run(session, threads(is_sqlite(session)), {"keys": names.all})
    for message_id, thread, ticket_id, sender_mail in known:
        if message_id == own_key and sender_mail is not None and sender_mail != sender:
            is_taken = True
        elif message_id not in found or ticket_id is not None:
            found[message_id] = Thread(thread, ticket_id)
    if own_key is not None and own_key not in keys and not is_taken:
        keys.append(own_key)
    candidates = list(dict.fromkeys(found[key] for key in keys)) or [mine]
    chosen = next((t for t in candidates if t.ticket_id is not None), candidates[0])
    # Sorted for the same reason as the names.
    strays = sorted({t.id for t in candidates if t.ticket_id is None} - {chosen.id})
    if strays:
        write(session, [(MOVE_IDS, [{"stray": stray, "chosen": chosen.id} for stray in strays])])
    if strays not in ([], [mine.id]):  # no message bears the thread that was made a moment ago
        session.execute(update(Message).where(Message.thread.in_(strays)).values(thread=chosen.id))
    return chosen


def thread_key(message_id: str) -> str:
    """The id as it is stored: without angle brackets; one too long for the index by its digest."""
    key = message_id.strip().strip("<>")
    if len(key) > ID_LENGTH or len(key.encode()) > 2 * ID_LENGTH:
        return "sha256:" + hashlib.sha256(key.encode()).hexdigest()
    return key


def _shortened(ancestors: Sequence[str]) -> Sequence[str]:
    if len(ancestors) <= MOST_IDS:
        return ancestors
    return [*ancestors[: MOST_IDS // 3], *ancestors[-(MOST_IDS - MOST_IDS // 3) :]]
