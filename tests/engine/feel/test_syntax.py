"""Reading FEEL: names, precedence, literals, and what is said about text that is not FEEL."""

from decimal import Decimal

import pytest

from engine.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from tests.engine.feel.evaluating import feel


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-3 ** 2", 9),
        ("2 ** 3 ** 2", 64),
        ("10 - 2 - 3", 5),
        ("1 + 2 = 3 and not(false)", True),
        ("true or false and false", True),
        ("1 + 1 instance of number", True),
        ("5 between 1 and 3 + 3", True),
        ("if 1 > 2 then 1 else 2 + 3", 5),
        ("{a: 1}.a + 1", 2),
        ("[1, 2, 3][2] + 1", 3),
        (".5 + 1e1", Decimal("10.5")),
        ("// a comment\n1 /* another */ + 1", 2),
    ],
)
def test_precedence(text: str, value: object) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    ("text", "names", "value"),
    [
        ("a - b", {"a": 5, "b": 3}, 2),
        ("a - b", {"a": 5, "b": 3, "a-b": 9}, 9),
        ("a-b + 1", {"a - b": 9}, 10),
        ("first name", {"first name": "Ann"}, "Ann"),
        ("date of birth and place", {"date of birth and place": 1}, 1),
        ("Person's age", {"Person's age": 3}, 3),
        ('people[last name = "B"].age', {"people": [{"last name": "B", "age": 4}]}, [4]),
        ("{level 2: 1, r: level 2 + 1}.r", {}, 2),
        ("ticket.level 2", {"ticket": {"level 2": 7}}, 7),
        ("count", {"count": 3}, 3),
        ("count(xs)", {"xs": [1], "ys": 1}, 1),
        ("工单 + 1", {"工单": 1}, 2),
        ("🐎.speed", {"🐎": {"speed": 7}}, 7),
        ("{a+b: 1, r: a+b + 1}.r", {}, 2),
    ],
)
def test_names(text: str, names: dict[str, object], value: object) -> None:
    assert feel(text, **names) == value


def test_words_beside_each_other_are_one_name_even_when_unknown() -> None:
    expression = compile_expression('customer level > 3 and ticket state = "open"')
    assert expression.variables == {"customer level", "ticket state"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"\n\t\\"', "\n\t\\"),
        (r'"\d+"', r"\d+"),
        (r'"\u4e2d\uD83D\uDC0E\U01F40E"', "中🐎🐎"),
        ('""', ""),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert feel(text) == value


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("1 +", 1, 4, "a value"),
        ("1 +\n  )", 2, 3, "a value"),
        ("if a then b", 1, 12, '"else"'),
        ("[1, 2", 1, 6, '"]"'),
        ('"abc', 1, 1, '"'),
        ("1 2", 1, 3, "an operator or the end"),
        ("for x [1] return x", 1, 7, '"in"'),
        ("{a 1}", 1, 2, 'a name and ":"'),
        ("x instance of nothing", 1, 3, "a type"),
        ("f(a: 1, 2)", 1, 9, "a parameter name"),
        ("", 1, 1, "a value"),
    ],
)
def test_errors_say_where_and_what(text: str, line: int, column: int, expected: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        compile_expression(text)
    error = raised.value
    assert (error.line, error.column, error.expected) == (line, column, expected)
    assert f"line {line}, column {column}" in error.message["en"]
    assert f"第 {line} 行第 {column} 列" in error.message["zh"]


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("a == 1", 'write "="', "比较请写“=”"),
        ("a && b", 'write "and"', "请写“and”"),
        ("a = 'x'", "double quotes", "双引号"),
        ("sum（1，2）", 'full-width: write "("', "全角符号，请写半角“(”"),
        ("[1，2]", 'full-width: write ","', "全角符号，请写半角“,”"),
    ],
)
def test_signs_of_other_languages_are_explained(text: str, en: str, zh: str) -> None:
    with pytest.raises(FeelSyntaxError) as raised:
        compile_expression(text)
    assert en in raised.value.message["en"]
    assert zh in raised.value.message["zh"]


def test_expressions_are_compiled_once() -> None:
    assert compile_expression("1 + a", ["a"]) is compile_expression("1 + a", {"a"})
    assert compile_expression("1 + a", ["a"]) is not compile_expression("1 + a", ["a", "b"])


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('ticket.priority = "high" and amount > 100', {"ticket", "amount"}),
        ("for x in xs return x + y", {"xs", "y"}),
        ("some x in xs satisfies x > limit", {"xs", "limit"}),
        ("{a: 1, b: a + c}.b", {"c"}),
        ("function(a) a + b", {"b"}),
        ("count(xs[item > n])", {"xs", "n"}),
        ("now() > due", {"due"}),
        ("string length(name)", {"name"}),
        ("x in [1..y]", {"x", "y"}),
    ],
)
def test_variables_are_the_names_read_from_outside(text: str, variables: set[str]) -> None:
    assert compile_expression(text).variables == variables


@pytest.mark.parametrize(
    ("tests", "value", "passes"),
    [
        ("-", 5, True),
        ("< 10", 5, True),
        ("< 10", "a", None),
        ("[1..5), 7", 7, True),
        ("[1..5), 7", 5, False),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ("null", None, True),
        ("? > 3 and ? < 9", 5, True),
        ('contains(?, "x")', "axb", True),
        ("limit", 9, True),
        ("> limit + 1", 11, True),
        ("level > 2", 1, True),
        ("[1, 5, 7]", 5, True),
        ("true", True, True),
        ("true", "a", None),
        ("not(true)", False, True),
    ],
)
def test_unary_tests(tests: str, value: object, passes: bool | None) -> None:
    context = {"limit": 9, "level": 3}
    assert compile_unary_tests(tests, context).matches(value, context) is passes
