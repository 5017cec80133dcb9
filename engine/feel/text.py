"""FEEL values as text: what `string()` gives, which reads back as the same value (DMN 1.5 §10.3.4.1)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.numbers import as_text
from engine.feel.runtime import Run
from engine.feel.temporal import TEMPORALS
from engine.feel.values import Function, Range, entry

_PLAIN_KEY = re.compile(r"[^\W\d]\w*(?: \w+)*")


def text_of(value: Any, run: Run) -> str:
    """Text of a value; strings stand in quotes only inside lists and contexts."""
    text = value if isinstance(value, str) else _literal(value, run)
    run.check_size(len(text))
    return text


def _literal(value: Any, run: Run) -> str:
    run.spend(1)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Decimal):
        return as_text(value)
    if isinstance(value, TEMPORALS):
        return str(value)
    run.enter()
    text = _compound(value, run)
    run.leave()
    run.spend(len(text) // 20)
    return text


def _compound(value: Any, run: Run) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, run) for item in value) + "]"
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_key(str(key))}: {_literal(entry(value, key), run)}" for key in value)
            + "}"
        )
    if isinstance(value, Range):
        return _range(value, run)
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    return "null"


def _range(value: Range, run: Run) -> str:
    if value.operator:
        end = value.end if value.operator in ("<", "<=") else value.start
        return f"({value.operator} {_literal(end, run)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{_literal(value.start, run)}..{_literal(value.end, run)}{closing}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)
