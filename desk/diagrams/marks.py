"""What a picture says about what ran: tokens, what was passed, what failed, how hot it is, short notes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desk.diagrams.canvas import Pen, Theme
from desk.diagrams.drawing import Edge, Shape

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z|#[0-9a-fA-F]{3}\Z")
_FILLS = (
    "{http://bpmn.io/schema/bpmn/biocolor/1.0}fill",
    "{http://www.omg.org/spec/BPMN/non-normative/color/1.0}background-color",
)
_STROKES = (
    "{http://bpmn.io/schema/bpmn/biocolor/1.0}stroke",
    "{http://www.omg.org/spec/BPMN/non-normative/color/1.0}border-color",
)


@dataclass(frozen=True)
class Marks:
    """By id of element or flow. `heat` values run from 0 to 1; None: no heat map."""

    tokens: Mapping[str, int]
    passed: frozenset[str]
    failed: frozenset[str]
    heat: Mapping[str, float] | None
    notes: Mapping[str, str]

    @classmethod
    def of(
        cls,
        tokens: Mapping[str, int] | Iterable[str],
        passed: Iterable[str],
        failed: Iterable[str],
        heat: Mapping[str, float] | None,
        notes: Mapping[str, str] | None,
    ) -> "Marks":
        """As callers give them: tokens are counted, heat is kept between 0 and 1."""
        kept = None if heat is None else {k: min(1.0, max(0.0, v)) for k, v in heat.items()}
        return cls(Counter(tokens), frozenset(passed), frozenset(failed), kept, notes or {})

    def pen(self, part: Shape | Edge, theme: Theme) -> Pen:
        """The pen for the outline of a node, or for a flow."""
        plain = Pen(
            _colour(part, _STROKES, theme) or theme.ink,
            _colour(part, _FILLS, theme) or theme.fill,
            1.5,
        )
        if isinstance(part, Edge):
            plain = plain.but(fill="none")
        if self.heat is not None:
            return self._hot(part, plain, theme)
        if part.id in self.failed:
            return plain.but(stroke=theme.danger, fill=_soft(part, theme.danger_soft), width=2.5)
        if self.tokens.get(part.id):
            return plain.but(stroke=theme.brand, fill=_soft(part, theme.brand_soft), width=2.5)
        if part.id in self.passed:
            width = 2.5 if isinstance(part, Edge) else 1.75
            return plain.but(stroke=theme.passed, fill=_soft(part, theme.passed_soft), width=width)
        return plain

    def _hot(self, part: Shape | Edge, plain: Pen, theme: Theme) -> Pen:
        value = (self.heat or {}).get(part.id)
        if value is None:
            return plain
        colour = heat_colour(value, theme)
        if isinstance(part, Edge):
            # width says the same as colour; the palest tones would not be seen as lines
            return plain.but(stroke=heat_colour(0.4 + 0.6 * value, theme), width=1.5 + 4 * value)
        return plain.but(fill=colour)


def _soft(part: Shape | Edge, colour: str) -> str:
    return "none" if isinstance(part, Edge) else colour


def _colour(part: Shape | Edge, names: tuple[str, ...], theme: Theme) -> str:
    """A colour of the file itself, on light paper only: on dark paper its black lines would be gone."""
    if theme.paper != "#ffffff":
        return ""
    found = next((part.attributes[name] for name in names if name in part.attributes), "")
    return found if HEX_COLOUR.match(found) else ""


def heat_colour(value: float, theme: Theme) -> str:
    """The colour of a heat between 0 and 1."""
    steps = len(theme.heat) - 1
    index = min(int(value * steps), steps - 1)
    share = value * steps - index
    mixed = (
        round(low + (high - low) * share)
        for low, high in zip(theme.heat[index], theme.heat[index + 1], strict=True)
    )
    return "#{:02x}{:02x}{:02x}".format(*mixed)
