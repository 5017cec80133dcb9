"""Operators: the only way in which Python plugs into a diagram.

One declaration gives the engine what to call, the linter what to check, the designer its palette entry and properties,
and the manual its page. An `inline` operator works inside the step's transaction and touches the database only. A `job`
operator reaches the world outside: the token waits, a worker runs it, its result completes the task.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.database import Database


@dataclass(frozen=True)
class Text:
    """Words for people, in both languages."""

    en: str
    zh: str

    def in_(self, locale: str) -> str:
        """The words for a locale such as `zh_CN` or `en`."""
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True)
class Step:
    """What an inline operator is given: the step's transaction and who caused it. `services` is the application."""

    session: Session
    actor: Actor
    instance_id: UUID
    element_id: str
    element_name: Mapping[str, str]
    data: Mapping[str, Any]
    now: datetime
    services: Any


@dataclass(frozen=True)
class JobRun:
    """What a job operator is given. `idempotency_key` stays the same over all tries of one job.

    `finish(session, result)` ends the job in the operator's own transaction, so that its work and its end are one: the
    token that waits for it gets the result and goes on. It raises JobLost when another worker has taken the job over;
    the operator must then let it out, so that its transaction is rolled back. Call it last, and once.
    """

    database: Database
    services: Any
    idempotency_key: str
    attempt: int
    instance_id: UUID | None
    element_id: str | None
    finish: Callable[[Session, Any], None]


class JobLost(Exception):
    """The lease ran out and the job is somebody else's now: whatever was begun must be rolled back."""


class OperatorError(Exception):
    """An operator could not do its work; a job is tried again. `words` are for the person who caused it."""

    def __init__(self, words: str | Text) -> None:
        super().__init__(words if isinstance(words, str) else words.en)
        self.words = Text(words, words) if isinstance(words, str) else words


class BpmnError(Exception):
    """Thrown by an operator to be caught in the diagram by an error boundary event with this code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class PermanentFailure(OperatorError):
    """A job that no further try can save: it becomes an incident at once."""


@dataclass(frozen=True)
class Parameter:
    """One input of an operator. `kind` is what the designer's field and the linter go by."""

    name: str
    kind: Literal["string", "number", "boolean", "date-time", "duration", "list", "context", "any"]
    required: bool
    default: Any
    choices: tuple[str, ...]
    title: Text
    help: Text | None


@dataclass(frozen=True)
class Param:
    """Annotates an operator's argument with its words: `team: Annotated[int, Param(Text("Team", "团队"))]`."""

    title: Text
    help: Text | None = None


@dataclass(frozen=True)
class Operator:
    """A declared operator."""

    name: str
    kind: Literal["inline", "job"]
    title: Text
    help: Text
    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]
    queue: str = "engine"
    tries: int = 5
    backoff: timedelta = timedelta(seconds=30)
    permission: str | None = None
    icon: str = "cog"

    @property
    def group(self) -> str:
        """The palette group: what stands before the dot."""
        return self.name.partition(".")[0]

    def check_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function takes them; raises OperatorError naming the parameter that is wrong."""
        known = {p.name: p for p in self.parameters}
        for name in arguments:
            if name not in known:
                raise OperatorError(f"{self.name}: there is no parameter {name!r}")
        values: dict[str, Any] = {}
        for p in self.parameters:
            value = arguments.get(p.name)
            if value is None:
                if p.required:
                    raise OperatorError(f"{self.name}: parameter {p.name!r} is missing")
                continue
            values[p.name] = _checked(self.name, p, value)
        return values


@dataclass
class Operators:
    """Operators by name. A module declares its own group; the application joins them."""

    by_name: dict[str, Operator] = field(default_factory=dict)

    def inline(
        self,
        name: str,
        *,
        title: Text,
        help: Text,
        permission: str | None = None,
        icon: str = "cog",
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a function `(step: Step, *, …)` that works in the step's transaction."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self._add(
                Operator(
                    name,
                    "inline",
                    title,
                    help,
                    _parameters(function),
                    function,
                    permission=permission,
                    icon=icon,
                )
            )
            return function

        return declare

    def job(
        self,
        name: str,
        *,
        title: Text,
        help: Text,
        queue: str = "engine",
        tries: int = 5,
        backoff: timedelta = timedelta(seconds=30),
        permission: str | None = None,
        icon: str = "cog",
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a function `(run: JobRun, *, …)` that a worker calls, at least once, outside any transaction."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self._add(
                Operator(
                    name,
                    "job",
                    title,
                    help,
                    _parameters(function),
                    function,
                    queue,
                    tries,
                    backoff,
                    permission,
                    icon,
                )
            )
            return function

        return declare

    def include(self, other: "Operators") -> None:
        """Take over another group's operators; a name may be declared once only."""
        for operator in other:
            self._add(operator)

    def __iter__(self) -> Iterator[Operator]:
        return iter(self.by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Operator:
        return self.by_name[name]

    def _add(self, operator: Operator) -> None:
        if operator.name in self.by_name:
            raise ValueError(f"operator {operator.name} is declared twice")
        self.by_name[operator.name] = operator


_KINDS: dict[Any, Any] = {
    str: "string", int: "number", float: "number", Decimal: "number", bool: "boolean",
    datetime: "date-time", date: "date-time", timedelta: "duration", list: "list", dict: "context",
    Any: "any",
}  # fmt: skip


def _parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(function, include_extras=True)
    found = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        annotation, words = hints[parameter.name], None
        if get_origin(annotation) is typing.Annotated:
            annotation, words = get_args(annotation)[0], get_args(annotation)[1]
        if get_origin(annotation) in (types.UnionType, typing.Union):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        choices: tuple[str, ...] = ()
        if get_origin(annotation) is Literal:
            choices, annotation = get_args(annotation), str
        kind = _KINDS[get_origin(annotation) or annotation]
        plain = parameter.name.replace("_", " ")
        found.append(
            Parameter(
                parameter.name,
                kind,
                parameter.default is inspect.Parameter.empty,
                None if parameter.default is inspect.Parameter.empty else parameter.default,
                choices,
                words.title if words else Text(plain, plain),
                words.help if words else None,
            )
        )
    return tuple(found)


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float, Decimal), "boolean": (bool,),
    "date-time": (datetime, date, str), "duration": (timedelta, str), "list": (list, tuple),
    "context": (dict, Mapping), "any": (object,),
}  # fmt: skip


def _checked(operator: str, parameter: Parameter, value: Any) -> Any:
    wrong = not isinstance(value, _ACCEPTED[parameter.kind]) or (
        parameter.kind == "number" and isinstance(value, bool)
    )
    if wrong:
        raise OperatorError(
            f"{operator}: parameter {parameter.name!r} wants a {parameter.kind}, not {value!r:.80}"
        )
    if parameter.choices and value not in parameter.choices:
        raise OperatorError(
            f"{operator}: parameter {parameter.name!r} is one of {', '.join(parameter.choices)}, "
            f"not {value!r:.80}"
        )
    return value
