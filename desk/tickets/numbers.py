"""Ticket numbers: `WN-YYYYMMDD-NNNNNN`, counted anew every day [004 §4.10.1].

The letters are those of the ticket's type; each kind of letters has its own count.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from desk.tickets.models import TicketNumber
from engine.database import is_sqlite
from engine.statements import Query, run
from engine.timestamps import UtcDateTime


def next_number(session: Session, *, now: datetime, zone: ZoneInfo, prefix: str = "WN") -> str:
    """The next number of the day that `now` falls on in `zone`; free again if that fails.

    One statement. The day's row stays locked until the transaction ends, so that no number is given
    twice and none is left out: ask for the number last.
    """
    day = now.astimezone(zone).date()
    next_of_day = _NEXT[is_sqlite(session)]
    last = run(session, next_of_day, {"of_day": day, "of_prefix": prefix, "now": now}).scalar()
    return f"{prefix}-{day:%Y%m%d}-{last:06d}"


def _next_of_day(insert: Any) -> Query:
    now = bindparam("now", type_=UtcDateTime)
    return Query(
        insert(TicketNumber.__table__)
        .values(
            day=bindparam("of_day"),
            prefix=bindparam("of_prefix"),
            last=1,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_update(
            index_elements=["day", "prefix"],
            set_={"last": TicketNumber.last + 1, "updated_at": now},
        )
        .returning(TicketNumber.last)
    )


# By whether the database is SQLite; built once, since every ticket asks.
_NEXT = {True: _next_of_day(sqlite_insert), False: _next_of_day(postgresql_insert)}
