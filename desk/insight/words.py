"""Figures in words, for pages and for mails: they need a locale, not a request."""

from datetime import date

from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent

from desk.insight.dimensions import TIMES
from desk.insight.measures import Unit
from desk.insight.periods import LastDays, Period
from desk.insight.queries import Figure
from desk.web.durations import duration
from engine.operators import Text


def said(value: float | None, unit: Unit, locale: str) -> str:
    """`1,204`, `3.5 h`, `92%`, `4.3`; a dash where there is nothing to say."""
    if value is None:
        return "–"
    if unit == "share":
        return format_percent(value, "#,##0%" if value in (0, 1) else "#,##0.#%", locale=locale)
    if unit == "duration":
        return duration(value, locale)
    return format_decimal(value, "#,##0" if unit == "count" else "0.0", locale=locale)


def period_words(period: Period) -> Text:
    """`today`, `the last 30 days`, or `Jan 1 – 31, 2026`."""
    if isinstance(period, LastDays):
        if period.days == 1:
            return Text("today", "今天")
        return Text(f"the last {period.days} days", f"最近 {period.days} 天")
    first, last = period.first, period.last
    return Text(
        format_interval(first, last, "yMMMd", locale="en").replace("\u2009", " "),
        " – ".join(
            format_date(day, "y年M月d日", locale="zh") for day in dict.fromkeys((first, last))
        ),
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
