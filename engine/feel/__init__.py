"""FEEL, the expression language of DMN 1.5, as a library: see README.md in this folder."""

from engine.feel.convert import to_json, to_python
from engine.feel.errors import FeelBudgetError, FeelError, FeelSyntaxError
from engine.feel.expression import (
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from engine.feel.host import HostFunction, NoResult
from engine.feel.runtime import Limits, Warning
from engine.feel.values import to_feel

__all__ = [
    "Expression",
    "FeelBudgetError",
    "FeelError",
    "FeelSyntaxError",
    "HostFunction",
    "Limits",
    "NoResult",
    "UnaryTests",
    "Warning",
    "compile_expression",
    "compile_unary_tests",
    "to_feel",
    "to_json",
    "to_python",
]
