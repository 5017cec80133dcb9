"""Boolean functions, `all` and `any` (DMN 1.5 §10.3.4.2 and §10.3.4.4)."""

from typing import Any

from engine.feel.builtins.registry import BuiltIns
from engine.feel.compare import identical
from engine.feel.runtime import Run

built_ins = BuiltIns()


@built_ins.add("not", "negand: any")
def negated(negand: Any) -> bool | None:
    return (not negand) if negand.__class__ is bool else None


@built_ins.add("is", "value1: any?, value2: any?")
def same(run: Run, value1: Any = None, value2: Any = None) -> bool:
    """What is left out is null, as in the kit's `is(value1: …)`."""
    return identical(value1, value2, run)


@built_ins.add("all", "list: list*")
def all_true(run: Run, items: list[Any]) -> bool | None:
    """false if one is false, else null if one is no boolean, else true."""
    return _decide(run, items, False)


@built_ins.add("any", "list: list*")
def any_true(run: Run, items: list[Any]) -> bool | None:
    """true if one is true, else null if one is no boolean, else false."""
    return _decide(run, items, True)


def _decide(run: Run, items: list[Any], deciding: bool) -> bool | None:
    run.spend(len(items))
    result: bool | None = not deciding
    for item in items:
        if item is deciding:
            return bool(deciding)
        if item is not (not deciding):
            result = None
    return result
