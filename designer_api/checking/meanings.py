"""What an expression or a timer means, whether it is right, and what comes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from designer_api.checking.sentences import feel_words, unary_words
from designer_api.checking.timers import next_times, timer_words
from engine.errors import DiagramError
from engine.expressions import evaluate
from engine.feel import FeelError, FeelSyntaxError
from engine.functions import FUNCTIONS, Host
from engine.history import plain


def meaning(
    kind: str, text: str, variables: Mapping[str, Any], *, now: datetime, host: Host
) -> dict[str, Any]:
    """The sentence, or the error with its place; the value over `variables`, and when a timer would fire.

    `kind` is duration, date, cycle, expression or unary; of a timer, `=` starts FEEL.
    """
    answer: dict[str, Any] = {
        "sentence": None,
        "error": None,
        "at": None,
        "next": [],
        "value": None,
    }
    feel = text.strip().removeprefix("=").strip()
    try:
        if kind == "unary":
            answer["sentence"] = unary_words(feel, FUNCTIONS)
        elif kind == "expression":
            answer["sentence"] = feel_words(feel, FUNCTIONS)
            if variables:
                answer["value"] = plain(evaluate(feel, variables, lambda: now, host))
        else:
            answer["sentence"] = timer_words(kind, text)
            answer |= _times(kind, text, variables, now, host)
    except FeelSyntaxError as error:
        answer["error"], answer["at"] = error.message, _offset(feel, error)
    except FeelError as error:
        answer["error"] = error.message
    except (ValueError, DiagramError) as error:
        answer["error"] = {"en": f"This cannot be read: {error}", "zh": f"无法理解：{error}"}
    return answer


def _times(
    kind: str, text: str, variables: Mapping[str, Any], now: datetime, host: Host
) -> dict[str, Any]:
    """When it would fire if it were reached now. A timer that needs data that is not given has no times yet."""
    if not text.strip().startswith("="):
        return {"next": next_times(kind, text, now)}
    value = evaluate(text.strip()[1:], variables, lambda: now, host)
    if value is None:
        return {}
    return {"value": plain(value), "next": next_times(kind, text, now, value)}


def _offset(text: str, error: FeelSyntaxError) -> int:
    """Line and column (from 1) as an offset (from 0)."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
