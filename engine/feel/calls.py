"""Calling functions: FEEL's own, the built-ins and the host's (DMN 1.5 §10.3.2.15)."""

from collections.abc import Callable, Sequence
from typing import Any

from engine.feel.runtime import Run, Scope
from engine.feel.types import FeelType, coerce, type_of
from engine.feel.values import Function


def call_function(called: Any, values: Sequence[Any], run: Run, at: int) -> Any:
    """Call with arguments by position."""
    if called.__class__ is not Function:
        kind = type_of(called)
        return run.warn(at, f"{kind} is not a function", f"{kind} 不是函数")
    if called.invoke is not None:
        return called.invoke(values, None, run, at)
    if len(values) != len(called.parameters):
        wanted, given = len(called.parameters), len(values)
        return run.warn(
            at,
            f"the function takes {wanted} arguments, not {given}",
            f"该函数需要 {wanted} 个参数，而不是 {given} 个",
        )
    return called.call(run, at, *values)


def call_named(called: Any, names: Sequence[str], values: list[Any], run: Run, at: int) -> Any:
    """Call with arguments by name."""
    if called.__class__ is not Function:
        return call_function(called, values, run, at)
    if called.invoke is not None:
        return called.invoke(values, names, run, at)
    given = dict(zip(names, values, strict=True))
    unknown = [name for name in names if name not in called.parameters]
    if unknown or len(given) != len(names):
        name = unknown[0] if unknown else names[0]
        return run.warn(at, f'there is no parameter "{name}"', f"没有名为“{name}”的参数")
    return called.call(run, at, *(given.get(name) for name in called.parameters))


def typed_arguments(
    parameters: Sequence[str],
    kinds: Sequence[FeelType | None],
    values: Sequence[Any],
    run: Run,
    at: int,
) -> list[Any] | None:
    """The arguments converted to the parameters' types; None, with a warning, when one does not fit."""
    given = []
    for parameter, kind, value in zip(parameters, kinds, values, strict=True):
        if kind is not None:
            fits, value = coerce(kind, value, run)
            if not fits:
                run.warn(
                    at,
                    f'the argument "{parameter}" is of the wrong type',
                    f"参数“{parameter}”的类型不对",
                )
                return None
        given.append(value)
    return given


def user_function(
    name: str,
    parameters: tuple[str, ...],
    kinds: tuple[FeelType | None, ...],
    result: FeelType | None,
    body: Callable[[Scope], Any],
    cost: int,
    scope: Scope,
) -> Function:
    """A function with a FEEL body that sees the scope it was written in."""

    def call(run: Run, at: int, *values: Any) -> Any:
        run.spend(cost)
        given = typed_arguments(parameters, kinds, values, run, at)
        if given is None:
            return None
        run.enter()
        try:
            answer = body(Scope(dict(zip(parameters, given, strict=True)), scope, run))
        finally:
            run.leave()
        if result is None:
            return answer
        fits, answer = coerce(result, answer, run)
        if not fits:
            return run.warn(at, "the result is of the wrong type", "结果的类型不对")
        return answer

    return Function(name, parameters, call, tuple(kinds), result)
