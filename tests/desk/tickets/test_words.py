"""The trail says what was done, to each reader in their language."""

from typing import get_args

import pytest
from flask import Flask
from flask_babel import force_locale

from desk.tickets.models import TicketState, TrailEntry
from desk.tickets.operators import Priority
from desk.tickets.trail import CHANNELS, PRIORITIES, SENTENCES, STATES, trail_line, who_did

from .conftest import NOW

DATA = {"number": "WN-1", "channel": "mail", "team": "一线", "assignee": "李雷", "rating": 4,
        "step": {"zh": "派发工单", "en": "Dispatch the ticket"}}  # fmt: skip


def entry(action: str, **data: object) -> TrailEntry:
    return TrailEntry(
        id=1, at=NOW, action=action, remark="", data=data,
        actor={"kind": "user", "id": 1, "name": "调度"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "english", "other"),
    [
        ("created", "opened ticket WN-1 (Mail)", "登记了工单 WN-1（邮件）"),
        ("dispatched", "dispatched the ticket to 李雷 (一线)", "将工单派发给 李雷（一线）"),
        ("accepted", "accepted the ticket", "受理了工单"),
        ("ended", "finished the ticket", "完成并结束了工单"),
        ("rated", "gave 4 of 5 stars", "评价了 4 星（满分 5 星）"),
        ("moved", "Dispatch the ticket", "派发工单"),
        ("喝茶", "喝茶", "喝茶"),
    ],
)
def test_each_line_is_said_in_both_languages(
    app: Flask, chinese: None, action: str, english: str, other: str
) -> None:
    with app.test_request_context():
        with force_locale("en"):
            assert trail_line(entry(action, **DATA)).text == english
        with force_locale("zh_CN"):
            assert trail_line(entry(action, **DATA)).text == other


def test_no_sentence_lacks_a_language(app: Flask, chinese: None) -> None:
    with app.test_request_context():
        for action in SENTENCES:
            said = {}
            for locale in ("en", "zh_CN"):
                with force_locale(locale):
                    said[locale] = trail_line(entry(action, **DATA)).text
            assert said["en"] != said["zh_CN"], action
            assert "%(" not in "".join(said.values())


def test_the_system_has_a_name(app: Flask, chinese: None) -> None:
    with app.test_request_context(), force_locale("zh_CN"):
        assert who_did({"kind": "system", "id": None, "name": "system"}) == "系统"
        assert who_did({"kind": "contact", "id": None, "name": ""}) == "未知"


def test_every_state_priority_and_channel_has_words() -> None:
    assert set(STATES) == {str(state) for state in TicketState}
    assert set(PRIORITIES) == set(get_args(Priority))
    assert {"mail", "form", "desk", "tracking", "api", "vendor"} == set(CHANNELS)
