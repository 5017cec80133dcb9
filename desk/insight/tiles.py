"""A tile of a dashboard: a question with how it is shown, kept as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from desk.insight.queries import CannotAsk, Question
from desk.insight.views import CHARTS, SIZES

MOST_TILES: Final = 24
LONGEST_TITLE: Final = 80


@dataclass(frozen=True)
class Tile:
    """`chart` empty: the fitting one; `title` empty: the measure's; `days` None: those of the dashboard."""

    measure: str
    by: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    chart: str = ""
    size: str = "half"
    title: Mapping[str, str] = field(default_factory=dict)
    days: int | None = None

    def question(self, days: int) -> Question:
        """What it asks, on a dashboard of so many days."""
        return Question(self.measure, self.by, self.days or days, self.filters)

    def check(self) -> None:
        """Raises CannotAsk."""
        self.question(30).check()
        if self.chart not in ("", *CHARTS) or self.size not in SIZES:
            raise CannotAsk(f"a tile cannot be {self.chart!r}, {self.size!r}")
        if any(len(text) > LONGEST_TITLE for text in self.title.values()):
            raise CannotAsk(f"a title has {LONGEST_TITLE} characters at most")

    def as_json(self) -> dict[str, Any]:
        """For the row of the dashboard."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Tile":
        """The reverse. Raises TypeError for what is no tile."""
        return replace(cls(**value), filters=dict(value.get("filters") or {}))
