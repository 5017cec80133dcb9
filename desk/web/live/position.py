"""How far somebody has read: the newest event seen, and the few before it that may still be on their way.

Ids are given before the commit, so on PostgreSQL a row may become visible after one with a higher id. What is missing
below the newest is therefore named: resuming reads exactly what was not seen, nothing twice and nothing never.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.web.live.models import LiveEvent
from engine.timestamps import utc_now

IN_FLIGHT = timedelta(seconds=10)  # longer than the time between giving an id and its commit
MOST_MISSING = 50
SHAPE = re.compile(r"(\d{1,18})(?:-(\d{1,18}(?:\.\d{1,18}){0,49}))?", re.ASCII)


@dataclass(frozen=True)
class Position:
    """Written as `1240`, or as `1240-1237.1238` when 1237 and 1238 were not there yet."""

    last: int
    missing: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.last}-{'.'.join(map(str, self.missing))}" if self.missing else str(self.last)

    @classmethod
    def of(cls, last: int, missing: Iterable[int]) -> Self:
        """A position with the newest of the missing ids; older ones were rolled back."""
        return cls(last, tuple(sorted(missing)[-MOST_MISSING:]))

    @classmethod
    def parse(cls, raw: str) -> Self | None:
        """The reverse of `str`; None for anything else."""
        match = SHAPE.fullmatch(raw)
        if match is None:
            return None
        return cls(int(match[1]), tuple(int(i) for i in match[2].split(".")) if match[2] else ())


def settled_id(session: Session) -> int:
    """An id up to which nothing is on its way any more; 0 at the beginning."""
    return (
        session.scalar(
            select(LiveEvent.id)
            .where(LiveEvent.at <= utc_now() - IN_FLIGHT)
            .order_by(LiveEvent.at.desc(), LiveEvent.id.desc())
            .limit(1)
        )
        or 0
    )


def newest_position(session: Session) -> Position:
    """The position of somebody who has seen everything that is there."""
    floor = settled_id(session)
    ids = set(session.scalars(select(LiveEvent.id).where(LiveEvent.id > floor)))
    last = max(ids, default=floor)
    return Position.of(last, set(range(floor + 1, last)) - ids)
