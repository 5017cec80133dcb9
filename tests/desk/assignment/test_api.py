"""How people take tickets, as programs see and change it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.people import work
from desk.people.models import User
from engine.actors import SYSTEM
from tests.desk.sla.conftest import World


@pytest.fixture
def api(app: Flask, crew: SimpleNamespace, bearer: Callable[[User], dict[str, str]]) -> FlaskClient:
    """Signs every call with a key of the supervisor."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(crew.dispatcher)["Authorization"]
    return client


def test_load_limit_and_skills(
    api: FlaskClient, world: World, crew: SimpleNamespace, mailed: Callable[..., Any]
) -> None:
    with world.desk.database.transaction() as session:
        work.create_skill(session, name="德语", actor=SYSTEM)
    ticket = mailed()
    world.complete(ticket, "dispatch", "dispatch", crew.dispatcher, person=f"user:{crew.lilei.id}")
    path = f"/api/v1/agents/{crew.lilei.id}"
    changed = api.patch(path, json={"capacity": 3, "skills": {"德语": 7}})
    assert changed.status_code == 200
    got = api.get(path).get_json()
    assert (got["open_tickets"], got["capacity"], got["skills"]) == (1, 3, {"德语": 7})
    assert got["on_duty"] is True
    assert api.patch(path, json={"on_rota": True}).get_json()["on_duty"] is False
    assert api.get(path).get_json()["capacity"] == 3, "what is left out stays"
    names = [agent["name"] for agent in api.get("/api/v1/agents").get_json()["items"]]
    assert {"李雷", "韩梅梅"} <= set(names)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"capacity": -1}, "capacity"),
        ({"share": 101}, "share"),
        ({"latitude": 31.2}, "latitude"),
        ({"skills": {"法语": 3}}, "skills"),
        ({"skills": {"法语": 10}}, "skills"),
        ({"salary": 1}, "salary"),
    ],
)
def test_what_is_wrong_is_named(
    api: FlaskClient, crew: SimpleNamespace, body: dict[str, Any], field: str
) -> None:
    answer = api.patch(f"/api/v1/agents/{crew.lilei.id}", json=body)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]["json"]


def test_the_rota(api: FlaskClient, world: World, crew: SimpleNamespace) -> None:
    with world.desk.database.transaction() as session:
        work.create_shift(
            session, name="晚班", hours="22:00-06:00", zone="Asia/Shanghai", actor=SYSTEM
        )
    line = {"user_id": crew.lilei.id, "day": "2026-03-02", "shift": "晚班"}
    made = api.post("/api/v1/rota", json=line)
    assert made.status_code == 201
    assert made.get_json()["times"] == [
        {"start": "2026-03-02T14:00:00+00:00", "end": "2026-03-02T22:00:00+00:00"}
    ]
    assert api.post("/api/v1/rota", json=line).get_json()["id"] == made.get_json()["id"]
    assert api.post("/api/v1/rota", json={**line, "shift": "x"}).status_code == 422
    week = "/api/v1/rota?first=2026-03-02&last=2026-03-08"
    assert [one["shift"] for one in api.get(week).get_json()["items"]] == ["晚班"]
    assert api.get("/api/v1/rota?first=2026-03-02&last=2027-03-08").status_code == 422
    assert api.delete(f"/api/v1/rota/{made.get_json()['id']}").status_code == 204
    assert api.get(week).get_json()["items"] == []
    assert api.delete("/api/v1/rota/4711").status_code == 404


def test_absences(
    api: FlaskClient,
    app: Flask,
    crew: SimpleNamespace,
    bearer: Callable[[User], dict[str, str]],
) -> None:
    path = f"/api/v1/agents/{crew.lilei.id}/absences"
    given = {"start": "2031-03-02T09:00:00+08:00", "end": "2031-03-06T18:00:00+08:00"}
    made = api.post(path, json={**given, "reason": "年假"})
    assert made.status_code == 201
    assert [one["reason"] for one in api.get(path).get_json()["items"]] == ["年假"]
    backwards = api.post(path, json={"start": given["end"], "end": given["start"]})
    assert backwards.status_code == 422
    assert api.delete(f"/api/v1/absences/{made.get_json()['id']}").status_code == 204
    assert api.get(path).get_json()["items"] == []
    agent = app.test_client()
    agent.environ_base["HTTP_AUTHORIZATION"] = bearer(crew.lilei)["Authorization"]
    assert agent.post(path, json=given).status_code == 403
