"""What pictures are drawn on: SVG elements with plain attributes, and how far the drawing reaches.

No ids, no styles, no scripts and no links: several pictures can stand in one page, under any content policy, in a
mail and in a PDF.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from desk.diagrams.wording import LEADING, width

SVG: Final = "http://www.w3.org/2000/svg"
FONT: Final = (
    "Arial, 'Liberation Sans', Helvetica, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', "
    "'WenQuanYi Micro Hei', 'WenQuanYi Zen Hei', sans-serif"
)

Element = Any  # lxml's element; lxml ships no types
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture. `heat` runs from nothing to all, as (red, green, blue)."""

    paper: str
    fill: str
    ink: str
    text: str
    faint: str
    lane: str
    brand: str
    brand_soft: str
    on_brand: str
    passed: str
    passed_soft: str
    danger: str
    danger_soft: str
    on_danger: str
    heat: tuple[tuple[int, int, int], ...]


LIGHT: Final = Theme(
    paper="#ffffff",
    fill="#ffffff",
    ink="#2c383c",
    text="#182225",
    faint="#829096",
    lane="#fafbfb",
    brand="#0f6a6a",
    brand_soft="#d9eeec",
    on_brand="#ffffff",
    passed="#3d7d55",
    passed_soft="#eef7f1",
    danger="#b3261e",
    danger_soft="#fceceb",
    on_danger="#ffffff",
    heat=((255, 252, 240), (253, 224, 141), (245, 158, 66), (222, 82, 50)),
)
DARK: Final = Theme(
    paper="#14191b",
    fill="#1b2225",
    ink="#b3bdc0",
    text="#e5eaeb",
    faint="#6f7d82",
    lane="#171d1f",
    brand="#43b3ac",
    brand_soft="#173f3d",
    on_brand="#03201f",
    passed="#72cf95",
    passed_soft="#152f20",
    danger="#ff958c",
    danger_soft="#3a1c1a",
    on_danger="#2c0504",
    heat=((32, 36, 34), (84, 66, 22), (138, 78, 22), (170, 52, 30)),
)
THEMES: Final = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `x`, `y` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def inset(self, by: float) -> "Box":
        """A rectangle smaller by that on all sides, never inside out."""
        return Box(
            self.x + by, self.y + by, max(0.0, self.width - 2 * by), max(0.0, self.height - 2 * by)
        )

    def joined(self, other: "Box") -> "Box":
        """The smallest rectangle around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn and an area filled."""

    stroke: str
    fill: str = "none"
    width: float = 1.5
    dash: str = ""
    round: bool = True

    def but(self, **changes: Any) -> "Pen":
        """The same pen with something changed."""
        return replace(self, **changes)

    def attributes(self) -> dict[str, str]:
        """As attributes of an SVG element."""
        found = {"stroke": self.stroke, "fill": self.fill, "stroke-width": number(self.width)}
        if self.dash:
            found["stroke-dasharray"] = self.dash
        if self.round:
            found |= {"stroke-linejoin": "round", "stroke-linecap": "round"}
        return found


def number(value: float) -> str:
    """A number as SVG writes it, to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


class Canvas:
    """Collects elements; `reach` is the smallest box around all that was drawn through it."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.root: Element = etree.Element(f"{{{SVG}}}svg", nsmap={None: SVG})
        self.reach: Box | None = None
        self._into: list[Element] = [self.root]

    def group(self, **attributes: str) -> "_Group":
        """`with canvas.group(…):` all that is drawn inside is one <g>."""
        return _Group(self, {k.replace("_", "-"): v for k, v in attributes.items()})

    def add(self, name: str, attributes: dict[str, str]) -> Element:
        """One element as it is, without a look at how far it reaches."""
        return etree.SubElement(self._into[-1], f"{{{SVG}}}{name}", attributes)

    def include(self, box: Box) -> None:
        """Let the picture reach over this box."""
        self.reach = box if self.reach is None else self.reach.joined(box)

    def rectangle(self, box: Box, pen: Pen, radius: float = 0) -> None:
        """A rectangle, with rounded corners if wanted."""
        self.include(box)
        attributes = {
            "x": number(box.x),
            "y": number(box.y),
            "width": number(box.width),
            "height": number(box.height),
        }
        if radius:
            attributes["rx"] = number(radius)
        self.add("rect", attributes | pen.attributes())

    def circle(self, middle: Point, radius: float, pen: Pen) -> None:
        """A circle."""
        x, y = middle
        self.include(Box(x - radius, y - radius, 2 * radius, 2 * radius))
        at = {"cx": number(x), "cy": number(y), "r": number(max(0.0, radius))}
        self.add("circle", at | pen.attributes())

    def polygon(self, points: list[Point], pen: Pen) -> None:
        """A closed shape of straight lines."""
        for point in points:
            self.include(Box(*point, 0, 0))
        written = "M" + "L".join(f"{number(x)},{number(y)}" for x, y in points) + "Z"
        self.add("path", {"d": written} | pen.attributes())

    def path(self, data: str, pen: Pen) -> None:
        """A path of our own making, in the picture's coordinates."""
        self.add("path", {"d": data} | pen.attributes())

    def icon(self, data: str, at: Point, scale: float, pen: Pen) -> None:
        """A small drawing made around (0, 0), moved to `at` and scaled; the line keeps its width."""
        where = f"translate({number(at[0])} {number(at[1])}) scale({scale:.4g})"
        drawn = pen.but(width=pen.width / scale) if scale else pen
        self.add("path", {"d": data, "transform": where} | drawn.attributes())

    def lines(
        self,
        lines: list[str],
        at: Point,
        size: float,
        *,
        anchor: str = "middle",
        colour: str = "",
        weight: str = "",
        turned: bool = False,
    ) -> None:
        """Lines of text; `at` is the top of the first line (its middle, or its start with anchor "start").

        `turned`: read from bottom to top, `at` then being the middle of the whole block.
        """
        if not any(lines):
            return
        x, y = at
        step = size * LEADING
        attributes = {
            "font-family": FONT,
            "font-size": number(size),
            "fill": colour or self.theme.text,
            "text-anchor": anchor,
        }
        if weight:
            attributes["font-weight"] = weight
        if turned:
            attributes["transform"] = f"rotate(-90 {number(x)} {number(y)})"
            y -= step * len(lines) / 2
        else:
            self._include_text(lines, x, y, size, anchor)
        text = self.add("text", attributes)
        for index, line in enumerate(lines):
            # the baseline stands about 0.36 em below the middle of the line, in all the faces named
            baseline = y + step * index + step / 2 + size * 0.36
            span = etree.SubElement(
                text, f"{{{SVG}}}tspan", {"x": number(x), "y": number(baseline)}
            )
            span.text = line

    def _include_text(self, lines: list[str], x: float, y: float, size: float, anchor: str) -> None:
        widest = max(width(line, size) for line in lines)
        left = x - widest / 2 if anchor == "middle" else x
        self.include(Box(left, y, widest, size * LEADING * len(lines)))

    def written(self, *, margin: float, title: str) -> str:
        """The whole picture as text."""
        reach = (self.reach or Box(0, 0, 0, 0)).inset(-margin)
        reach = Box(reach.x, reach.y, max(reach.width, 1), max(reach.height, 1))
        self.root.attrib.update(
            {
                "viewBox": " ".join(map(number, (reach.x, reach.y, reach.width, reach.height))),
                "width": number(reach.width),
                "height": number(reach.height),
                "role": "img",
            }
        )
        back = etree.Element(
            f"{{{SVG}}}rect",
            {
                "x": number(reach.x),
                "y": number(reach.y),
                "width": number(reach.width),
                "height": number(reach.height),
                "fill": self.theme.paper,
            },
        )
        self.root.insert(0, back)
        if title:
            self.root.set("aria-label", title)
        return str(etree.tostring(self.root, encoding="unicode"))


class _Group:
    def __init__(self, canvas: Canvas, attributes: dict[str, str]) -> None:
        self._canvas, self._attributes = canvas, attributes

    def __enter__(self) -> None:
        into = self._canvas._into
        into.append(etree.SubElement(into[-1], f"{{{SVG}}}g", self._attributes))

    def __exit__(self, *_: object) -> None:
        self._canvas._into.pop()
