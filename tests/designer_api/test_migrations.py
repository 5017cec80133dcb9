"""The migrate wizard over the API."""

from collections.abc import Callable
from typing import Any

from desk.application import Desk
from engine.actors import SYSTEM
from engine.jobs import work
from tests.designer_api.conftest import BODY
from tests.engine.diagrams import diagram, person

API = "/api/v1/designer"
RENAMED = (
    '<startEvent id="s"/><endEvent id="e"/>'
    + person("b", candidates="team:1")
    + person("c", candidates="team:1")
    + "s->b b->c c->e"
)


def second_version(desk: Desk, client: Any) -> tuple[str, str]:
    with desk.database.transaction() as session:
        desk.engine.deploy(session, {"p.bpmn": diagram(RENAMED)}, actor=SYSTEM, note="second")
    new, old = client.get(f"{API}/processes/p/versions").json["items"]
    return old["id"], new["id"]


def test_instances_are_moved_with_a_map_and_back(desk: Desk, program: Callable[..., Any]) -> None:
    client = program("implementer")
    with desk.database.transaction() as session:
        ids = [str(desk.engine.start(session, "p", {}, actor=SYSTEM)) for _ in range(3)]
    old, new = second_version(desk, client)
    pair = {"source": old, "target": new}
    proposed = client.post(f"{API}/migrations/draft", json=pair).json
    assert (proposed["unmapped"], proposed["instances"]) == (["a"], 3)
    assert {e["id"]: e["tokens"] for e in proposed["source_elements"]} == {"s": 0, "e": 0, "a": 3}
    sent = pair | {"mapping": proposed["mapping"]}
    checked = client.post(f"{API}/migrations/check", json=sent).json
    assert (checked["total"], checked["movable"]) == (3, 0)
    assert {r["element"] for item in checked["items"] for r in item["reasons"]} == {"a"}
    sent["mapping"]["a"] = "b"
    assert client.post(f"{API}/migrations/check", json=sent).json["movable"] == 3
    two = sent | {"instances": ids[:2], "reason": "new step"}
    begun = client.post(f"{API}/migrations", json=two)
    assert begun.status_code == 202, begun.text
    work(desk.engine, desk.database, "engine")
    done = client.get(f"{API}/migrations/{begun.json['id']}").json
    assert (done["status"], done["done"], done["failed"]) == ("done", 2, 0)
    counts = [v["active"] for v in client.get(f"{API}/processes/p/versions").json["items"]]
    assert counts == [2, 1]
    back = client.post(f"{API}/migrations/{begun.json['id']}/revert", json={"reason": "oops"})
    assert back.status_code == 202, back.text
    work(desk.engine, desk.database, "engine")
    assert client.get(f"{API}/migrations/{back.json['id']}").json["done"] == 2
    counts = [v["active"] for v in client.get(f"{API}/processes/p/versions").json["items"]]
    assert counts == [0, 3]


def test_those_that_cannot_move_stay_with_their_reasons(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    with desk.database.transaction() as session:
        desk.engine.start(session, "p", {}, actor=SYSTEM)
    old, new = second_version(desk, client)
    sent = {"source": old, "target": new, "mapping": {}, "reason": "try"}
    begun = client.post(f"{API}/migrations", json=sent).json
    work(desk.engine, desk.database, "engine")
    seen = client.get(f"{API}/migrations/{begun['id']}").json
    assert (seen["done"], seen["failed"]) == (0, 1)
    assert set(seen["failures"][0]["reasons"][0]["words"]) == {"en", "zh"}
    again = client.post(f"{API}/migrations/{begun['id']}/revert", json={"reason": "x"})
    assert again.status_code == 409


def test_what_makes_no_sense_is_refused(desk: Desk, program: Callable[..., Any]) -> None:
    client = program("implementer")
    old, new = second_version(desk, client)
    with desk.database.transaction() as session:
        desk.engine.deploy(session, {"q.bpmn": diagram(BODY, key="q")}, actor=SYSTEM)
    other = client.get(f"{API}/processes/q/versions").json["items"][0]["id"]
    nobody = "00000000-0000-0000-0000-000000000000"
    for pair, status in (
        ({"source": old, "target": old}, 422),
        ({"source": old, "target": other}, 422),
        ({"source": old, "target": nobody}, 404),
    ):
        answer = client.post(f"{API}/migrations/draft", json=pair)
        assert answer.status_code == status
    empty = {"source": old, "target": new, "mapping": {}, "reason": "x"}
    assert client.post(f"{API}/migrations", json=empty).status_code == 409
    assert client.post(f"{API}/migrations", json=empty | {"reason": ""}).status_code == 422
    assert client.get(f"{API}/migrations/{nobody}").status_code == 404
    assert program("agent").post(f"{API}/migrations", json=empty).status_code == 403
