"""Layouts are Jinja2 templates; here they become HTML without reaching anything but the facts they are given."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from engine.operators import Text
from printing.press.codes import barcode, qr
from printing.press.notes import note
from printing.press.orders import Limits, PrintRefused

LONGEST_REPEAT: Final = 100_000  # characters or items that `*` may make
LARGEST_POWER: Final = 10**6


class Sandbox(ImmutableSandboxedEnvironment):
    """No Python behind names, no loader (so no include and no import), no endless numbers and texts.

    Endless loops are ended by the limits of the process that this runs in.
    """

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, locale: str, notes: list[str]) -> None:
        super().__init__(autoescape=True, undefined=_missing(notes), trim_blocks=True)
        for name in ("lipsum", "cycler", "joiner"):
            self.globals.pop(name)
        chinese = locale.startswith("zh")
        self.globals.update(
            qr=qr, barcode=barcode, t=lambda zh, en: zh if chinese else en, locale=locale
        )

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`*` and `**` with limits."""
        if operator == "**":
            if not all(
                isinstance(n, int | float) and abs(n) <= LARGEST_POWER for n in (left, right)
            ):
                raise SecurityError("a power of large numbers")
            if abs(right) > 64:
                raise SecurityError("a power of large numbers")
        elif isinstance(left, int) != isinstance(right, int):
            text, times = (right, left) if isinstance(left, int) else (left, right)
            if hasattr(text, "__len__") and len(text) * times > LONGEST_REPEAT:
                raise SecurityError("a text or list that is repeated very often")
        return super().call_binop(context, operator, left, right)


def _missing(notes: list[str]) -> type[ChainableUndefined]:
    class Missing(ChainableUndefined):
        """Prints as nothing, and is remembered."""

        def __str__(self) -> str:
            if issubclass(self._undefined_exception, SecurityError):
                raise SecurityError(self._undefined_message)
            if self._undefined_name:
                note(notes, "value", str(self._undefined_name))
            return ""

        __html__ = __str__

    return Missing


class Filling:
    """A layout, read once, to be filled with the facts of one ticket after the other."""

    def __init__(self, layout: str, *, locale: str, limits: Limits, notes: list[str]) -> None:
        """Raises PrintRefused for a layout that cannot be read."""
        self.limits = limits
        with _in_words():
            self.template = Sandbox(locale, notes).from_string(layout)

    def html(self, facts: Mapping[str, Any]) -> str:
        """The layout filled with the facts. Raises PrintRefused."""
        with _in_words():
            return _written(self.template.generate(**_safe(facts)), self.limits)


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever a layout does wrong inside becomes a PrintRefused that says it."""
    try:
        yield
    except TemplateSyntaxError as error:
        words = Text(
            f"Line {error.lineno} of the layout: {error.message}",
            f"版式第 {error.lineno} 行有语法错误：{error.message}",
        )
        raise PrintRefused("syntax", words, error.lineno) from error
    except SecurityError as error:
        words = Text(
            f"The layout does what layouts may not: {error}", f"版式中有不允许的操作：{error}"
        )
        raise PrintRefused("forbidden", words) from error
    except RecursionError as error:
        words = Text("The layout calls itself without end.", "版式无限地调用自身。")
        raise PrintRefused("too_long", words) from error
    except TypeError as error:
        if "no loader" not in str(error):
            raise _unfilled(error) from error
        words = Text("A layout cannot include other files.", "版式不能引用其他文件。")
        raise PrintRefused("forbidden", words) from error
    except (TemplateError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise _unfilled(error) from error


def _unfilled(error: Exception) -> PrintRefused:
    words = Text(f"The layout cannot be filled in: {error}", f"版式无法填充：{error}")
    return PrintRefused("syntax", words)


def _written(pieces: Any, limits: Limits) -> str:
    written, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > limits.characters:
            words = Text("The layout makes too long a document.", "版式生成的内容过长。")
            raise PrintRefused("too_large", words)
        written.append(piece)
    return "".join(written)


def _safe(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, with our own drawings marked as such: {"svg": "<svg…>"} is the only way for HTML to come in."""
    return {str(key): _value(value) for key, value in facts.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"svg"}:
            return Markup(value["svg"])  # noqa: S704 - drawn by desk.diagrams, which escapes all text
        return {str(key): _value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(inner) for inner in value]
    return value
