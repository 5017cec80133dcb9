"""Decision tables: hit policies, defaults, indexes, and what a result says of itself."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import parse_dmn
from engine.dmn.index import ColumnIndex
from engine.feel import compile_expression, compile_unary_tests, to_feel, to_python
from tests.engine.dmn.models import decide, decision, definitions, model, table

RULES = [
    ["< 10", '"small"'],
    ["[5..20)", '"medium"'],
    [">= 15", '"large"'],
]
ORDER = '"large", "medium", "small"'


@pytest.mark.parametrize(
    ("policy", "aggregation", "amount", "value"),
    [
        ("UNIQUE", "", 3, "small"),
        ("UNIQUE", "", 7, None),
        ("FIRST", "", 7, "small"),
        ("PRIORITY", "", 7, "medium"),
        ("ANY", "", 3, "small"),
        ("ANY", "", 7, None),
        ("RULE ORDER", "", 7, ["small", "medium"]),
        ("OUTPUT ORDER", "", 7, ["medium", "small"]),
        ("COLLECT", "", 17, ["medium", "large"]),
        ("COLLECT", "COUNT", 17, 2),
        ("COLLECT", "MAX", 17, "medium"),
        ("COLLECT", "MIN", 17, "large"),
        ("FIRST", "", None, None),
    ],
)
def test_hit_policies(policy: str, aggregation: str, amount: int | None, value: Any) -> None:
    logic = table(["amount"], ["size"], RULES, policy, aggregation, ORDER)
    result = decide(decision("size", logic), "size", amount=amount)
    assert to_python(result.value) == value
    assert (value is None) == bool(result.warnings)


def test_collected_numbers_are_added_up() -> None:
    logic = table(["x"], ["fee"], [["> 1", "1.5"], ["> 2", "x"], ["> 9", "100"]], "COLLECT", "SUM")
    assert to_python(decide(decision("fee", logic), "fee", x=3).value) == 4.5


def test_no_rule_matches() -> None:
    rules = [["1", '"a"', "1"]]
    plain = decision("d", table(["x"], ["p", "q"], rules))
    assert decide(plain, "d", x=2).value is None
    defaults = decision("d", table(["x"], ["p", "q"], rules, defaults=['"z"', "0"]))
    assert to_python(decide(defaults, "d", x=2).value) == {"p": "z", "q": 0}
    counted = decision("d", table(["x"], ["p"], [["1", "1"]], "COLLECT", "COUNT"))
    assert to_python(decide(counted, "d", x=2).value) == 0


def test_a_result_explains_itself() -> None:
    logic = table(
        ["amount", "vip"], ["size"], [["< 10", "-", '"s"'], ["-", "true", '"v"']], "FIRST"
    )
    result = decide(decision("size", logic), "size", amount=50, vip=True)
    [explained] = result.explanation.tables
    assert (explained.element, explained.hit_policy) == ("_size", "FIRST")
    assert [(label, to_python(value)) for label, value in explained.inputs] == [
        ("amount", 50),
        ("vip", True),
    ]
    assert [(rule.number, rule.id) for rule in explained.matched] == [(2, "r2")]
    assert result.explanation.as_json()["decisions"] == {"_size": "v"}


def test_values_that_are_not_allowed_make_no_decision() -> None:
    xml = definitions(
        decision("d", table(["level"], ["x"], [["-", "1"]])).replace(
            "</inputExpression>",
            '</inputExpression><inputValues><text>"low", "high"</text></inputValues>',
        )
    )
    built = parse_dmn(xml)
    assert to_python(built.decide("d", {"level": "low"}).value) == 1
    refused = built.decide("d", {"level": "odd"})
    assert refused.value is None
    assert "not allowed" in refused.warnings[0].message["en"]


def test_what_is_wrong_in_a_cell_is_a_problem_with_its_place() -> None:
    built = parse_dmn(definitions(decision("d", table(["x"], ["y"], [["1", "1"], ["< ", "2 +"]]))))
    assert [(one.element, one.part) for one in built.problems] == [
        ("_d", "input 1, rule 2"),
        ("_d", "output 1, rule 2"),
    ]
    assert to_python(built.decide("d", {"x": 1}).value) == 1


def test_a_large_table_of_constants_does_not_try_every_rule() -> None:
    rules = [[f'"c{n}"', f"[{n}..{n + 1})", str(n)] for n in range(500)]
    built = model(decision("d", table(["c", "n"], ["r"], rules)))
    assert to_python(built.decide("d", {"c": "c77", "n": 77.5}).value) == 77
    assert built.decide("d", {"c": "c77", "n": 78}).value is None


CELLS = st.sampled_from(
    [
        "-", "1", "2, 3", "[1..3]", "(1..3)", "< 2", ">= 2", "> 5, < 0", "= 2", "!= 2", '"a"', '"a", "b"',
        "true", "null", 'not("a")', "not(1)", '@"2020-01-01"', '> @"2020-01-01"', "[2..1]", "n", "? > 1",
        '["a".."c"]', "[1, 2]", "-1", "< -1",
    ]
)  # fmt: skip
VALUES: list[Any] = [None, True, False, "a", "b", "", -1, 0, 1, 2, 3, 1.5, [1], ["a", 1], {"a": 1}]
DATES = ['@"2020-01-01"', '@"2020-01-02"', '@"2020-01-01T00:00:00"']


@settings(max_examples=200)
@given(st.lists(CELLS, max_size=12), st.sampled_from([*VALUES, *DATES]))
def test_the_index_finds_what_trying_each_cell_finds(cells: list[str], value: Any) -> None:
    if isinstance(value, str) and value.startswith("@"):
        value = compile_expression(value).evaluate({})
    value = to_feel(value)
    context = {"n": 2}
    tests = [compile_unary_tests(cell) for cell in cells]
    sure, maybe = ColumnIndex(tests).candidates(value)
    assert not sure & maybe
    for number, test in enumerate(tests):
        passes = test.matches(value, context) is True
        if maybe >> number & 1:
            continue
        assert bool(sure >> number & 1) is passes, cells[number]
