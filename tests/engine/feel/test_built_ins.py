"""The built-in functions, a family at a time, by what the standard's tables say of them."""

from datetime import UTC, datetime

import pytest

from engine.feel import compile_expression
from tests.engine.feel.evaluating import feel, same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('number("1,000.5", ",", ".")', "1000.5"),
        ('number("1 000,5", " ", ",")', "1000.5"),
        ('number("1.000", ".", ".")', "null"),
        ('number("x")', "null"),
        ("string(1.50)", '"1.5"'),
        ('string([1, "a", {b c: @"P1D"}])', r'"[1, \"a\", {b c: P1D}]"'),
        ("string([1..3))", '"[1..3)"'),
        ("string(null)", "null"),
        ('date("2020-02-30")', "null"),
        ("date(2020, 2, 29)", '@"2020-02-29"'),
        ('time("10:00:00@Mars/Base")', "null"),
        ('time(10, 0, 0.5, @"PT1H")', '@"10:00:00.5+01:00"'),
        ('date and time("2017-12-31T24:00:00")', '@"2018-01-01T00:00:00"'),
        ('date and time(@"2020-01-01", @"10:00:00Z")', '@"2020-01-01T10:00:00Z"'),
        ('duration("P")', "null"),
        ('duration("P1DT2H")', '@"PT26H"'),
        ('range("[1..3)")', "[1..3)"),
        ('range("(..3]").end', "3"),
        ('range("[1..x]")', "null"),
    ],
)
def test_conversion(text: str, expected: str) -> None:
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('substring("foobar", 3)', '"obar"'),
        ('substring("foobar", -2, 1)', '"a"'),
        ('substring("foobar", 0)', "null"),
        ('string length("a🐎")', "2"),
        ('upper case("aß")', '"ASS"'),
        ('substring before("foobar", "bar")', '"foo"'),
        ('substring after("foobar", "x")', '""'),
        ('contains("foobar", "ob")', "true"),
        ('starts with("foobar", "fo")', "true"),
        ('ends with("foobar", "r")', "true"),
        ('split("a;b;;", ";")', '["a", "b", "", ""]'),
        ('string join(["a", null, "c"], "-")', '"a-c"'),
        ('string join(["a", 1], "-")', "null"),
        ('substring(start position: 2, string: "abc")', '"bc"'),
        ('substring(text: "abc", start position: 1)', "null"),
    ],
)
def test_strings(text: str, expected: str) -> None:
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("decimal(2.5, 0)", "2"),
        ("decimal(1234.5, -2)", "1200"),
        ("floor(-1.5)", "-2"),
        ("ceiling(1.25, 1)", "1.3"),
        ("round up(-1.121, 2)", "-1.13"),
        ("round half up(-2.5, 0)", "-3"),
        ("round half down(2.5, 0)", "2"),
        ("abs(-1)", "1"),
        ('abs(@"-PT5H")', '@"PT5H"'),
        ("modulo(-12, 5)", "3"),
        ("modulo(10.1, -4.5)", "-3.4"),
        ("modulo(1, 0)", "null"),
        ("sqrt(16)", "4"),
        ("sqrt(-1)", "null"),
        ("even(-2)", "true"),
        ("odd(1.5)", "null"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list contains([1, null], null)", "true"),
        ("min(3, 1, 2)", "1"),
        ('max(["a", "c", "b"])', '"c"'),
        ('min(1, "a")', "null"),
        ("sum([])", "null"),
        ("product([2, 3])", "6"),
        ("mean(1, 2)", "1.5"),
        ("median([8, 2, 5, 3])", "4"),
        ("stddev([2, 4, 4, 6])", "1.632993161855452065464856049803928"),
        ("mode([6, 3, 9, 6, 3])", "[3, 6]"),
        ("sublist([1, 2, 3], 2, 1)", "[2]"),
        ("sublist([1, 2, 3], 2, 9)", "null"),
        ("append([1], 2, [3])", "[1, 2, [3]]"),
        ("concatenate([1], [2], 3)", "[1, 2, 3]"),
        ("union([1, 2], [2, {a: 1}], [{a: 1}])", "[1, 2, {a: 1}]"),
        ('distinct values([1, 1.0, "1", null, null])', '[1, "1", null]'),
        ("flatten([[1, [2]], 3])", "[1, 2, 3]"),
        ("insert before([1, 3], 2, 2)", "[1, 2, 3]"),
        ("remove([1, 2, 3], -1)", "[1, 2]"),
        ("reverse([1, 2])", "[2, 1]"),
        ("index of([1, 2, 1], 1)", "[1, 3]"),
        ("list replace([1, 2, 3], 2, 9)", "[1, 9, 3]"),
        ("list replace([1, 2, 3], function(i, n) i < n, 3)", "[3, 3, 3]"),
        ("sort([3, 1, 2], function(a, b) a > b)", "[3, 2, 1]"),
        ("sort([1, 2], function(a, b) null)", "null"),
        ("all([true, null])", "null"),
        ("any([null, true])", "true"),
        ("count(5)", "1"),
    ],
)
def test_lists(text: str, expected: str) -> None:
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('get value({a: 1}, "a")', "1"),
        ("get entries({a: 1})", '[{key: "a", value: 1}]'),
        ('context([{key: "a", value: 1}])', "{a: 1}"),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', "null"),
        ('context put({x: {y: 1}}, ["x", "y"], 2)', "{x: {y: 2}}"),
        ("context merge([{a: 1, b: 1}, {b: 2}])", "{a: 1, b: 2}"),
    ],
)
def test_contexts(text: str, expected: str) -> None:
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('day of week(@"2019-09-17")', '"Tuesday"'),
        ('month of year(@"2019-09-17T10:00:00")', '"September"'),
        ('day of year(@"2019-09-17")', "260"),
        ('week of year(@"2005-01-01")', "53"),
        ('years and months duration(@"2011-12-22", @"2013-08-24")', '@"P1Y8M"'),
        ('years and months duration(@"2013-08-24", @"2011-12-22")', '@"-P1Y8M"'),
        ('@"2020-01-01T10:00:00@Europe/Paris".time offset', '@"PT1H"'),
        ('@"2020-07-01T10:00:00@Europe/Paris".time offset', '@"PT2H"'),
        ('@"-PT30H".hours', "-6"),
        ('@"P14M".years', "1"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert same(text, expected)


def test_now_and_today_are_the_clocks() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    expression = compile_expression('now() = @"2026-02-03T04:05:06Z" and today() = @"2026-02-03"')
    assert expression.evaluate({}, clock=lambda: moment) is True


def test_what_is_compares_may_be_left_out_by_name() -> None:
    assert feel("is(value1: 1)") is False
    assert feel("is(value2: null)") is True
    assert feel("is(1)") is False
    assert feel("is()") is True
    assert feel("is(value1: 1, value3: 1)") is None


@pytest.mark.parametrize(
    "text",
    [
        "before(1, [2..3])", "before([1..2), [2..3])", "after(4, [2..3])", "meets([1..2], [2..3])",
        "met by([2..3], [1..2])", "overlaps([1..5], [5..8])", "not(overlaps([1..5), [5..8]))",
        "overlaps before([1..5], [3..8])", "overlaps after([3..8], [1..5])", "finishes(5, [1..5])",
        "overlaps after((1..5], [1..5])", "not(overlaps after([1..5], [1..5)))",
        "finishes([3..5], [1..5])", "finished by([1..5], 5)", "includes([1..5], [2..3])",
        "not(includes([1..5), 5))", "during(2, [1..5])", "starts(1, [1..5])",
        "started by([1..5], [1..3])", "coincides([1..5], [1..5])", "coincides(1, 1)",
    ],
)  # fmt: skip
def test_ranges(text: str) -> None:
    assert feel(text) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('matches("foobar", "^fo*b")', "true"),
        ('matches("Foo", "foo", "i")', "true"),
        (r'matches("x\ny", "x.y")', "false"),
        (r'matches("x\ny", "x.y", "s")', "true"),
        ('matches("helloworld", "hello world", "x")', "true"),
        (r'matches("hello world", "hello\ sworld", "x")', "true"),
        ('matches("a b", "a[ ]b", "x")', "true"),
        ('matches("a.b", "a.b", "q")', "true"),
        ('matches("a", "a", "z")', "null"),
        ('matches("a", "(?=a)")', "null"),
        ('matches("a", "[")', "null"),
        (r'matches("abab", "^(ab)\1$")', "true"),
        (r'matches("Ä", "\p{Lu}")', "true"),
        (r'matches("中", "\p{IsCJKUnifiedIdeographs}")', "true"),
        ('replace("abracadabra", "[a-z-[aeiou]]", "-")', '"a--a-a-a--a"'),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', '"[1=ab][2=]cd"'),
        (r'replace("abc", "b", "\\$")', '"a$c"'),
        ('replace("abc", "b", "$")', "null"),
        ('replace("abc", "x*", "-")', "null"),
    ],
)
def test_patterns(text: str, expected: str) -> None:
    assert same(text, expected)
