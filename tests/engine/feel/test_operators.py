"""Three-valued logic, comparisons, ranges, arithmetic, paths, filters, loops and functions."""

from decimal import Decimal
from typing import Any

import pytest

from tests.engine.feel.evaluating import feel, reasons, same


@pytest.mark.parametrize("left", [True, False, None])
@pytest.mark.parametrize("right", [True, False, None])
def test_three_valued_logic(left: bool | None, right: bool | None) -> None:
    both = False if False in (left, right) else None if None in (left, right) else True
    either = True if True in (left, right) else None if None in (left, right) else False
    assert feel("a and b", a=left, b=right) is both
    assert feel("a or b", a=left, b=right) is either


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("1 = null", False),
        ("[1, [2]] = [1, [2]]", True),
        ("[1, 2] = [2, 1]", False),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("[1..3] = [1..3]", True),
        ("(< 3) = (< 3)", True),
        ('"a" < "b"', True),
        ("[1] < [2]", None),
        ('@"2020-01-01" < @"2020-01-01T10:00:00Z"', True),
        ('@"10:00:00+01:00" = @"09:00:00Z"', True),
        ('@"10:00:00" < @"10:00:00Z"', None),
        ('@"P1Y" < @"P13M"', True),
        ('@"P1Y" = @"P365D"', None),
        ("5 in (1..5]", True),
        ("5 in [1..5)", False),
        ("5 in (< 3, > 4)", True),
        ("5 in [[1..2], [4..6]]", True),
        ("5 in (!= 5)", False),
        ("null in [1..2]", None),
        ("2 between 1 and null", None),
    ],
)
def test_comparisons(text: str, value: bool | None) -> None:
    assert feel(text) is value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("1 / 0", "null"),
        ("2 ** 0.5", "1.414213562373095048801688724209698"),
        ('"a" + "b"', '"ab"'),
        ('"a" + 1', "null"),
        ('@"2020-01-31" + @"P1M"', '@"2020-02-29"'),
        ('@"2020-01-31" - @"P1Y"', '@"2019-01-31"'),
        ('@"2020-01-01" + @"PT36H"', '@"2020-01-02"'),
        ('@"23:00:00" + @"PT2H"', '@"01:00:00"'),
        ('@"2020-03-01" - @"2020-02-01"', '@"P29D"'),
        ('@"2020-03-01T00:00:00Z" - @"2020-03-01T00:00:00+02:00"', '@"PT2H"'),
        ('@"2020-03-01T00:00:00Z" - @"2020-03-01T00:00:00"', "null"),
        ('@"P1Y" * 1.5', '@"P18M"'),
        ('@"PT1H" / @"PT20M"', "3"),
        ('@"PT1H" / 0', "null"),
        ('-@"PT1H"', '@"-PT1H"'),
        ('@"2020-03-28T12:00:00@Europe/Paris" + @"P1D"', '@"2020-03-29T13:00:00@Europe/Paris"'),
    ],
)
def test_arithmetic(text: str, expected: str) -> None:
    assert same(text, expected)


def test_numbers_have_34_digits_whatever_pythons_own_context_says() -> None:
    assert feel("9999999999999999999999999999999999 + 1") == Decimal("1e34")
    assert feel("-1.234567890123456789012345678901234") == Decimal(
        "-1.234567890123456789012345678901234"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2, 3][1]", 1),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("5[1]", 5),
        ("null[true]", []),
        ("[{x: 1}, {x: 2}, {y: 3}][x > 1]", [{"x": 2}]),
        ("[{item: 1}, {item: 5}][item > 2]", [{"item": 5}]),
        ("[{x: 1}, {x: 2}].x", [1, 2]),
        ("[[1, 2], [3]][2][1]", 3),
        ("[1, 2, 3][i]", 2),
    ],
)
def test_filters_and_paths(text: str, value: Any) -> None:
    assert feel(text, i=2) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("for i in 1..3 return i * 2", [2, 4, 6]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in (1..4) return i", [2, 3]),
        ("for i in [1, 2], j in [i, 10] return i * j", [1, 10, 4, 20]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for i in [] return i", []),
        ("for i in null return i", None),
        ("some i in [1, 2] satisfies i > 1", True),
        ("every i in [1, 2] satisfies i > 1", False),
        ("every i in [] satisfies false", True),
        ("some i in [1, null] satisfies i > 1", None),
        ("{fib: function(n) if n < 2 then n else fib(n - 1) + fib(n - 2), r: fib(9)}.r", 34),
        ("(function(a, b) a - b)(b: 1, a: 3)", 2),
        ("(function(a) a)(1, 2)", None),
        ('(function(a: number) a)("x")', None),
        ("(function(a: list<number>) a)(1)", [1]),
        ("{x: 1, f: function(y) x + y}.f(2)", 3),
        ("{a: 1, a: 2}", None),
    ],
)
def test_loops_and_functions(text: str, value: Any) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1, b: 2} instance of context<a: number>", True),
        ("{b: 2} instance of context<a: number>", False),
        ("[1..2] instance of range<number>", True),
        ("(function(a: number) a) instance of function<number> -> Any", True),
        ('@"P1D" instance of days and time duration', True),
        ("null instance of number", False),
        ("null instance of Null", True),
    ],
)
def test_instance_of(text: str, value: bool) -> None:
    assert feel(text) is value


def test_a_null_has_its_reason() -> None:
    assert reasons('1 + "a"') == ["number + string has no result"]
    assert reasons("ticket.priority", ticket={}) == ['there is no "priority" here']
    assert reasons("nobody") == ['"nobody" is not known']
    assert reasons('sum(["a"])') == ["sum() has no result here"]
    assert reasons("string length(1)") == ['string length(): "string" must be string, not number']


JAVA = (
    '{{f: function(a, b) external {{java: {{class: "{}", method signature: "{}"}}}}, r: f({})}}.r'
)


@pytest.mark.parametrize(
    ("owner", "signature", "arguments", "value"),
    [
        ("java.lang.Math", "max(int, int)", "1, 5", 5),
        ("java.lang.Math", "max(int,int)", '"1", 5', None),
        ("java.lang.Math", "max(java.lang.String, java.lang.String)", '"1", "5"', None),
        ("java.lang.Math", "max(float, float)", "1.1, 1.3", Decimal("1.3")),
        ("java.lang.Math", "pow(double, double)", "2, 0.5 * 4", 4),
        ("java.lang.Math", "pow(double, double)", "2, 1e10", None),
        (
            "java.lang.String",
            "format(java.lang.String, [Ljava.lang.Object;)",
            '"%s=%.2f", ["a", 1.005]',
            "a=1.01",
        ),
        (
            "java.lang.String",
            "format(java.lang.String, java.lang.Object...)",
            '"%9999999d", 1',
            None,
        ),
        ("java.lang.Runtime", "exec(java.lang.String, java.lang.Object)", '"ls", 1', None),
        ("builtins", "eval(java.lang.String, java.lang.Object)", '"1", 1', None),
    ],
)
def test_external_functions(owner: str, signature: str, arguments: str, value: Any) -> None:
    assert feel(JAVA.format(owner, signature, arguments)) == value
