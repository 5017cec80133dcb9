"""Figures in words, for pages and for mails: they need a locale, not a request."""

from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from desk.insight.dimensions import TIMES
from desk.insight.measures import Unit
from desk.insight.queries import Figure

_SIZES = ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟"), (1, "s", "秒"))


def said(value: float | None, unit: Unit, locale: str) -> str:
    """`1,204`, `3.5 h`, `92%`, `4.3`; a dash where there is nothing to say."""
    if value is None:
        return "–"
    if unit == "share":
        return format_percent(value, "#,##0%" if value in (0, 1) else "#,##0.#%", locale=locale)
    if unit == "duration":
        return duration(value, locale)
    return format_decimal(value, "#,##0" if unit == "count" else "0.0", locale=locale)


def duration(seconds: float, locale: str) -> str:
    """Two figures are enough to compare."""
    for size, en, zh in _SIZES:
        if seconds >= size:
            value = seconds / size
            number = format_decimal(value, "0.#" if value < 10 else "#,##0", locale=locale)
            return f"{number} {zh if locale.startswith('zh') else en}"
    return format_decimal(seconds, "0.0", locale=locale) + (
        " 秒" if locale.startswith("zh") else " s"
    )


def row_name(figure: Figure, by: str | None, locale: str) -> str:
    """What a row is about; days and months as the reader writes them."""
    if by not in TIMES:
        return figure.name.in_(locale)
    zh = locale.startswith("zh")
    if by == "month":
        month = date.fromisoformat(f"{figure.key}-01")
        return format_date(month, "y年M月" if zh else "MMM y", locale=locale)
    day = date.fromisoformat(figure.key)
    return format_date(day, "M月d日" if zh else "MMM d", locale=locale)
