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
from engine.statements import run, write

MOST_IDS = 60  # a chain of References can be endless; its beginning and its end are what matters


@dataclass(frozen=True)
class Thread:
    """A conversation and, once the diagram has made one, its newest ticket."""

    id: UUID
    ticket_id: int | None


def join_thread(
    session: Session, own_id: str | None, ancestors: Sequence[str], sender: str
) -> Thread:
    """The thread of a mail with these ids; made when there is none. `ancestors` are oldest first.

    An id that a mail of somebody else bears already says nothing: some programs give all their mails the same one, and
    strangers must not meet in one ticket. Side effects: rows in `mail_thread`. Threads that this mail shows to be
    one are joined, as long as at most one of them has a ticket: two tickets are never silently made one.
    """
    keys = list(dict.fromkeys(thread_key(i) for i in _shortened(ancestors)[::-1]))
    own_key = thread_key(own_id) if own_id else None
    mine = Thread(uuid4(), None)
    # Sorted, so that two workers with overlapping ids wait for each other in one order only.
    named = sorted({*keys, *filter(None, [own_key])})
    if not named:
        return mine
    lite = is_sqlite(session)
    is_new = bool(run(session, insert_threads(lite), {"keys": named, "own": mine.id}))
    if is_new and not keys:
        return mine  # nobody has named this mail, and it names none
    found: dict[str, Thread] = {}
    is_taken = False
    for message_id, thread, ticket_id, sender_mail in run(session, threads(lite), {"keys": named}):
        if message_id == own_key and sender_mail is not None and sender_mail != sender:
            is_taken = True
        elif message_id not in found or ticket_id is not None:
            found[message_id] = Thread(thread, ticket_id)
    if own_key is not None and own_key not in keys and not is_taken:
        keys.append(own_key)
    candidates = list(dict.fromkeys(found[key] for key in keys)) or [mine]
    chosen = next((t for t in candidates if t.ticket_id is not None), candidates[0])
    # Sorted for the same reason.
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
