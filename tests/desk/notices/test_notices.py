"""Notices in the bell, and words to customers by whatever channel reaches them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.contacts.models import Company, ContactAddress
from desk.fields.operations import (
    FieldSettings,
    create_dictionary,
    create_entry,
    create_field,
)
from desk.fields.values import set_values
from desk.notices import channels
from desk.notices.models import Notice
from desk.notices.operations import notices_of, notify, unread
from desk.notices.operators import operators
from desk.notices.placeholders import filled
from desk.people.models import Team, User
from desk.tickets.models import Ticket
from engine.actors import SYSTEM
from engine.operators import Step, Text
from engine.tables import job
from engine.timestamps import utc_now
from tests.desk.web.fixtures import Browser

WORDS = {"en": "Look <here>", "zh": "请看"}


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


def test_fields_that_the_desk_defines_are_placeholders_in_the_customers_words(
    desk: Desk, crew: SimpleNamespace, mailed: Any
) -> None:
    ticket = mailed()
    with desk.database.transaction() as session:
        regions = create_dictionary(session, "regions", {"zh": "区域", "en": "Regions"}, actor=SYSTEM)
        create_entry(session, regions, "east", {"zh": "华东", "en": "East"}, actor=SYSTEM)
        label = {"zh": "区域", "en": "Region"}
        settings = FieldSettings(label, kind="choice", dictionary_id=regions.id)
        create_field(session, "region", settings, actor=SYSTEM)
        kept = session.get_one(Ticket, ticket.id)
        kept.form_data = {"region": "x", "model": "A-7"}
        session.flush()
        set_values(session, desk, kept, {"region": "east"}, actor=SYSTEM)
        zone = ZoneInfo("Asia/Shanghai")
        assert kept.contact is not None
        for locale, said in (("zh_CN", "华东"), ("en", "East")):
            kept.contact.locale = locale
            assert filled("{{ticket.region}} {{ticket.model}}", kept, zone) == f"{said} A-7"


def test_every_placeholder_of_a_message_body(
    desk: Desk, crew: SimpleNamespace, mailed: Any
) -> None:
    """Those of 000 §5.2.19, and of the people and the company."""
    ticket = mailed()
    with desk.database.transaction() as session:
        kept = session.get_one(Ticket, ticket.id)
        kept.created_at = datetime(2026, 3, 2, 2, 5, tzinfo=UTC)
        kept.processed_at = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
        kept.type, kept.priority, kept.rating = "complaint", "urgent", 4
        kept.deadline = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
        kept.form_data = {"description": "不转", "zhuandaxiala": ["甲", "乙"]}
        kept.assignee, kept.team = session.get_one(User, crew.lilei.id), session.get_one(Team, crew.team.id)
        kept.assignee.phone = "+8613800000001"
        kept.company = Company(name="艾克米", level="vip", address="北京", phone="+861088886666")
        contact = kept.contact
        assert contact is not None
        contact.name, contact.level, contact.note = "韩梅", "vip", "大客户"
        contact.addresses.append(ContactAddress(kind="phone", value="+8613900000009"))
        session.flush()
        expected = {
            "ticket.ticketId": kept.number, "ticket.subject": "打印机坏了", "ticket.descript": "不转",
            "ticket.description": "不转", "ticket.createDT": "2026-03-02 10:05",
            "ticket.createTime": "2026-03-02 10:05", "ticket.updateDT": "2026-03-03 00:30",
            "ticket.ticketSource": "mail", "ticket.ticketType": "complaint", "ticket.ticketStatus": "pending",
            "ticket.ticketState": "pending", "ticket.priorityLevel": "urgent", "ticket.rating": "4",
            "ticket.servicerUserId": "李雷", "ticket.servicer_Mobile": "+8613800000001",
            "ticket.serviceCenterName": "一线", "ticket.createUser": "韩梅", "ticket.createUserName": "韩梅",
            "ticket.deadline": "2026-03-04 12:00", "ticket.zhuandaxiala": "甲, 乙", "user.name": "韩梅",
            "user.mobile": "+8613900000009", "user.email": "han@acme.cn", "user.note": "大客户",
            "contact.level": "vip", "company.companyName": "艾克米", "company.level": "vip",
            "company.address": "北京", "company.phone": "+861088886666",
        }  # fmt: skip
        zone = ZoneInfo("Asia/Shanghai")
        assert {name: filled(f"{{{{{name}}}}}", kept, zone) for name in expected} == expected
