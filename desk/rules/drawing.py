"""BPMN as it is drawn: elements with their flows, and where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

# Where things stand in the picture, in pixels.
LEFT, TOP, STEP, ROW = 200, 120, 170, 130
BOX_W, BOX_H, CIRCLE, DIAMOND = 120, 80, 36, 50


@dataclass
class Picture:
    """What has been drawn so far: nodes with their middle, flows with their bends."""

    boxes: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    edges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    expanded: set[str] = field(default_factory=set)

    def place(self, id: str, x: int, y: int, width: int, height: int) -> None:
        """Around the middle (x, y)."""
        self.boxes[id] = (x - width // 2, y - height // 2, width, height)

    def connect(self, flow: str, source: str, target: str) -> None:
        """From the right side of one to the left side of the other; up or down in between, where they differ."""
        x, y, width, height = self.boxes[source]
        tx, ty, _, target_height = self.boxes[target]
        start, end = (x + width, y + height // 2), (tx, ty + target_height // 2)
        if start[1] == end[1]:
            self.edges[flow] = [start, end]
        elif width == DIAMOND:  # a gateway is left downwards
            middle = x + width // 2
            self.edges[flow] = [(middle, y + height), (middle, end[1]), end]
        else:
            bend = end[0] - 25
            self.edges[flow] = [start, (bend, start[1]), (bend, end[1]), end]


@dataclass
class Body:
    """The elements of a process or sub-process, and the flows between them."""

    nodes: list[tuple[str, str, str]] = field(
        default_factory=list
    )  # tag, id, inner XML with attributes
    flows: list[tuple[str, str, str, str | None]] = field(default_factory=list)

    def add(self, tag: str, id: str, attributes: str = "", content: str = "") -> None:
        """An element; its incoming and outgoing flows are written at the end."""
        self.nodes.append((tag, id, f"{attributes}\0{content}"))

    def flow(self, source: str, target: str, condition: str | None = None) -> str:
        """A sequence flow; its id says where it goes."""
        id = f"{source}_to_{target}"
        self.flows.append((id, source, target, condition))
        return id

    def xml(self, indent: str) -> Iterator[str]:
        """The elements, then the flows."""
        for tag, id, both in self.nodes:
            attributes, content = both.split("\0", 1)
            yield f"{indent}<bpmn:{tag} id={quoteattr(id)}{attributes}>"
            before, mark, after = content.partition("\1")
            yield from filter(None, [before])
            for flow, source, target, _ in self.flows:
                if target == id:
                    yield f"{indent}  <bpmn:incoming>{flow}</bpmn:incoming>"
                if source == id:
                    yield f"{indent}  <bpmn:outgoing>{flow}</bpmn:outgoing>"
            yield from filter(None, [after])
            yield f"{indent}</bpmn:{tag}>"
        for flow, source, target, condition in self.flows:
            start = (
                f'{indent}<bpmn:sequenceFlow id="{flow}" sourceRef="{source}" targetRef="{target}"'
            )
            if condition is None:
                yield f"{start}/>"
            else:
                yield (
                    f'{start}><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                    f"{escape(condition)}</bpmn:conditionExpression></bpmn:sequenceFlow>"
                )


def drawing(process: str, picture: Picture) -> Iterator[str]:
    """The picture as BPMN's diagram interchange."""
    yield f'  <bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement={quoteattr(process)}>'
    ordered = sorted(picture.boxes, key=lambda id: id not in picture.expanded)
    for id in ordered:
        x, y, width, height = picture.boxes[id]
        more = (
            ' isExpanded="true"'
            if id in picture.expanded
            else ' isMarkerVisible="true"'
            if width == DIAMOND
            else ""
        )
        label = ""
        if width in (CIRCLE, DIAMOND):
            above = y - 20 if width == DIAMOND else y + height + 4
            label = f'<bpmndi:BPMNLabel><dc:Bounds x="{x + width // 2 - 45}" y="{above}" width="90" height="14"/></bpmndi:BPMNLabel>'
        yield (
            f'    <bpmndi:BPMNShape id="{id}_di" bpmnElement="{id}"{more}>'
            f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/>{label}</bpmndi:BPMNShape>'
        )
    for flow, points in picture.edges.items():
        bends = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
        yield f'    <bpmndi:BPMNEdge id="{flow}_di" bpmnElement="{flow}">{bends}</bpmndi:BPMNEdge>'
    yield "  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
