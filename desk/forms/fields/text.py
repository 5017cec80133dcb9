"""Text in one line or several: textfield, textarea."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from desk.forms import limits
from desk.forms.expressions import Quantity, Scope, Text, as_text
from desk.forms.fields.base import Control, Input, Rejected, Situation, input_common
from desk.forms.patterns import UnsafePattern, compile_pattern
from desk.forms.schema import Reader
from desk.forms.tree import Json

# The e-mail pattern of the HTML standard (4.10.5.1.5), which form-js uses too.
_EMAIL: Final = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
# form-js takes international numbers only; people also write national ones, with separators
# and an extension: 010-6552 9988 ext. 12.
_PHONE: Final = re.compile(r"(?:\+|00)?[0-9()][0-9 ()./-]{3,30}(?:(?:x|ext\.?|转|#) ?[0-9]{1,6})?")
_AUTOCOMPLETE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*( [a-z0-9]+(-[a-z0-9]+)*)*")
# What neither a database nor XML can hold: control characters except tab and line feed,
# halves of surrogate pairs.
_UNSTORABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class TextInput(Input):
    """What one line and several have in common."""

    min_length: Quantity
    max_length: Quantity

    empty: ClassVar[Json] = ""
    longest: ClassVar[int]

    def clean(self, text: str) -> str:
        """The text without what cannot be stored, line ends as line feeds."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return _UNSTORABLE.sub("\ufffd", text)

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        return self.clean(texts[0]) if texts else ""

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Rejected("expects_text")
        return self.clean(value)

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        text = self.show(value)
        meant = text.strip()
        self.require(meant)
        if not meant:
            return ""
        length = len(meant)
        most = self.max_length.value(scope)
        limit = self.longest if most is None else int(most)
        if length > limit:
            raise Rejected("too_long", length=length, limit=limit)
        least = self.min_length.value(scope)
        if least is not None and length < least:
            raise Rejected("too_short", limit=int(least))
        return text

    def show(self, value: Json) -> str:
        """The value as the control holds it; objects and lists are not text."""
        return "" if isinstance(value, (dict, list)) else as_text(value)

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        return [self.show(value)]


@dataclass(frozen=True, kw_only=True)
class TextField(TextInput):
    """One line; with validationType also an e-mail address or a phone number."""

    kind: str
    pattern: re.Pattern[str] | None
    pattern_message: Text
    prefix: Text
    suffix: Text
    autocomplete: str

    longest: ClassVar[int] = limits.TEXT_LINE

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        appearance = reader.part("appearance")
        source = validate.string("pattern")
        pattern = None
        try:
            pattern = compile_pattern(source) if source else None
        except (re.error, UnsafePattern) as error:
            reader.fail(
                f"the pattern “{source}” cannot be used: {error}",
                f"无法使用正则表达式“{source}”：{error}",
            )
        message = validate.text("patternErrorMessage")
        autocomplete = reader.custom("autocomplete")
        if autocomplete and not _AUTOCOMPLETE.fullmatch(autocomplete):
            reader.fail(
                f"“autocomplete” must be a token of HTML such as “name”, not “{autocomplete}”",
                f"“autocomplete”必须是 HTML 规定的取值（如“name”），当前为“{autocomplete}”",
            )
        return cls(
            **input_common(reader, component_id, "textfield"),
            required=validate.boolean("required"),
            default=reader.string("defaultValue") or None,
            min_length=validate.quantity("minLength"),
            max_length=validate.quantity("maxLength"),
            kind=validate.one_of("validationType", ("email", "phone", "custom", ""), ""),
            pattern=pattern,
            pattern_message=message,
            prefix=appearance.text("prefixAdorner"),
            suffix=appearance.text("suffixAdorner"),
            autocomplete=autocomplete,
        )

    def clean(self, text: str) -> str:
        """One line: whatever breaks or indents it becomes a space, as form-js does."""
        return re.sub(r"[\n\t\x0b\x0c\x85\u2028\u2029]+", " ", super().clean(text)).strip()

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        text = super().check(value, scope, situation)
        if not text:
            return text
        if self.kind == "email":
            text = unicodedata.normalize("NFKC", text)
            if not _EMAIL.fullmatch(text):
                raise Rejected("email")
        if self.kind == "phone":
            text = unicodedata.normalize("NFKC", text)
            if not _PHONE.fullmatch(text) or sum(map(str.isdecimal, text)) < 5:
                raise Rejected("phone")
        if self.pattern is not None:
            if len(text) > limits.PATTERN_TEXT:
                raise Rejected("too_long", length=len(text), limit=limits.PATTERN_TEXT)
            if not self.pattern.search(text):
                raise Rejected("pattern", own=self.pattern_message.say(scope, situation.locale))
        return text

    def adorners(self, scope: Scope, locale: str) -> tuple[str, str]:
        return self.prefix.say(scope, locale), self.suffix.say(scope, locale)

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        # No maxlength attribute: browsers cut pasted text silently; the server says it in words.
        special = {"email": "email", "phone": "tel"}.get(self.kind)
        return {
            "attributes": control.attributes(
                type=special or "text",
                value=self.show(value),
                inputmode=special,
                autocomplete=self.autocomplete or special,
                autocapitalize="none" if special == "email" else None,
            )
        }


@dataclass(frozen=True, kw_only=True)
class TextArea(TextInput):
    """Several lines."""

    longest: ClassVar[int] = limits.TEXT_AREA

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        return cls(
            **input_common(reader, component_id, "textarea"),
            required=validate.boolean("required"),
            default=reader.string("defaultValue") or None,
            min_length=validate.quantity("minLength"),
            max_length=validate.quantity("maxLength"),
        )

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        return {"attributes": control.attributes(rows="4"), "text": self.show(value)}
