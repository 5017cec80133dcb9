"""Diagrams written in tests, and pictures read back."""

from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:dd="http://www.omg.org/spec/DD/20100524/DI"'
    ' xmlns:l="urn:lanedesk:bpmn:1.0" id="d" targetNamespace="t">'
)


def diagram(elements: str, shapes: str, *, plane: str = "p") -> bytes:
    """A file with these elements in a process `p` and these shapes."""
    return (
        f'{HEAD}<process id="p" name="流程">{elements}</process>'
        f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="{plane}">{shapes}</di:BPMNPlane></di:BPMNDiagram>'
        "</definitions>"
    ).encode()


def shape(element: str, x: float, y: float, width: float, height: float, more: str = "") -> str:
    """One BPMNShape."""
    return (
        f'<di:BPMNShape bpmnElement="{element}" {more}>'
        f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></di:BPMNShape>'
    )


def edge(element: str, *points: tuple[float, float], more: str = "") -> str:
    """One BPMNEdge."""
    written = "".join(f'<dd:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<di:BPMNEdge bpmnElement="{element}" {more}>{written}</di:BPMNEdge>'


def read(svg: str) -> Any:
    """The picture as XML."""
    return etree.fromstring(svg)


def of(svg: str, element: str) -> Any:
    """The group that draws an element."""
    found = read(svg).xpath(f'.//*[@data-element="{element}"]')
    assert len(found) == 1, (element, found)
    return found[0]


def words(svg: str) -> list[str]:
    """The lines of text, in the order in which they are drawn."""
    return [
        "".join(span.itertext()) for span in read(svg).iter("{http://www.w3.org/2000/svg}tspan")
    ]
