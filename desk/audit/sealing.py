"""The sealer: gives entries of the log their place in the chain, soon after they were committed.

One at a time: on PostgreSQL an advisory lock of the transaction, on SQLite the write lock. The scheduler calls it every
second; while no scheduler runs, entries wait.
"""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from desk.audit.chain import AT_ONCE, START, packed, seal_hash
from desk.audit.models import Seal, Unsealed
from engine.database import Database, is_sqlite
from engine.timestamps import utc_now

LOCK = 0x5EA1  # any number that is ours


def seal_new(database: Database) -> int:
    """Seal all entries that are not yet; how many there were."""
    with database.reading() as session:
        if session.execute(select(Unsealed.entry_id).limit(1)).first() is None:
            return 0
    total = 0
    while True:
        with database.transaction() as session:
            count = seal_some(session, utc_now())
        total += count
        if count < AT_ONCE:
            return total


def seal_some(session: Session, now: datetime) -> int:
    """Put up to AT_ONCE entries under one seal, in the order of their numbers; how many.

    Under the seal goes the digest that was written with the entry, not one of what the entry says by now.
    """
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    waiting_now = session.execute(
        select(Unsealed.entry_id, Unsealed.digest).order_by(Unsealed.entry_id).limit(AT_ONCE)
    ).all()
    if not waiting_now:
        return 0
    last = session.execute(
        select(Seal.number, Seal.hash).order_by(Seal.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (last.number + 1, bytes(last.hash)) if last else (1, START)
    body = packed((row.entry_id, bytes(row.digest)) for row in waiting_now)
    session.execute(
        insert(Seal).values(
            number=number, at=now, entries=body, hash=seal_hash(previous, number, now, body)
        )
    )
    sealed = [row.entry_id for row in waiting_now]
    session.execute(delete(Unsealed).where(Unsealed.entry_id.in_(sealed)))
    return len(sealed)


def waiting(session: Session) -> int:
    """How many entries no seal covers yet."""
    return session.scalar(select(func.count()).select_from(Unsealed)) or 0
