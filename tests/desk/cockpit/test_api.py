"""Programs see and do the same as people, with the same rights."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from engine.tables import incident
from tests.desk.cockpit.conftest import Floor, Line

API = "/api/v1"


class Program:
    """A program that acts as a person with one role."""

    def __init__(self, app: Flask, headers: dict[str, str]) -> None:
        self.client, self.headers = app.test_client(), headers

    def get(self, path: str) -> Any:
        return self.client.get(API + path, headers=self.headers)

    def post(self, path: str, **content: Any) -> Any:
        return self.client.post(API + path, headers=self.headers, json=content)


@pytest.fixture
def program(app: Flask, make_user: Any, bearer: Any) -> Callable[[str], Program]:
    """`program("auditor")`"""
    return lambda role: Program(app, bearer(make_user(f"p-{role}", roles=[role])))


def test_an_instance_is_looked_at_and_operated(
    floor: Floor, program: Callable[[str], Program]
) -> None:
    instance = floor.start("review", colour="red")
    client, path = program("implementer"), f"/instances/{instance}"
    seen = client.get(path).json
    (token,) = [t for t in seen["tokens"] if not t["beside"]]
    assert (seen["variables"], token["at"]) == ({"colour": "red"}, "write")
    assert client.post(f"{path}/suspend", reason="stop").status_code == 204
    assert client.post(f"{path}/suspend", reason="stop").status_code == 409
    assert client.post(f"{path}/resume", reason="go").status_code == 204
    assert client.post(f"{path}/variables", variables={"n": 1}, reason="x").status_code == 204
    move = {"token": token["id"], "to": "check", "reason": "x"}
    assert client.post(f"{path}/tokens", **move).status_code == 204
    assert client.post(f"{path}/tokens", **move).status_code == 409
    assert client.post(f"{path}/tokens", to="write", reason="x").status_code == 204
    assert client.get(path).json["active"] == ["check", "write"]
    assert client.post(f"{path}/migrate", version=str(uuid4()), reason="x").status_code == 422
    assert client.post(f"{path}/cancel").status_code == 422
    assert client.post(f"{path}/cancel", reason="over").status_code == 204
    assert client.get(f"/instances/{uuid4()}").status_code == 404
    events = [row["event"] for row in client.get(f"{path}/history").json["items"]]
    assert {"suspended", "resumed", "edited", "moved", "added", "cancelled"} <= set(events)


def test_instances_are_listed_by_filters(floor: Floor, program: Callable[[str], Program]) -> None:
    ids = [str(floor.start("review", n=n)) for n in range(3)]
    floor.work()
    client = program("auditor")
    first = client.get("/instances?process=review&limit=2").json
    second = client.get(f"/instances?process=review&limit=2&after={first['next']}").json
    assert {i["id"] for i in first["items"] + second["items"]} == set(ids)
    assert second["next"] is None
    (found,) = client.get("/instances?variable=n&value=1").json["items"]
    assert found["id"] == ids[1]
    assert client.get("/instances?after=x").status_code == 422


def test_figures(floor: Floor, program: Callable[[str], Program]) -> None:
    floor.complete(floor.start("review"), after=60)
    floor.work()
    client = program("auditor")
    items = {e["element"]: e for e in client.get("/processes/review/heat").json["items"]}
    assert (items["write"]["passes"], items["write"]["longest"]) == (1, 60_000)
    assert items["check"]["waiting"] == 1
    assert client.get("/processes/none/heat").status_code == 404


def test_batches(floor: Floor, program: Callable[[str], Program]) -> None:
    ids = [str(floor.start("review")) for _ in range(2)]
    client = program("implementer")
    made = client.post("/batches", kind="suspend", filter={"process": "review"}, reason="stop")
    assert made.status_code == 202
    floor.work()
    path = f"/batches/{made.json['id']}"
    seen = client.get(path).json
    assert (seen["done"], seen["failed"], seen["total"], seen["todo"]) == (2, 0, 2, 0)
    again = client.post("/batches", kind="suspend", ids=ids, reason="stop").json["id"]
    floor.work()
    (one, _two) = client.get(f"/batches/{again}/items?status=failed").json["items"]
    assert one["reasons"] == [
        {"element": "", "en": "The instance is suspended.", "zh": "实例已挂起。"}
    ]
    assert client.post(f"{path}/stop").status_code == 409
    assert client.post("/batches", kind="suspend", reason="x").status_code == 422
    assert client.post("/batches", kind="move", ids=ids, reason="x").status_code == 422
    assert client.get(f"/batches/{uuid4()}").status_code == 404


def test_incidents(floor: Floor, desk: Desk, line: Line, program: Callable[[str], Program]) -> None:
    floor.start("calls", number="110")
    floor.work()
    client = program("implementer")
    (seen,) = client.get("/incidents?process=calls").json["items"]
    path = f"/incidents/{seen['id']}"
    assert "PermanentFailure" in client.get(path).json["detail"]
    assert "detail" not in program("auditor").get(path).json
    assert client.post(path, action="resolve", reason="x", variables={"a": 1}).status_code == 422
    retry = {"action": "retry", "reason": "prefix", "variables": {"number": "+86110"}}
    assert client.post(path, **retry).status_code == 204
    assert client.post(path, **retry).status_code == 409
    floor.work()
    assert line.called == ["+86110"]
    floor.start("calls", number="119")
    floor.work()
    many = client.post("/incidents/batches", action="resolve", reason="x", cause=seen["cause"])
    assert many.status_code == 202
    floor.work()
    with desk.reading() as session:
        assert set(session.scalars(select(incident.c.resolution))) == {"retried", "resolved"}
    assert client.post("/incidents/batches", action="retry", reason="x").status_code == 422


def test_who_may_not_operate(floor: Floor, program: Callable[[str], Program]) -> None:
    instance: UUID = floor.start("review")
    floor.ticket(instance, "WN-1", team_id=None)
    auditor, agent = program("auditor"), program("agent")
    for act in ("suspend", "resume", "cancel"):
        assert auditor.post(f"/instances/{instance}/{act}", reason="x").status_code == 403
    assert (
        auditor.post("/batches", kind="cancel", ids=[str(instance)], reason="x").status_code == 403
    )
    assert auditor.get(f"/instances/{instance}").status_code == 200
    assert agent.get(f"/instances/{instance}").status_code == 404
    assert agent.get("/instances").json["items"] == []
