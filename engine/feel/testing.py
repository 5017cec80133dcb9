"""Tests of a value: `in`, and the unary tests of decision tables (DMN 1.5 §7.3.2, §10.3.2.8)."""

from collections.abc import Callable
from typing import Any

from engine.feel import compare as comparing
from engine.feel.runtime import Run, Scope
from engine.feel.values import Range

Code = Callable[[Scope], Any]


def unary_range(operator: str, end: Any) -> Range:
    """`(< 10)` and its like; the open end is null."""
    if operator in ("<", "<="):
        return Range(None, end, False, operator == "<=", operator)
    if operator in (">", ">="):
        return Range(end, None, operator == ">=", False, operator)
    if operator == "=":
        return Range(end, end, True, True, operator)
    return Range(end, end, False, False, operator)


def matches(value: Any, test: Any, run: Run) -> bool | None:
    """Whether `value` passes a test that came out as `test`: in a range, among a list, or equal."""
    kind = test.__class__
    if kind is Range:
        return comparing.in_range(value, test, run)
    if kind is list:
        run.spend(len(test))
        if isinstance(value, list) and comparing.equal(value, test, run) is True:
            return True
        found: bool | None = False
        for item in test:
            same = (
                comparing.in_range(value, item, run)
                if item.__class__ is Range
                else comparing.equal(value, item, run)
            )
            if same is True:
                return True
        return found
    return comparing.equal(value, test, run)


def passes(value: Any, test: Any, run: Run) -> bool | None:
    """As matches, for the cells of tables."""
    if test is True and value.__class__ is not bool:
        return True
    return matches(value, test, run)


def any_test(tests: tuple[Code, ...], scope: Scope) -> bool | None:
    result: bool | None = False
    for test in tests:
        passed = test(scope)
        if passed is True:
            return True
        if passed is None:
            result = None
    return result
