"""Events, gateways and activities (BPMN 2.0, §10.3, §10.5, §10.6)."""

from desk.diagrams import icons
from desk.diagrams.canvas import Box, Canvas, Pen
from desk.diagrams.drawing import Shape
from desk.diagrams.labels import inside
from engine.bpmn.document import BPMN, Document, local, of_kind

PLAIN_ICON_WIDTH = 1.3
COLLAPSIBLE = {"subProcess", "transaction", "adHocSubProcess", "callActivity"}
TASK_ICON = 0.9  # of the 16 units that the icons are drawn in
MARKER_STEP = 18.0


def draw_event(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A circle: thin where something starts, double in between, thick at the end; the icon says what happens."""
    throwing = shape.kind in ("endEvent", "intermediateThrowEvent")
    interrupting = shape.element.get(
        "cancelActivity" if shape.kind == "boundaryEvent" else "isInterrupting", "true"
    )
    radius = min(shape.box.width, shape.box.height) / 2
    middle = shape.box.middle
    outline = pen if interrupting == "true" else pen.but(dash="5 3.5", round=False)
    if shape.kind == "endEvent":
        outline = outline.but(width=max(3.5, pen.width + 1))
    canvas.circle(middle, radius, outline)
    if shape.kind in ("intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        canvas.circle(middle, radius - 3.5, outline.but(fill="none", width=1.3))
    draw_event_icon(canvas, document, shape, pen, throwing=throwing)


def draw_event_icon(
    canvas: Canvas, document: Document, shape: Shape, pen: Pen, *, throwing: bool
) -> None:
    """The sign of what the event waits for or causes; none for a plain event."""
    definitions = [of_kind(local(d)) for d in document.event_definitions(shape.element)]
    if not definitions:
        return
    kind = definitions[0]
    if len(definitions) > 1:
        parallel = shape.element.get("parallelMultiple") == "true"
        kind = "parallelMultiple" if parallel else "multiple"
    scale = min(shape.box.width, shape.box.height) / 36
    _event_sign(canvas, kind, shape.box, scale, pen, filled=throwing)


def _event_sign(
    canvas: Canvas, kind: str, box: Box, scale: float, pen: Pen, *, filled: bool
) -> None:
    sign = icons.EVENTS.get(kind)
    if sign is None or scale <= 0:
        return
    small = 0.92 * scale
    line = Pen(
        pen.stroke, pen.stroke if filled or kind == "terminate" else "none", PLAIN_ICON_WIDTH
    )
    if kind in ("timer", "conditional"):
        line = line.but(fill="none")
    canvas.icon(sign, box.middle, small, line)
    if kind == "message" and filled:
        canvas.icon(icons.ENVELOPE_FLAP, box.middle, small, Pen(pen.fill, width=1.4))


def draw_gateway(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A diamond with the sign of how it joins and splits."""
    box = shape.box
    x, y = box.middle
    canvas.polygon([(x, box.y), (box.right, y), (x, box.bottom), (box.x, y)], pen)
    scale = min(box.width, box.height) / 50
    if scale <= 0:
        return
    bold = Pen(pen.stroke, width=3.2 * scale)
    thin = Pen(pen.stroke, width=1.3)
    if shape.kind == "inclusiveGateway":
        canvas.circle(box.middle, 10.5 * scale, bold.but(width=2.6 * scale))
    elif shape.kind == "eventBasedGateway":
        starting = shape.element.get("instantiate") == "true"
        canvas.circle(box.middle, 14 * scale, thin)
        if not starting:
            canvas.circle(box.middle, 11.2 * scale, thin)
        parallel = shape.element.get("eventGatewayType") == "Parallel"
        canvas.icon(icons.PLUS if parallel else icons.PENTAGON, box.middle, scale, thin)
    elif shape.kind == "exclusiveGateway":
        if shape.attributes.get("isMarkerVisible") != "false":
            canvas.icon(icons.GATEWAYS[shape.kind], box.middle, scale, bold)
    elif shape.kind in icons.GATEWAYS:
        canvas.icon(icons.GATEWAYS[shape.kind], box.middle, scale, bold)


def draw_activity(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A task, sub-process or call: a rounded box with the sign of its kind, its markers and its name."""
    box, outline = shape.box, pen
    if shape.kind == "callActivity":
        outline = pen.but(width=max(4.0, pen.width + 2))
    event_driven = shape.element.get("triggeredByEvent") == "true"
    if event_driven:
        outline = pen.but(dash="1.5 4", width=max(1.8, pen.width))
    canvas.rectangle(box, outline, radius=10)
    if shape.kind == "transaction":
        canvas.rectangle(box.inset(3.5), pen.but(fill="none"), radius=7)
    called = _called_task(document, shape)
    icon = icons.TASKS.get(called or shape.kind)
    if icon is not None:
        _task_icon(canvas, shape, icon, pen)
    if event_driven and not shape.expanded:
        _start_of_event_subprocess(canvas, document, shape, pen)
    markers = [m for m in _markers(shape) if called is None or m != "collapsed"]
    _draw_markers(canvas, markers, box, pen)
    top = 16.0 if icon is not None else 4.0
    foot = 20.0 if markers else 4.0
    inside(canvas, shape, top=top, foot=foot, expanded=shape.expanded)


def _called_task(document: Document, shape: Shape) -> str | None:
    """The kind of task that a call activity calls, "userTask" for a global user task; None for a process."""
    if shape.kind != "callActivity":
        return None
    called = document.target(shape.element.get("calledElement"))
    kind = "" if called is None else local(called)
    if not kind.startswith("global"):
        return None
    name = kind.removeprefix("global")
    return name[0].lower() + name[1:]


def _task_icon(canvas: Canvas, shape: Shape, icon: str, pen: Pen) -> None:
    middle = (shape.box.x + 14, shape.box.y + 13)
    sending = shape.kind == "sendTask"
    if shape.kind == "receiveTask" and shape.element.get("instantiate") == "true":
        canvas.circle(middle, 9.5, Pen(pen.stroke, width=1.1))
        canvas.icon(icon, middle, 0.6, Pen(pen.stroke, width=1.1))
        return
    canvas.icon(icon, middle, TASK_ICON, Pen(pen.stroke, pen.stroke if sending else "none", 1.1))
    if sending:
        canvas.icon("M-8.5,-5.4L0,1.6L8.5,-5.4", middle, TASK_ICON, Pen(pen.fill, width=1.3))


def _start_of_event_subprocess(canvas: Canvas, document: Document, shape: Shape, pen: Pen) -> None:
    """A collapsed event sub-process shows in its corner by what it is started (figure 10.15)."""
    start = next(iter(shape.element.iterchildren(f"{{{BPMN}}}startEvent")), None)
    if start is None:
        return
    corner = Box(shape.box.x + 5, shape.box.y + 5, 18, 18)
    standing = start.get("isInterrupting", "true") == "true"
    canvas.circle(corner.middle, 9, Pen(pen.stroke, width=1.1, dash="" if standing else "3 2"))
    definitions = document.event_definitions(start)
    if definitions:
        kind = of_kind(local(definitions[0]))
        _event_sign(canvas, kind, corner, 0.5, pen, filled=False)


def _markers(shape: Shape) -> list[str]:
    """The signs at the foot of an activity, from left to right (§10.3.3, figure 10.7)."""
    element, found = shape.element, []
    if element.find(f"{{{BPMN}}}standardLoopCharacteristics") is not None:
        found.append("loop")
    many = element.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if many is not None:
        found.append("sequential" if many.get("isSequential") == "true" else "parallel")
    if element.get("isForCompensation") == "true":
        found.append("compensation")
    if shape.kind == "adHocSubProcess":
        found.append("adHoc")
    if shape.kind in COLLAPSIBLE and not shape.expanded:
        found.append("collapsed")
    return found


def _draw_markers(canvas: Canvas, markers: list[str], box: Box, pen: Pen) -> None:
    x = box.middle[0] - MARKER_STEP * (len(markers) - 1) / 2
    for index, marker in enumerate(markers):
        bold = marker in ("parallel", "sequential", "adHoc")
        canvas.icon(
            icons.MARKERS[marker],
            (x + index * MARKER_STEP, box.bottom - 10),
            0.95,
            Pen(pen.stroke, width=2.4 if bold else 1.3),
        )
