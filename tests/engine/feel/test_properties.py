"""Laws that hold for all values: calendars against Python's, numbers, text that reads back, patterns."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import compile_expression, to_feel, to_json, to_python
from engine.feel.runtime import Run
from engine.feel.temporal import Date, date_from_epoch_day
from engine.feel.temporal_text import parse_datetime, parse_duration
from engine.feel.xpath_regex import Pattern
from engine.feel.xpath_regex.machine import Machine
from engine.feel.xpath_regex.syntax import InvalidPattern, parse_pattern, python_source
from tests.engine.feel.evaluating import feel

BOUNDED = settings(max_examples=150)
NUMBERS = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=6)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abc ", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@BOUNDED
@given(st.dates(), st.integers(-400_000, 400_000))
def test_the_calendar_is_pythons_where_python_has_one(day: date, shift: int) -> None:
    ours = Date(day.year, day.month, day.day)
    assert ours.epoch_day == (day - date(1970, 1, 1)).days
    assert (ours.weekday, ours.iso_week) == (day.isoweekday(), day.isocalendar().week)
    moved = date_from_epoch_day(ours.epoch_day + shift)
    assert moved is not None
    assert moved.epoch_day == ours.epoch_day + shift


@BOUNDED
@given(st.datetimes(), st.timedeltas(timedelta(-1000), timedelta(1000)))
def test_adding_and_taking_away_a_duration(moment: datetime, span: timedelta) -> None:
    assert feel("m + d - d = m and (m + d) - m = d", m=moment, d=span) is True


@BOUNDED
@given(st.datetimes(timezones=st.timezones()) | st.datetimes())
def test_dates_read_back_from_their_text(moment: datetime) -> None:
    value = to_feel(moment)
    assert parse_datetime(str(value)) == value


@BOUNDED
@given(st.integers(-(10**17), 10**17))
def test_durations_read_back_from_their_text(nanos: int) -> None:
    value = to_feel(timedelta(microseconds=nanos // 1000))
    assert parse_duration(str(value)) == value


@BOUNDED
@given(NUMBERS, NUMBERS)
def test_numbers(a: Decimal, b: Decimal) -> None:
    assert feel("a + b = b + a and a - b = -(b - a) and a * b = b * a", a=a, b=b) is True
    assert feel("b = 0 or modulo(a, b) = a - b * floor(a / b)", a=a, b=b) is True
    assert feel("number(string(a)) = a", a=a) is True


@BOUNDED
@given(VALUES)
def test_equality_is_reflexive_and_text_reads_back(value: Any) -> None:
    assert feel("v = v", v=value) is True
    text = feel("string([v])", v=value)
    assert feel(f"{text} = [v]", v=value) is True


@BOUNDED
@given(VALUES)
def test_conversion_to_json_is_its_own_fixed_point(value: Any) -> None:
    once = to_json(value)
    assert to_json(once) == once
    assert feel("a = b", a=to_python(value), b=value) is True


@BOUNDED
@given(st.lists(NUMBERS, max_size=12))
def test_lists(xs: list[Decimal]) -> None:
    assert feel("sort(xs, function(a, b) a < b)", xs=xs) == sorted(xs)
    assert feel("reverse(reverse(xs)) = xs and count(xs) = n", xs=xs, n=len(xs)) is True
    assert feel("distinct values(xs)", xs=xs) == list(dict.fromkeys(xs))
    assert feel("every x in xs satisfies x in [min(xs)..max(xs)]", xs=xs) is True


@BOUNDED
@given(st.text("ab.*+?|()[]c", max_size=8), st.text("abc\n", max_size=10), st.sampled_from("sim"))
def test_the_machine_and_pythons_re_find_the_same(pattern: str, text: str, flags: str) -> None:
    try:
        tree, groups = parse_pattern(pattern, flags)
    except InvalidPattern:
        return
    source = python_source(tree, flags)
    if source is None:
        return
    found = re.compile(source.text, source.flags).search(text)
    ours = Machine(tree, groups, flags).search(text, 0, Run())
    theirs = None
    if found is not None:
        spans = (found.span(group) for group in range(groups + 1))
        theirs = tuple(None if at < 0 else at for span in spans for at in span)
    assert ours == theirs


@BOUNDED
@given(st.text("ab", max_size=12))
def test_split_and_join(text: str) -> None:
    parts = Pattern("a", "").split(text, Run())
    assert parts is not None
    assert "a".join(parts) == text


def test_values_for_storing() -> None:
    value = compile_expression(
        '{i: 12, big: 2 ** 60, d: 1.50, t: @"2020-01-01T10:00:00@Europe/Paris", p: @"P14M", r: [1..2)}'
    ).evaluate({})
    assert to_json(value) == {
        "i": 12,
        "big": "1152921504606846976",
        "d": "1.5",
        "t": "2020-01-01T10:00:00@Europe/Paris",
        "p": "P1Y2M",
        "r": "[1..2)",
    }
    assert to_python(value)["d"] == Decimal("1.5")
    assert to_python(value)["t"].tzinfo.key == "Europe/Paris"
