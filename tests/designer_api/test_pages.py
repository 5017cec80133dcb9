"""What people see of flows and incidents."""

from collections.abc import Callable
from typing import Any

from desk.application import Desk
from engine.incidents import open_incident
from tests.engine.diagrams import diagram, extension


def test_flows_are_listed_with_their_versions(browser: Any, make_user: Callable[..., Any]) -> None:
    make_user("li", roles=["implementer"])
    browser.sign_in("li")
    assert "p" in browser.get("/flows").text
    page = browser.get("/flows/p").text
    assert "first" in page
    assert browser.get("/flows/none").status_code == 404


def test_a_diagram_is_shown_in_the_readers_language(
    browser: Any, desk: Desk, make_user: Callable[..., Any]
) -> None:
    from engine.actors import SYSTEM

    words = extension('<l:text lang="en" name="Dispatch"/>')
    body = f'<startEvent id="s"/><task id="t" name="派发">{words}</task><endEvent id="e"/>s->t t->e'
    with desk.database.transaction() as session:
        deployed = desk.engine.deploy(session, {"w.bpmn": diagram(body, key="w")}, actor=SYSTEM)
    make_user("li", roles=["implementer"], locale="en")
    browser.sign_in("li")
    shown = browser.get(f"/flows/versions/{deployed.versions['w']}.bpmn").text
    assert 'name="Dispatch"' in shown
    stored = browser.get(f"/flows/versions/{deployed.versions['w']}/download").data
    assert stored == diagram(body, key="w")


def test_an_incident_shows_its_stack_to_those_who_may_resolve_it(
    browser: Any, desk: Desk, make_user: Callable[..., Any]
) -> None:
    with desk.database.transaction() as session:
        incident_id = open_incident(session, "mail", "garbled <b>mail</b>", error=ValueError("deep"))
    make_user("sup", roles=["supervisor"])
    browser.sign_in("sup")
    page = browser.get(f"/incidents/{incident_id}")
    assert "garbled &lt;b&gt;mail" in page.text
    assert "ValueError" not in page.text
    assert browser.post(f"/incidents/{incident_id}", {"action": "resolve", "reason": "x"}).status_code == 403
    browser.get("/me")
    browser.post("/logout")
    make_user("root", roles=["administrator"])
    browser.sign_in("root")
    assert "ValueError" in browser.get(f"/incidents/{incident_id}").text
    browser.post(f"/incidents/{incident_id}", {"action": "resolve", "reason": ""})
    assert "garbled" in browser.get("/incidents").text
    browser.post(f"/incidents/{incident_id}", {"action": "resolve", "reason": "seen"})
    assert "garbled" not in browser.get("/incidents").text
    assert "garbled" in browser.get("/incidents?show=resolved").text
