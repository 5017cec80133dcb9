"""Numbers: how people write them, their bounds, and how exactly they are kept."""

import json

import pytest

from tests.desk.forms.building import field, form, page, send


def entered(text, **more):
    return send(form(field("number", **more)), {"x": text})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 12.50 ", 12.5),
        ("-3", -3),
        ("+3", 3),
        ("1,250", 1250),
        ("1,250,000.5", 1250000.5),
        ("1,5", 1.5),
        ("１２．５", 12.5),
        ("−4", -4),
        (".5", 0.5),
        ("0.1", 0.1),
        ("007", 7),
        ("", None),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_numbers_as_people_write_them(text, value):
    done = entered(text)
    assert done.errors == {}
    assert done.values == {"x": value}
    assert type(done.values["x"]) is type(value)
    json.dumps(done.values, allow_nan=False)


@pytest.mark.parametrize(
    "text", ["ten", "1e5", "NaN", "Infinity", "--1", "1.2.3", "1,2,3", "0x10", "½", "1" * 41]
)
def test_what_is_no_number_is_kept_with_words_at_it(text):
    done = entered(text)
    assert "x" in done.errors
    assert done.values == {"x": text}
    (control,) = page(form(field("number")), done.values, errors=done.errors).xpath("//input")
    assert control.get("value") == text
    assert control.get("aria-invalid") == "true"


def test_more_digits_than_a_json_number_holds_are_refused_unless_kept_as_text():
    text = "0.12345678901234567890123"
    assert "digits" in entered(text).errors["x"]
    assert entered(text, serializeToString=True).values == {"x": text}
    assert entered("1,250.10", serializeToString=True).values == {"x": "1250.1"}


def test_bounds_decimals_and_steps_say_what_would_do():
    assert "smallest allowed value is 5" in entered("4", validate={"min": 5}).errors["x"]
    assert "largest allowed value is 5.5" in entered("6", validate={"max": "5.5"}).errors["x"]
    assert entered("5", validate={"min": 5, "max": 5}).errors == {}
    assert "whole" in entered("1.5", decimalDigits=0).errors["x"]
    assert "2 digits" in entered("1.555", decimalDigits=2).errors["x"]
    assert entered("1.50", decimalDigits=1).errors == {}
    assert "0.2 and 0.3" in entered("0.25", increment="0.1").errors["x"]
    assert entered("0.3", increment=0.1).errors == {}
    assert "-0.3 and -0.2" in entered("-0.25", increment="0.1").errors["x"]


def test_bounds_may_be_feel_over_other_fields():
    drawn = form(field("number", "low"), field("number", "high", validate={"min": "=low + 1"}))
    assert "6" in send(drawn, {"low": "5", "high": "5"}).errors["high"]
    assert send(drawn, {"low": "5", "high": "6"}).errors == {}
    assert send(drawn, {"low": "", "high": "6"}).errors == {}


def test_zero_is_a_value():
    assert entered("0", validate={"required": True}).values == {"x": 0}
    assert "x" in entered("", validate={"required": True}).errors


@pytest.mark.parametrize("value", [True, "12", [1], {"a": 1}, float("nan"), float("inf"), 10**50])
def test_programs_send_json_numbers(value):
    assert "x" in form(field("number")).validate_json({"x": value}, locale="en").errors


def test_numbers_kept_as_text_are_sent_as_text():
    drawn = form(field("number", serializeToString=True))
    assert drawn.validate_json({"x": "12.50"}, locale="en").values == {"x": "12.5"}
    assert drawn.validate_json({"x": 12.5}, locale="en").errors


@pytest.mark.parametrize(
    ("rules", "keyboard"),
    [
        ({}, "decimal"),
        ({"decimalDigits": 0}, "numeric"),
        ({"validate": {"min": -5}}, None),
        ({"validate": {"min": 0}}, "decimal"),
    ],
)
def test_the_keyboard_has_the_keys_that_are_needed(rules, keyboard):
    (control,) = page(form(field("number", **rules))).xpath("//input")
    assert control.get("inputmode") == keyboard


def test_a_default_is_where_data_has_nothing():
    drawn = form(field("number", defaultValue="3"))
    assert page(drawn).xpath("//input/@value") == ["3"]
    assert page(drawn, {"x": None}).xpath("//input/@value") == [""]
    assert page(drawn, {"x": 1e21}).xpath("//input/@value") == ["1" + "0" * 21]
