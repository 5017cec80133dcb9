"""Variables as a person writes them: `=…` is FEEL, anything else the text itself, as in diagrams."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from engine.expressions import evaluate
from engine.feel.errors import FeelError
from engine.history import plain
from engine.timestamps import utc_now

NAME = re.compile(r"[^\W\d]\w*")
LONGEST = 16_000  # characters of one value: process data is small


def written(value: Any) -> str:
    """How the value stands in its field."""
    if isinstance(value, str):
        return f"={_literal(value)}" if value.startswith("=") else value
    return f"={_literal(value)}"


def short(value: Any, length: int = 200) -> str:
    """The value for a list, cut where it is long."""
    text = value if isinstance(value, str) else _literal(value)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def changes(
    form: Mapping[str, str], current: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form's fields `var:<name>` change, and the words at the fields that cannot be read.

    A new variable comes as `new:name` and `new:value`.
    """
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field, text in form.items():
        kind, colon, name = field.partition(":")
        if kind != "var" or not colon or name not in current:
            continue
        text = text.replace("\r\n", "\n")
        if text != written(current[name]).replace("\r\n", "\n"):
            _read(field, name, text, found, errors)
    name = form.get("new:name", "").strip()
    if name:
        if not NAME.fullmatch(name):
            errors["new:name"] = _("A name has letters, digits and _ and begins with a letter.")
        else:
            _read("new:value", name, form.get("new:value", ""), found, errors)
    return found, errors


def read(field: str, text: str) -> tuple[Any, dict[str, str]]:
    """The value that a field's text means, and the words at the field where it cannot be read."""
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    _read(field, field, text.replace("\r\n", "\n"), found, errors)
    return found.get(field), errors


def _read(field: str, name: str, text: str, found: dict[str, Any], errors: dict[str, str]) -> None:
    if len(text) > LONGEST:
        errors[field] = _("This is too long for process data.")
    elif not text.startswith("="):
        found[name] = text
    else:
        try:
            found[name] = evaluate(text[1:], {}, utc_now)
        except FeelError as error:
            errors[field] = _("This is no FEEL: %(reason)s", reason=str(error))


def _literal(value: Any) -> str:
    """The value as a FEEL expression."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return f'date and time("{value.isoformat()}")'
        case date():
            return f'date("{value.isoformat()}")'
        case time():
            return f'time("{value.isoformat()}")'
        case timedelta():
            return f'duration("{plain(value)}")'
        case list():
            return f"[{', '.join(_literal(item) for item in value)}]"
        case Mapping():
            entries = (
                f"{json.dumps(str(k), ensure_ascii=False)}: {_literal(v)}" for k, v in value.items()
            )
            return "{" + ", ".join(entries) + "}"
    return json.dumps(str(value), ensure_ascii=False)
