"""Who has a ticket open right now, and who is writing on it: kept in Redis, for less than a minute.

A page says every BEAT seconds that it is still there and at once that it goes; one that dies is forgotten. Whatever web
process hears it, all read the same. Without Redis nobody is seen, and nothing else changes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import structlog
from redis.exceptions import RedisError

from desk.application import Desk
from desk.people.models import User
from desk.web.breaker import Breaker
from engine.timestamps import utc_now

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger(__name__)

BEAT = 20  # seconds between two signs of life of a page
FORGOTTEN = 50  # seconds after the last one
MOST_TABS = 200  # of one ticket

Doing = Literal["looking", "writing"]

_breaker = Breaker()


@dataclass(frozen=True)
class Present:
    """Somebody who has the ticket open, in however many tabs."""

    user_id: int
    name: str
    doing: Doing


def topic_of(ticket_id: int) -> str:
    """The live topic that says that somebody came, went, or began or stopped to write."""
    return f"presence:{ticket_id}"


def beat(desk: Desk, ticket_id: int, user: User, tab: str, doing: Doing | None) -> list[Present]:
    """A page of this person is there and does this; None: it goes. Who is there then, by name.

    Side effects: the entry in Redis; the pages of the ticket are told when what they show has changed.
    """
    if desk.redis is None or _breaker.is_open:
        return []
    entry = f"{user.id}:{tab[:40]}"
    now = utc_now().timestamp()
    try:
        before = _entries(desk.redis, ticket_id)
        after = {key: kept for key, kept in before.items() if kept["at"] > now - FORGOTTEN}
        if doing is None or len(after) >= MOST_TABS:
            after.pop(entry, None)
        else:
            after[entry] = {"name": user.name, "doing": doing, "at": now}
        with desk.redis.pipeline() as pipe:
            if gone := (before.keys() | {entry}) - after.keys():
                pipe.hdel(_key(ticket_id), *gone)
            if entry in after:
                pipe.hset(_key(ticket_id), entry, json.dumps(after[entry]))
            pipe.expire(_key(ticket_id), FORGOTTEN)
            pipe.execute()
    except (RedisError, OSError) as error:
        _away(error)
        return []
    people = _people(after)
    if people != _people(before):
        with desk.database.transaction() as session:
            desk.live.publish(session, topic_of(ticket_id), "presence.changed")
    return people


def present(desk: Desk, ticket_id: int) -> list[Present]:
    """Who has the ticket open, by name."""
    if desk.redis is None or _breaker.is_open:
        return []
    now = utc_now().timestamp()
    try:
        entries = _entries(desk.redis, ticket_id)
    except (RedisError, OSError) as error:
        _away(error)
        return []
    return _people({key: kept for key, kept in entries.items() if kept["at"] > now - FORGOTTEN})


def _key(ticket_id: int) -> str:
    return f"lanedesk:presence:{ticket_id}"


def _entries(redis: "Redis", ticket_id: int) -> dict[str, dict[str, Any]]:
    """By person and tab."""
    found = cast(dict[bytes, bytes], redis.hgetall(_key(ticket_id)))
    return {key.decode(): json.loads(raw) for key, raw in found.items()}


def _people(entries: Mapping[str, Mapping[str, Any]]) -> list[Present]:
    people: dict[int, Present] = {}
    for key, kept in entries.items():
        user_id = int(key.partition(":")[0])
        if user_id not in people or kept["doing"] == "writing":
            people[user_id] = Present(user_id, kept["name"], kept["doing"])
    return sorted(people.values(), key=lambda person: (person.name, person.user_id))


def _away(error: Exception) -> None:
    _breaker.failed()
    log.warning("presence.redis_away", cause=str(error))
