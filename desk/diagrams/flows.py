"""The lines between shapes: sequence, message, association, data, conversation (BPMN 2.0, §7.5, §8.4)."""

import math

from desk.diagrams.canvas import Box, Canvas, Pen, Point, number
from desk.diagrams.drawing import Edge
from desk.diagrams.labels import midway
from engine.bpmn.document import ACTIVITIES, BPMN, Document, local

BEND = 6.0  # radius of corners
ARROW = 9.0
DOTTED = "1.5 4"
ASSOCIATIONS = {"association", "dataInputAssociation", "dataOutputAssociation", "dataAssociation"}


def draw_flow(canvas: Canvas, document: Document, edge: Edge, pen: Pen) -> None:
    """One edge with its ends."""
    if edge.kind in ASSOCIATIONS:
        _association(canvas, edge, pen)
    elif edge.kind == "messageFlow":
        _message_flow(canvas, document, edge, pen)
    elif edge.kind == "conversationLink":
        _line(canvas, edge.points, pen.but(width=5))
        _line(canvas, edge.points, Pen(canvas.theme.paper, width=2))
    else:
        _sequence_flow(canvas, document, edge, pen)


def _sequence_flow(canvas: Canvas, document: Document, edge: Edge, pen: Pen) -> None:
    size = ARROW + max(0.0, pen.width - 1.5)
    _line(canvas, _short_of(edge.points, size * 0.6), pen)
    _arrow(canvas, edge.points, pen, size)
    source = document.target(edge.element.get("sourceRef"))
    if source is None:
        return
    first, second = edge.points[0], edge.points[1]
    if source.get("default") == edge.id:
        _slash(canvas, first, second, pen)
    elif (
        local(source) in ACTIVITIES
        and edge.element.find(f"{{{BPMN}}}conditionExpression") is not None
    ):
        _diamond(canvas, first, second, pen)


def _message_flow(canvas: Canvas, document: Document, edge: Edge, pen: Pen) -> None:
    _line(canvas, edge.points, pen.but(dash="8 6", round=False))
    _arrow(canvas, edge.points, pen.but(fill=canvas.theme.fill), ARROW + 1)
    canvas.circle(edge.points[0], 3.5, pen.but(fill=canvas.theme.fill, width=1.3))
    kind = edge.attributes.get("messageVisibleKind")
    if kind is not None:
        (x, y), _ = midway(edge.points)
        box = Box(x - 14, y - 9, 28, 18)
        fill = canvas.theme.fill if kind == "initiating" else canvas.theme.lane
        envelope = pen.but(fill=fill, width=1.3)
        canvas.rectangle(box, envelope)
        canvas.path(
            f"M{box.x:.2f},{box.y:.2f}L{x:.2f},{y + 1:.2f}L{box.right:.2f},{box.y:.2f}",
            envelope.but(fill="none"),
        )


def _association(canvas: Canvas, edge: Edge, pen: Pen) -> None:
    _line(canvas, edge.points, pen.but(dash=DOTTED))
    direction = edge.element.get("associationDirection", "None")
    if edge.kind != "association":
        direction = "One"
    if direction in ("One", "Both"):
        _open_arrow(canvas, edge.points, pen)
    if direction == "Both":
        _open_arrow(canvas, edge.points[::-1], pen)


def _line(canvas: Canvas, points: tuple[Point, ...], pen: Pen) -> None:
    """A line through the points, its corners a little round."""
    for point in points:
        canvas.include(Box(*point, 0, 0))
    written = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        bend = min(BEND, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = _towards(corner, before, bend), _towards(corner, after, bend)
        written.append(f"L{_at(start)}Q{_at(corner)} {_at(end)}")
    written.append(f"L{_at(points[-1])}")
    canvas.path("".join(written), pen.but(fill="none"))


def _at(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def _towards(start: Point, goal: Point, by: float) -> Point:
    distance = math.dist(start, goal)
    if distance == 0:
        return start
    share = by / distance
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


def _short_of(points: tuple[Point, ...], by: float) -> tuple[Point, ...]:
    """The line without its last bit, which the arrow head covers."""
    last, before = points[-1], points[-2]
    if math.dist(last, before) <= by:
        return points
    return (*points[:-1], _towards(last, before, by))


def _direction(points: tuple[Point, ...]) -> Point:
    """The unit vector in which a line arrives."""
    goal = points[-1]
    start = next((p for p in reversed(points[:-1]) if p != goal), None)
    if start is None:
        return 1.0, 0.0
    distance = math.dist(start, goal)
    return (goal[0] - start[0]) / distance, (goal[1] - start[1]) / distance


def _head(points: tuple[Point, ...], size: float) -> list[Point]:
    """The three corners of an arrow head, its tip in the middle."""
    (x, y), (dx, dy) = points[-1], _direction(points)
    back, side = (x - dx * size, y - dy * size), size * 0.42
    return [
        (back[0] - dy * side, back[1] + dx * side),
        (x, y),
        (back[0] + dy * side, back[1] - dx * side),
    ]


def _arrow(canvas: Canvas, points: tuple[Point, ...], pen: Pen, size: float) -> None:
    filled = pen.stroke if pen.fill == "none" else pen.fill
    canvas.polygon(_head(points, size), Pen(pen.stroke, filled, 1.2))


def _open_arrow(canvas: Canvas, points: tuple[Point, ...], pen: Pen) -> None:
    one, tip, other = _head(points, ARROW)
    canvas.path(f"M{_at(one)}L{_at(tip)}L{_at(other)}", pen.but(fill="none", dash=""))


def _slash(canvas: Canvas, start: Point, towards: Point, pen: Pen) -> None:
    """The flow that is taken when no condition holds (§10.5.1)."""
    x, y = _towards(start, towards, 10)
    dx, dy = _direction((start, towards))
    one = (x + dx * 3 - dy * 5, y + dy * 3 + dx * 5)
    other = (x - dx * 3 + dy * 5, y - dy * 3 - dx * 5)
    canvas.path(f"M{_at(one)}L{_at(other)}", Pen(pen.stroke, width=1.5))


def _diamond(canvas: Canvas, start: Point, towards: Point, pen: Pen) -> None:
    """A conditional flow out of an activity (§8.3.13)."""
    dx, dy = _direction((start, towards))
    middle, end = _towards(start, towards, 8), _towards(start, towards, 16)
    canvas.polygon(
        [
            start,
            (middle[0] - dy * 4.5, middle[1] + dx * 4.5),
            end,
            (middle[0] + dy * 4.5, middle[1] - dx * 4.5),
        ],
        Pen(pen.stroke, canvas.theme.fill, 1.3),
    )
