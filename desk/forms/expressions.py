"""Parts of a schema that may be FEEL: conditions, bounds, texts with {{expressions}} in them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Final, Self

from desk.calendars import here as calendars
from desk.forms.tree import Json
from desk.forms.words import language
from engine.expressions import compiled
from engine.feel import Expression as Program
from engine.feel import to_json
from engine.functions import Host

_PLACEHOLDER: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class Unsupported(ValueError):
    """A text uses a part of the template language that the server does not render."""


@dataclass(frozen=True)
class Scope:
    """What an expression sees: the data, and in a dynamic list also `this`, `parent` and `i`.

    As in form-js, names that are not qualified are looked up in the whole data; fields of the
    same row are `this.name`; `i` is the list of row numbers, outermost first, counted from 1.
    """

    data: Mapping[str, Json]
    now: datetime
    this: Json
    parent: Json = None
    index: tuple[int, ...] = ()

    @classmethod
    def root(cls, data: Mapping[str, Json], now: datetime) -> Self:
        """The scope outside of lists; `now` is what now() and today() say, in the desk's zone."""
        return cls(data, now, this=data)

    def row(self, row: Json, number: int) -> "Scope":
        """The scope inside row `number` (from 0) of a list that stands in this scope."""
        return Scope(self.data, self.now, row, self.this, (*self.index, number + 1))

    @cached_property
    def host(self) -> Host:
        """What functions on working time ask: the desk's calendars."""
        return calendars.host(getattr(self.now.tzinfo, "key", "UTC"))

    @cached_property
    def context(self) -> dict[str, Json]:
        special = {"this": self.this, "parent": self.parent, "i": list(self.index)}
        return {**special, **self.data, **{f"_{name}_": value for name, value in special.items()}}


@dataclass(frozen=True)
class Expression:
    """A FEEL expression, compiled once."""

    source: str
    program: Program = field(repr=False, compare=False)

    @classmethod
    def compile(cls, source: str) -> Self:
        """`source` is without the leading "="; raises engine.feel's syntax error."""
        return cls(source, compiled(source))

    def evaluate(self, scope: Scope) -> Json:
        """The value as JSON (see engine.feel.to_json: decimals and dates are text)."""
        value = self.program.evaluate(scope.context, clock=lambda: scope.now, host=scope.host)
        return to_json(value)


@dataclass(frozen=True)
class Flag:
    """Yes or no, fixed or by a FEEL condition; whatever is not true counts as no."""

    constant: bool = False
    expression: Expression | None = None

    def holds(self, scope: Scope) -> bool:
        if self.expression is None:
            return self.constant
        return self.expression.evaluate(scope) is True

    @property
    def ever(self) -> bool:
        """Whether it can hold at all."""
        return self.constant or self.expression is not None


@dataclass(frozen=True)
class Quantity:
    """A bound, fixed or by a FEEL expression; None when there is no bound."""

    constant: Decimal | None = None
    expression: Expression | None = None

    def value(self, scope: Scope) -> Decimal | None:
        if self.expression is None:
            return self.constant
        result = self.expression.evaluate(scope)
        return None if isinstance(result, bool) else decimal_or_none(result)


def decimal_or_none(value: object) -> Decimal | None:
    """A finite number from JSON, also when written as text."""
    if not isinstance(value, (int, float, str)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


@dataclass(frozen=True)
class Template:
    """A text with FEEL in it: `= expression` as a whole, or {{expression}} between words."""

    pieces: tuple[str | Expression, ...] = ()

    @classmethod
    def compile(cls, source: str) -> Self:
        """Raises Unsupported for template blocks ({{#if}}, {{#loop}}), and FEEL's syntax error."""
        if source.startswith("="):
            return cls((Expression.compile(source[1:]),))
        pieces: list[str | Expression] = []
        position = 0
        for placeholder in _PLACEHOLDER.finditer(source):
            inner = placeholder[1].strip()
            if inner.startswith(("#", "/")):
                raise Unsupported(placeholder[0])
            pieces += [source[position : placeholder.start()], Expression.compile(inner)]
            position = placeholder.end()
        pieces.append(source[position:])
        return cls(tuple(piece for piece in pieces if piece != ""))

    def fill(self, scope: Scope, escape: Callable[[str], str] = str) -> str:
        """The text; `escape` is applied to what expressions put between words."""
        if len(self.pieces) == 1 and isinstance(self.pieces[0], Expression):
            return as_text(self.pieces[0].evaluate(scope))
        return "".join(
            piece if isinstance(piece, str) else escape(as_text(piece.evaluate(scope)))
            for piece in self.pieces
        )


@dataclass(frozen=True)
class Text:
    """A text for people, with its translations by language or locale name."""

    original: Template = Template()
    translations: Mapping[str, Template] = field(default_factory=dict)

    def say(self, scope: Scope, locale: str, escape: Callable[[str], str] = str) -> str:
        return self._template(locale).fill(scope, escape)

    def _template(self, locale: str) -> Template:
        for name in (locale, language(locale)):
            if name in self.translations:
                return self.translations[name]
        return self.original


def as_text(value: Json) -> str:
    """A JSON value between words: null is nothing, lists are joined by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(as_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {as_text(item)}" for key, item in value.items())
    return str(value)
