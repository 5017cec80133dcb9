"""A public reply to further addresses and to people copied to the ticket: by the page and by the API."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.people.models import User
from desk.tickets.models import Message, Ticket
from desk.tickets.relations.watching import copy_to
from engine.actors import SYSTEM


@pytest.fixture
def copied(desk: Desk, crew: SimpleNamespace, mailed: Any, visit: Any) -> SimpleNamespace:
    """A dispatcher before a ticket that was copied to two people; mail reaches one of them."""
    ticket = mailed()
    with desk.database.transaction() as session:
        session.get_one(User, crew.lilei.id).email = "lilei@desk.test"
        kept = session.get_one(Ticket, ticket.id)
        people = [crew.lilei.id, crew.hanmei.id]
        copy_to(session, desk, kept, people, view_only=False, actor=SYSTEM)
    return SimpleNamespace(
        browser=visit(crew.dispatcher), ticket=ticket, page=f"/tickets/{ticket.id}", crew=crew,
        address=f"/tickets/{ticket.id}/messages",
    )  # fmt: skip


def replies(desk: Desk) -> list[Any]:
    with desk.reading() as session:
        return list(session.scalars(select(Message.cc).where(Message.kind.in_(("reply", "note"))).order_by(Message.id)))


def test_a_reply_is_copied_as_the_page_says(desk: Desk, copied: SimpleNamespace) -> None:
    page = copied.browser.get(copied.page).text
    assert "lilei@desk.test" in page
    assert page.count('name="copied"') == 1, "no mail reaches the other"
    sent = {"kind": "reply", "text": "您好", "copied": [copied.crew.lilei.id, copied.crew.dispatcher.id]}
    assert copied.browser.post(copied.address, {
        **sent, "cc": "Wu Li <Wu@Partner.cn>；zhao@partner.cn, LILEI@desk.test，HAN@acme.cn",
    }).status_code == 303  # fmt: skip
    (cc,) = replies(desk)
    assert [(one["name"], one["address"]) for one in cc] == [
        ("李雷", "lilei@desk.test"), ("Wu Li", "wu@partner.cn"), ("", "zhao@partner.cn"),
    ], "nobody twice, and not the customer"  # fmt: skip
    page = copied.browser.get(copied.page).text
    assert 'title="wu@partner.cn">Wu Li' in page
    assert "zhao@partner.cn" in page


def test_what_is_no_address_comes_back_with_what_was_typed(
    desk: Desk, copied: SimpleNamespace
) -> None:
    copied.browser.get(copied.page)
    for wrong in ("nobody", "Wu Li <wu>, b@c.cn", "李@例子.中国", ", ".join(f"a{n}@b.cn" for n in range(21))):
        sent = {"kind": "reply", "text": "您好", "cc": wrong, "copied": [copied.crew.lilei.id]}
        answer = copied.browser.post(copied.address, sent)
        assert answer.status_code == 422, wrong
        assert "您好" in answer.text
        assert f'value="{copied.crew.lilei.id}" checked' in answer.text
        assert '<details class="ld-copies" open>' in answer.text
    assert copied.browser.post(copied.address, {"kind": "note", "text": "内部", "cc": "x"}).status_code == 303
    assert replies(desk) == [None], "a note is mailed to nobody"


def test_a_program_copies_a_reply(desk: Desk, copied: SimpleNamespace, app: Flask, bearer: Any) -> None:
    client, headers = app.test_client(), bearer(copied.crew.lilei)
    address = f"/api/v1/tickets/{copied.ticket.id}/messages"
    said = {"kind": "reply", "text": "您好", "cc": ["wu@partner.cn"], "copied": [copied.crew.lilei.id]}
    answer = client.post(address, json=said, headers=headers)
    assert answer.status_code == 201, answer.text
    assert [one["address"] for one in answer.json["cc"]] == ["lilei@desk.test", "wu@partner.cn"]
    last = client.get(address, headers=headers).json["items"][-1]
    assert [one["address"] for one in last["cc"]] == ["lilei@desk.test", "wu@partner.cn"]
    assert client.post(address, json={**said, "cc": ["nobody"]}, headers=headers).status_code == 422
    assert client.post(address, json={**said, "kind": "note"}, headers=headers).status_code == 422
