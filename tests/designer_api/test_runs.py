"""Dry runs: real engine, nothing sent, clock moved, kept as a scenario that then holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from desk.application import Desk
from engine.tables import process_instance
from tests.designer_api.conftest import BODY
from tests.engine.diagrams import diagram, message, person, script, service

RUNS = "/api/v1/designer/runs"
LIBRARY = Path(__file__).parents[2] / "bpmn_library"

# a person says yes or no; a mail is sent; a day later a timer tells a variable
ASKS = diagram(
    '<startEvent id="s"/>'
    + person("ask", "yes", "no", candidates="team:1")
    + '<exclusiveGateway id="g"/>'
    + service("send", "mail.send", "sent", template="ended", ticket_id="=number")
    + '<boundaryEvent id="bounced" attachedToRef="send"><errorEventDefinition errorRef="er"/>'
    + "</boundaryEvent>"
    + '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>P1D</timeDuration>'
    + "</timerEventDefinition></intermediateCatchEvent>"
    + script("note", ("noted", "true"))
    + '<endEvent id="e"/>s->ask ask->g g->send[outcome = "yes"] g->>e send->wait wait->note note->e '
    + "bounced->e",
    key="asks",
    outside='<error id="er" errorCode="bounced"/>',
)


def begun(client: Any, **more: Any) -> Any:
    sent = {"files": {"t/asks.bpmn": ASKS.decode()}, "process": "asks", "data": {"number": 7}}
    answer = client.post(RUNS, json=sent | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def stepped(client: Any, run: Any, **step: Any) -> Any:
    answer = client.post(f"{RUNS}/{run['id']}/steps", json=step)
    assert answer.status_code == 200, answer.text
    return answer.json


def at(run: Any) -> list[str]:
    return [token["element"] for token in run["tokens"]]


def test_a_run_is_moved_by_hand_and_nothing_leaves_it(
    desk: Desk, program: Callable[..., Any]
) -> None:
    client = program("implementer")
    run = begun(client)
    assert at(run) == ["ask"]
    (task,) = run["waiting"]
    assert (task["kind"], [o["id"] for o in task["outcomes"]]) == ("task", ["yes", "no"])
    run = stepped(client, run, do="complete", element="ask", outcome="yes")
    assert [w["kind"] for w in run["waiting"]] == ["job"]
    run = stepped(client, run, do="work", results={"mail.send": {"message": "m1"}})
    (effect,) = run["effects"]
    assert (effect["operator"], effect["element"]) == ("mail.send", "send")
    assert effect["parameters"]["ticket_id"] == 7
    assert run["data"]["sent"] == {"message": "m1"}
    assert at(run) == ["wait"]
    run = stepped(client, run, do="next_timer")
    assert (run["ended"], run["data"]["noted"]) == (True, True)
    assert {"ask", "send", "wait", "note"} <= set(run["passed"]["elements"])
    assert [row["step"] for row in run["log"]] == sorted(row["step"] for row in run["log"])
    assert run["log"][-1]["step"] == 3
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(process_instance)) == 0


def test_a_run_stays_where_it_was_when_a_step_is_not_possible(program: Callable[..., Any]) -> None:
    client = program("implementer")
    run = begun(client)
    for step in (
        {"do": "complete", "element": "nowhere"},
        {"do": "complete", "element": "ask", "outcome": "perhaps"},
        {"do": "complete"},
        {"do": "message", "name": "nobody.waits"},
        {"do": "advance", "duration": "soon"},
        {"do": "next_timer"},
        {"do": "throw", "element": "send"},
    ):
        tried = stepped(client, run, **step)
        assert set(tried["error"]) == {"en", "zh"}
        assert (at(tried), tried["steps"]) == (["ask"], 0)
    run = stepped(client, run, do="complete", element="ask", outcome="no")
    assert (run["ended"], run["error"]) == (True, None)
    assert at(stepped(client, run, do="undo")) == ["ask"]


def test_an_operator_fails_as_it_is_told_to(program: Callable[..., Any]) -> None:
    client = program("implementer")
    run = begun(client)
    stepped(client, run, do="complete", element="ask", outcome="yes")
    run = stepped(client, run, do="throw", element="send", code="bounced", message="no such box")
    assert run["ended"]
    assert "bounced" in run["passed"]["elements"]
    stepped(client, run, do="undo")
    run = stepped(client, run, do="throw", element="send")
    assert at(run) == ["send"]
    assert [row["event"] for row in run["log"]][-1] == "incident"


@pytest.mark.parametrize("outcome", ["yes", "no"])
def test_a_run_is_kept_as_a_scenario_that_holds(program: Callable[..., Any], outcome: str) -> None:
    client = program("implementer")
    run = begun(client)
    stepped(client, run, do="complete", element="ask", outcome=outcome)
    if outcome == "yes":
        stepped(client, run, do="throw", element="send", code="bounced")
    kept = client.get(f"{RUNS}/{run['id']}/scenario?zh=问&en=Asked").json
    assert kept["path"] == "t/asks.scenario.yaml"
    (scenario,) = yaml.safe_load(kept["content"])
    assert scenario["name"] == {"zh": "问", "en": "Asked"}
    assert scenario["steps"][0]["at"] == ["ask"]
    files = {"t/asks.bpmn": ASKS.decode(), kept["path"]: kept["content"]}
    played = client.post("/api/v1/designer/scenarios", json={"files": files}).json
    assert [(r["held"], r["failure"]) for r in played["results"]] == [(True, None)]
    assert ("note" in played["coverage"]["untouched"], played["error"]) == (True, None)


def test_where_a_scenario_is_left_is_said_in_both_languages(program: Callable[..., Any]) -> None:
    told = "- name: Asked\n  steps:\n    - start: asks\n      at: [send, note]\n"
    files = {"t/asks.bpmn": ASKS.decode(), "t/asks.scenario.yaml": told}
    played = program("implementer").post("/api/v1/designer/scenarios", json={"files": files}).json
    assert [r["failure"] for r in played["results"]] == [
        {
            "en": "Step 1: tokens stand at ask, not at note, send",
            "zh": "第 1 步：令牌位于 ask，应为 note、send",
        }
    ]


def test_a_process_that_a_message_starts_waits_for_it(program: Callable[..., Any]) -> None:
    client = program("implementer")
    folder = LIBRARY / "tickets" / "basic"
    files = {f"b/{f.name}": f.read_text() for f in folder.iterdir() if f.suffix != ".md"}
    run = client.post(RUNS, json={"files": files, "process": "ticket-basic"})
    assert run.status_code == 201, run.text
    run = run.json
    assert (run["tokens"], run["ended"]) == ([], False)
    assert "mail.received" in [w["name"] for w in run["waiting"] if w["kind"] == "start"]
    run = stepped(client, run, do="message", name="mail.received", payload={"message_id": 1})
    assert "dispatch" in at(run)
    assert [e["operator"] for e in run["effects"]] == ["ticket.create"]
    task = next(w for w in run["waiting"] if w["kind"] == "task")
    assert task["form"]["components"]


def test_where_a_process_may_begin_in_several_ways_the_person_chooses(
    program: Callable[..., Any],
) -> None:
    client = program("implementer")
    body = (
        '<startEvent id="by_hand" name="By hand"/><startEvent id="by_mail">'
        '<messageEventDefinition messageRef="m_mail.received"/></startEvent>'
        + person("ask", candidates="team:1")
        + '<endEvent id="e"/>by_hand->ask by_mail->ask ask->e'
    )
    files = {"t/two.bpmn": diagram(body, key="two", outside=message("mail.received")).decode()}
    sent = {"files": files, "process": "two"}
    run = client.post(RUNS, json=sent).json
    assert run["tokens"] == []
    ways = {(w["element"], w["data"]["trigger"]) for w in run["waiting"] if w["kind"] == "start"}
    assert ways == {("by_hand", "none"), ("by_mail", "message")}
    begun_by_hand = stepped(client, run, do="start", payload={"number": 7})
    assert (at(begun_by_hand), begun_by_hand["data"]) == (["ask"], {"number": 7})
    assert "by_hand" not in [w["element"] for w in begun_by_hand["waiting"]]
    # whoever gives data with which it starts means the plain one
    assert at(client.post(RUNS, json=sent | {"data": {"number": 7}}).json) == ["ask"]


def test_a_bundle_with_problems_does_not_begin(program: Callable[..., Any]) -> None:
    client = program("implementer")
    broken = diagram(
        '<startEvent id="s"/><serviceTask id="t"/><endEvent id="e"/>s->t t->e', key="q"
    )
    answer = client.post(RUNS, json={"files": {"t/q.bpmn": broken.decode()}, "process": "q"})
    assert answer.status_code == 422
    assert [p["element"] for p in answer.json["problems"]] == ["t"]
    other = client.post(RUNS, json={"files": {"t/a.bpmn": ASKS.decode()}, "process": "nothing"})
    assert (other.status_code, set(other.json["words"])) == (422, {"en", "zh"})


def test_a_called_process_comes_from_what_is_deployed(program: Callable[..., Any]) -> None:
    client = program("implementer")
    calls = diagram(
        '<startEvent id="s"/><callActivity id="c" calledElement="p"/><endEvent id="e"/>s->c c->e',
        key="calls",
    )
    run = client.post(RUNS, json={"files": {"t/c.bpmn": calls.decode()}, "process": "calls"})
    assert run.status_code == 201, run.text
    assert "a" in at(run.json)


def test_a_loop_of_timers_ends_in_words(program: Callable[..., Any]) -> None:
    client = program("implementer")
    loops = diagram(
        '<startEvent id="s"/><intermediateCatchEvent id="w"><timerEventDefinition>'
        "<timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>s->w w->w",
        key="loops",
    )
    run = client.post(RUNS, json={"files": {"t/l.bpmn": loops.decode()}, "process": "loops"})
    if run.status_code == 201:
        run = stepped(client, run.json, do="advance", duration="P365D")
        assert "1000" in run["error"]["zh"]
    else:
        assert run.json["problems"]


COUNTS = diagram(
    '<startEvent id="s"/><dataStoreReference id="visits" dataStoreRef="Visits"/>'
    + script("count", ("Visits", "if Visits = null then 1 else Visits + 1"))
    + '<endEvent id="e"/>s->count count->e',
    key="counts",
    outside='<dataStore id="Visits"/>',
)


def test_data_stores_are_filled_shown_and_kept(program: Callable[..., Any]) -> None:
    client = program("implementer")
    sent = {"files": {"t/counts.bpmn": COUNTS.decode()}, "process": "counts"}
    run = client.post(RUNS, json=sent | {"stores": {"Visits": 41}}).json
    assert [(s["key"], s["value"]) for s in run["stores"]] == [("Visits", 42)]
    kept = client.get(f"{RUNS}/{run['id']}/scenario?zh=数&en=Count").json
    (scenario,) = yaml.safe_load(kept["content"])
    assert (scenario["stores"], scenario["steps"][0]["stores"]) == ({"Visits": 41}, {"Visits": 42})
    files = sent["files"] | {kept["path"]: kept["content"]}
    played = client.post("/api/v1/designer/scenarios", json={"files": files}).json
    assert [(r["held"], r["failure"]) for r in played["results"]] == [(True, None)]
    # the next run begins as that scenario does, unless it says otherwise; none of them has touched the desk's own
    again = client.post(RUNS, json=sent | {"files": files}).json
    assert again["stores"][0]["value"] == 42
    empty = client.post(RUNS, json=sent | {"files": files, "stores": {}}).json
    assert empty["stores"][0]["value"] == 1
    refused = client.post(RUNS, json=sent | {"stores": {"Other": 1}})
    assert (refused.status_code, "Other" in refused.text) == (422, True)


@pytest.mark.parametrize(
    ("told", "failure"),
    [
        ("stores: {Visits: 1}, steps: [{start: counts, stores: {Visits: 3}}]",
         "Step 1: the data store Visits holds 2, not 3"),
        ("stores: {Other: 1}, steps: [{start: counts}]", "there is no data store Other"),
        ("stores: {Visits: !!set {a}}, steps: [{start: counts}]", "set"),
        ("steps: [{start: counts, stores: [1]}]", "x: stores are names with values"),
    ],
)  # fmt: skip
def test_a_scenario_says_where_a_data_store_is_otherwise(
    program: Callable[..., Any], told: str, failure: str
) -> None:
    files = {"t/counts.bpmn": COUNTS.decode(), "t/x.scenario.yaml": f"- {{name: x, {told}}}"}
    played = program("implementer").post("/api/v1/designer/scenarios", json={"files": files}).json
    (result,) = played["results"]
    assert failure in result["failure"]["en"]


def test_runs_are_ones_own(program: Callable[..., Any]) -> None:
    mine, other, agent = program("implementer"), program("administrator"), program("agent")
    run = begun(mine)
    assert other.get(f"{RUNS}/{run['id']}").status_code == 404
    assert agent.get(f"{RUNS}/{run['id']}").status_code == 403
    assert mine.get(f"{RUNS}/{run['id']}").json["tokens"] == run["tokens"]
    assert mine.delete(f"{RUNS}/{run['id']}").status_code == 204
    assert mine.get(f"{RUNS}/{run['id']}").status_code == 404


def test_only_so_many_runs_are_kept(program: Callable[..., Any]) -> None:
    client = program("implementer")
    small = {"files": {"t/p.bpmn": diagram(BODY, key="q").decode()}, "process": "q"}
    runs = [client.post(RUNS, json=small).json["id"] for _ in range(22)]
    found = [client.get(f"{RUNS}/{run}").status_code for run in runs]
    assert found == [404, 404] + [200] * 20


@pytest.mark.parametrize(
    "content",
    ["{", "nothing", "- 1", "- {steps: 1}", "- {steps: [1]}", "- {steps: [{start: a, wait: b}]}",
     "!!python/object/apply:os.system [echo]", "- {name: a, begin: soon, steps: []}",
     "- &a [*a]", "- {name: x, zone: Nowhere/Land, steps: [{start: asks}]}",
     "- {name: x, records: 1, steps: [{start: asks}]}"],
)  # fmt: skip
def test_scenario_files_of_any_kind_are_answered(program: Callable[..., Any], content: str) -> None:
    files = {"t/asks.bpmn": ASKS.decode(), "t/x.scenario.yaml": content}
    answer = program("implementer").post("/api/v1/designer/scenarios", json={"files": files})
    assert answer.status_code == 200, answer.text
    assert not any(result["held"] for result in answer.json["results"])
