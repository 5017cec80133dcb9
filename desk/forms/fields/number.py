"""Numbers: exact decimals while they are checked, JSON numbers (or text, on request) afterwards."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Final, Self

from desk.forms import limits
from desk.forms.expressions import Quantity, Scope, Text, decimal_or_none
from desk.forms.fields.base import Control, Input, Rejected, Situation, input_common
from desk.forms.schema import Reader
from desk.forms.tree import Json

_PLAIN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Number(Input):
    """A number with bounds, step and number of decimals.

    "1,250" is a thousand two hundred and fifty, as people write it in China and in English;
    a comma that groups no thousands is a decimal point, as in form-js.
    """

    minimum: Quantity
    maximum: Quantity
    increment: Decimal | None
    decimals: int | None
    as_string: bool
    prefix: Text
    suffix: Text

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        appearance = reader.part("appearance")
        increment = reader.take("increment")
        step = decimal_or_none(increment)
        if increment not in (None, "") and (step is None or step <= 0):
            reader.fail("“increment” must be a number above 0", "“increment”必须是大于 0 的数字")
            step = None
        as_string = reader.boolean("serializeToString")
        return cls(
            **input_common(reader, component_id, "number"),
            required=validate.boolean("required"),
            default=_default(reader, as_string),
            minimum=validate.quantity("min"),
            maximum=validate.quantity("max"),
            increment=step,
            decimals=reader.integer("decimalDigits", 0, 20),
            as_string=as_string,
            prefix=appearance.text("prefixAdorner"),
            suffix=appearance.text("suffixAdorner"),
        )

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        text = unicodedata.normalize("NFKC", texts[0]).strip() if texts else ""
        if not text:
            return None
        if len(text) > limits.DIGITS:
            raise Rejected("number_digits")
        text = text.replace("\u2212", "-").replace(" ", "").replace("\u3002", ".")
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        elif text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        if not _PLAIN.fullmatch(text):
            raise Rejected("number")
        return _as_json(Decimal(text), self.as_string)

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None:
            return None
        expected = "expects_number_text" if self.as_string else "expects_number"
        if isinstance(value, bool) or not isinstance(
            value, str if self.as_string else (int, float)
        ):
            raise Rejected(expected)
        if self.as_string:
            return self.decode([str(value)], situation)
        number = _finite(value)
        if number is None:
            raise Rejected(expected)
        return _as_json(number, self.as_string)

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        self.require(None if value == "" else value)
        if value is None or value == "":
            return None
        number = None if isinstance(value, bool) else _finite(value)
        if number is None:
            raise Rejected("number")
        if self.decimals is not None and _decimals(number) > self.decimals:
            if self.decimals == 0:
                raise Rejected("integer")
            raise Rejected("decimals", limit=self.decimals)
        least, most = self.minimum.value(scope), self.maximum.value(scope)
        if least is not None and number < least:
            raise Rejected("minimum", limit=_plain(least))
        if most is not None and number > most:
            raise Rejected("maximum", limit=_plain(most))
        if self.increment is not None:
            steps = (number / self.increment).to_integral_value(ROUND_FLOOR)
            if steps * self.increment != number:
                raise Rejected(
                    "step",
                    below=_plain(steps * self.increment),
                    above=_plain((steps + 1) * self.increment),
                )
        return _as_json(number, self.as_string)

    def adorners(self, scope: Scope, locale: str) -> tuple[str, str]:
        return self.prefix.say(scope, locale), self.suffix.say(scope, locale)

    def show(self, value: Json) -> str:
        """A number in plain digits; an entry that is none as it was written."""
        if value is None or isinstance(value, (bool, dict, list)):
            return ""
        if isinstance(value, str):
            return value
        number = _finite(value)
        return str(value) if number is None else _plain(number)

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        shown = self.show(value)
        if not shown:
            return []
        prefix, suffix = self.adorners(scope, situation.locale)
        return [" ".join(filter(None, (prefix, shown, suffix)))]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        # A text input, not type=number: that one hides wrong entries and changes on scrolling.
        # The numeric keyboards of phones have no minus, so they are left off below zero.
        least = self.minimum.value(scope)
        keyboard = "numeric" if self.decimals == 0 else "decimal"
        return {
            "attributes": control.attributes(
                type="text",
                value=self.show(value),
                inputmode=None if least is not None and least < 0 else keyboard,
                autocomplete="off",
            )
        }


def _default(reader: Reader, as_string: bool) -> Json:
    value = reader.take("defaultValue")
    if value is None or value == "":
        return None
    number = decimal_or_none(value)
    if number is None:
        reader.fail("“defaultValue” must be a number", "“defaultValue”必须是数字")
        return None
    try:
        return _as_json(number, as_string)
    except Rejected:
        reader.fail("“defaultValue” has too many digits", "“defaultValue”位数过多")
        return None


def _finite(value: Json) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or len(_plain(number)) > limits.DIGITS:
        return None
    return number


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Decimal) -> str:
    """Digits without exponent and without trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _as_json(number: Decimal, as_string: bool) -> Json:
    """Text if asked for, else an int or the float that reads the same; raises Rejected."""
    if as_string:
        return _plain(number)
    if number == number.to_integral_value():
        return int(number)
    result = float(number)
    if Decimal(repr(result)) != number:
        raise Rejected("number_digits")
    return result
