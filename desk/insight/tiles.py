"""A tile of a dashboard: a question with how it is shown, kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from desk.insight.periods import LastDays, Period, from_json
from desk.insight.queries import CannotAsk, Question
from desk.insight.views import CHARTS, SIZES

MOST_TILES: Final = 24
LONGEST_TITLE: Final = 80


@dataclass(frozen=True)
class Tile:
    """`chart` empty: the fitting one; `title` empty: the measure's; `period` None: that of the dashboard."""

    measure: str
    by: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    chart: str = ""
    size: str = "half"
    title: Mapping[str, str] = field(default_factory=dict)
    period: Period | None = None

    def question(self, period: Period) -> Question:
        """What it asks, on a dashboard of this period."""
        return Question(self.measure, self.by, self.period or period, self.filters)

    def check(self) -> None:
        """Raises CannotAsk."""
        self.question(LastDays()).check()
        if self.chart not in ("", *CHARTS) or self.size not in SIZES:
            raise CannotAsk(f"a tile cannot be {self.chart!r}, {self.size!r}")
        if any(len(text) > LONGEST_TITLE for text in self.title.values()):
            raise CannotAsk(f"a title has {LONGEST_TITLE} characters at most")

    def as_json(self) -> dict[str, Any]:
        """For the row of the dashboard."""
        return {
            "measure": self.measure, "by": self.by, "filters": dict(self.filters), "chart": self.chart,
            "size": self.size, "title": dict(self.title), **(self.period.address if self.period else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Tile":
        """The reverse. Raises KeyError and ValueError for what is no tile."""
        return cls(
            value["measure"], value.get("by"), dict(value.get("filters") or {}), value.get("chart") or "",
            value.get("size") or "half", dict(value.get("title") or {}), from_json(value),
        )  # fmt: skip
