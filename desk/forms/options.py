"""Where the choices of a radio, select, checklist or taglist come from, and what they are called.

Four sources: static `values`; `valuesKey`, a list in the data; `valuesExpression`, a FEEL
expression; or the custom property `source` ("people", "teams", …), a list the caller passes in.
A dynamic entry is a plain value, or an object with `value`, `label` and perhaps "label:en".
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from desk.forms import limits
from desk.forms.expressions import Expression, Scope, as_text
from desk.forms.schema import Reader
from desk.forms.tree import MISSING, Json, get
from desk.forms.words import language


class MissingOptions(LookupError):
    """The form names a source of options that the caller has not passed."""


@dataclass(frozen=True)
class Option:
    """One choice: `value` goes into the data, `label` is shown; `labels` are its translations."""

    value: Json
    label: str
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def token(self) -> str:
        """The value as it travels through a page: text as it is, everything else as JSON."""
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value, sort_keys=True, ensure_ascii=False)

    def say(self, locale: str) -> str:
        return self.labels.get(locale) or self.labels.get(language(locale)) or self.label


@dataclass(frozen=True)
class OptionSource:
    """Exactly one of the four is set; `static` also when it is empty by mistake."""

    static: tuple[Option, ...] = ()
    key: str = ""
    expression: Expression | None = None
    name: str = ""

    @classmethod
    def read(cls, reader: Reader) -> Self:
        name = reader.custom("source")
        key = reader.string("valuesKey")
        expression = reader.expression("valuesExpression")
        values = reader.take("values")
        translations = reader.translations("values")
        if name:
            return cls(name=name)
        if expression is not None:
            return cls(expression=expression)
        if key:
            return cls(key=key)
        return cls(static=_static(reader, values, translations))

    def options(
        self, scope: Scope, supplied: Mapping[str, Sequence[Option]]
    ) -> tuple[tuple[Option, ...], bool]:
        """The choices (at most limits.OPTIONS), and whether there would have been more.

        Raises MissingOptions when the form asks for a source that is not in `supplied`.
        """
        if self.name:
            if self.name not in supplied:
                raise MissingOptions(f"no options were passed for the source {self.name!r}")
            found: Sequence[Option] = supplied[self.name]
        elif self.static:
            return self.static, False
        else:
            found = tuple(_dynamic(self._entries(scope)))
        return tuple(found[: limits.OPTIONS]), len(found) > limits.OPTIONS

    def _entries(self, scope: Scope) -> Sequence[Json]:
        if self.expression is not None:
            entries = self.expression.evaluate(scope)
        else:
            entries = scope.data.get(self.key, MISSING)
            if entries is MISSING:
                entries = get(scope.data, tuple(self.key.split(".")))
        if not isinstance(entries, (list, tuple)):
            return ()
        return entries[: limits.OPTIONS + 1]


def _dynamic(entries: Iterable[Json]) -> Iterable[Option]:
    """Entries as form-js normalizes them: what is empty or has no usable value is left out."""
    for entry in entries:
        if isinstance(entry, Mapping):
            value, label = entry.get("value"), entry.get("label")
            if value is None or value == "" or value == {}:
                continue
            labels = {
                str(key).removeprefix("label:"): text
                for key, text in entry.items()
                if str(key).startswith("label:") and isinstance(text, str)
            }
            yield Option(
                value, label if isinstance(label, str) and label else as_text(value), labels
            )
        elif isinstance(entry, (str, int, float)) and entry != "":
            yield Option(entry, as_text(entry))


def _static(reader: Reader, values: object, translations: Mapping[str, str]) -> tuple[Option, ...]:
    if not isinstance(values, list) or not values:
        reader.fail("there are no options to choose from", "没有可选项")
        return ()
    if len(values) > limits.OPTIONS:
        reader.fail(f"more than {limits.OPTIONS} options", f"选项超过 {limits.OPTIONS} 个")
        return ()
    found: dict[str, Option] = {}
    for entry in values:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("value"), (str, int, float)):
            reader.fail("every option needs a value", "每个选项都必须有值")
            continue
        label = entry.get("label")
        option = Option(
            entry["value"], label if isinstance(label, str) and label else as_text(entry["value"])
        )
        if option.token == "" or option.token in found:
            reader.fail(
                f"the option value “{option.token}” is empty or used twice",
                f"选项值“{option.token}”为空或重复",
            )
            continue
        found[option.token] = option
    labels = {locale: _pairs(reader, locale, text, found) for locale, text in translations.items()}
    return tuple(
        Option(
            option.value,
            option.label,
            {locale: pairs[token] for locale, pairs in labels.items() if token in pairs},
        )
        for token, option in found.items()
    )


def _pairs(reader: Reader, locale: str, text: str, options: Mapping[str, Option]) -> dict[str, str]:
    """ "a=Yes; b=No" -> {"a": "Yes", "b": "No"}."""
    pairs = {}
    for piece in text.replace("；", ";").split(";"):
        if not piece.strip():
            continue
        value, equals, label = piece.partition("=")
        if not equals or value.strip() not in options or not label.strip():
            reader.fail(
                f"“values:{locale}” must read “value=Label; …” with the values of the options,"
                f" not “{piece.strip()}”",
                f"“values:{locale}”的格式应为“值=名称; …”，且值须与选项一致，"
                f"当前为“{piece.strip()}”",
            )
            continue
        pairs[value.strip()] = label.strip()
    return pairs
