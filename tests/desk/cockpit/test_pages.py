"""The cockpit's pages: what is shown, what can be done, and to whom."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgpack
import pytest
from sqlalchemy import select, update

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.cockpit.models import InstanceVariable
from engine import inspection
from engine.actors import SYSTEM, Actor
from engine.bpmn.state import FORMAT
from engine.incidents import open_incident
from engine.tables import incident as incidents
from engine.tables import process_instance
from tests.desk.cockpit.conftest import REVIEW, Floor
from tests.engine.diagrams import diagram, script

AsRole = Callable[..., Any]


def test_processes_are_listed_with_what_runs(floor: Floor, as_role: AsRole) -> None:
    floor.start("calls", number="wrong")
    floor.start("review")
    floor.work()
    page = as_role("implementer").get("/cockpit").text
    assert "review" in page
    assert "/incidents?process=calls" in page


def test_a_definition_shows_heat_bottlenecks_and_rework(floor: Floor, as_role: AsRole) -> None:
    instance = floor.start("review")
    floor.complete(instance, after=60)
    floor.complete(instance, after=600, again=True)
    floor.work()
    browser = as_role("auditor")
    page = browser.get("/cockpit/processes/review?mode=durations").text
    assert "Where the time goes" in page
    assert "g → write" in page
    heat = browser.get("/cockpit/processes/review/heat.json?mode=durations").json
    found = {one["element"]: one for one in heat["heat"]}
    assert (found["check"]["text"], found["check"]["level"]) in (("10 min", 5), ("9.8 min", 5))
    passes = browser.get("/cockpit/processes/review/heat.json?mode=passes").json["heat"]
    assert {"element": "g-write", "text": "1", "level": 5} in passes
    live = browser.get("/cockpit/processes/review/heat.json").json["heat"]
    assert live == [{"element": "write", "text": "1", "level": 5}]
    assert browser.get("/cockpit/processes/none").status_code == 404


def test_instances_are_found_by_record_and_variable(floor: Floor, as_role: AsRole) -> None:
    one, two = floor.start("review", colour="red"), floor.start("review", colour="blue")
    floor.ticket(one, "WN-1", priority="high")
    floor.ticket(two, "WN-2", priority="low")
    floor.work()
    browser = as_role("implementer")

    def found(query: str) -> set[str]:
        return set(re.findall(r"WN-\d", browser.get(f"/cockpit/instances?{query}").text))

    assert found("") == {"WN-1", "WN-2"}
    assert found("priority=high") == {"WN-1"}
    assert found("variable=colour&value=blue") == {"WN-2"}
    assert found("variable=colour") == {"WN-1", "WN-2"}
    assert found("q=WN-2") == {"WN-2"}
    assert found(f"q={one}") == {"WN-1"}
    assert found("element=write") == {"WN-1", "WN-2"}
    assert found("element=check") == set()
    assert found("status=completed") == set()
    assert found("incidents=1") == set()
    assert found("q=red") == {"WN-1"}
    assert browser.get("/cockpit/instances?after=nonsense").status_code == 404


def test_the_list_goes_on_by_cursor(floor: Floor, as_role: AsRole) -> None:
    ids = set()
    for _ in range(60):
        floor.now = floor.now.replace(microsecond=floor.now.microsecond + 1)
        ids.add(str(floor.start("review")))
    browser = as_role("implementer")
    first = browser.get("/cockpit/instances").text
    (following,) = re.findall(r'href="([^"]*after=[^"]*)"', first)
    second = browser.get(following.replace("&amp;", "&")).text
    shown = [
        set(re.findall(r'href="/cockpit/instances/([0-9a-f-]{36})"', p)) for p in (first, second)
    ]
    assert len(shown[0]) == 50
    assert shown[0] | shown[1] == ids


def test_the_page_of_an_instance_tells_its_story(floor: Floor, as_role: AsRole) -> None:
    instance = floor.start("review", colour="red")
    floor.complete(instance, after=60, colour="blue")
    browser = as_role("auditor")
    page = browser.get(f"/cockpit/instances/{instance}").text
    assert "finished “write”" in page
    assert "blue" in page
    assert "Move a token" not in page
    state = browser.get(f"/cockpit/instances/{instance}/state.json").json
    assert [one["element"] for one in state["active"]] == ["check"]
    assert {"s", "s-write", "write", "write-check"} <= set(state["done"])
    then = browser.get(f"/cockpit/instances/{instance}/variables?seq=1").text
    assert "red" in then
    assert "blue" not in then


@pytest.mark.parametrize(
    "state",
    [
        b"", b"\xc1", b"garbage", msgpack.packb([99, []]), msgpack.packb([FORMAT, []]),
        msgpack.packb([FORMAT, [[b"x" * 16, 0, None, False, {}, {}, [[b"y" * 16, 999, 1, 0, {}]]]]]),
    ],
)  # fmt: skip
def test_an_instance_that_cannot_be_read_says_so(
    desk: Desk, floor: Floor, as_role: AsRole, state: bytes
) -> None:
    instance = floor.start("review", colour="red")
    floor.complete(instance)
    with desk.database.transaction() as session:
        session.execute(update(process_instance).values(state=state))
        open_incident(session, "step", "the disk was full", instance_id=instance)
    browser = as_role("implementer")
    address = f"/cockpit/instances/{instance}"
    page = browser.get(address)
    assert page.status_code == 200
    assert "Where this instance stands cannot be read." in page.text
    assert "finished “write”" in page.text
    assert "red" in page.text
    assert "the disk was full" in page.text
    assert "Move a token" not in page.text
    found = browser.get(f"{address}/state.json").json
    assert [one["element"] for one in found["active"]] == ["check"]
    assert browser.get(f"{address}/timeline").status_code == 200
    assert browser.get(f"{address}/variables?seq=1").status_code == 200
    answer = browser.get(f"/api/v1{address.removeprefix('/cockpit')}").json
    assert answer["unreadable"]
    assert answer["active"] == ["check"]
    ticket = browser.get(f"/tickets/{floor.ticket(instance, 'WN-9')}")
    assert ticket.status_code == 200
    assert "flow stands cannot be read" in ticket.text
    sent = browser.post(f"{address}/suspend", {"reason": "wait"}, follow_redirects=True)
    assert "cannot be read by this program: nothing was changed" in sent.text
    with desk.reading() as session:
        incident = session.scalar(select(incidents.c.id))
        assert session.scalar(select(process_instance.c.state)) == state
    told = browser.get(f"/incidents/{incident}")
    assert told.status_code == 200
    assert "Where this flow stands cannot be read" in told.text


def test_a_gateway_without_a_name_is_called_what_it_is(floor: Floor, as_role: AsRole) -> None:
    instance = floor.start("review", colour="red")
    floor.complete(instance)
    floor.complete(instance)
    browser = as_role("auditor")
    page = browser.get(f"/cockpit/instances/{instance}/timeline").text
    assert "passed “exclusive gateway”" in page
    assert "the process ended at “end event”" in page
    assert "finished “check”" in page
    assert "passed step “exclusive gateway”" in browser.get("/audit?details=1").text


def test_what_is_sealed_is_read_here_and_kept_nowhere_else(
    floor: Floor, desk: Desk, as_role: AsRole
) -> None:
    with desk.database.transaction() as session:
        instance = desk.engine.start(
            session, "review", {"phone": "13800000000"}, actor=Actor("contact", None, "Han Mei")
        )
    floor.work()
    page = as_role("auditor").get(f"/cockpit/instances/{instance}").text
    assert "Han Mei" in page
    assert "13800000000" in page
    assert "sealed:" not in page
    with desk.reading() as session:
        assert session.scalars(select(InstanceVariable.value)).all() == []


def post(browser: Any, instance: UUID, act: str, **values: Any) -> str:
    """Do an act; the page that follows."""
    browser.get(f"/cockpit/instances/{instance}")
    answer = browser.post(f"/cockpit/instances/{instance}/{act}", {"reason": "because", **values})
    assert answer.status_code == 303, answer.text
    return str(browser.get(f"/cockpit/instances/{instance}").text)


def test_operators_act_with_a_reason(desk: Desk, floor: Floor, as_role: AsRole) -> None:
    instance = floor.start("review")
    browser = as_role("implementer")
    assert "Say why" in post(browser, instance, "suspend", reason=" ")
    assert "because" in post(browser, instance, "suspend")
    assert floor.status(instance) == "suspended"
    post(browser, instance, "resume")
    page = browser.get(f"/cockpit/instances/{instance}").text
    (token,) = re.findall(r'<option value="([0-9a-f-]{36})" data-element="write">', page)
    assert "moved the token from “write” to “check”" in post(
        browser, instance, "move", token=token, to="check"
    )
    assert "put a token at “write”" in post(browser, instance, "add", to="write")
    assert "Not possible there" in post(browser, instance, "add", to="nowhere")
    assert "Choose from where" in post(browser, instance, "move", token="x", to="write")
    with desk.database.transaction() as session:
        deployed = desk.engine.deploy(
            session, {"r.bpmn": diagram(REVIEW.replace("</documentation>", "") + "<!-- 2 -->", key="review")},
            actor=SYSTEM,
        )  # fmt: skip
    target = deployed.versions["review"]
    assert "migrated it from version 1 to 2" in post(browser, instance, "migrate", version=target)
    assert "undid the migration" in post(browser, instance, "revert")
    assert "The instance was cancelled" in post(browser, instance, "cancel")
    assert floor.status(instance) == "cancelled"
    assert "The instance has ended" in post(browser, instance, "suspend")
    assert (
        browser.post(f"/cockpit/instances/{instance}/explode", {"reason": "x"}).status_code == 404
    )


def test_variables_are_changed_as_feel_or_text(floor: Floor, desk: Desk, as_role: AsRole) -> None:
    instance = floor.start("review", colour="red", n=3, old={"a": [1, None]})
    browser = as_role("implementer")
    page = browser.get(f"/cockpit/instances/{instance}").text
    assert 'value="={&#34;a&#34;: [1, null]}"' in page
    address = f"/cockpit/instances/{instance}/variables"
    sent = {"var:colour": "blue", "var:n": "=n +", "new:name": "1x", "reason": "fix"}
    answer = browser.post(address, sent)
    assert answer.status_code == 422
    assert "This is no FEEL" in answer.text
    assert "A name has letters" in answer.text
    sent |= {"var:n": "=2 + 2", "new:name": "due", "new:value": '=date("2026-04-01")'}
    sent["var:old"] = '={"a": [1, null]}'
    assert browser.post(address, sent).status_code == 303
    with desk.reading() as session:
        (row,) = [r for r in inspection.history_of(session, instance) if r["event"] == "edited"]
        found = {
            k: v
            for r in inspection.history_of(session, instance)
            for k, v in r["data"].get("set", {}).items()
        }
    assert row["data"]["before"] == {"colour": "red", "n": 3, "due": None}
    assert (found["colour"], found["n"], found["due"]) == ("blue", 4, "2026-04-01")


def test_a_batch_says_what_was_done(floor: Floor, as_role: AsRole) -> None:
    ids = [floor.start("review") for _ in range(3)]
    browser = as_role("implementer")
    post(browser, ids[2], "suspend")
    browser.get("/cockpit/instances")
    answer = browser.post(
        "/cockpit/instances",
        {"kind": "suspend", "scope": "found", "process": "review", "reason": "stop all"},
    )
    assert answer.status_code == 303
    boosted = {"HX-Request": "true", "HX-Boosted": "true"}
    page = browser.get(answer.headers["Location"], headers=boosted).text
    assert "every 1s" in page
    assert "<html" in page
    part = browser.get(answer.headers["Location"] + "/progress").text
    assert "every 1s" in part
    assert "<html" not in part
    floor.work()
    page = browser.get(answer.headers["Location"]).text
    assert "every 1s" not in page
    assert "The instance is suspended." in page
    assert "stop all" in browser.get("/cockpit/batches").text
    again = browser.post(answer.headers["Location"] + "/again")
    assert again.status_code == 303
    stopped = browser.post(again.headers["Location"] + "/stop")
    assert "Stopped by" in browser.get(stopped.headers["Location"]).text


def test_nothing_ticked_does_nothing(floor: Floor, as_role: AsRole, desk: Desk) -> None:
    floor.start("review")
    browser = as_role("implementer")
    browser.get("/cockpit/instances")
    browser.post("/cockpit/instances", {"kind": "cancel", "scope": "ticked", "reason": "x"})
    assert "Tick instances" in browser.get("/cockpit/instances").text
    assert browser.post("/cockpit/instances", {"kind": "migrate", "reason": "x"}).status_code == 400
    with desk.reading() as session:
        assert set(session.scalars(select(process_instance.c.status))) == {"active"}


def test_whose_instances_are_seen(
    floor: Floor, browser: Any, make_user: Callable[..., Any], make_team: Callable[..., Any]
) -> None:
    sup, agent = make_user("sup", roles=["supervisor"]), make_user("agent", roles=["agent"])
    mine, theirs = make_team("Mine", [sup]), make_team("Theirs")
    instances = {n: floor.start("review") for n in ("WN-1", "WN-2", "WN-3", "WN-4")}
    floor.ticket(instances["WN-1"], "WN-1", team_id=mine.id)
    floor.ticket(instances["WN-2"], "WN-2", team_id=theirs.id)
    floor.ticket(instances["WN-3"], "WN-3", team_id=None)
    floor.ticket(instances["WN-4"], "WN-4", team_id=theirs.id, assignee_id=agent.id)
    rule = floor.start("review")  # no ticket at all
    make_user("auditor", roles=["auditor"])
    seen = {
        "sup": {"WN-1", "WN-3"}, "agent": {"WN-4"}, "auditor": {"WN-1", "WN-2", "WN-3", "WN-4"},
    }  # fmt: skip
    for login, expected in seen.items():
        browser.sign_in(login)
        page = browser.get("/cockpit/instances").text
        assert set(re.findall(r"WN-\d", page)) == expected
        assert (str(rule) in page) == (login == "auditor")
        for number, instance in instances.items():
            status = 200 if number in expected else 404
            for part in ("", "/state.json", "/timeline", "/variables"):
                assert browser.get(f"/cockpit/instances/{instance}{part}").status_code == status
        live = browser.get("/cockpit/processes/review/heat.json").json["heat"]
        assert live[0]["text"] == str(len(expected) + (login == "auditor"))
        answer = browser.post(f"/cockpit/instances/{instances['WN-1']}/cancel", {"reason": "x"})
        assert answer.status_code == 403
        browser.get("/me")
        browser.post("/logout")


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_pages_of_nothing_are_pages(as_role: AsRole, locale: str, chinese: None) -> None:
    browser = as_role("administrator", locale=locale)
    for path in ("/cockpit", "/cockpit/instances", "/cockpit/batches", "/cockpit/stores", "/cockpit/processes/review"):
        assert browser.get(path).status_code == 200


def test_a_data_store_is_seen_and_set_with_a_reason(floor: Floor, desk: Desk, as_role: AsRole) -> None:
    body = '<startEvent id="s"/><endEvent id="e"/><dataStoreReference id="r" dataStoreRef="Visits"/>'
    body += script("n", ("Visits", "if Visits = null then 1 else Visits + 1")) + "s->n n->e"
    with desk.database.transaction() as session:
        bundle = {"v.bpmn": diagram(body, key="visit", outside='<dataStore id="Visits"/>')}
        desk.engine.deploy(session, bundle, actor=SYSTEM)
    instance = floor.start("visit")
    browser = as_role("implementer")
    address = "/cockpit/stores/Visits"
    assert address in browser.get("/cockpit/stores").text
    page = browser.get(address).text
    assert f"/cockpit/instances/{instance}" in page
    assert "=1</textarea>" in page
    wrong = browser.post(address, data={"value": "=1 +", "revision": 1})
    assert wrong.status_code == 422
    assert "This is no FEEL" in wrong.text
    assert "Say why" in wrong.text
    given = {"value": "=[7, 8]", "revision": 1, "reason": "counted by hand"}
    assert "[7, 8]" in browser.post(address, data=given, follow_redirects=True).text
    page = browser.post(address, data=given | {"value": "=9"}, follow_redirects=True).text
    assert "It was changed meanwhile" in page
    assert "counted by hand" in page
    with desk.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "store_changed"))
        assert (entry.subject, entry.new, entry.reason) == ("store:Visits", {"value": [7, 8]}, "counted by hand")
    assert browser.get("/cockpit/stores/None").status_code == 404
    assert as_role("auditor").get(address).status_code == 403
