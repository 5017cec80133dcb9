"""The clocks as people and programs see them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk.tickets.models import Ticket
from tests.desk.sla.conftest import World

Arrive = Callable[..., Ticket]


@pytest.fixture
def api(app: Flask, crew: SimpleNamespace, bearer: Callable[..., dict[str, str]]) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = bearer(crew.dispatcher)["Authorization"]
    return client


def test_the_list_shows_the_promise_due_first(
    arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any], world: World
) -> None:
    ticket = arrived()
    page = visit(crew.dispatcher).get("/tickets").text
    assert ">SLA<" in page
    assert 'title="First response"' in page
    assert world.clocks(ticket)["first_response"].due_at.isoformat(timespec="seconds") in page


def test_the_list_is_narrowed_to_what_is_late(
    arrived: Arrive,
    crew: SimpleNamespace,
    visit: Callable[..., Any],
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket = arrived()
    monkeypatch.setattr("desk.tickets.queries.utc_now", lambda: world.at)
    browser = visit(crew.dispatcher)
    assert ticket.number not in browser.get("/tickets?sla=late").text
    world.wait(minutes=31)
    assert ticket.number in browser.get("/tickets?sla=late").text
    world.say(ticket, "reply", crew.lilei)
    assert ticket.number not in browser.get("/tickets?sla=late").text, "late, but kept"


def test_the_ticket_page_shows_all_three(
    arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any]
) -> None:
    page = visit(crew.dispatcher).get(f"/tickets/{arrived().id}?panel=sla").text
    assert 'title="First response"' in page, "the head shows what is due first"
    for words in ("First response", "Second response", "Resolution", "4 h", "30 min", "P3"):
        assert words in page
    assert "Waiting for the customer" in page
    assert "Waiting for the customer" not in (visit(crew.auditor).get(f"/tickets/{1}/clocks").text)


def test_who_only_reads_holds_no_clocks(
    arrived: Arrive, crew: SimpleNamespace, visit: Callable[..., Any]
) -> None:
    ticket = arrived()
    browser = visit(crew.auditor)
    assert browser.post(f"/tickets/{ticket.id}/waiting", {"waiting": "1"}).status_code == 403
    assert browser.get("/tickets/4711/clocks").status_code == 404


def test_programs_read_and_hold_the_clocks(arrived: Arrive, api: FlaskClient, world: World) -> None:
    ticket = arrived()
    path = f"/api/v1/tickets/{ticket.id}"
    first, second, resolution = api.get(f"{path}/sla").get_json()["items"]
    assert [c["clock"] for c in (first, second, resolution)] == [
        "first_response", "second_response", "resolution",
    ]  # fmt: skip
    assert resolution["target_seconds"] == 4 * 3600
    assert first["policy"] == "P3"
    world.wait(minutes=15)
    assert api.put(f"{path}/waiting", json={"waiting": True}).status_code == 202
    world.work()
    held = api.get(f"{path}/sla").get_json()["items"][2]
    assert (held["state"], held["left_seconds"], held["due_at"]) == ("held", 13_500, None)
    assert api.put(f"{path}/waiting", json={"waiting": "perhaps"}).status_code == 422
    assert api.get("/api/v1/tickets/4711/sla").status_code == 404
