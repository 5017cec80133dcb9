"""Values against the types a model gives them: converted, or null with the reason (DMN 1.5 §10.3.2.9.4)."""

from collections.abc import Callable
from typing import Any

from engine.feel.runtime import Run, Scope
from engine.feel.types import FeelType, coerce

Code = Callable[[Scope], Any]


def nothing(scope: Scope) -> None:
    """What is missing or wrong gives null."""


def typed(code: Code, kind: FeelType | None) -> Code:
    """`code`, its value converted to a type; null with a warning where it does not conform."""
    if kind is None:
        return code
    wanted = kind

    def checked(scope: Scope) -> Any:
        return conform(wanted, code(scope), scope.run)

    return checked


def conform(kind: FeelType, value: Any, run: Run) -> Any:
    fits, converted = coerce(kind, value, run)
    if not fits:
        name = getattr(kind, "name", "type")
        return run.warn(0, f'the value is no "{name}"', f"该值不符合类型“{name}”")
    return converted
