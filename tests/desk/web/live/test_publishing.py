"""Events are told with the change, or not at all."""

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select

from desk.application import Desk
from desk.web.live import Live, prune
from desk.web.live.models import LiveEvent
from desk.web.live.publishing import WAKE_CHANNEL
from engine.timestamps import utc_now


def told(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    with desk.reading() as session:
        found = session.scalars(select(LiveEvent).order_by(LiveEvent.id))
        return [(event.topic, event.kind, event.data) for event in found]


def test_events_are_there_after_the_commit_in_order_each_once(desk: Desk) -> None:
    with desk.database.transaction() as session:
        desk.live.publish(session, "ticket:1", "changed", {"state": "ended"})
        desk.live.publish(session, "tickets", "changed")
        desk.live.publish(session, "ticket:1", "changed", {"state": "ended"})
        assert told(desk) == []
    assert told(desk) == [
        ("ticket:1", "changed", {"state": "ended"}),
        ("tickets", "changed", {}),
    ]


def test_what_fails_tells_nothing(desk: Desk) -> None:
    def fail() -> None:
        with desk.database.transaction() as session:
            desk.live.publish(session, "tickets", "changed")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told(desk) == []


def test_a_savepoint_does_not_tell_early_and_later_events_are_told_too(desk: Desk) -> None:
    with desk.database.transaction() as session:
        desk.live.publish(session, "tickets", "one")
        with session.begin_nested():
            desk.live.publish(session, "tickets", "two")
        desk.live.publish(session, "tickets", "three")
    assert [kind for _, kind, _ in told(desk)] == ["one", "two", "three"]


def test_a_second_commit_of_the_same_session_tells_its_own(desk: Desk) -> None:
    with desk.database.transaction() as session:
        desk.live.publish(session, "tickets", "one")
        session.commit()
        desk.live.publish(session, "tickets", "two")
    assert [kind for _, kind, _ in told(desk)] == ["one", "two"]


def test_one_wake_goes_through_redis_after_the_commit(desk: Desk, redis: Redis) -> None:
    channel = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    channel.subscribe(WAKE_CHANNEL)
    assert channel.get_message(timeout=5) is None, "the answer to the subscription"
    live = Live(redis)
    with desk.database.transaction() as session:
        live.publish(session, "tickets", "one")
        live.publish(session, "tickets", "two")
        assert channel.get_message(timeout=0.05) is None
    assert channel.get_message(timeout=5) is not None
    assert channel.get_message(timeout=0.05) is None
    channel.close()


def test_redis_away_does_not_undo_the_change(desk: Desk) -> None:
    live = Live(Redis(host="127.0.0.1", port=1, socket_connect_timeout=1))
    with desk.database.transaction() as session:
        live.publish(session, "tickets", "one")
    assert len(told(desk)) == 1


def test_events_are_pruned_after_a_day_but_ids_never_come_back(desk: Desk) -> None:
    for kind in ("one", "two"):
        with desk.database.transaction() as session:
            desk.live.publish(session, "tickets", kind)
    with desk.database.transaction() as session:
        for event in session.scalars(select(LiveEvent)):
            event.at = utc_now() - timedelta(hours=25)
    with desk.database.transaction() as session:
        assert prune(session) == 1, "the newest stays: SQLite would give its id again"
        desk.live.publish(session, "tickets", "three")
    with desk.reading() as session:
        ids = session.scalars(select(LiveEvent.id).order_by(LiveEvent.id)).all()
    assert ids == [2, 3]
