"""A word about columns whose type contradicts their cells, and none about all others."""

import pytest

from engine.bundles import read_decisions
from engine.dmn import parse_dmn
from tests.engine.dmn.models import decision, definitions, input_data, needs


def table(kind: str, cells: list[str], outputs: list[str], result: str) -> str:
    """A table of one typed input and one typed output."""
    rules = "".join(
        f"<rule><inputEntry><text>{cell}</text></inputEntry><outputEntry><text>{out}</text></outputEntry></rule>"
        for cell, out in zip(cells, outputs, strict=True)
    ).replace("< ", "&lt; ")
    return (
        f'<decisionTable><input label="Amount"><inputExpression typeRef="{kind}"><text>a</text></inputExpression>'
        f'</input><output name="grade" typeRef="{result}"/>{rules}</decisionTable>'
    )


def hints(logic: str) -> list[str]:
    model = parse_dmn(definitions(input_data("a") + decision("d", logic, needs("a", kind="Input"))))
    assert model.problems == []
    return [f"{one.element} {one.part}: {one.message['en']}" for one in model.hints]


def test_a_column_of_numbers_that_is_declared_as_strings() -> None:
    cells = ["&lt; 10", "[10..20]", "-", '"many"']
    (told,) = hints(table("string", cells, ['"a"', '"b"', '"c"', '"d"'], "string"))
    assert told.startswith(
        '_d input 1: the column "Amount" is of type string, but 2 of its cells hold a number'
    )


def test_an_output_too_and_inside_of_a_context() -> None:
    inner = table("number", ["1", "2"], ["true", "-5"], "feel:string")
    (told,) = hints(f'<context><contextEntry><variable name="x"/>{inner}</contextEntry></context>')
    assert '_d output 1: the column "grade" is of type string' in told


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("number", ["&lt; 10", "-", "null", "a + 1", "not(5)", "-3"]),
        ("string", ['"a", "b"', 'not("c")', "a", ""]),
        ("dateTime", ['@"2026-01-01"', '&gt; @"2026-01-01T10:00:00"']),
        ("dayTimeDuration", ['@"PT1H"']),
        ("Any", ["1", '"a"']),
        ("tSomething", ["1"]),
        ("", ["1"]),
    ],
)
def test_nothing_to_say(kind: str, cells: list[str]) -> None:
    assert hints(table(kind, cells, ['"x"'] * len(cells), "string")) == []


def test_a_deployment_is_warned_and_goes_on() -> None:
    logic = table("string", ["1"], ['"x"'], "string")
    content = definitions(input_data("a") + decision("d", logic, needs("a", kind="Input")))
    _, (problem,) = read_decisions({"d.dmn": content})
    assert (problem.rule, problem.severity, problem.resource) == (
        "decision-column-type",
        "warning",
        "d.dmn",
    )
    assert "单元格" in problem.message["zh"]
