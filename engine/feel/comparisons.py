"""Comparisons as closures; those with a constant on the right are worth a closure of their own."""

from collections.abc import Callable
from typing import Any

from engine.feel import compare as comparing
from engine.feel.runtime import Run, Scope
from engine.feel.types import type_of

Code = Callable[[Scope], Any]


def compare_values(operator: str, left: Any, right: Any, run: Run, at: int) -> bool | None:
    result = comparing.compare(operator, left, right, run)
    if result is None:
        a, b = type_of(left), type_of(right)
        run.warn(at, f"{a} {operator} {b} cannot be compared", f"{a} {operator} {b} 无法比较")
    return result


def _quick_equal(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_equal(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value == constant)
        return compare_values("=", value, constant, scope.run, at)

    return is_equal


def _quick_unequal(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_unequal(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value != constant)
        return compare_values("!=", value, constant, scope.run, at)

    return is_unequal


def _quick_less(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_less(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value < constant)
        return compare_values("<", value, constant, scope.run, at)

    return is_less


def _quick_less_equal(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_less_equal(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value <= constant)
        return compare_values("<=", value, constant, scope.run, at)

    return is_less_equal


def _quick_greater(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_greater(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value > constant)
        return compare_values(">", value, constant, scope.run, at)

    return is_greater


def _quick_greater_equal(left: Code, constant: Any, at: int) -> Code:
    kind = constant.__class__

    def is_greater_equal(scope: Scope) -> bool | None:
        value = left(scope)
        if value.__class__ is kind:
            return bool(value >= constant)
        return compare_values(">=", value, constant, scope.run, at)

    return is_greater_equal


WITH_CONSTANT: dict[str, Callable[[Code, Any, int], Code]] = {
    "=": _quick_equal,
    "!=": _quick_unequal,
    "<": _quick_less,
    "<=": _quick_less_equal,
    ">": _quick_greater,
    ">=": _quick_greater_equal,
}
