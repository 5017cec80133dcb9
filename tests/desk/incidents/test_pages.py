"""What people do about incidents: understand, mend, retry, resolve; one at a time and many at once."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from desk.application import Desk
from engine import batches
from engine.incidents import open_incident
from engine.tables import incident
from tests.desk.cockpit.conftest import Floor, Line

AsRole = Callable[..., Any]


def fail(floor: Floor, *numbers: str) -> list[UUID]:
    """Instances whose calls have failed for good; their incidents, oldest first."""
    for number in numbers:
        floor.start("calls", number=number)
        floor.work()
        floor.now = floor.now.replace(microsecond=floor.now.microsecond + 1)
    with floor.desk.reading() as session:
        return list(session.scalars(select(incident.c.id).order_by(incident.c.at)))


def resolutions(desk: Desk) -> list[str | None]:
    with desk.reading() as session:
        return list(session.scalars(select(incident.c.resolution).order_by(incident.c.at)))


def test_an_edited_variable_mends_it(floor: Floor, desk: Desk, line: Line, as_role: AsRole) -> None:
    (incident_id,) = fail(floor, "110")
    browser = as_role("implementer")
    page = browser.get(f"/incidents/{incident_id}").text
    assert "is no number" in page
    assert 'name="var:number" value="110"' in page
    answer = browser.post(f"/incidents/{incident_id}", {"action": "retry", "var:number": "+86110"})
    assert answer.status_code == 422  # no reason
    assert "+86110" in answer.text
    sent = {"action": "retry", "var:number": "=1 +", "reason": "prefix"}
    assert "This is no FEEL" in browser.post(f"/incidents/{incident_id}", sent).text
    sent["var:number"] = "+86110"
    assert browser.post(f"/incidents/{incident_id}", sent).status_code == 303
    floor.work()
    assert line.called == ["+86110"]
    assert resolutions(desk) == ["retried"]
    assert "prefix" in browser.get(f"/incidents/{incident_id}").text
    browser.post(f"/incidents/{incident_id}", sent)
    assert "resolved it already" in browser.get("/incidents").text


def test_all_of_one_cause_are_dealt_with_at_once(floor: Floor, desk: Desk, as_role: AsRole) -> None:
    fail(floor, "110", "119", "120")
    browser = as_role("implementer")
    page = browser.get("/incidents").text
    assert "Same cause" in page
    cause = re.search(r'name="cause" value="(\w+)"', page)
    assert cause is not None
    answer = browser.post(
        "/incidents/many", {"cause": cause[1], "action": "resolve", "reason": "they were tests"}
    )
    assert answer.status_code == 303
    floor.work()
    assert resolutions(desk) == ["resolved"] * 3
    assert "they were tests" in browser.get(answer.headers["Location"]).text
    browser.post("/incidents/many", {"cause": cause[1], "action": "retry", "reason": "x"})
    assert "Tick incidents" in browser.get("/incidents").text


def test_the_ticked_ones_are_tried_again(floor: Floor, desk: Desk, as_role: AsRole) -> None:
    first, second, _third = fail(floor, "110", "119", "120")
    browser = as_role("implementer")
    browser.get("/incidents")
    browser.post(
        "/incidents/many", {"id": [str(first), str(second)], "action": "retry", "reason": ""}
    )
    assert resolutions(desk) == [None] * 3
    answer = browser.post(
        "/incidents/many", {"id": [str(first), str(second)], "action": "retry", "reason": "again"}
    )
    floor.work()
    assert resolutions(desk)[:3] == ["retried", "retried", None]
    with desk.reading() as session:
        found = batches.progress(session, UUID(answer.headers["Location"].rsplit("/", 1)[1]))
    assert found is not None
    assert (found.done, found.failed) == (2, 0)
    assert len(resolutions(desk)) == 5  # they failed again: new incidents


def test_the_list_is_narrowed(floor: Floor, desk: Desk, as_role: AsRole) -> None:
    fail(floor, "110")
    with desk.database.transaction() as session:
        open_incident(session, "mail", "garbled")
    browser = as_role("administrator")

    def shown(query: str) -> tuple[bool, bool]:
        page = browser.get(f"/incidents?{query}").text
        return "is no number" in page, "garbled" in page

    assert shown("") == (True, True)
    assert shown("kind=mail") == (False, True)
    assert shown("process=calls") == (True, False)
    assert shown("operator=test.call") == (True, False)
    assert shown("element=call") == (True, False)
    assert shown("q=garb") == (False, True)
    assert shown("since=7&kind=mail") == (False, True)
    assert shown("show=resolved") == (False, False)


def test_what_cannot_be_tried_again_offers_no_retry(desk: Desk, as_role: AsRole) -> None:
    with desk.database.transaction() as session:
        incident_id = open_incident(session, "mail", "garbled")
    browser = as_role("administrator")
    assert 'value="retry"' not in browser.get(f"/incidents/{incident_id}").text
    browser.post(f"/incidents/{incident_id}", {"action": "retry", "reason": "x"})
    assert "nothing to try again" in browser.get(f"/incidents/{incident_id}").text


def test_whose_incidents_are_seen(
    floor: Floor,
    desk: Desk,
    browser: Any,
    make_user: Callable[..., Any],
    make_team: Callable[..., Any],
) -> None:
    sup = make_user("sup", roles=["supervisor"])
    mine, theirs = make_team("Mine", [sup]), make_team("Theirs")
    first, second = fail(floor, "110", "119")
    with desk.reading() as session:
        instances = dict(session.execute(select(incident.c.id, incident.c.instance_id)).all())
    floor.ticket(instances[first], "WN-1", team_id=mine.id)
    floor.ticket(instances[second], "WN-2", team_id=theirs.id)
    browser.sign_in("sup")
    assert set(re.findall(r"WN-\d", browser.get("/incidents").text)) == {"WN-1"}
    assert browser.get(f"/incidents/{first}").status_code == 200
    assert browser.get(f"/incidents/{second}").status_code == 404
    assert "Traceback" not in browser.get(f"/incidents/{first}").text
