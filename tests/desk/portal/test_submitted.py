"""Who writes and about what, and how networks are told apart: values without a page."""

from datetime import UTC, datetime, timedelta

import pytest

from desk.forms import Form
from desk.portal import page_keys, rate
from desk.portal.submitted import read_submitted
from desk.settings import Settings
from engine.database import Database

SETTINGS = Settings(secret_key="a secret that only tests know")
NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)


def field(kind: str, key: str, validation: str = "") -> dict[str, object]:
    return {
        "type": kind,
        "key": key,
        "id": key.replace(".", "_"),
        "label": key,
        "validate": {"validationType": validation} if validation else {},
    }


def form(*fields: dict[str, object]) -> Form:
    return Form.from_schema({"type": "default", "schemaVersion": 18, "components": list(fields)})


def test_fields_are_found_by_kind_where_their_keys_say_nothing() -> None:
    made = form(
        field("textfield", "contact.address", "email"),
        field("textfield", "mobile", "phone"),
        field("textarea", "story"),
    )
    values = {"contact": {"address": " a@example.com "}, "mobile": "138 0013 8000", "story": "很长"}
    found = read_submitted(made, values, title="报修")
    assert (found.mail, found.phone, found.text) == ("a@example.com", "138 0013 8000", "很长")
    assert (found.name, found.title) == ("", "报修")


def test_keys_come_before_kinds_and_empty_fields_are_passed_over() -> None:
    made = form(
        field("textfield", "second_mail", "email"),
        field("textfield", "mail", "email"),
        field("textarea", "notes"),
    )
    values = {"second_mail": "b@example.com", "mail": "a@example.com", "notes": "", "title": ["x"]}
    found = read_submitted(made, values, title="报修")
    assert (found.mail, found.phone, found.text, found.title) == ("a@example.com", None, "", "报修")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("", "", True),
    ],
)
def test_networks(
    database: Database, monkeypatch: pytest.MonkeyPatch, one: str, other: str, same: bool
) -> None:
    monkeypatch.setitem(rate.PER_HOUR, "form", 1)
    with database.transaction() as session:
        assert rate.count_use(session, SETTINGS, door="form", address=one, now=NOW) is None
        wait = rate.count_use(session, SETTINGS, door="form", address=other, now=NOW)
        assert wait == (timedelta(hours=1) if same else None)
        assert rate.count_use(session, SETTINGS, door="tracking", address=one, now=NOW) is None
        later = NOW + timedelta(hours=1)
        assert rate.count_use(session, SETTINGS, door="form", address=one, now=later) is None


def test_the_same_words_have_the_same_key() -> None:
    first = page_keys.dedupe_key("form:a", "u", {"x": 1, "y": "字"}, ["k1", "k2"])
    assert page_keys.dedupe_key("form:a", "u", {"y": "字", "x": 1}, ["k2", "k1"]) == first
    for other in (
        page_keys.dedupe_key("form:b", "u", {"x": 1, "y": "字"}, ["k1", "k2"]),
        page_keys.dedupe_key("form:a", "v", {"x": 1, "y": "字"}, ["k1", "k2"]),
        page_keys.dedupe_key("form:a", "u", {"x": 2, "y": "字"}, ["k1", "k2"]),
        page_keys.dedupe_key("form:a", "u", {"x": 1, "y": "字"}, ["k1"]),
    ):
        assert other != first
    assert len(page_keys.dedupe_key("form:" + "a" * 64, "u" * 16, {})) <= 255
