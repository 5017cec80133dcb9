"""The status dictionary [004 §4.10.1]: a desk's own words within the six states."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.fields.models import Dictionary, DictionaryEntry
from desk.fields.operations import FieldError, change_entry, create_entry
from desk.portal.tracking import tracking_token
from desk.tickets.models import Ticket, TrailEntry
from desk.tickets.states.operators import operators
from desk.tickets.statuses import KEY, ensure_statuses, statuses
from engine.actors import SYSTEM
from engine.operators import OperatorError, Step
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser

from .conftest import acting


@pytest.fixture
def dictionary(desk: Desk) -> Dictionary:
    """With a status of the desk's own for tickets that are worked on, and one for those that wait."""
    with desk.database.transaction() as session:
        ensure_statuses(session)
        ensure_statuses(session)
        found = session.scalars(select(Dictionary).where(Dictionary.key == KEY)).one()
        for key, state, zh, en in (
            ("parts", "processing", "待备件", "Waits for parts"), ("call", "pending", "待回电", "Call back"),
        ):  # fmt: skip
            create_entry(session, found, key, {"zh": zh, "en": en}, parent=entry(session, state), actor=SYSTEM)
    return found


def entry(session: Any, key: str) -> DictionaryEntry:
    return session.scalars(select(DictionaryEntry).where(DictionaryEntry.key == key)).one()


def set_status(desk: Desk, ticket: Ticket, status: str | None) -> Any:
    with desk.database.transaction() as session:
        step = Step(session, SYSTEM, uuid4(), "t", {"en": "t"}, {}, utc_now(), desk)
        return operators["ticket.set_status"].function(step, ticket_id=ticket.id, status=status)["changed"]


def status_of(desk: Desk, ticket: Ticket) -> str | None:
    with desk.reading() as session:
        return session.get_one(Ticket, ticket.id).status


def test_a_status_belongs_to_a_state_and_goes_with_it(
    desk: Desk, crew: SimpleNamespace, mailed: Any, dictionary: Dictionary
) -> None:
    ticket = mailed()
    assert set_status(desk, ticket, "parts") is False, "it waits for dispatch"
    assert set_status(desk, ticket, "call") is True
    assert set_status(desk, ticket, "call") is False
    with pytest.raises(OperatorError):
        set_status(desk, ticket, "nothing")
    with desk.reading() as session:
        line = session.scalars(select(TrailEntry).where(TrailEntry.action == "edited")).one()
        assert (line.data["field"], line.data["new"]) == ("status", {"zh": "待回电", "en": "Call back"})
    with desk.database.transaction() as session:
        (task,) = desk.engine.open_tasks(session, ticket.instance_id)
        desk.engine.complete(
            session, task, {"person": crew.lilei.id}, outcome="dispatch", actor=acting(crew.dispatcher)
        )
    assert status_of(desk, ticket) is None


def test_the_six_states_stay_and_statuses_stand_below_them(desk: Desk, dictionary: Dictionary) -> None:
    with desk.database.transaction() as session:
        assert {key: one.state for key, one in statuses(session).items()} == {"parts": "processing", "call": "pending"}
        found = session.get_one(Dictionary, dictionary.id)
        for parent in (None, entry(session, "parts")):
            with pytest.raises(FieldError):
                create_entry(session, found, "more", {"zh": "更多"}, parent=parent, actor=SYSTEM)
        with pytest.raises(FieldError):
            change_entry(session, entry(session, "ended"), {"zh": "完"}, "", active=False, actor=SYSTEM)
        change_entry(session, entry(session, "parts"), {"zh": "待备件"}, "", active=False, actor=SYSTEM)
        assert not statuses(session)["parts"].active


def test_it_is_shown_instead_of_the_states_name(
    desk: Desk, app: Flask, crew: SimpleNamespace, mailed: Any, visit: Any, dictionary: Dictionary
) -> None:
    ticket, other = mailed(), mailed(sender_mail="b@acme.cn")
    set_status(desk, ticket, "call")
    boss = visit(crew.dispatcher)
    badge = '<span class="ld-badge is-waiting">Call back</span>'
    assert badge in boss.get(f"/tickets/{ticket.id}").text
    assert badge not in boss.get(f"/tickets/{other.id}").text
    found = boss.get("/tickets?status=call").text
    assert badge in found
    assert ticket.number in found
    assert other.number not in found
    tracking = Browser(app).get(f"/t/{tracking_token(desk.settings, ticket.id)}").text
    assert "Call back" in tracking or "待回电" in tracking


def test_a_program_reads_sets_and_asks_for_a_status(
    crew: SimpleNamespace, mailed: Any, dictionary: Dictionary, app: Flask, bearer: Any
) -> None:
    ticket, other = mailed(), mailed(text="anders")
    client, headers = app.test_client(), bearer(crew.dispatcher)
    address = f"/api/v1/tickets/{ticket.id}/status"

    def put(status: str | None) -> Any:
        return client.put(address, json={"status": status}, headers=headers)

    assert put("call").json["status"] == "call"
    assert put("nothing").status_code == 422
    assert put("parts").status_code == 409
    found = client.get("/api/v1/tickets?status=call", headers=headers).json["items"]
    assert [(one["id"], one["status"]) for one in found] == [(ticket.id, "call")]
    page = client.get(f"/tickets/{other.id}").status_code
    assert page in (302, 303), "the page is for people"
    lines = client.get("/api/v1/tickets.csv", headers=headers).text.splitlines()
    assert lines[0].split(",")[2:4] == ["State", "Status"]
    assert [line.split(",")[3] for line in lines[1:]] == ["", "Call back"]
    assert put(None).json["status"] is None


def test_figures_and_small_lists_tell_the_status(
    desk: Desk, crew: SimpleNamespace, mailed: Any, dictionary: Dictionary, visit: Any
) -> None:
    ticket, other = mailed(), mailed(text="anders")
    set_status(desk, ticket, "call")
    boss = visit(crew.dispatcher)
    assert "Call back" in boss.get(f"/tickets/{other.id}").text, "among the customer's other tickets"
    assert "Call back" in boss.get("/search?q=打印机").text
    assert "Call back" in boss.get(f"/customers/{ticket.contact_id}").text
    page = boss.get("/insight/explore?measure=opened&by=status").text
    assert "Call back" in page
    assert "Call back" in boss.get("/insight/tickets?measure=opened&status=call").text
