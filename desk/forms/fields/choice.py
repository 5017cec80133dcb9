"""Choosing: checkbox (yes or no), radio and select (one of), checklist and taglist (several of)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from desk.forms import limits
from desk.forms.expressions import Scope
from desk.forms.fields.base import Control, Input, Rejected, Situation, input_common
from desk.forms.options import Option, OptionSource
from desk.forms.schema import Reader
from desk.forms.tree import Json
from desk.forms.words import say


@dataclass(frozen=True, kw_only=True)
class Checkbox(Input):
    """One box. Required means: it must be ticked."""

    empty: ClassVar[Json] = False
    missing: ClassVar[str] = "required_tick"

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        return cls(
            **input_common(reader, component_id, "checkbox"),
            required=validate.boolean("required"),
            default=reader.boolean("defaultValue"),
        )

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        return bool(texts) and texts[-1] not in ("", "false")

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Rejected("expects_boolean")
        return value

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        self.require(value is True)
        return value is True

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        return [say("yes" if value is True else "no", situation.locale)]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        return {
            "attributes": control.attributes(
                type="checkbox", value="true", checked="" if value is True else None
            )
        }


@dataclass(frozen=True)
class Choice:
    """One option as its template sees it."""

    id: str
    token: str
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class OptionInput(Input):
    """What all inputs with options have in common."""

    source: OptionSource
    searchable: bool

    def choices(
        self, control_id: str, chosen: set[str], scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        """The options as choices, and a note when not all of them are shown."""
        options, more = self.source.options(scope, situation.options)
        return {
            "choices": [
                # The first has the field's own id, so that links to the field lead there.
                Choice(
                    control_id if number == 0 else f"{control_id}--{number}",
                    option.token,
                    option.say(situation.locale),
                    option.token in chosen,
                )
                for number, option in enumerate(options)
            ],
            "note": say("more_options", situation.locale, limit=limits.OPTIONS) if more else "",
        }

    def offered(self, scope: Scope, situation: Situation) -> dict[str, Option]:
        """The options by token, in their order; of two that look the same, the first."""
        options, _ = self.source.options(scope, situation.options)
        found: dict[str, Option] = {}
        for option in options:
            found.setdefault(option.token, option)
        return found


def token_of(value: Json) -> str:
    return Option(value, "").token


@dataclass(frozen=True, kw_only=True)
class SingleChoice(OptionInput):
    """radio and select: one of the options, or none."""

    missing: ClassVar[str] = "required_choice"

    @classmethod
    def read(cls, reader: Reader, component_id: str, kind: str) -> Self:
        validate = reader.part("validate")
        source = OptionSource.read(reader)
        default = reader.take("defaultValue")
        if default == "":
            default = None
        known = {option.token for option in source.static}
        if default is not None and known and token_of(default) not in known:
            reader.fail(
                f"“defaultValue” is “{default}”, which is not among the options",
                f"“defaultValue”为“{default}”，不在选项之中",
            )
        return cls(
            **input_common(reader, component_id, kind),
            required=validate.boolean("required"),
            default=default,
            source=source,
            searchable=kind == "select" and reader.boolean("searchable"),
        )

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        return texts[0] if texts and texts[0] != "" else None

    def accept(self, value: Json, situation: Situation) -> Json:
        return None if value == "" else value

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        self.require(value)
        if value is None:
            return None
        option = self.offered(scope, situation).get(token_of(value))
        if option is None:
            raise Rejected("not_offered")
        return option.value

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        if value is None:
            return []
        option = self.offered(scope, situation).get(token_of(value))
        return [option.say(situation.locale) if option else token_of(value)]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        chosen = set() if value is None else {token_of(value)}
        return {
            **self.choices(control.id, chosen, scope, situation),
            "attributes": control.attributes(
                **{"data-ld-searchable": "" if self.searchable else None}
            ),
            "choose": say("choose", situation.locale),
        }


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(OptionInput):
    """checklist and taglist: any number of the options, in the order of the options."""

    missing: ClassVar[str] = "required_choices"

    @classmethod
    def read(cls, reader: Reader, component_id: str, kind: str) -> Self:
        validate = reader.part("validate")
        source = OptionSource.read(reader)
        default = reader.take("defaultValue")
        if default is not None and not isinstance(default, list):
            reader.fail("“defaultValue” must be a list", "“defaultValue”必须是列表")
            default = None
        known = {option.token for option in source.static}
        if default and known and not known.issuperset(map(token_of, default)):
            reader.fail(
                "“defaultValue” has values that are not among the options",
                "“defaultValue”含有不在选项之中的值",
            )
        return cls(
            **input_common(reader, component_id, kind),
            required=validate.boolean("required"),
            default=default,
            source=source,
            searchable=False,
        )

    def initial(self, value: Json) -> Json:
        start = super().initial(value)
        return list(start) if isinstance(start, list) else []

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        return [text for text in texts if text != ""]

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None:
            return []
        if not isinstance(value, list):
            raise Rejected("expects_list")
        return value

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        chosen = set(map(token_of, value or []))
        if self.required and not chosen:
            raise Rejected(self.missing)
        options = self.offered(scope, situation)
        if not chosen <= options.keys():
            raise Rejected("not_offered")
        return [option.value for token, option in options.items() if token in chosen]

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        options = self.offered(scope, situation)
        tokens = map(token_of, value if isinstance(value, list) else [])
        return [options[t].say(situation.locale) if t in options else t for t in tokens]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        chosen = set(map(token_of, value if isinstance(value, list) else []))
        view = self.choices(control.id, chosen, scope, situation)
        return {
            **view,
            "attributes": control.attributes(
                multiple="", size=str(min(max(len(view["choices"]), 2), 8))
            ),
        }
