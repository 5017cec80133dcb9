"""A BPMN diagram as SVG, with where its tokens stand, where they went, or how much went where."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from desk.diagrams.canvas import THEMES, Canvas, Element, Pen, Point, number
from desk.diagrams.drawing import Drawing, Edge, Shape, planes
from desk.diagrams.flows import draw_flow
from desk.diagrams.labels import along, midway, outside
from desk.diagrams.marks import Marks
from desk.diagrams.nodes import draw_activity, draw_event, draw_gateway
from desk.diagrams.surroundings import (
    draw_annotation,
    draw_choreography,
    draw_conversation,
    draw_data,
    draw_group,
    draw_lane,
    draw_message,
    draw_pool,
    draw_store,
)
from desk.diagrams.wording import cleaned, width
from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, Document

MARGIN: Final = 14.0
TOKEN: Final = 10.0  # radius
NOTE_SIZE: Final = 10.0

Draw = Callable[[Canvas, Document, Shape, Pen], None]

_DRAW: Final[dict[str, Draw]] = {
    "participant": draw_pool,
    "lane": draw_lane,
    "choreographyTask": draw_choreography,
    "subChoreography": draw_choreography,
    "callChoreography": draw_choreography,
    "conversation": draw_conversation,
    "subConversation": draw_conversation,
    "callConversation": draw_conversation,
    "dataObjectReference": draw_data,
    "dataObject": draw_data,
    "dataInput": draw_data,
    "dataOutput": draw_data,
    "dataStoreReference": draw_store,
    "dataStore": draw_store,
    "message": draw_message,
    "group": draw_group,
    "textAnnotation": draw_annotation,
    **dict.fromkeys(ACTIVITIES, draw_activity),
    **dict.fromkeys(EVENTS, draw_event),
    **dict.fromkeys(GATEWAYS, draw_gateway),
}
_OUTSIDE: Final = EVENTS | GATEWAYS  # whose names stand beside them


def picture(
    xml: bytes,
    *,
    locale: str,
    tokens: Mapping[str, int] | Iterable[str] = (),
    passed: Iterable[str] = (),
    failed: Iterable[str] = (),
    heat: Mapping[str, float] | None = None,
    notes: Mapping[str, str] | None = None,
    theme: str = "light",
    plane: str | None = None,
) -> str:
    """The diagram as one <svg> element, with names in the language of `locale` ("zh_CN", "en") where it has them.

    `tokens`: ids of elements (an id twice is two tokens) or id → count; `passed`, `failed`: ids of elements and flows;
    `heat`: id → 0..1, which replaces the colours of the path; `notes`: id → a few words under an element or flow;
    `theme`: "light" or "dark"; `plane`: whose drawing, where a file has several. Ids that are not drawn are ignored.
    The elements carry `data-element`. Raises engine.bpmn.reading.UnreadableDiagram, NoDrawing, DrawingTooLarge.
    """
    drawing = planes(xml, language=locale[:2]).drawing(plane)
    canvas = Canvas(THEMES[theme])
    marks = Marks.of(tokens, passed, failed, heat, notes)
    _draw(canvas, drawing, marks)
    return canvas.written(margin=MARGIN, title=cleaned(drawing.title))


def _draw(canvas: Canvas, drawing: Drawing, marks: Marks) -> None:
    holders, leaves = _in_order(drawing.shapes)
    for shape in holders:
        _shape(canvas, drawing, shape, marks)
    # what was passed lies over what was not, where lines share their way
    edges = sorted(drawing.edges, key=lambda edge: edge.id in marks.passed)
    for edge in edges:
        if edge.kind != "messageFlow":
            _edge(canvas, drawing, edge, marks)
    for shape in leaves:
        _shape(canvas, drawing, shape, marks)
    for edge in edges:  # the circle at their beginning sits on the border of a shape
        if edge.kind == "messageFlow":
            _edge(canvas, drawing, edge, marks)
    for edge in drawing.edges:
        along(canvas, edge)
    for part in drawing.parts():
        _mark(canvas, part, marks)


def _in_order(shapes: list[Shape]) -> tuple[list[Shape], list[Shape]]:
    """(what holds others, from outside to inside; what does not, what sits on a border last)."""
    holders = [s for s in shapes if _holds(s)]
    holders.sort(key=lambda s: (_RANK.get(s.kind, 2), -s.box.width * s.box.height))
    leaves = [s for s in shapes if not _holds(s)]
    leaves.sort(key=lambda s: (s.kind == "boundaryEvent", "participantBandKind" in s.attributes))
    return holders, leaves


_RANK: Final = {"participant": 0, "lane": 1, "group": 3}


def _holds(shape: Shape) -> bool:
    if "participantBandKind" in shape.attributes:
        return False
    return shape.kind in _RANK or shape.expanded


def _shape(canvas: Canvas, drawing: Drawing, shape: Shape, marks: Marks) -> None:
    draw = _DRAW.get(shape.kind)
    if draw is None:
        return
    pen = marks.pen(shape, canvas.theme)
    if shape.kind == "lane" and pen.fill == canvas.theme.fill:
        pen = pen.but(fill="none")
    with canvas.group(data_element=shape.id):
        draw(canvas, drawing.document, shape, pen)
        if shape.kind in _OUTSIDE:
            outside(canvas, shape)


def _edge(canvas: Canvas, drawing: Drawing, edge: Edge, marks: Marks) -> None:
    with canvas.group(data_element=edge.id):
        draw_flow(canvas, drawing.document, edge, marks.pen(edge, canvas.theme))


def _mark(canvas: Canvas, part: Shape | Edge, marks: Marks) -> None:
    """A token, a sign of failure, a note: over all else."""
    count, failed = marks.tokens.get(part.id, 0), part.id in marks.failed
    if count or failed:
        at = _corner(part)
        if failed:
            _disc(canvas, at, "!", canvas.theme.danger, canvas.theme.on_danger)
            at = (at[0] - 2 * TOKEN - 3, at[1])
        if count:
            words = str(count) if count < 1000 else f"{count // 1000}k"
            _disc(canvas, at, words, canvas.theme.brand, canvas.theme.on_brand)
    note = cleaned(marks.notes.get(part.id, ""))
    if note:
        _note(canvas, part, note)


def _corner(part: Shape | Edge) -> Point:
    """Where the token of an element sits: on its upper right, of a flow in its middle."""
    if isinstance(part, Edge):
        return midway(part.points)[0]
    inward = min(8.0, part.box.width / 6)
    return part.box.right - inward, part.box.y + min(2.0, part.box.height / 6)


def _disc(canvas: Canvas, at: Point, words: str, colour: str, ink: str) -> None:
    canvas.circle(at, TOKEN, Pen(canvas.theme.paper, colour, 1.5))
    canvas.lines([words], (at[0], at[1] - 7), 11, colour=ink, weight="700")


def _note(canvas: Canvas, part: Shape | Edge, note: str) -> None:
    if isinstance(part, Edge):
        x, y = midway(part.points)[0]
    else:
        x, y = part.box.middle[0], part.box.bottom
    half = width(note, NOTE_SIZE) / 2 + 5
    attributes: Element = {
        "x": number(x - half),
        "y": number(y - 8),
        "width": number(2 * half),
        "height": "16",
        "rx": "8",
    }
    canvas.add("rect", attributes | Pen(canvas.theme.faint, canvas.theme.paper, 1).attributes())
    canvas.lines([note], (x, y - 6.3), NOTE_SIZE, weight="600")
