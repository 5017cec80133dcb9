"""Who has a ticket open is seen by the others, whichever web process they ask, and forgotten when they go."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select

from desk.application import Desk
from desk.tickets import presence
from desk.tickets.models import Ticket
from desk.tickets.presence import FORGOTTEN, Present, beat, present
from desk.web.live.models import LiveEvent
from lanedesk.app import create_app
from lanedesk.build import build_desk
from lanedesk.redis_client import connect_redis
from tests.desk.web.fixtures import Browser


def news(desk: Desk) -> int:
    with desk.reading() as session:
        return len(session.scalars(select(LiveEvent).where(LiveEvent.topic == "presence:1")).all())


def test_people_come_write_and_go(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket = mailed()
    path = f"/tickets/{ticket.id}/presence"
    boss, auditor = visit(crew.dispatcher), visit(crew.auditor)
    assert "调度" not in boss.post(path, {"tab": "a", "doing": "looking"}).text  # not to oneself
    assert "调度 is looking" in auditor.get(path).text
    boss.post(path, {"tab": "b", "doing": "writing"})
    assert "调度 is writing" in auditor.post(path, {"tab": "c", "doing": "looking"}).text
    told = news(desk)
    boss.post(path, {"tab": "b", "doing": "writing"})
    assert news(desk) == told  # a beat that changes nothing tells nobody
    boss.post(path, {"tab": "b", "doing": "gone"})
    assert "调度 is looking" in auditor.get(path).text
    boss.post(path, {"tab": "a", "doing": "gone"})
    assert "调度" not in auditor.get(path).text
    assert news(desk) == told + 2
    assert boss.post(path, {"tab": "a", "doing": "dancing"}).status_code == 400
    assert boss.post(path, {"tab": "../a", "doing": "looking"}).status_code == 400


def test_only_who_sees_the_ticket(
    crew: SimpleNamespace, visit: Any, mailed: Callable[..., Ticket]
) -> None:
    ticket = mailed()  # nobody's yet: agents do not see it
    path = f"/tickets/{ticket.id}/presence"
    lilei = visit(crew.lilei)
    assert lilei.get(path).status_code == 404
    assert lilei.post(path, {"tab": "a", "doing": "looking"}).status_code == 404
    assert visit(crew.dispatcher).get("/tickets/999/presence").status_code == 404


def test_another_web_process_knows_it_too(
    desk: Desk, crew: SimpleNamespace, visit: Any, mailed: Callable[..., Ticket]
) -> None:
    path = f"/tickets/{mailed().id}/presence"
    visit(crew.dispatcher).post(path, {"tab": "a", "doing": "looking"})
    second = build_desk(desk.settings)
    other = Browser(create_app(second))
    other.sign_in("audit")
    assert "调度 is looking" in other.get(path).text
    second.database.dispose()


def test_who_dies_is_forgotten_and_redis_may_be_away(
    desk: Desk, redis: Redis, crew: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(desk, 7, crew.lilei, "a", "writing")
    assert present(desk, 7) == [Present(crew.lilei.id, "李雷", "writing")]
    assert 0 < redis.ttl("lanedesk:presence:7") <= FORGOTTEN
    monkeypatch.setattr(presence, "FORGOTTEN", -1)
    assert present(desk, 7) == []
    monkeypatch.setattr(presence, "_breaker", presence.Breaker())
    desk.redis = connect_redis("redis://127.0.0.1:1")
    assert beat(desk, 7, crew.lilei, "a", "looking") == []
    assert present(desk, 7) == []
