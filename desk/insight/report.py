"""A dashboard as a mail: tables for every reader, charts as SVG for those who show them, and plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from desk.insight import boards, svg
from desk.insight.measures import Setting
from desk.insight.models import Dashboard
from desk.insight.periods import LastDays
from desk.insight.queries import Question
from desk.insight.views import NONE, View, address
from desk.insight.words import period_words
from desk.people.models import User
from desk.settings import Settings
from engine.operators import Text

LONGEST_TEXT = 4_000  # characters: the words travel in the process, which holds small values only
_WORDS = {
    "period": Text("{period}, as of {date}", "{period}，截至 {date}"),
    "nothing": Text("Nothing to measure in this period.", "该期间内没有可统计的数据。"),
    "open": Text("Open the dashboard", "打开仪表板"),
    "foot": Text(
        "You get this mail because you asked for it on the page of the dashboard, where it can be stopped.",
        "您在仪表板页面订阅了此邮件，可在该页面取消。",
    ),
}


@dataclass(frozen=True)
class Report:
    """The subject, the words, and the HTML document."""

    subject: str
    text: str
    html: str


def report(setting: Setting, settings: Settings, user: User, found: Dashboard) -> Report:
    """The dashboard as this person sees it now, in their language."""
    locale, zone = user.locale, ZoneInfo(settings.timezone)

    def link(asked: Question, key: str | None) -> str:
        values = address(asked) | ({} if key is None else {"key": key or NONE})
        return f"{settings.public_url}/insight/tickets?{urlencode(values)}"

    views = boards.answered(setting, user, found, zone, locale=locale, link=link)
    name = found.name.get("zh" if locale.startswith("zh") else "en") or ""
    said = {key: text.in_(locale) for key, text in _WORDS.items()}
    today = format_date(setting.now.astimezone(zone).date(), "long", locale=locale)
    period = period_words(LastDays(found.days)).in_(locale)
    said["period"] = said["period"].format(period=period, date=today)
    href = f"{settings.public_url}/insight/{found.id}"
    html = _template().render(
        name=name, said=said, views=[(view, Markup(svg.chart(view))) for view in views],  # noqa: S704 - escaped there
        href=href, company=settings.company, colour=settings.brand_color,
        language="zh-CN" if locale.startswith("zh") else "en",
    )  # fmt: skip
    return Report(f"{name} · {today}", _text(name, views, said, href), html)


def _text(name: str, views: Sequence[View], said: dict[str, str], href: str) -> str:
    lines = [name, said["period"], ""]
    for view in views:
        more = ", ".join(filter(None, (view.by, view.period)))
        title = f"{view.title} ({more})" if more else view.title
        if view.chart == "number":
            lines += [f"{title}: {row.said}" for row in view.rows]
        elif view.is_empty:
            lines.append(f"{title}: {said['nothing']}")
        else:
            lines += ["", title, *(f"  {row.name}: {row.said}" for row in view.rows if row.count)]
    text = "\n".join(lines)
    return f"{text[:LONGEST_TEXT]}\n\n{said['open']}: {href}"


@lru_cache
def _template() -> Template:
    folder = Path(__file__).parent / "templates" / "insight"
    environment: Any = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found: Template = environment.get_template("mail.html")
    return found
