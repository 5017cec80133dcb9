"""In which order candidates are preferred: what the rows of a table of assignment rules may name.

As in call queues [004 §4.15.4.1]: several ways one after the other, each decides where those before it leave a draw.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import asin, cos, radians, sin, sqrt
from typing import Final

from engine.operators import Text

EARTH = 6371.0  # kilometres
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A place on earth, in degrees (WGS 84)."""

    latitude: float
    longitude: float

    def distance(self, other: "Place") -> float:
        """The way between the two along the ground, in kilometres (haversine)."""
        north, east = (
            radians(other.latitude - self.latitude),
            radians(other.longitude - self.longitude),
        )
        inner = (
            sin(north / 2) ** 2
            + cos(radians(self.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
        )
        return 2 * EARTH * asin(min(1.0, sqrt(inner)))


@dataclass(frozen=True)
class Candidate:
    """Somebody who can take the ticket. `load` is how many open tickets they have, `level` that of the skill asked."""

    user_id: int
    name: str
    load: int
    capacity: int | None
    share: int
    assigned: int
    last_assigned_at: datetime | None
    level: int
    place: Place | None
    owner: bool = False
    served_last: bool = False

    @property
    def free(self) -> bool:
        """Whether one more fits."""
        return self.capacity is None or self.load < self.capacity


@dataclass(frozen=True)
class Way:
    """One way to prefer: the smallest key comes first."""

    name: Text
    key: Callable[[Candidate, Place | None], float]


def _turn(candidate: Candidate, _place: Place | None) -> float:
    return (candidate.last_assigned_at or _LONG_AGO).timestamp()


def _share(candidate: Candidate, _place: Place | None) -> float:
    """How much of their share somebody has had, if they got this one too; nothing for a share of 0."""
    return (candidate.assigned + 1) / candidate.share if candidate.share else float("inf")


def _distance(candidate: Candidate, place: Place | None) -> float:
    if place is None or candidate.place is None:
        return float("inf")
    return candidate.place.distance(place)


WAYS: Final[dict[str, Way]] = {
    "owner": Way(Text("Customer's owner", "客户负责人"), lambda c, _: 0 if c.owner else 1),
    "last_served": Way(Text("Served last", "上次服务"), lambda c, _: 0 if c.served_last else 1),
    "level": Way(Text("Highest level", "技能等级最高"), lambda c, _: -c.level),
    "nearest": Way(Text("Nearest", "距离最近"), _distance),
    "least_load": Way(Text("Least load", "负荷最少"), lambda c, _: c.load),
    "percentage": Way(Text("By percentage", "按比例"), _share),
    "round_robin": Way(Text("Round robin", "轮流"), _turn),
}
DEFAULT = ("least_load", "round_robin")


class UnknownWay(ValueError):
    """A rule names a way there is not; `str()` names it."""


def ways_of(text: str | Iterable[str] | None) -> Sequence[str]:
    """`"owner, level, least_load"` as names; the default for nothing. Raises UnknownWay."""
    parts = text.replace("，", ",").split(",") if isinstance(text, str) else list(text or [])
    names = [part.strip() for part in parts if part.strip()]
    if unknown := [name for name in names if name not in WAYS]:
        raise UnknownWay(unknown[0][:40])
    return names or DEFAULT


def ranked(
    candidates: Iterable[Candidate], ways: Sequence[str], place: Place | None = None
) -> list[Candidate]:
    """The candidates, best first. What is still a draw goes in turn, then by number: the answer is always the same."""
    keys = [WAYS[name].key for name in ways]
    return sorted(
        candidates,
        key=lambda c: (*(key(c, place) for key in keys), _turn(c, None), c.user_id),
    )
