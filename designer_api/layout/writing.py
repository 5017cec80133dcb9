"""Writes a layout into a file that has none: as text before the end of the root, so that all else keeps its bytes."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from designer_api.files.contents import bytes_of, text_of
from designer_api.layout.routing import Point, runs_through, way_round
from designer_api.layout.scopes import (
    BESIDE,
    BORDER,
    GAP_Y,
    SUBPROCESSES,
    Box,
    Placed,
    data_associations,
    place,
)
from engine.bpmn.document import BPMN, Element, local
from engine.bpmn.reading import UnreadableDiagram, read_xml

CELL = 200.0  # of the page, to look up what stands in it
HEADER = 30.0  # of a pool or a lane, on the left
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
NAMESPACES = (
    f'xmlns:bpmndi="{DI}" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
)
_END = re.compile(r"</(?:[\w.-]+:)?definitions\s*>\s*(?:<!--.*?-->\s*)*$", re.DOTALL)


def with_layout(content: bytes) -> bytes:
    """The file with a layout of its processes and pools; the same bytes where it has one, or cannot be read."""
    try:
        root = read_xml(content)
    except UnreadableDiagram:
        return content
    if local(root) != "definitions" or root.find(f".//{{{DI}}}BPMNShape") is not None:
        return content
    text = text_of(content)
    end = _END.search(text)
    plane = _Plane(root)
    if end is None or not plane.drawn:
        return content
    return bytes_of(text[: end.start()] + plane.text() + text[end.start() :])


class _Plane:
    """All shapes and edges of one diagram."""

    def __init__(self, root: Element) -> None:
        self.lines: list[str] = []
        self.boxes: dict[str, Box] = {}
        self.ways: list[list[Point]] = []
        collaboration = root.find(f"{{{BPMN}}}collaboration")
        processes = {p.get("id"): p for p in root.iterfind(f"{{{BPMN}}}process")}
        self.of = ""
        if collaboration is not None and collaboration.get("id"):
            self.of = collaboration.get("id")
            self._pools(collaboration, processes)
        elif processes:
            self.of, process = next(iter(processes.items()))
            self._process(process, 0.0, 0.0)

    @property
    def drawn(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.boxes) and bool(self.of)

    def text(self) -> str:
        """The BPMNDiagram."""
        body = "\n      ".join(self.lines)
        return (
            f'  <bpmndi:BPMNDiagram {NAMESPACES} id="Layout_diagram">\n'
            f'    <bpmndi:BPMNPlane id="Layout_plane" bpmnElement={quoteattr(self.of)}>\n      '
            f"{body}\n    </bpmndi:BPMNPlane>\n  </bpmndi:BPMNDiagram>\n"
        )

    def _pools(self, collaboration: Element, processes: dict[str, Element]) -> None:
        y = 0.0
        placed: list[tuple[Element, Element | None, Placed | None]] = []
        for pool in collaboration.iterfind(f"{{{BPMN}}}participant"):
            process = processes.get((pool.get("processRef") or "").rpartition(":")[2])
            placed.append((pool, process, None if process is None else place(process)))
        widest = max((p.width for _, _, p in placed if p is not None), default=600.0)
        for pool, process, inside in placed:
            height = 60.0 if inside is None else inside.height
            header = 2 * HEADER if inside is not None and inside.lanes else HEADER
            self._shape(
                pool.get("id"), Box(0, y, widest + 2 * HEADER, height), ' isHorizontal="true"'
            )
            if process is not None and inside is not None:
                for lane in inside.lanes.values():
                    lane.width = widest + HEADER - (header - HEADER)
                self._inside(process, inside, header, y)
            y += height + GAP_Y
        for flow in collaboration.iterfind(f"{{{BPMN}}}messageFlow"):
            self._message(flow)

    def _process(self, process: Element, x: float, y: float) -> None:
        self._inside(process, place(process), x, y)

    def _inside(self, process: Element, placed: Placed, x: float, y: float) -> None:
        for key, lane in placed.lanes.items():
            box = lane.moved(x - HEADER, y)
            self._shape(
                key, Box(box.x, box.y, lane.width + HEADER, box.height), ' isHorizontal="true"'
            )
        elements = {e.get("id"): e for e in process.iter() if e.get("id")}
        for key, box in sorted(
            placed.boxes.items(), key=lambda item: -item[1].width * item[1].height
        ):
            expanded = ' isExpanded="true"' if _kind(elements, key) in SUBPROCESSES else ""
            self._shape(key, box.moved(x, y), expanded)
        steps = _Steps(elements, {key: self.boxes[key] for key in placed.boxes})
        whole = Box(x, y, placed.width, placed.height)
        for key, source, target in placed.flows:
            way = list(self._way(source, target, placed, whole.bottom))
            self._edge(key, steps.round(way, source, target, whole, self.ways))
        for element in process.iter(f"{{{BPMN}}}association"):
            self._straight(element, element.get("sourceRef"), element.get("targetRef"))
        for node in elements.values():
            for element in data_associations(node):
                ends = {local(end): (end.text or "").strip() for end in element}
                if local(element) == "dataInputAssociation":
                    self._straight(element, ends.get("sourceRef"), node.get("id"))
                else:
                    self._straight(element, node.get("id"), ends.get("targetRef"))

    def _shape(self, key: str | None, box: Box, more: str = "") -> None:
        if not key:
            return
        self.boxes[key] = box
        self.lines.append(
            f"<bpmndi:BPMNShape id={quoteattr(f'{key}_di')} bpmnElement={quoteattr(key)}{more}>"
            f'<dc:Bounds x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"/>'
            "</bpmndi:BPMNShape>"
        )

    def _edge(self, key: str, points: list[Point]) -> None:
        self.ways.append(points)
        way = "".join(f'<di:waypoint x="{x:g}" y="{y:g}"/>' for x, y in points)
        self.lines.append(
            f"<bpmndi:BPMNEdge id={quoteattr(f'{key}_di')} bpmnElement={quoteattr(key)}>{way}"
            "</bpmndi:BPMNEdge>"
        )

    def _way(self, source: str, target: str, placed: Placed, bottom: float) -> Iterator[Point]:
        """Orthogonal: straight on, by the gap between columns, over what stands between, or back below all."""
        a, b = self.boxes[source], self.boxes[target]
        steps = placed.columns.get(target, 0) - placed.columns.get(source, 0)
        falls = a.height == 36.0 and a.bottom > a.y and self._on_edge(source, a)
        if steps <= 0 and not falls:
            low = bottom - BORDER / 3
            yield a.x + a.width / 2, a.bottom
            yield a.x + a.width / 2, low
            yield b.x + b.width / 2, low
            yield b.x + b.width / 2, b.bottom
            return
        if falls:
            yield a.x + a.width / 2, a.bottom
            if b.x > a.right:
                yield a.x + a.width / 2, b.middle
                yield b.x, b.middle
            else:
                yield a.x + a.width / 2, a.bottom + 20
                yield b.x + b.width / 2, a.bottom + 20
                yield b.x + b.width / 2, b.y if b.y > a.bottom else b.bottom
            return
        yield a.right, a.middle
        if steps == 1 or not self._between(a, b, a.middle):
            if abs(a.middle - b.middle) >= 1:
                gap = b.x - 30
                yield gap, a.middle
                yield gap, b.middle
        else:
            over = min(one.y for one in (a, b, *self._between(a, b, a.middle))) - 15
            yield a.right + 20, a.middle
            yield a.right + 20, over
            yield b.x - 20, over
            yield b.x - 20, b.middle
        yield b.x, b.middle

    def _on_edge(self, key: str, box: Box) -> bool:
        """Whether the event sits on the lower edge of an activity."""
        return any(
            other != key and abs(one.bottom - box.middle) < 1 and one.x <= box.x <= one.right
            for other, one in self.boxes.items()
            if one.height >= 80
        )

    def _between(self, a: Box, b: Box, y: float) -> list[Box]:
        """What stands between them at that height."""
        return [
            one
            for one in self.boxes.values()
            if one.x >= a.right and one.right <= b.x and one.y <= y <= one.bottom
        ]

    def _straight(self, element: Element, source: str | None, target: str | None) -> None:
        a, b = self.boxes.get(source or ""), self.boxes.get(target or "")
        if a is None or b is None or not element.get("id"):
            return
        start = a.bottom if a.bottom <= b.y else a.y if b.bottom <= a.y else a.middle
        end = b.y if a.bottom <= b.y else b.bottom if b.bottom <= a.y else b.middle
        self._edge(element.get("id"), [(a.x + a.width / 2, start), (b.x + b.width / 2, end)])

    def _message(self, flow: Element) -> None:
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        self._straight(flow, _own(source), _own(target))


class _Steps:
    """The steps of a process where they stand, by cells of the page, for flows that must go round them."""

    def __init__(self, elements: dict[str, Element], boxes: dict[str, Box]) -> None:
        self.elements = elements
        # flows may pass data and notes
        self.boxes = {key: box for key, box in boxes.items() if _kind(elements, key) not in BESIDE}
        self.cells: dict[tuple[int, int], list[str]] = {}
        for key, box in self.boxes.items():
            for cell in _cells(box):
                self.cells.setdefault(cell, []).append(key)

    def round(
        self, way: list[Point], source: str, target: str, whole: Box, others: list[list[Point]]
    ) -> list[Point]:
        """The way itself where it runs through no step, else one round them; the same where there is none."""
        around = {source, target, *self._ancestors(source), *self._ancestors(target)}
        met = {
            key
            for a, b in zip(way, way[1:], strict=False)
            for cell in _cells(
                Box(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1]))
            )
            for key in self.cells.get(cell, ())
        }
        if not any(runs_through(way, self.boxes[key]) for key in met - around):
            return way
        inside = next((key for key in self._ancestors(source) if key in self.boxes), None)
        found = way_round(
            self.boxes[source],
            self.boxes[target],
            [box for key, box in self.boxes.items() if key not in around],
            hosts=(self._host(source), self._host(target)),
            within=self.boxes[inside] if inside else whole,
            others=others,
        )
        return found or way

    def _ancestors(self, key: str) -> list[str]:
        return [e.get("id") for e in self.elements[key].iterancestors() if e.get("id")]

    def _host(self, key: str) -> Box | None:
        return self.boxes.get(self.elements[key].get("attachedToRef") or "")


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box.x // CELL), int(box.right // CELL) + 1):
        for row in range(int(box.y // CELL), int(box.bottom // CELL) + 1):
            yield column, row


def _kind(elements: dict[str, Element], key: str) -> str:
    return local(elements[key]) if key in elements else ""


def _own(reference: str | None) -> str | None:
    return reference.rpartition(":")[2] if reference else None
