"""How a built-in says its name and parameters, and how calls find the right signature.

A signature is written as in the standard: `"string: string, start position: number, length: number?"`.
A `?` after the type allows the argument to be left out or null; `*` after the last lets its items be
given one by one (`min(1, 2, 3)`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from engine.feel.runtime import Run
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.temporal_math import midnight_utc
from engine.feel.types import type_of
from engine.feel.values import Function, Range

F = TypeVar("F", bound=Callable[..., Any])

_CLASSES: dict[str, tuple[type, ...]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "date": (Date,),
    "time": (Time,),
    "date and time": (DateTime,),
    "date or date and time": (Date, DateTime),
    "days and time duration": (DaysTime,),
    "duration": (DaysTime, YearsMonths),
    "number or duration": (Decimal, DaysTime, YearsMonths),
    "range": (Range,),
    "function": (Function,),
    "list": (list,),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    optional: bool
    variadic: bool

    @staticmethod
    def read(text: str) -> "Parameter":
        name, _, kind = text.partition(":")
        kind = kind.strip()
        return Parameter(name.strip(), kind.rstrip("?*"), kind.endswith("?"), kind.endswith("*"))

    def fit(self, value: Any) -> tuple[bool, Any]:
        """(fits, value), after turning a list of one into its item, or an item into a list."""
        kind = self.type
        if value is None:
            return self.optional or kind == "any", None
        if kind == "any":
            return True, value
        if kind == "context":
            return isinstance(value, Mapping), value
        if kind == "point":
            return not isinstance(value, (list, Range, Function, Mapping)), value
        if value.__class__ in _CLASSES[kind]:
            return True, value
        if kind == "list":
            return True, [value]
        if value.__class__ is list and len(value) == 1:
            return self.fit(value[0]) if value[0] is not None else (False, None)
        if kind == "date and time" and value.__class__ is Date:
            return True, midnight_utc(value)
        return False, None


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[Parameter, ...]
    required: int
    variadic: bool
    call: Callable[..., Any]
    wants_run: bool

    @staticmethod
    def read(text: str, call: Callable[..., Any]) -> "Signature":
        parameters = tuple(Parameter.read(part) for part in text.split(",") if part.strip())
        required = sum(not parameter.optional for parameter in parameters)
        wants_run = next(iter(inspect.signature(call).parameters), "") == "run"
        variadic = bool(parameters) and parameters[-1].variadic
        return Signature(parameters, required, variadic, call, wants_run)

    def ordered(self, values: Sequence[Any], names: Sequence[str] | None) -> list[Any] | None:
        """The arguments in order of the parameters; None when number or names do not fit."""
        count = len(self.parameters)
        if names is None:
            packed = self.variadic and len(values) >= count
            if packed and (len(values) > count or self.parameters[-1].type == "any"):
                return [*values[: count - 1], list(values[count - 1 :])]
            return list(values) if self.required <= len(values) <= count else None
        given = dict(zip(names, values, strict=True))
        known = {parameter.name for parameter in self.parameters}
        if len(given) < len(names) or not known.issuperset(given):
            return None
        needed = (parameter.name for parameter in self.parameters if not parameter.optional)
        if not given.keys() >= set(needed):
            return None
        return [given.get(parameter.name) for parameter in self.parameters]


class BuiltIns:
    """A family's functions, filled by its decorator."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self._signatures: dict[str, list[Signature]] = {}

    def add(self, name: str, *signatures: str) -> Callable[[F], F]:
        """Declare the function below as the built-in `name`, under one signature or several."""

        def declare(call: F) -> F:
            known = self._signatures.setdefault(name, [])
            known.extend(Signature.read(text, call) for text in signatures)
            self.functions[name] = make_function(name, known)
            return call

        return declare


def make_function(name: str, signatures: list[Signature]) -> Function:
    """The function value of a built-in."""
    chosen = tuple(signatures)

    def invoke(values: Sequence[Any], names: Sequence[str] | None, run: Run, at: int) -> Any:
        run.spend(1)
        misfit: tuple[Parameter, Any] | None = None
        for signature in chosen:
            ordered = signature.ordered(values, names)
            if ordered is None:
                continue
            for index, value in enumerate(ordered):
                fits, ordered[index] = signature.parameters[index].fit(value)
                if not fits:
                    misfit = misfit or (signature.parameters[index], value)
                    break
            else:
                arguments = [run, *ordered] if signature.wants_run else ordered
                result = signature.call(*arguments)
                if result is None:
                    run.warn(at, f"{name}() has no result here", f"{name}() 在此没有结果")
                return result
        return _misfit(name, misfit, run, at)

    parameters = tuple(parameter.name for parameter in chosen[0].parameters)
    return Function(name, parameters, invoke, invoke=invoke)


def _misfit(name: str, misfit: tuple[Parameter, Any] | None, run: Run, at: int) -> Any:
    if misfit is None:
        return run.warn(
            at,
            f"{name}() is not called with these arguments",
            f"{name}() 不能用这些参数调用",
        )
    parameter, value = misfit
    return run.warn(
        at,
        f'{name}(): "{parameter.name}" must be {parameter.type}, not {type_of(value)}',
        f"{name}()：“{parameter.name}”应为 {parameter.type}，而不是 {type_of(value)}",
    )
