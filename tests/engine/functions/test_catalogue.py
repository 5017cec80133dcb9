"""Every function is declared in full, does what its examples say, and stands in the manual."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.feel import compile_expression
from engine.feel.runtime import Run
from engine.feel.text import text_of
from engine.functions import FAMILIES, FUNCTIONS, DeskFunction, Host
from engine.functions.manual import page

MANUAL = Path(__file__).parents[3] / "docs/manual"
ZONE = "Asia/Shanghai"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo(ZONE))
EVERY = [function for family in FAMILIES for function in family.functions]
EXAMPLES = [(text, value) for function in EVERY for text, value in function.examples]


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_examples_are_true(text: str, value: str) -> None:
    found = compile_expression(text, functions=FUNCTIONS).evaluate(
        {}, clock=lambda: NOW, host=Host.of_office(ZONE)
    )
    assert text_of(found, Run()) == value


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.name)
def test_declarations_are_whole(function: DeskFunction) -> None:
    assert function.examples
    for words in (function.title, function.help):
        assert words.en
        assert any("\u4e00" <= character <= "\u9fff" for character in words.zh)


def test_no_name_is_declared_twice() -> None:
    names = [function.name for function in EVERY]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "locale"), [("functions.md", "en"), ("functions.zh-CN.md", "zh_CN")]
)
def test_the_manual_is_up_to_date(name: str, locale: str) -> None:
    assert (MANUAL / name).read_text(encoding="utf-8") == page(locale), (
        "run python -m engine.functions"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('business duration("P1M")', "must be of days and time"),
        ('business duration("soon")', "must be of days and time"),
        ('business duration("PT8H", "moon")', 'there is no calendar "moon"'),
        ('business duration("PT900000H")', "no such working time"),
        ('add business duration(@"9999-01-01", "PT1H")', "no such working time"),
        ('next working time(@"-0500-01-01T00:00:00")', "no such working time"),
        ('business duration between(@"1990-01-01", @"2026-01-01")', "too far apart"),
        ('in zone(@"2026-01-01T00:00:00", "UTC")', "has no zone"),
        ('in zone(now(), "Mars/Olympus")', "there is no zone"),
        ('normalise phone("123", "0")', "no country code"),
        ('contains any("a", [1])', "must be texts"),
        ("format number(1, 99)", "from 0 to 30"),
        ("format number(1E40)", "too long"),
        ("pad(1.5, 3)", "whole numbers"),
        ('pad("x", 0.5)', "whole number"),
        ('mask mail("x")', "no mail address"),
    ],
)
def test_nulls_say_why(text: str, reason: str) -> None:
    value, warnings = compile_expression(text, functions=FUNCTIONS).evaluate_with_warnings(
        {}, clock=lambda: NOW, host=Host.of_office(ZONE)
    )
    assert value is None
    (warning,) = warnings
    assert reason in warning.message["en"]
    assert warning.message["zh"] != warning.message["en"]


def test_without_a_host_there_are_no_calendars() -> None:
    expression = compile_expression("is working time(now())", functions=FUNCTIONS)
    value, warnings = expression.evaluate_with_warnings({})
    assert value is None
    assert "no calendar" in warnings[0].message["en"]


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("13800138000", "138****8000"),
        ("021-8888 1234", "021-**** 1234"),
        ("+8613800138000#801", "+86138****8000#801"),
        ("10086", "***86"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_masked_numbers(raw: str, masked: str) -> None:
    expression = compile_expression("mask phone(p)", functions=FUNCTIONS)
    assert expression.evaluate({"p": raw}) == masked
