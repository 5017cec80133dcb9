"""The built-in functions of FEEL (DMN 1.5 §10.3.4), one module a family."""

from engine.feel.builtins import (
    contexts,
    conversion,
    lists,
    logic,
    numeric,
    ranges,
    strings,
    temporal,
)
from engine.feel.builtins.registry import BuiltIns
from engine.feel.values import Function


def _all() -> dict[str, Function]:
    functions: dict[str, Function] = {}
    for family in (conversion, logic, strings, numeric, lists, contexts, temporal, ranges):
        registry: BuiltIns = family.built_ins
        functions.update(registry.functions)
    return functions


BUILT_INS: dict[str, Function] = _all()
