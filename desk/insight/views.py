"""A measure's answer as people see it: the same rows for the chart, the table beside it, the mail and programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from desk.insight.dimensions import DIMENSIONS, FIELD, FORM, TIMES
from desk.insight.measures import MEASURES, Measure, Setting
from desk.insight.queries import Figure, Question, figures
from desk.insight.words import row_name, said
from desk.people.models import User
from engine.operators import Text

NONE: Final = "-"  # a field that is empty, in an address; nothing is chosen where the value is ""
CHARTS: Final[dict[str, Text]] = {
    "number": Text("One number", "单个数字"),
    "bar": Text("Bars", "条形图"),
    "line": Text("Line", "折线图"),
    "table": Text("Table only", "仅表格"),
}
SIZES: Final[dict[str, Text]] = {
    "small": Text("A third of the width", "三分之一宽"),
    "half": Text("Half of the width", "一半宽"),
    "wide": Text("The whole width", "整行"),
}


@dataclass(frozen=True)
class Row:
    """A row of the table and a mark of the chart. `href` leads to the tickets behind it; `share`: its part of all."""

    name: str
    value: float | None
    said: str
    count: int
    href: str
    share: str = ""


@dataclass(frozen=True)
class View:
    """What is shown of one question. `chart` is a key of CHARTS; `by` what it is grouped by, in words.

    `period` is that of Looks. Without rows it was not asked yet.
    """

    title: str
    help: str
    unit: str
    chart: str
    by: str
    over_time: bool
    rows: Sequence[Row] = ()
    size: str = "half"
    filters: Sequence[str] = field(default_factory=list)
    period: str = ""

    @property
    def for_chart(self) -> dict[str, Any]:
        """What the chart in the browser is drawn from."""
        return {
            "kind": self.chart, "unit": self.unit, "overTime": self.over_time, "title": self.title,
            "rows": [{"name": r.name, "value": r.value, "said": r.said, "href": r.href} for r in self.rows],
        }  # fmt: skip

    @property
    def room(self) -> str:
        """How much room it takes on a dashboard, whatever the answer: number, chart, table."""
        return self.chart if self.chart in ("number", "table") else "chart"

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to measure."""
        return not any(row.count for row in self.rows)

    @property
    def has_shares(self) -> bool:
        """Whether rows are parts of a whole."""
        return any(row.share for row in self.rows)


@dataclass(frozen=True)
class Looks:
    """How a question is to be shown. `chart` empty: the fitting one; `title` empty: the measure's.

    `period` says of what time it is, where that is another than the dashboard's.
    """

    chart: str = ""
    size: str = "half"
    title: str = ""
    period: str = ""


Link = Callable[[Question, str | None], str]


def view(
    setting: Setting,
    user: User,
    asked: Question,
    zone: ZoneInfo,
    *,
    locale: str,
    link: Link,
    looks: Looks = Looks(),
) -> View:
    """Ask, and put the answer into words. `link(question, key)` is the address of the tickets behind a row."""
    found = figures(setting, user, asked, zone)  # refuses what is no measure
    empty = outline(asked, looks, locale=locale)
    measure = MEASURES[asked.measure]
    return replace(empty, rows=[_row(asked, measure, one, locale, link) for one in found])


def outline(asked: Question, looks: Looks, *, locale: str) -> View:
    """What will be shown, before it is asked."""
    measure = MEASURES[asked.measure]
    return View(
        looks.title or measure.title.in_(locale),
        measure.help.in_(locale),
        measure.unit,
        looks.chart if looks.chart in CHARTS else fitting_chart(asked),
        by_words(asked.by).in_(locale) if asked.by else "",
        asked.by in TIMES,
        size=looks.size,
        filters=[by_words(key).in_(locale) for key in asked.filters],
        period=looks.period,
    )


def address(asked: Question) -> dict[str, Any]:
    """A question as parameters of an address."""
    found: dict[str, Any] = {"measure": asked.measure, **asked.period.address}
    if asked.by:
        found["by"] = asked.by
    return found | {key: value or NONE for key, value in asked.filters.items()}


def fitting_chart(asked: Question) -> str:
    """What fits a question nobody has chosen a chart for."""
    if asked.by is None:
        return "number"
    if asked.by == "variant":
        return "table"  # a whole way is too long to stand at a bar
    return "line" if asked.by in TIMES else "bar"


def by_words(key: str) -> Text:
    """What a field or a time is called."""
    if key in TIMES:
        return TIMES[key]
    if key in DIMENSIONS:
        return DIMENSIONS[key].title
    if key.startswith(FIELD):
        name = key.removeprefix(FIELD)
        return Text(f"Field: {name}", f"字段：{name}")
    name = key.removeprefix(FORM)
    return Text(f"Form: {name}", f"表单：{name}")


def as_json(found: Sequence[Figure]) -> list[Mapping[str, Any]]:
    """For programs: values in the measure's unit (seconds, shares of one)."""
    return [
        {
            "key": one.key,
            "name": {"en": one.name.en, "zh": one.name.zh},
            "value": one.value,
            "count": one.count,
            "share": one.share,
        }
        for one in found
    ]


def _row(asked: Question, measure: Measure, one: Figure, locale: str, link: Link) -> Row:
    return Row(
        row_name(one, asked.by, locale),
        one.value,
        said(one.value, measure.unit, locale),
        one.count,
        link(asked, None if asked.by is None else one.key),
        "" if one.share is None else said(one.share, "share", locale),
    )
