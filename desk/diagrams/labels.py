"""Where names stand: inside activities, beside events and gateways, along pools and flows."""

from desk.diagrams.canvas import Box, Canvas, Point
from desk.diagrams.drawing import Edge, Shape
from desk.diagrams.wording import LEADING, fitted, width, wrapped

INSIDE_SIZES = (12.0, 11.0, 10.0, 9.0)
OUTSIDE = 11.0
OUTSIDE_WIDTH = 90.0
STRIP = 30.0  # the strip of a pool or lane that holds its name


def inside(canvas: Canvas, shape: Shape, *, top: float, foot: float, expanded: bool) -> None:
    """The name of an activity: in its middle, or at its top when what is inside is drawn."""
    box, words = shape.box, shape.label.words
    if not words:
        return
    room = box.width - 12
    if expanded:
        size, lines = fitted(words, room, min(34.0, box.height), INSIDE_SIZES)
        canvas.lines(lines, (box.middle[0], box.y + 6), size)
        return
    # in the middle of the whole box as long as that leaves the signs above and below free
    for space_top, space_foot in ((4.0, foot), (top, foot)):
        size, lines = fitted(words, room, box.height - space_top - space_foot, INSIDE_SIZES)
        height = len(lines) * size * LEADING
        start = box.y + (box.height - height) / 2
        if start >= box.y + top and start + height <= box.bottom - space_foot + 2:
            break
        start = box.y + space_top + max(0.0, (box.height - space_top - space_foot - height) / 2)
        if space_top == 4.0 and (top <= 4.0 or _clears_icon(lines, size, box, start, top)):
            break
    canvas.lines(lines, (box.middle[0], start), size)


def _clears_icon(lines: list[str], size: float, box: Box, start: float, top: float) -> bool:
    """Whether no line reaches into the corner that the icon of the task takes."""
    for index, line in enumerate(lines):
        above = start + index * size * LEADING < box.y + top + 6
        if above and box.middle[0] - width(line, size) / 2 < box.x + 24:
            return False
    return True


def outside(canvas: Canvas, shape: Shape) -> None:
    """The name of an event, gateway or data object: where the file wants it, else below."""
    words, wanted = shape.label.words, shape.label.box
    if not words:
        return
    if wanted is None:
        middle, y, room = shape.box.middle[0], shape.box.bottom + 4, OUTSIDE_WIDTH
    else:
        middle, y, room = wanted.middle[0], wanted.y, max(wanted.width, OUTSIDE_WIDTH)
    canvas.lines(wrapped(words, OUTSIDE, room)[:8], (middle, y), OUTSIDE)


def along(canvas: Canvas, edge: Edge) -> None:
    """The name of a flow: where the file wants it, else beside its middle; on a patch of paper, so that it reads."""
    words, wanted = edge.label.words, edge.label.box
    if not words:
        return
    if wanted is None:
        (x, y), level = midway(edge.points)
        lines = wrapped(words, OUTSIDE, OUTSIDE_WIDTH)[:6]
        if level:
            at = (x, y - len(lines) * OUTSIDE * LEADING - 3)
        else:
            at = (x + 6 + max(width(line, OUTSIDE) for line in lines) / 2, y - 8)
    else:
        lines = wrapped(words, OUTSIDE, max(wanted.width, OUTSIDE_WIDTH))[:6]
        at = (wanted.middle[0], wanted.y)
    canvas.lines(lines, at, OUTSIDE)


def midway(points: tuple[Point, ...]) -> tuple[Point, bool]:
    """The point halfway along a line, and whether the line runs level there."""
    lengths = [
        ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False)
    ]
    left = sum(lengths) / 2
    for length, (x1, y1), (x2, y2) in zip(lengths, points, points[1:], strict=False):
        if left <= length and length > 0:
            share = left / length
            at = (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
            return at, abs(x2 - x1) >= abs(y2 - y1)
        left -= length
    return points[0], True


def in_strip(canvas: Canvas, shape: Shape, *, upright: bool) -> None:
    """The name of a pool or lane in its strip; `upright`: the strip is on the left, read from bottom to top."""
    box, words = shape.box, shape.label.words
    if not words:
        return
    length = (box.height if upright else box.width) - 10
    size, lines = fitted(words, length, STRIP - 2, INSIDE_SIZES)
    if upright:
        canvas.lines(lines, (box.x + STRIP / 2, box.middle[1]), size, turned=True)
    else:
        height = len(lines) * size * LEADING
        canvas.lines(lines, (box.middle[0], box.y + (STRIP - height) / 2), size)


def across(canvas: Canvas, box: Box, words: str, *, bold: bool = False) -> None:
    """A name in the middle of a box."""
    if not words:
        return
    size, lines = fitted(words, max(10.0, box.width - 8), box.height, INSIDE_SIZES)
    height = len(lines) * size * LEADING
    weight = "600" if bold else ""
    canvas.lines(lines, (box.middle[0], box.middle[1] - height / 2), size, weight=weight)
