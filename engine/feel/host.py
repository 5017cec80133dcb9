"""Functions that a host program offers to expressions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.feel.builtins.registry import Signature, make_function
from engine.feel.runtime import Run
from engine.feel.values import Function, to_feel


@dataclass(frozen=True, slots=True)
class NoResult:
    """What a host function returns to say that there is no value, and why: null with that reason."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, eq=False)
class HostFunction:
    """`call` under a FEEL name.

    `signature` is written as the built-ins' are: `"from: date and time, hours: number, calendar: string?"`
    (types: number, string, boolean, date, time, date and time, days and time duration, list, context,
    range, function, any). `call` gets FEEL values of those types in that order, None for what was left out,
    and may return any Python value that to_feel knows; None is null, and NoResult null with a reason of its
    own. A first parameter named `run` gets the Run (its clock, its budget, and `run.host`: what the
    evaluation was given).
    """

    signature: str
    call: Callable[..., Any]

    def as_value(self, name: str) -> Function:
        signature = Signature.read(self.signature, self.call)

        count = len(signature.parameters) + signature.wants_run

        def call(*given: Any) -> Any:
            result = self.call(*given, *(None,) * (count - len(given)))
            return result if result.__class__ is NoResult else to_feel(result)

        function = make_function(name, [replace(signature, call=call)])

        def invoke(values: Sequence[Any], names: Sequence[str] | None, run: Run, at: int) -> Any:
            result = function.call(values, names, run, at)
            if result.__class__ is NoResult:
                return run.warn(at, f"{name}(): {result.en}", f"{name}()：{result.zh}")
            return result

        return replace(function, call=invoke, invoke=invoke)
