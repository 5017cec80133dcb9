"""A BPMN file as what is to be drawn: shapes with boxes, edges with waypoints, names in the reader's language.

Follows the diagram interchange of BPMN 2.0 (§12) and DD 1.0. Whatever is wrong with a shape (no box, numbers that are
none, an element that does not exist) leaves out that shape, not the picture.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from desk.diagrams.canvas import Box, Element, Point
from engine.bpmn.document import BPMN, Document, local, text, unprefixed
from engine.bpmn.language import in_language
from engine.bpmn.reading import read_xml

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
FARTHEST = 200_000.0  # a coordinate beyond is a mistake or an attack
MOST_PARTS = 20_000


class NoDrawing(ValueError):
    """The file says nothing about where its elements are drawn; `str()` is a sentence."""


class DrawingTooLarge(ValueError):
    """More shapes and edges than are drawn; `str()` is a sentence."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name, and the box that the file wants it in."""

    words: str
    box: Box | None


@dataclass(frozen=True, slots=True)
class Shape:
    """An element with a box. `attributes` are those of its BPMNShape."""

    id: str
    kind: str
    element: Element
    box: Box
    label: Label
    attributes: dict[str, str]

    @property
    def expanded(self) -> bool:
        """Whether what is inside is drawn inside."""
        return self.attributes.get("isExpanded") == "true"


@dataclass(frozen=True, slots=True)
class Edge:
    """An element with a line of two points or more."""

    id: str
    kind: str
    element: Element
    points: tuple[Point, ...]
    label: Label
    attributes: dict[str, str]


@dataclass(slots=True)
class Drawing:
    """One plane of a file."""

    document: Document
    title: str
    shapes: list[Shape] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def parts(self) -> Iterator[Shape | Edge]:
        """All that is drawn."""
        yield from self.shapes
        yield from self.edges


@dataclass(slots=True)
class Planes:
    """A file and its drawings, the first one first; more than one where sub-processes are drawn apart."""

    root: Element
    document: Document = field(init=False)

    def __post_init__(self) -> None:
        self.document = Document(self.root)

    def ids(self) -> list[str]:
        """The element that each drawing shows."""
        return [plane.get("bpmnElement") or "" for plane in self._planes()]

    def drawing(self, element: str | None = None) -> Drawing:
        """The drawing of this element, the first one if none is named. Raises NoDrawing, DrawingTooLarge."""
        for plane in self._planes():
            if element is None or unprefixed(plane.get("bpmnElement") or "") == element:
                return _Reader(self.document).read(plane)
        raise NoDrawing(
            "The file holds no drawing." if element is None else f"No drawing of {element!r}."
        )

    def _planes(self) -> list[Element]:
        return list(self.root.iter(f"{{{DI}}}BPMNPlane"))


def planes(xml: bytes, *, language: str) -> Planes:
    """Read untrusted XML, names in "zh" or "en". Raises engine.bpmn.reading.UnreadableDiagram."""
    return Planes(read_xml(in_language(xml, language)))


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document

    def read(self, plane: Element) -> Drawing:
        shown = self.document.target(plane.get("bpmnElement"))
        drawing = Drawing(self.document, self._title(shown))
        parts = [part for part in plane if isinstance(part.tag, str)]
        if len(parts) > MOST_PARTS:
            raise DrawingTooLarge(f"More than {MOST_PARTS} shapes and edges are not drawn.")
        for part in parts:
            if local(part) == "BPMNShape" and (shape := self._shape(part)):
                drawing.shapes.append(shape)
            elif local(part) == "BPMNEdge" and (edge := self._edge(part)):
                drawing.edges.append(edge)
        return drawing

    def _title(self, shown: Element | None) -> str:
        if shown is None:
            return ""
        if shown.get("name"):
            return str(shown.get("name"))
        first = next(self.document.all("participant", "process"), None)
        return "" if first is None else first.get("name") or ""

    def _shape(self, part: Element) -> Shape | None:
        element = self.document.target(part.get("bpmnElement"))
        box = _box(part.find(f"{{{DC}}}Bounds"))
        if element is None or box is None:
            return None
        return Shape(
            element.get("id"),
            local(element),
            element,
            box,
            self._label(part, element),
            dict(part.attrib),
        )

    def _edge(self, part: Element) -> Edge | None:
        element = self.document.target(part.get("bpmnElement"))
        points = [_point(one) for one in part.findall(f"{{{DD}}}waypoint")]
        good = tuple(p for p in points if p is not None)
        if element is None or len(good) < 2 or len(good) != len(points):
            return None
        return Edge(
            element.get("id"),
            local(element),
            element,
            good,
            self._label(part, element),
            dict(part.attrib),
        )

    def _label(self, part: Element, element: Element) -> Label:
        inside = part.find(f"{{{DI}}}BPMNLabel")
        box = None if inside is None else _box(inside.find(f"{{{DC}}}Bounds"))
        return Label(self._words(element), box)

    def _words(self, element: Element) -> str:
        kind = local(element)
        if kind == "textAnnotation":
            return text(element.find(f"{{{BPMN}}}text"))
        if kind == "group":
            return self._categories.get(unprefixed(element.get("categoryValueRef") or ""), "")
        name = element.get("name") or ""
        if kind in ("dataObjectReference", "dataStoreReference", "dataObject"):
            state = element.find(f"{{{BPMN}}}dataState")
            state_name = "" if state is None else state.get("name") or ""
            return f"{name} [{state_name}]".strip() if state_name else name
        return name

    @cached_property
    def _categories(self) -> dict[str, str]:
        return {
            value.get("id") or "": value.get("value") or ""
            for value in self.document.all("categoryValue")
        }


def _box(bounds: Element | None) -> Box | None:
    if bounds is None:
        return None
    numbers = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
    if any(n is None for n in numbers):
        return None
    x, y, width, height = (float(n or 0) for n in numbers)
    return Box(x, y, width, height) if width >= 0 and height >= 0 else None


def _point(waypoint: Element) -> Point | None:
    x, y = _number(waypoint.get("x")), _number(waypoint.get("y"))
    return None if x is None or y is None else (x, y)


def _number(written: str | None) -> float | None:
    try:
        value = float(written or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= FARTHEST else None
