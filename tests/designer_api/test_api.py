"""Programs deploy, look at instances and deal with incidents."""

import io
from collections.abc import Callable
from typing import Any

from desk.application import Desk
from engine.actors import SYSTEM
from engine.incidents import open_incident
from tests.designer_api.conftest import BODY
from tests.engine.diagrams import diagram


def files(*contents: tuple[str, bytes]) -> dict[str, Any]:
    return {"files": [(io.BytesIO(content), name) for name, content in contents]}


def test_a_bundle_is_deployed_and_read_back_byte_for_byte(program: Callable[..., Any]) -> None:
    client = program("implementer")
    content = diagram(BODY, key="q")
    answer = client.post("/api/v1/deployments?note=why", data=files(("q.bpmn", content)))
    assert answer.status_code == 201, answer.text
    assert answer.json["created"] == ["q"]
    versions = client.get("/api/v1/processes/q/versions").json["items"]
    assert [(v["version"], v["note"], v["running"]) for v in versions] == [(1, "why", 0)]
    read = client.get(f"/api/v1/process-versions/{versions[0]['id']}/diagram")
    assert read.data == content
    assert {p["key"] for p in client.get("/api/v1/processes").json["items"]} == {"p", "q"}


def test_a_refused_bundle_says_what_is_wrong_where(program: Callable[..., Any]) -> None:
    broken = diagram('<startEvent id="s"/><serviceTask id="t"/><endEvent id="e"/>s->t t->e', key="q")
    client = program("implementer")
    answer = client.post("/api/v1/deployments", data=files(("q.bpmn", broken)))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    (problem,) = answer.json["errors"]["problems"]
    assert (problem["rule"], problem["element"]) == ("operator-call", "t")
    assert problem["zh"] != problem["en"]
    checked = client.post("/api/v1/deployments/check", data=files(("q.bpmn", broken)))
    assert [p["rule"] for p in checked.json["problems"]] == ["operator-call"]


def test_names_that_climb_out_are_refused(program: Callable[..., Any]) -> None:
    client = program("implementer")
    for name in ("../q.bpmn", "q.exe"):
        answer = client.post("/api/v1/deployments", data=files((name, diagram(BODY, key="q"))))
        assert answer.status_code == 422


def test_an_agent_may_not_deploy(program: Callable[..., Any]) -> None:
    answer = program("agent").post("/api/v1/deployments", data=files(("q.bpmn", diagram(BODY))))
    assert answer.status_code == 403


def test_an_instance_is_seen_and_cancelled(
    desk: Desk, program: Callable[..., Any]
) -> None:
    with desk.database.transaction() as session:
        ids = [str(desk.engine.start(session, "p", {}, actor=SYSTEM)) for _ in range(3)]
    client = program("administrator")
    first = client.get("/api/v1/instances?process=p&limit=2").json
    second = client.get(f"/api/v1/instances?limit=2&after={first['next']}").json
    assert {i["id"] for i in first["items"] + second["items"]} == set(ids)
    assert second["next"] is None
    seen = client.get(f"/api/v1/instances/{ids[0]}").json
    assert (seen["status"], seen["active"], len(seen["tasks"])) == ("active", ["a"], 1)
    cancel = f"/api/v1/instances/{ids[0]}/cancel"
    assert client.post(cancel, json={"reason": "test"}).status_code == 204
    assert client.post(cancel, json={"reason": "test"}).status_code == 409
    assert client.post(cancel, json={}).status_code == 422
    history = client.get(f"/api/v1/instances/{ids[0]}/history").json["items"]
    assert [h["event"] for h in history][-1] == "ended"
    assert {"reason": "test"} in [h["data"] for h in history]


def test_an_incident_is_listed_and_resolved_with_a_reason(
    desk: Desk, program: Callable[..., Any]
) -> None:
    with desk.database.transaction() as session:
        incident_id = open_incident(session, "mail", "cannot be read")
    client = program("administrator")
    (seen,) = client.get("/api/v1/incidents").json["items"]
    assert (seen["id"], seen["message"]) == (str(incident_id), "cannot be read")
    path = f"/api/v1/incidents/{incident_id}"
    assert client.post(path, json={"action": "resolve"}).status_code == 422
    assert client.post(path, json={"action": "resolve", "reason": "spam"}).status_code == 204
    assert client.get("/api/v1/incidents").json["items"] == []
    (done,) = client.get("/api/v1/incidents?resolved=true").json["items"]
    assert (done["resolution"], done["reason"]) == ("resolved", "spam")
