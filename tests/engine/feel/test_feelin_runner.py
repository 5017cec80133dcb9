"""The comparison with feelin, as far as it needs no Node: values go over, answers come back, differences are told."""

from decimal import Decimal
from typing import Any

import pytest

from engine.dmn.graph import DecisionNode
from engine.feel import compile_expression
from engine.feel.values import Function
from tests.conformance import feelin
from tests.engine.feel.evaluating import feel

NODE = DecisionNode("urn:m#d", "d", "d", None)


@pytest.mark.parametrize(
    "text",
    [
        '{a: [1, "x\\"y", null, true], "b c": {}}', "-1.5", '@"2026-01-01"', '@"10:00:00@Europe/Paris"',
        '@"2026-01-01T10:00:00+08:00"', '@"P1Y2M"', '@"-PT1H"', "[1..3)", '(@"2026-01-01"..@"2026-02-01"]',
    ],
)  # fmt: skip
def test_a_value_is_written_so_that_it_can_be_read(text: str) -> None:
    value = feel(text)
    assert feel(feelin.written(value)) == value


@pytest.mark.parametrize("text", ["function(x) x", "[function(x) x]", "(< 5)"])
def test_what_cannot_be_handed_over(text: str) -> None:
    with pytest.raises(feelin.NotHandedOver):
        feelin.written(feel(text))


@pytest.mark.parametrize(
    ("described", "value"),
    [
        (["number", "0.30000000000000004"], Decimal("0.30000000000000004")),
        (["number", "NaN"], ("number", "NaN")),
        (["date", "2026-01-01"], feel('@"2026-01-01"')),
        (["duration", "P1Y1D"], ("duration", "P1Y1D")),
        (["list", [["null", None], ["boolean", True]]], [None, True]),
        (["context", [["a", ["string", "x"]]]], {"a": "x"}),
        (["FeelFunction", None], Function),
    ],
)
def test_an_answer_is_read(described: list[Any], value: Any) -> None:
    assert feelin.read(described) == value


def question(text: str, expected: Any) -> feelin.Question:
    ours = compile_expression(text).evaluate({})
    return feelin.Question("f c d", text, {}, NODE, ours, expected)


@pytest.mark.parametrize(
    ("asked", "answer", "verdict", "reason"),
    [
        (question("1 + 1", Decimal(2)), feelin.Answer(Decimal("2.0"), "", ""), "agree", ""),
        (question("1 + 1", Decimal(2)), feelin.Answer(None, "", "why"), "ours", "null: why"),
        (question("1 + 1", Decimal(3)), feelin.Answer(Decimal(3), "", ""), "feelin", "binary"),
        (question("1 + 1", "?"), feelin.Answer("x", "", ""), "neither", "another type"),
        (question("1 / 0", None), feelin.Answer(None, "no such", ""), "ours", "stops: no such"),
        (question("1 / 0", None), feelin.Answer(Decimal(1), "", ""), "ours", "standard has null"),
    ],
)
def test_a_difference_is_told_with_its_reason(
    asked: feelin.Question,
    answer: feelin.Answer,
    verdict: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = feelin.report([asked], [answer])
    assert figures[verdict] == 1
    assert figures["ours wrong"] == (verdict in ("feelin", "neither"))
    assert reason in capsys.readouterr().out
