"""FEEL's types: `instance of`, conformance and implicit conversions (DMN 1.5 §10.3.2.9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.feel.errors import FeelSyntaxError
from engine.feel.runtime import Run
from engine.feel.syntax import TypeName
from engine.feel.temporal import Date, DateTime, DaysTime, Time, YearsMonths
from engine.feel.temporal_math import midnight_utc
from engine.feel.values import Function, Range, entry


@dataclass(frozen=True, slots=True)
class SimpleType:
    name: str


@dataclass(frozen=True, slots=True)
class ListType:
    item: "FeelType"


@dataclass(frozen=True, slots=True)
class RangeType:
    item: "FeelType"


@dataclass(frozen=True, slots=True)
class ContextType:
    fields: tuple[tuple[str, "FeelType"], ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    parameters: tuple["FeelType", ...]
    result: "FeelType"


@dataclass(frozen=True, slots=True, eq=False)
class ConstrainedType:
    """A type of which only some values are allowed. `allows` answers for one value."""

    base: "FeelType"
    allows: Callable[[Any, Run], bool]


@dataclass(slots=True, eq=False)
class NamedType:
    """A type under a name of its own, which may refer to itself; `target` is filled in later."""

    name: str
    target: "FeelType | None" = None


FeelType = (
    SimpleType | ListType | RangeType | ContextType | FunctionType | ConstrainedType | NamedType
)

ANY = SimpleType("Any")
NULL = SimpleType("Null")
NUMBER = SimpleType("number")
STRING = SimpleType("string")
BOOLEAN = SimpleType("boolean")
DATE = SimpleType("date")
TIME = SimpleType("time")
DATE_TIME = SimpleType("date and time")
YEARS_MONTHS = SimpleType("years and months duration")
DAYS_TIME = SimpleType("days and time duration")
CONTEXT = ContextType(())
ANY_LIST = ListType(ANY)
ANY_RANGE = RangeType(ANY)
ANY_FUNCTION = SimpleType("function")

_CLASSES: dict[str, type] = {
    "number": Decimal, "string": str, "boolean": bool, "date": Date, "time": Time,
    "date and time": DateTime, "years and months duration": YearsMonths,
    "days and time duration": DaysTime, "function": Function,
}  # fmt: skip
BUILT_IN_TYPES: dict[str, FeelType] = {
    "Any": ANY, "Null": NULL, "number": NUMBER, "string": STRING, "boolean": BOOLEAN, "date": DATE,
    "time": TIME, "date and time": DATE_TIME, "dateTime": DATE_TIME,
    "years and months duration": YEARS_MONTHS, "yearMonthDuration": YEARS_MONTHS,
    "days and time duration": DAYS_TIME, "day and time duration": DAYS_TIME,
    "dayTimeDuration": DAYS_TIME, "context": CONTEXT, "list": ANY_LIST, "range": ANY_RANGE,
    "function": ANY_FUNCTION,
}  # fmt: skip


def resolve_type(written: TypeName, named: Mapping[str, FeelType]) -> FeelType:
    """The type a TypeName means. Raises KeyError with the name that is not known."""
    if written.name == "function" and written.result is not None:
        return FunctionType(
            tuple(resolve_type(argument, named) for argument in written.arguments),
            resolve_type(written.result, named),
        )
    if written.fields:
        return ContextType(tuple((key, resolve_type(t, named)) for key, t in written.fields))
    if written.arguments:
        item = resolve_type(written.arguments[0], named)
        return ListType(item) if written.name == "list" else RangeType(item)
    if written.name in named:
        return named[written.name]
    if written.name in BUILT_IN_TYPES:
        return BUILT_IN_TYPES[written.name]
    raise KeyError(written.name)


def unknown_type(name: str, line: int, column: int) -> FeelSyntaxError:
    return FeelSyntaxError(
        line, column, "a type", f'there is no type "{name}"', f"没有名为“{name}”的类型", found=name
    )


def accepts(kind: FeelType, value: Any, run: Run) -> bool:
    """Whether a value that is not null conforms to a type; null only conforms to Null."""
    if isinstance(kind, SimpleType):
        if kind is ANY:
            return value is not None
        if kind is NULL:
            return value is None
        return value.__class__ is _CLASSES[kind.name]
    if value is None:
        return False
    if isinstance(kind, ListType):
        if not isinstance(value, list):
            return False
        if kind.item is ANY:
            return True
        run.spend(len(value))
        return all(item is None or accepts(kind.item, item, run) for item in value)
    if isinstance(kind, ContextType):
        return isinstance(value, Mapping) and all(
            key in value and ((item := entry(value, key)) is None or accepts(t, item, run))
            for key, t in kind.fields
        )
    if isinstance(kind, RangeType):
        return isinstance(value, Range) and (
            kind.item is ANY
            or all(end is None or accepts(kind.item, end, run) for end in (value.start, value.end))
        )
    if isinstance(kind, FunctionType):
        return isinstance(value, Function) and _function_conforms(value, kind)
    if isinstance(kind, ConstrainedType):
        return accepts(kind.base, value, run) and kind.allows(value, run)
    return kind.target is not None and accepts(kind.target, value, run)


def unconstrained(kind: FeelType) -> FeelType:
    """The type without its allowed values, as `instance of` asks for it (§10.3.2.9.1)."""
    known: dict[int, NamedType] = {}

    def bare(kind: FeelType) -> FeelType:
        if isinstance(kind, ConstrainedType):
            return bare(kind.base)
        if isinstance(kind, ListType):
            return ANY_LIST if kind is ANY_LIST else ListType(bare(kind.item))
        if isinstance(kind, ContextType):
            return ContextType(tuple((key, bare(field)) for key, field in kind.fields))
        if isinstance(kind, NamedType) and kind.target is not None:
            if id(kind) not in known:
                known[id(kind)] = made = NamedType(kind.name)
                made.target = bare(kind.target)
            return known[id(kind)]
        return kind

    return bare(kind)


def _function_conforms(value: Function, kind: FunctionType) -> bool:
    if len(value.parameters) != len(kind.parameters):
        return False
    own = value.parameter_types or (ANY,) * len(value.parameters)
    return all(
        conforms(wanted, has or ANY) for wanted, has in zip(kind.parameters, own, strict=True)
    ) and (value.result_type is None or conforms(value.result_type, kind.result))


def conforms(narrow: FeelType, wide: FeelType) -> bool:
    """Whether every value of `narrow` is one of `wide` (§10.3.2.9.2)."""
    if narrow is wide or wide is ANY or narrow is NULL or narrow == wide:
        return True
    if isinstance(narrow, NamedType):
        return narrow.target is not None and conforms(narrow.target, wide)
    if isinstance(wide, NamedType):
        return wide.target is not None and conforms(narrow, wide.target)
    if isinstance(narrow, ConstrainedType):
        return conforms(narrow.base, wide)
    if isinstance(narrow, ListType) and isinstance(wide, ListType):
        return conforms(narrow.item, wide.item)
    if isinstance(narrow, RangeType) and isinstance(wide, RangeType):
        return conforms(narrow.item, wide.item)
    if isinstance(narrow, ContextType) and isinstance(wide, ContextType):
        has = dict(narrow.fields)
        return all(key in has and conforms(has[key], t) for key, t in wide.fields)
    if isinstance(narrow, FunctionType):
        if wide is ANY_FUNCTION:
            return True
        return (
            isinstance(wide, FunctionType)
            and len(narrow.parameters) == len(wide.parameters)
            and all(
                conforms(theirs, ours)
                for theirs, ours in zip(wide.parameters, narrow.parameters, strict=True)
            )
            and conforms(narrow.result, wide.result)
        )
    return False


def coerce(kind: FeelType, value: Any, run: Run) -> tuple[bool, Any]:
    """(fits, value) after the implicit conversions of §10.3.2.9.4; null fits every type.

    A list of one becomes its item, an item a list of one, a date the date and time of its midnight UTC.
    """
    if value is None or kind is ANY or accepts(kind, value, run):
        return True, value
    if isinstance(value, list) and len(value) == 1 and accepts(kind, value[0], run):
        return True, value[0]
    target = kind.target if isinstance(kind, NamedType) else kind
    if isinstance(value, Date) and target is DATE_TIME:
        return True, midnight_utc(value)
    if not isinstance(value, list) and accepts(kind, [value], run):
        return True, [value]
    return False, None


def type_of(value: Any) -> str:
    """The FEEL name of a value's type, for messages."""
    if value is None:
        return "null"
    for name, kind in _CLASSES.items():
        if value.__class__ is kind:
            return name
    if isinstance(value, list):
        return "list"
    if isinstance(value, Range):
        return "range"
    return "context" if isinstance(value, Mapping) else "Any"
