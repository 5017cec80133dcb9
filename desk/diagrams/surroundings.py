"""Pools, lanes, data, messages, groups, annotations, choreographies and conversations (BPMN 2.0, §9 to §11)."""

from desk.diagrams import icons
from desk.diagrams.canvas import Box, Canvas, Pen
from desk.diagrams.drawing import Shape
from desk.diagrams.labels import STRIP, across, in_strip, outside
from desk.diagrams.wording import LEADING, wrapped
from engine.bpmn.document import BPMN, Document

ANNOTATION = 11.0
BAND = 20.0  # height of a participant's band when the file gives none


def is_upright(shape: Shape) -> bool:
    """Whether the strip with the name is on the left: a pool or lane that runs from left to right."""
    said = shape.attributes.get("isHorizontal")
    return said == "true" if said else shape.box.width >= shape.box.height


def draw_pool(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A participant. One whose inside is not shown, a black box, has its name across."""
    if "participantBandKind" in shape.attributes:
        draw_band(canvas, shape, pen)
        return
    box = shape.box
    canvas.rectangle(box, pen)
    hidden = (
        shape.element.get("processRef") is None or shape.attributes.get("isExpanded") == "false"
    )
    if hidden or min(box.width, box.height) < 2.5 * STRIP:
        across(canvas, box, shape.label.words)
    elif is_upright(shape):
        canvas.path(f"M{box.x + STRIP:.2f},{box.y:.2f}V{box.bottom:.2f}", pen.but(fill="none"))
        in_strip(canvas, shape, upright=True)
    else:
        canvas.path(f"M{box.x:.2f},{box.y + STRIP:.2f}H{box.right:.2f}", pen.but(fill="none"))
        in_strip(canvas, shape, upright=False)
    if shape.element.find(f"{{{BPMN}}}participantMultiplicity") is not None:
        at = (box.middle[0], box.bottom - 10)
        canvas.icon(icons.MARKERS["parallel"], at, 0.95, Pen(pen.stroke, width=2.4))


def draw_lane(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A lane; its strip has no line, so that the names of pool and lane are told apart."""
    canvas.rectangle(shape.box, pen.but(width=min(pen.width, 1.2)))
    in_strip(canvas, shape, upright=is_upright(shape))


def draw_band(canvas: Canvas, shape: Shape, pen: Pen) -> None:
    """A participant of a choreography task: a band at its top or foot, grey for who does not begin (§11.5)."""
    kind = shape.attributes.get("participantBandKind", "")
    begins = kind.endswith("_initiating") and "non_initiating" not in kind
    canvas.rectangle(shape.box, pen if begins else pen.but(fill=canvas.theme.lane), radius=4)
    across(canvas, shape.box, shape.label.words)


def draw_choreography(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A step of a choreography; the bands of its participants are shapes of their own."""
    heavy = shape.kind == "callChoreography"
    canvas.rectangle(shape.box, pen.but(width=4.0) if heavy else pen, radius=10)
    if not shape.expanded:
        across(canvas, shape.box.inset(BAND), shape.label.words)
    if shape.kind != "choreographyTask" and not shape.expanded:
        at = (shape.box.middle[0], shape.box.bottom - BAND - 10)
        canvas.icon(icons.MARKERS["collapsed"], at, 0.95, Pen(pen.stroke, width=1.3))


def draw_conversation(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A hexagon (§9.5); a plus for one that holds others, a thick line for one that is called."""
    box = shape.box
    y, quarter = box.middle[1], box.width / 4
    heavy = pen.but(width=4.0) if shape.kind == "callConversation" else pen
    canvas.polygon(
        [
            (box.x, y),
            (box.x + quarter, box.y),
            (box.right - quarter, box.y),
            (box.right, y),
            (box.right - quarter, box.bottom),
            (box.x + quarter, box.bottom),
        ],
        heavy,
    )
    if shape.kind == "subConversation":
        at = (box.middle[0], box.bottom - 9)
        canvas.icon(icons.MARKERS["collapsed"], at, 0.7, Pen(pen.stroke, width=1.3))
    outside(canvas, shape)


def draw_data(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A sheet with a folded corner; an arrow for input and output, three lines for a collection (§10.4.1)."""
    box = shape.box
    fold = min(12.0, box.width / 3, box.height / 3)
    canvas.include(box)
    canvas.path(
        f"M{box.x:.2f},{box.y:.2f}H{box.right - fold:.2f}L{box.right:.2f},{box.y + fold:.2f}"
        f"V{box.bottom:.2f}H{box.x:.2f}Z M{box.right - fold:.2f},{box.y:.2f}v{fold:.2f}h{fold:.2f}",
        pen,
    )
    if shape.kind in ("dataInput", "dataOutput"):
        filled = pen.stroke if shape.kind == "dataOutput" else "none"
        at = (box.x + 11, box.y + 9)
        canvas.icon(icons.DATA_ARROW, at, 0.85, Pen(pen.stroke, filled, 1.2))
    if _is_collection(document, shape):
        at = (box.middle[0], box.bottom - 8)
        canvas.icon(icons.MARKERS["parallel"], at, 0.7, Pen(pen.stroke, width=2.0))
    outside(canvas, shape)


def _is_collection(document: Document, shape: Shape) -> bool:
    referred = document.target(shape.element.get("dataObjectRef"))
    return any(
        element is not None and element.get("isCollection") == "true"
        for element in (shape.element, referred)
    )


def draw_store(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A drum: data that outlives the process (§10.4.1)."""
    box = shape.box
    bow = min(box.height / 6, 10.0)
    half, right = box.width / 2, box.right
    canvas.include(box)
    canvas.path(
        f"M{box.x:.2f},{box.y + bow:.2f}A{half:.2f},{bow:.2f} 0 0 1 {right:.2f},{box.y + bow:.2f}"
        f"V{box.bottom - bow:.2f}A{half:.2f},{bow:.2f} 0 0 1 {box.x:.2f},{box.bottom - bow:.2f}Z",
        pen,
    )
    for step in (0, 1, 2):
        y = box.y + bow + step * bow * 0.6
        canvas.path(
            f"M{box.x:.2f},{y:.2f}A{half:.2f},{bow:.2f} 0 0 0 {right:.2f},{y:.2f}",
            pen.but(fill="none"),
        )
    outside(canvas, shape)


def draw_message(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """An envelope (§8.4.11)."""
    box = shape.box
    canvas.rectangle(box, pen)
    x, y = box.middle
    canvas.path(
        f"M{box.x:.2f},{box.y:.2f}L{x:.2f},{y:.2f}L{box.right:.2f},{box.y:.2f}",
        pen.but(fill="none"),
    )
    outside(canvas, shape)


def draw_group(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A dashed frame around what belongs together; its name stands at its top (§8.4.3)."""
    canvas.rectangle(shape.box, pen.but(fill="none", dash="9 4 1.5 4"), radius=10)
    if not shape.label.words:
        return
    wanted = shape.label.box
    at = (shape.box.middle[0], shape.box.y + 6) if wanted is None else (wanted.middle[0], wanted.y)
    room = max(90.0, shape.box.width - 16)
    canvas.lines(wrapped(shape.label.words, ANNOTATION, room)[:3], at, ANNOTATION)


def draw_annotation(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """Words beside an open bracket (§8.4.1)."""
    box = shape.box
    canvas.include(box)
    x = box.x + min(10.0, box.width / 4)
    canvas.path(f"M{x:.2f},{box.y:.2f}H{box.x:.2f}V{box.bottom:.2f}H{x:.2f}", pen.but(fill="none"))
    room = Box(box.x + 6, box.y, box.width - 8, box.height)
    lines = wrapped(shape.label.words, ANNOTATION, max(24.0, room.width))
    height = len(lines) * ANNOTATION * LEADING
    top = room.y + max(3.0, (room.height - height) / 2)
    canvas.lines(lines[:40], (room.x, top), ANNOTATION, anchor="start")
