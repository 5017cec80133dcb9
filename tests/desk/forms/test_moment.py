"""Dates and times: native inputs, ISO text, zones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.desk.forms.building import SHANGHAI, field, form, page, send

NOW = datetime(2026, 5, 31, 0, 30, tzinfo=SHANGHAI)  # still May 30 in UTC


@pytest.fixture(autouse=True)
def _half_past_midnight(monkeypatch):
    monkeypatch.setattr("desk.forms.form.present", lambda zone: NOW.astimezone(zone))


def entered(text, subtype="date", **more):
    return send(form(field("datetime", subtype=subtype, **more)), {"x": text})


@pytest.mark.parametrize(
    ("subtype", "text", "value"),
    [
        ("date", "2026-05-31", "2026-05-31"),
        ("date", "2026/5/1", "2026-05-01"),
        ("date", "2026年5月1日", "2026-05-01"),
        ("date", "２０２６-05-01", "2026-05-01"),
        ("date", "", None),
        ("time", "09:30", "09:30"),
        ("time", "9：30", "09:30"),
        ("time", "09:30:15", "09:30:15"),
        ("datetime", "2026-05-31T09:30", "2026-05-31T09:30"),
        ("datetime", "2026-05-31 09:30", "2026-05-31T09:30"),
        ("datetime", "2026-05-31T01:30Z", "2026-05-31T09:30"),
        ("datetime", "2026-05-30T23:30-02:00", "2026-05-31T09:30"),
    ],
)
def test_moments_become_iso_text(subtype, text, value):
    done = entered(text, subtype)
    assert done.errors == {}
    assert done.values == {"x": value}


@pytest.mark.parametrize(
    ("subtype", "text"),
    [
        ("date", "2026-02-30"),
        ("date", "tomorrow"),
        ("date", "31.05.2026"),
        ("date", "2026-05-31T09:30"),
        ("date", "20260531"),
        ("time", "24:00"),
        ("time", "half past nine"),
        ("time", "09:30+99:00"),
        ("datetime", "2026-05-31"),
        ("datetime", "09:30"),
        ("datetime", "0001-01-01T00:00+14:00"),
        ("datetime", "9999-12-31T23:59-12:00"),
    ],
)
def test_what_is_no_moment_is_refused_and_kept(subtype, text):
    done = entered(text, subtype)
    assert "This is not a" in done.errors["x"]
    assert done.values == {"x": text}


def test_times_carry_the_zone_that_the_schema_asks_for():
    sent = "2026-05-31T09:30"
    for wanted, value in [
        ("no_timezone", "2026-05-31T09:30"),
        ("utc_offset", "2026-05-31T09:30+08:00"),
        ("utc_normalized", "2026-05-31T01:30Z"),
    ]:
        drawn = form(field("datetime", subtype="datetime", timeSerializingFormat=wanted))
        assert send(drawn, {"x": sent}).values == {"x": value}
        assert page(drawn, {"x": value}).xpath("//input/@value") == [sent]
    clock = form(field("datetime", subtype="time", timeSerializingFormat="utc_offset"))
    assert send(clock, {"x": "09:30"}).values == {"x": "09:30+08:00"}


def test_summer_time_is_that_of_the_day_and_not_of_now():
    drawn = form(field("datetime", subtype="datetime", timeSerializingFormat="utc_normalized"))
    done = drawn.validate_json(
        {"x": "2026-12-24T12:00"}, locale="en", zone=ZoneInfo("Europe/Berlin")
    )
    assert done.values == {"x": "2026-12-24T11:00Z"}


def test_passed_days_are_refused_by_the_desks_calendar():
    assert "passed" in entered("2026-05-30", disallowPassedDates=True).errors["x"]
    assert entered("2026-05-31", disallowPassedDates=True).errors == {}
    drawn = form(field("datetime", subtype="date", disallowPassedDates=True))
    assert page(drawn).xpath("//input/@min") == ["2026-05-31"]


def test_feel_knows_the_desks_day_too():
    drawn = form(
        field("datetime", "day"),
        field("textfield", "why", conditional={"hide": "=date(day) >= today()"}),
    )
    assert "why" in send(drawn, {"day": "2026-05-30"}).values
    assert "why" not in send(drawn, {"day": "2026-05-31"}).values


def test_steps_of_minutes():
    assert "15 minutes" in entered("09:31", "time", timeInterval=15).errors["x"]
    assert entered("09:45", "time", timeInterval=15).errors == {}
    drawn = form(field("datetime", subtype="time", timeInterval=15))
    assert page(drawn).xpath("//input/@step") == ["900"]


def test_native_inputs_and_their_labels():
    for subtype, native in [("date", "date"), ("time", "time"), ("datetime", "datetime-local")]:
        component = field("datetime", subtype=subtype, dateLabel="日期", timeLabel="时间")
        del component["label"]
        tree = page(form({**component, "properties": {"dateLabel:en": "Day"}}))
        assert tree.xpath("//input/@type") == [native]
        expected = {"date": "Day", "time": "时间", "datetime": "Day / 时间"}[subtype]
        assert tree.xpath("//label/text()") == [expected]


def test_required_and_wrong_types():
    assert "x" in entered("", validate={"required": True}).errors
    drawn = form(field("datetime"))
    assert "ISO 8601" in drawn.validate_json({"x": 20260531}, locale="en").errors["x"]
