"""So many requests an hour from one network: enough for an office behind one address, too few for a flood."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from desk.people.login import network_of
from desk.portal.models import PortalUse
from desk.settings import Settings
from engine.database import is_sqlite

Door = Literal["form", "tracking"]

HOUR = timedelta(hours=1)
PER_HOUR: Final[dict[Door, int]] = {"form": 60, "tracking": 120}


def count_use(
    session: Session, settings: Settings, *, door: Door, address: str, now: datetime
) -> timedelta | None:
    """Count one use of a door. None while it is within `PER_HOUR`, else how long to wait.

    `address` is the client's; of IPv6 the first 64 bits count, as one customer has all of them.
    Side effects: the network's row; rows of hours that are over are removed.
    """
    session.execute(delete(PortalUse).where(PortalUse.since <= now - HOUR))
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    statement = (
        insert(PortalUse)
        .values(
            key=_key(settings, door, address), since=now, count=1, created_at=now, updated_at=now
        )
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"count": PortalUse.count + 1, "updated_at": now},
        )
        .returning(PortalUse.count, PortalUse.since)
    )
    count, since = session.execute(statement).one()
    return max(since + HOUR - now, timedelta(minutes=1)) if count > PER_HOUR[door] else None


def _key(settings: Settings, door: Door, address: str) -> str:
    said = f"{door}:{network_of(address)}".encode()
    return hmac.new(settings.secret_key.encode(), said, hashlib.sha256).hexdigest()
