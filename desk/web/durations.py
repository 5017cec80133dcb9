"""How long something took, in words: the same on pages, in mails and on the axes of charts (frontend/charts)."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

_SIZES = (("86400", "d", "天"), ("3600", "h", "小时"), ("60", "min", "分钟"), ("1", "s", "秒"))


def duration(seconds: float, locale: str) -> str:
    """`40 ms`, `1.4 s`, `12 min`, `3.5 h`, `2 d`: two figures are enough to compare."""
    exact = Decimal(seconds)
    for size, en, zh in _SIZES:
        if exact >= Decimal(size):
            return _said(exact / Decimal(size), en, zh, locale)
    if not exact:
        return _said(exact, "s", "秒", locale)
    return _said(exact * 1000, "ms", "毫秒", locale)


def _said(value: Decimal, en: str, zh: str, locale: str) -> str:
    # As browsers round: half up, of the exact value.
    rounded = value.quantize(Decimal("0.1") if value < 10 else Decimal(1), ROUND_HALF_UP)
    number = format_decimal(rounded, "#,##0.#", locale=locale)
    return f"{number} {zh if locale.startswith('zh') else en}"
