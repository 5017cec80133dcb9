"""What really happened, played again with a draft."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from designer_api.backtests.differences import differences
from designer_api.backtests.replay import Played
from desk.application import Desk
from desk.background.running import work_due
from engine import inspection
from engine.actors import SYSTEM
from engine.jobs import work
from tests.designer_api.test_compare import table
from tests.engine.diagrams import diagram, extension, person

API = "/api/v1/designer"
DECIDE = (
    '<businessRuleTask id="decide">'
    + extension('<l:decision key="sla" result="hours"/>')
    + "</businessRuleTask>"
)
FLOW = (
    '<startEvent id="s"/>'
    + DECIDE
    + '<exclusiveGateway id="g"/>'
    + person("fast", "done", candidates="team:1")
    + person("slow", "done", candidates="team:1")
    + '<endEvent id="e"/>s->decide decide->g g->fast[hours < 4] g->>slow fast->e slow->e'
)
OLD = table('a"vip"|2', "b-|8")
ENGLISH = (
    b'name="SLA"><extensionElements><l:text xmlns:l="urn:lanedesk:bpmn:1.0" lang="en" name="Hours"/>'
    b"</extensionElements>"
)
NEW = table('a"vip"|2', 'c"gold"|3', "b-|8", policy="FIRST").replace(b'name="SLA">', ENGLISH)


def real_tickets(desk: Desk) -> list[UUID]:
    """Three instances: vip, gold, normal; the first is done."""
    bundle = {"q.bpmn": diagram(FLOW, key="q"), "sla.dmn": OLD.replace(b"UNIQUE", b"FIRST")}
    ids = []
    with desk.database.transaction() as session:
        desk.engine.deploy(session, bundle, actor=SYSTEM)
        for level in ("vip", "gold", "normal"):
            ids.append(desk.engine.start(session, "q", {"level": level}, actor=SYSTEM))
        (task,) = desk.engine.open_tasks(session, ids[0])
        desk.engine.complete(session, task, {"note": "x"}, outcome="done", actor=SYSTEM)
    return ids


def backtested(desk: Desk, client: Any, **asked: Any) -> Any:
    answer = client.post(f"{API}/backtests", json=asked)
    assert answer.status_code == 202, answer.text
    assert answer.json["status"] == "waiting"
    work_due(desk)
    return client.get(f"{API}/backtests/{answer.json['id']}").json


def test_a_changed_decision_shows_which_instances_come_out_otherwise(
    desk: Desk, program: Callable[..., Any]
) -> None:
    ids = real_tickets(desk)
    seen = backtested(desk, program("implementer"), files={"t/s.dmn": NEW.decode()}, decision="sla")
    assert (seen["status"], seen["error"]) == ("done", None)
    result = seen["result"]
    assert [result[k] for k in ("replayed", "same", "different", "skipped")] == [3, 2, 1, 0]
    assert {(i["instance"], i["kind"]) for i in result["items"]} == {
        (str(ids[1]), "rule"),
        (str(ids[1]), "output"),
    }
    output = next(i for i in result["items"] if i["kind"] == "output")
    assert (output["old"], output["new"]) == (8, 3)
    assert output["words"]["zh"] == "SLA：当时结果为 8；按草稿为 3。"
    assert output["words"]["en"] == "Hours: the result was 8; in the draft 3."
    assert result["rules"][0]["name"] == {"zh": "SLA", "en": "Hours"}
    assert {(r["rule"], r["before"], r["after"]) for r in result["rules"]} == {
        ("b", 2, 1),
        ("c", 0, 1),
    }


def test_a_changed_diagram_shows_where_the_ways_part(
    desk: Desk, program: Callable[..., Any]
) -> None:
    ids = real_tickets(desk)
    client = program("implementer")
    same = {
        "t/q.bpmn": diagram(FLOW, key="q").decode(),
        "t/s.dmn": OLD.replace(b"UNIQUE", b"FIRST").decode(),
    }
    unchanged = backtested(desk, client, files=same, process="q")["result"]
    assert [unchanged[k] for k in ("replayed", "same", "skipped")] == [3, 3, 0]
    changed = same | {"t/s.dmn": NEW.decode()}
    result = backtested(desk, client, files=changed, process="q")["result"]
    assert (result["replayed"], result["different"]) == (3, 1)
    assert {i["instance"] for i in result["items"]} == {str(ids[1])}
    assert {i["kind"] for i in result["items"]} == {"rule", "output", "wait"}
    wait = next(i for i in result["items"] if i["kind"] == "wait")
    assert (wait["old"], wait["new"]) == (["slow"], ["fast"])
    removed = FLOW.replace('"done"', '"finished"', 1).replace('id="done"', 'id="finished"', 1)
    result = backtested(
        desk, client, files=same | {"t/q.bpmn": diagram(removed, key="q").decode()}, process="q"
    )["result"]
    assert {i["instance"] for i in result["items"] if i["kind"] == "error"} == {str(ids[0])}
    assert result["elements"]["fast"] >= 1


def test_operators_answer_as_they_did_then(desk: Desk, program: Callable[..., Any]) -> None:
    """Whatever was kept of an answer: a result variable, a part of it, or a context made of it."""
    asked = "".join(
        f'<serviceTask id="{key}">'
        + extension(
            f'<l:operator name="assign.open_tickets"{result}><l:param name="agent_id" value="=1"/></l:operator>{output}'
        )
        + "</serviceTask>"
        for key, result, output in (
            ("a", ' result="first"', ""),
            ("b", "", '<l:output name="second" value="=result.name"/>'),
            ("c", "", '<l:output name="third" value="=context merge([{n: 1}, result])"/>'),
        )
    )
    flow = (
        f'<startEvent id="s"/>{asked}<exclusiveGateway id="g"/>'
        + person("known", "done", candidates="team:1")
        + person("unknown", "done", candidates="team:1")
        + '<endEvent id="e"/>known->e unknown->e '
        + "s->a a->b b->c c->g g->known[first != null and second != null and third.name != null] g->>unknown"
    )
    files = {"q.bpmn": diagram(flow, key="q")}
    with desk.database.transaction() as session:
        desk.engine.deploy(session, files, actor=SYSTEM)
        desk.engine.start(session, "q", {}, actor=SYSTEM)
    sent = {"t/q.bpmn": files["q.bpmn"].decode()}
    result = backtested(desk, program("implementer"), files=sent, process="q")["result"]
    assert [result[k] for k in ("replayed", "same", "skipped")] == [1, 1, 0]


def test_of_what_is_done_otherwise_only_what_differs_is_said() -> None:
    before = Played(
        effects=[("a", "sla.start", {"ticket": 1, "targets": {"first": "PT4H", "last": "PT8H"}})]
    )
    after = Played(
        effects=[("a", "sla.start", {"ticket": 1, "targets": {"first": "PT3H", "last": "PT8H"}})]
    )
    (found,) = differences(before, after)
    assert found.words({"a": {"en": "Clocks", "zh": "时钟"}}) == {
        "en": "Clocks: targets.first was PT4H, in the draft PT3H.",
        "zh": "时钟：targets.first 当时为 PT4H，按草稿为 PT3H。",
    }


def test_nothing_of_a_replay_stays(desk: Desk, program: Callable[..., Any]) -> None:
    ids = real_tickets(desk)
    with desk.reading() as session:
        before = [inspection.history_of(session, one) for one in ids]
    files = {"t/q.bpmn": diagram(FLOW, key="q").decode(), "t/s.dmn": NEW.decode()}
    backtested(desk, program("implementer"), files=files, process="q")
    work(desk.engine, desk.database, "engine")
    with desk.reading() as session:
        assert [inspection.history_of(session, one) for one in ids] == before
        assert len(desk.engine.open_tasks(session, ids[1])) == 1


def test_what_lies_longer_back_is_left_alone(
    desk: Desk, program: Callable[..., Any], monkeypatch: Any
) -> None:
    real_tickets(desk)
    clock = desk.engine.clock
    monkeypatch.setattr(desk.engine, "clock", lambda: clock() + timedelta(days=40))
    seen = backtested(desk, program("implementer"), files={"t/s.dmn": NEW.decode()}, decision="sla")
    assert seen["result"]["replayed"] == 0


def test_a_draft_that_cannot_run_says_so(desk: Desk, program: Callable[..., Any]) -> None:
    real_tickets(desk)
    client = program("implementer")
    broken = diagram(
        '<startEvent id="s"/><serviceTask id="t"/><endEvent id="e"/>s->t t->e', key="q"
    )
    seen = backtested(desk, client, files={"t/q.bpmn": broken.decode()}, process="q")
    assert (seen["status"], seen["result"]) == ("failed", None)
    assert seen["error"]
    for asked in ({}, {"process": "q", "decision": "sla"}):
        answer = client.post(f"{API}/backtests", json={"files": {"t/s.dmn": "x"}} | asked)
        assert answer.status_code == 422


def test_backtests_are_ones_own(desk: Desk, program: Callable[..., Any]) -> None:
    real_tickets(desk)
    client = program("implementer")
    sent = {"files": {"t/s.dmn": NEW.decode()}, "decision": "sla"}
    begun = client.post(f"{API}/backtests", json=sent).json
    assert program("administrator").get(f"{API}/backtests/{begun['id']}").status_code == 404
    assert client.delete(f"{API}/backtests/{begun['id']}").status_code == 204
    assert client.get(f"{API}/backtests/{begun['id']}").json["status"] == "cancelled"
    assert program("agent").post(f"{API}/backtests", json=sent).status_code == 403
