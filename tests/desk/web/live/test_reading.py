"""Every event reaches everybody who listens, once, also those that are committed late."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from desk.application import Desk
from desk.web.live import Live
from desk.web.live.models import LiveEvent
from desk.web.live.position import MOST_MISSING, Position, newest_position
from desk.web.live.reading import BACKLOG, Event, Listener, Reader, events_after
from engine.timestamps import utc_now


def publish(desk: Desk, *kinds: str, topic: str = "tickets") -> None:
    with desk.database.transaction() as session:
        for kind in kinds:
            desk.live.publish(session, topic, kind)


def row(desk: Desk, event_id: int, kind: str, age: float = 0) -> None:
    """A row with an id of our choice, as a transaction that took long leaves it."""
    with desk.database.transaction() as session:
        at = utc_now() - timedelta(seconds=age)
        values = {"id": event_id, "topic": "tickets", "kind": kind, "data": {}, "at": at}
        session.execute(insert(LiveEvent).values(values))


def kinds(listener: Listener) -> Iterator[str]:
    while (event := listener.take(0.001)) is not None:
        yield event.kind


@pytest.fixture
def still(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader that looks only when the test says so."""
    monkeypatch.setattr(reader, "_run", lambda: reader._stopping.wait())
    return reader


def test_listeners_hear_their_topics_only(desk: Desk, still: Reader) -> None:
    with still.listening(["tickets"]) as mine, still.listening(["user:7"]) as other:
        publish(desk, "one")
        publish(desk, "two", topic="user:8")
        still.look()
        assert list(kinds(mine)) == ["one"]
        assert list(kinds(other)) == []


def test_what_happened_before_is_not_heard(desk: Desk, still: Reader) -> None:
    publish(desk, "before")
    with still.listening(["tickets"]) as listener:
        publish(desk, "after")
        still.look()
        still.look()
        assert list(kinds(listener)) == ["after"]


def test_what_is_committed_late_is_heard(desk: Desk, still: Reader) -> None:
    with still.listening(["tickets"]) as listener:
        row(desk, 3, "three")
        still.look()
        row(desk, 2, "two")
        still.look()
        row(desk, 5, "five")
        row(desk, 4, "four")
        still.look()
        row(desk, 1, "one")
        still.look()
        assert list(kinds(listener)) == ["three", "two", "four", "five", "one"]


def test_what_was_on_its_way_when_the_reader_began_is_heard(desk: Desk, still: Reader) -> None:
    row(desk, 10, "ten", age=60)
    row(desk, 12, "twelve")
    with still.listening(["tickets"]) as listener:
        row(desk, 11, "eleven")
        still.look()
        assert list(kinds(listener)) == ["eleven"]


def test_an_id_that_never_comes_is_given_up(
    desk: Desk, still: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with still.listening(["tickets"]):
        row(desk, 1, "one")
        row(desk, 3, "three")
        still.look()
        assert list(still._missing) == [2]
        monkeypatch.setattr(
            "desk.web.live.reading.utc_now", lambda: utc_now() + timedelta(seconds=11)
        )
        still.look()
        assert list(still._missing) == []


def test_resuming_at_a_position_reads_exactly_what_was_not_seen(desk: Desk, still: Reader) -> None:
    with still.listening(["tickets"]) as listener:
        row(desk, 1, "one")
        row(desk, 4, "four")
        still.look()
        events = [listener.take(0.1), listener.take(0.1)]
        position = Position.parse(str(events[-1].position)) if events[-1] else None
    assert position == Position(4, (2, 3))
    row(desk, 3, "three")
    row(desk, 5, "five")
    with desk.reading() as session:
        seen = events_after(session, ["tickets"], position)
        assert [event.kind for event in seen] == ["three", "five"]
        assert newest_position(session) == Position(5, (2,))


@given(last=st.integers(0, 10**17), missing=st.sets(st.integers(0, 10**17), max_size=80))
def test_a_position_is_read_as_it_was_written(last: int, missing: set[int]) -> None:
    position = Position.of(last, missing)
    assert Position.parse(str(position)) == position
    assert len(position.missing) <= MOST_MISSING


@pytest.mark.parametrize("raw", ["", "x", "-1", "1-", "1-2.", "1,2", "9" * 19, "１２", "1-2 "])
def test_anything_else_is_no_position(raw: str) -> None:
    assert Position.parse(raw) is None


def test_a_listener_that_does_not_keep_up_is_marked_and_holds_up_nobody() -> None:
    listener = Listener(frozenset({"tickets"}))
    for i in range(BACKLOG + 5):
        listener.offer(Event(i, "tickets", "x", {}, utc_now()))
    assert listener.lagging


def test_the_same_event_twice_is_taken_once() -> None:
    listener = Listener(frozenset({"tickets"}))
    event = Event(1, "tickets", "x", {}, utc_now())
    listener.offer(event)
    listener.offer(event)
    assert listener.take(0.01) == event
    assert listener.take(0.01) is None


def test_the_reader_finds_events_without_redis_by_itself(desk: Desk, reader: Reader) -> None:
    with reader.listening(["tickets"]) as listener:
        publish(desk, "one")
        event = listener.take(10)
        assert event is not None
        assert event.kind == "one"


def test_a_wake_through_redis_is_heard_at_once(
    desk: Desk, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.web.live.reading.LOOK_WITH_REDIS", 60.0)
    desk.live = Live(redis)
    reader = Reader(desk.database, redis)
    try:
        with reader.listening(["tickets"]) as listener:
            for _ in range(100):  # until the subscription stands
                if redis.pubsub_numsub("lanedesk:live")[0][1]:
                    break
                threading.Event().wait(0.05)
            publish(desk, "one")
            assert listener.take(5) is not None
    finally:
        reader.stop()


def test_redis_going_away_only_makes_it_slower(desk: Desk) -> None:
    reader = Reader(desk.database, Redis(host="127.0.0.1", port=1, socket_connect_timeout=1))
    try:
        with reader.listening(["tickets"]) as listener:
            publish(desk, "one")
            assert listener.take(10) is not None
    finally:
        reader.stop()


def test_the_database_going_away_ends_no_connection(
    desk: Desk, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = reader.look
    failures: list[int] = []

    def shaky() -> None:
        if len(failures) < 2:
            failures.append(1)
            raise OperationalError("SELECT", {}, Exception("gone"))
        look()

    monkeypatch.setattr(reader, "look", shaky)
    with reader.listening(["tickets"]) as listener:
        publish(desk, "one")
        assert listener.take(15) is not None
    assert len(failures) == 2
