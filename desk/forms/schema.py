"""Reads the JSON of form-js components, property by property, and collects what is wrong.

The schema is bpmn.io's (github.com/bpmn-io/form-js, packages/form-json-schema, schemaVersion 19).
Whatever a component says and nobody reads is a problem: nothing is dropped silently.

Translations stand in the component's custom properties, where the form-js editor can change them:
"label:en" translates `label`, and so on for every text a person reads; "values:en" translates
the labels of static options as "value=Label; other=Other label".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from desk.forms.expressions import (
    Expression,
    Flag,
    Quantity,
    Template,
    Text,
    Unsupported,
    decimal_or_none,
)
from desk.forms.problems import Problem
from engine.feel import FeelError

KEY: Final = re.compile(r"\w+(\.\w+)*", re.ASCII)
_TRANSLATION: Final = re.compile(r"(?P<name>\w+):(?P<locale>[a-zA-Z]{2,3}([_-]\w+)?)", re.ASCII)
RESERVED: Final = frozenset({"csrf_token"})


class Reader:
    """One component of the schema (or an object inside it, such as `validate`) being read."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        component: str,
        problems: list[Problem],
        *,
        parent: "Reader | None" = None,
        prefix: str = "",
    ) -> None:
        self.raw = raw
        self.component = component
        self.problems = problems
        self._prefix = prefix
        self._seen: set[str] = set()
        self._parts: list[Reader] = []
        self._owner = parent or self
        if parent is None:
            self.properties = self._read_properties()
            self._used_translations: set[str] = set()

    # -- saying what is wrong ------------------------------------------------------------------

    def fail(self, en: str, zh: str) -> None:
        """Note one problem of this component; reading goes on to find the others."""
        self.problems.append(Problem(self.component, en, zh))

    def _wrong_type(self, name: str, en: str, zh: str) -> None:
        self.fail(f"“{self._prefix}{name}” must be {en}", f"“{self._prefix}{name}”必须是{zh}")

    def finish(self) -> None:
        """Report what nobody has read: properties and translations that would have no effect."""
        for name in self.raw:
            if name not in self._seen:
                self.fail(
                    f"“{self._prefix}{name}” is not supported here",
                    f"此处不支持“{self._prefix}{name}”",
                )
        for part in self._parts:
            part.finish()
        if self._owner is self:
            for name in self.properties:
                if _TRANSLATION.fullmatch(name) and name not in self._used_translations:
                    self.fail(
                        f"custom property “{name}” translates nothing of this component",
                        f"自定义属性“{name}”在此组件中没有对应的可翻译文本",
                    )

    # -- reading -------------------------------------------------------------------------------

    def take(self, name: str) -> Any:
        """The raw value; null counts as absent, as form-js treats it."""
        self._seen.add(name)
        return self.raw.get(name)

    def accept(self, *names: str) -> None:
        """Properties that are known and mean nothing on a page made by the server."""
        self._seen.update(names)

    def part(self, name: str) -> "Reader":
        """A reader of the object `name`, empty when there is none."""
        value = self.take(name)
        if value is not None and not isinstance(value, Mapping):
            self._wrong_type(name, "an object", "对象")
            value = None
        part = Reader(
            value or {},
            self.component,
            self.problems,
            parent=self._owner,
            prefix=f"{self._prefix}{name}.",
        )
        self._parts.append(part)
        return part

    def string(self, name: str, default: str = "") -> str:
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, str):
            self._wrong_type(name, "a text", "文本")
            return default
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong_type(name, "true or false", "布尔值")
            return default
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
            self._wrong_type(name, "a whole number", "整数")
            return None
        if not low <= value <= high:
            self._wrong_type(name, f"between {low} and {high}", f" {low} 到 {high} 之间的数")
            return None
        return int(value)

    def one_of(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.take(name)
        if value is None:
            return default
        if value not in allowed:
            choices = ", ".join(filter(None, allowed))
            self._wrong_type(name, f"one of: {choices}", f"以下之一：{choices}")
            return default
        return str(value)

    def flag(self, name: str) -> Flag:
        """true, false, or a FEEL condition that begins with "="."""
        value = self.take(name)
        if value is None or value == "":
            return Flag()
        if isinstance(value, bool):
            return Flag(constant=value)
        if not isinstance(value, str) or not value.startswith("="):
            self._wrong_type(
                name,
                "true, false or a FEEL expression that begins with “=”",
                "布尔值或以“=”开头的 FEEL 表达式",
            )
            return Flag()
        return Flag(expression=self._expression(name, value))

    def quantity(self, name: str) -> Quantity:
        """A number, a number written as text, or a FEEL expression that begins with "="."""
        value = self.take(name)
        if value is None or value == "":
            return Quantity()
        if isinstance(value, str) and value.startswith("="):
            return Quantity(expression=self._expression(name, value))
        number = None if isinstance(value, bool) else decimal_or_none(value)
        if number is None:
            self._wrong_type(
                name,
                "a number or a FEEL expression that begins with “=”",
                "数字或以“=”开头的 FEEL 表达式",
            )
        return Quantity(constant=number)

    def expression(self, name: str) -> Expression | None:
        """A FEEL expression; form-js writes it with a leading "="."""
        value = self.string(name)
        if not value:
            return None
        return self._expression(name, value)

    def text(self, name: str) -> Text:
        """A text for people with its translations."""
        original = self._template(name, self.string(name))
        translations = {
            locale: self._template(name, source)
            for locale, source in self.translations(name).items()
        }
        return Text(original, translations)

    def custom(self, name: str) -> str:
        """A custom property that the server itself understands."""
        return self._owner.properties.get(name, "")

    def translations(self, name: str) -> dict[str, str]:
        """The custom properties "name:locale", by locale."""
        owner = self._owner
        found = {}
        for key, value in owner.properties.items():
            match = _TRANSLATION.fullmatch(key)
            if match and match["name"] == name:
                owner._used_translations.add(key)
                found[match["locale"].replace("-", "_")] = value
        return found

    def key(self, name: str) -> tuple[str, ...]:
        """A dotted data path; () when absent."""
        value = self.string(name)
        if not value:
            return ()
        if not KEY.fullmatch(value):
            self.fail(
                f"“{name}” must be names of letters, digits and _ joined by dots, not “{value}”",
                f"“{name}”只能由字母、数字、下划线组成，并用点号连接，当前为“{value}”",
            )
            return ()
        parts = tuple(value.split("."))
        if parts[0].startswith("__") or parts[0] in RESERVED:
            self.fail(
                f"“{value}” is reserved: choose a {name} that does not begin with “__”",
                f"“{value}”为保留名称，请勿使用以“__”开头的名称",
            )
        return parts

    # -- inside --------------------------------------------------------------------------------

    def _read_properties(self) -> dict[str, str]:
        value = self.take("properties")
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._wrong_type("properties", "an object", "对象")
            return {}
        return {
            str(key): text if isinstance(text, str) else str(text) for key, text in value.items()
        }

    def _expression(self, name: str, source: str) -> Expression | None:
        try:
            return Expression.compile(source.removeprefix("="))
        except FeelError as error:
            self._bad_expression(name, error)
            return None

    def _template(self, name: str, source: str) -> Template:
        try:
            return Template.compile(source)
        except FeelError as error:
            self._bad_expression(name, error)
        except Unsupported as block:
            self.fail(
                f"“{name}” uses the template block {block}, which is not supported:"
                " use a FEEL “if … then … else …”",
                f"“{name}”使用了不支持的模板块 {block}，请改用 FEEL 的“if … then … else …”",
            )
        return Template()

    def _bad_expression(self, name: str, error: FeelError) -> None:
        self.fail(
            f"“{self._prefix}{name}” is not valid FEEL: {error.message['en']}",
            f"“{self._prefix}{name}”不是有效的 FEEL 表达式：{error.message['zh']}",
        )
