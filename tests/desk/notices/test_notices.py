"""Notices in the bell, and words to customers by whatever channel reaches them."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.notices import channels
from desk.notices.models import Notice
from desk.notices.operations import notices_of, notify, unread
from desk.notices.operators import operators
from desk.notices.placeholders import filled
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.operators import Step, Text
from engine.tables import job
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser

WORDS = {"en": "Look <here>", "zh": "请看"}


@pytest.fixture
def app(desk: Desk) -> Flask:
    from lanedesk.app import create_app

    made = create_app(desk)
    made.testing = True
    return made


def step_of(desk: Desk, session: Any) -> Step:
    return Step(session, SYSTEM, uuid4(), "t", {"en": "t"}, {}, utc_now(), desk)


def test_people_teams_and_roles_are_told_once_and_nobody_of_their_own_doing(
    desk: Desk, crew: SimpleNamespace
) -> None:
    lilei, hanmei = crew.lilei, crew.hanmei
    with desk.database.transaction() as session:
        told = notify(
            session, desk.live,
            [f"user:{lilei.id}", f"team:{crew.team.id}", "role:supervisor", "user:999", None],
            WORDS, but=f"user:{hanmei.id}",
        )  # fmt: skip
        assert sorted(told) == sorted([lilei.id, crew.dispatcher.id])
        assert unread(session, lilei.id) == 1


def test_the_bell_and_the_page_show_what_concerns_the_person(
    desk: Desk, crew: SimpleNamespace, app: Flask
) -> None:
    browser = Browser(app)
    browser.sign_in("lilei")
    assert "Nothing new" in browser.get("/notices/bell").text
    assert "No notices" in browser.get("/notices").text
    with desk.database.transaction() as session:
        notify(session, desk.live, [f"user:{crew.lilei.id}"], WORDS, href="/me")
        notify(session, desk.live, [f"user:{crew.hanmei.id}"], {"en": "Not yours", "zh": "-"})
    page = browser.get("/notices").text
    assert "Look &lt;here&gt;" in page
    assert "Not yours" not in page
    with desk.reading() as session:
        mine = notices_of(session, crew.lilei.id)[0].id
        others = notices_of(session, crew.hanmei.id)[0].id
    assert browser.get(f"/notices/{others}").status_code == 404
    answer = browser.get(f"/notices/{mine}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    with desk.reading() as session:
        assert unread(session, crew.lilei.id) == 0
    browser.get("/notices")
    assert browser.post("/notices/read", {}).status_code == 303
    with desk.reading() as session:
        assert unread(session, crew.hanmei.id) == 1


def test_a_diagram_tells_the_handler_of_a_ticket(
    desk: Desk, crew: SimpleNamespace, mailed: Any
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).assignee_id = crew.lilei.id
        step = step_of(desk, session)
        result = operators["notify.staff"].function(
            step,
            to="handler, role:supervisor",
            text="“{{ticket.subject}}” 加急",
            ticket_id=ticket.id,
        )
        assert result == {"told": 2}
        found = session.scalars(select(Notice).where(Notice.user_id == crew.lilei.id)).all()
        notice = found[-1]
        assert notice.text["zh"] == f"{ticket.number} “打印机坏了” 加急"
        operators["notify.staff"].function(step, to="handler", text="加急", ticket_id=ticket.id)
        found = session.scalars(select(Notice).where(Notice.user_id == crew.lilei.id)).all()
        assert found[-1].text["zh"] == f"{ticket.number} 加急 · 打印机坏了", "it says which"
        assert notice.href == f"/tickets/{ticket.id}"


def test_a_customer_is_reached_by_whatever_channel_there_is(
    desk: Desk, mailed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        customer = operators["notify.customer"].function
        step = step_of(desk, session)
        words = {"ticket_id": ticket.id, "text": "您的工单 {{ticket.ticketId}} 已加急"}
        assert customer(step, **words) == {"channel": "mail"}
        assert customer(step, **words, channel="sms") == {"channel": None}, "not connected"
        late = channels.Channel(
            "sms", Text("SMS", "短信"), "mail.send",
            lambda ticket, _subject, text: {"ticket_id": ticket.id, "template": "message", "body": text},
            lambda _session, _ticket: True, 1,
        )  # fmt: skip
        monkeypatch.setitem(channels.CHANNELS, "sms", late)
        other = step_of(desk, session)
        assert customer(other, **words) == {"channel": "sms"}, "connected later, same diagram"
        sent = session.scalars(select(job.c.parameters).where(job.c.operator == "mail.send")).all()
        assert any(p.get("body") == f"您的工单 {ticket.number} 已加急" for p in sent)


def test_placeholders_know_both_spellings_and_the_form(desk: Desk, mailed: Any) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        kept.form_data = {"serial": "A-7", "{{x}}": 1}
        zone = ZoneInfo("Asia/Shanghai")
        text = "{{ticket.ticketState}}|{{ ticket.ticketStatus }}|{{ticket.serial}}|"
        text += "{{user.email}}|{{ticket.none}}|{{evil()}}"
        assert filled(text, kept, zone) == "pending|pending|A-7|han@acme.cn||{{evil()}}"
