"""The judge of the interchange pack sees what is lost, and lets pass what is free to differ."""

import pytest

from tests.conformance.miwg.compare import compare
from tests.conformance.miwg.hanging import hanging_on

HEAD = (
    '<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:v="urn:v" '
    'xmlns:i="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:c="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:w="http://www.omg.org/spec/DD/20100524/DI" targetNamespace="urn:t" xmlns:t="urn:t">'
)
BODY = (
    '<b:process id="p"><b:task id="a" name="A" v:x="1"><b:incoming>f</b:incoming></b:task>'
    '<b:task id="z"/><b:sequenceFlow id="f" sourceRef="z" targetRef="a"/>'
    '<b:boundaryEvent id="e" attachedToRef="a"/></b:process>'
    '<i:BPMNDiagram id="D"><i:BPMNPlane id="P" bpmnElement="p">'
    '<i:BPMNShape id="a_di" bpmnElement="t:a"><c:Bounds x="1" y="2.0" width="3" height="4"/></i:BPMNShape>'
    '<i:BPMNEdge id="f_di" bpmnElement="f"><w:waypoint x="1" y="2"/><w:waypoint x="9" y="2"/></i:BPMNEdge>'
    "</i:BPMNPlane></i:BPMNDiagram></b:definitions>"
)
FILE = HEAD + BODY


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<b:task id="z"/>', '\n  <b:task id="z"></b:task>\n'),
        ('x="1" y="2.0"', 'y="2" x="1.0"'),
        ('bpmnElement="t:a"', 'bpmnElement="a"'),
        ('<b:task id="z"/>', '<!-- note --><b:task id="z" isForCompensation="false"/>'),
        ('id="e" attachedToRef="a"', 'attachedToRef="a" cancelActivity="true" id="e"'),
    ],
)
def test_what_is_free_to_differ(old: str, new: str) -> None:
    assert compare(FILE.encode(), FILE.replace(old, new).encode()) == []


def test_prefixes_are_free() -> None:
    renamed = FILE.replace("<b:", "<bpmn:").replace("</b:", "</bpmn:").replace("xmlns:b=", "xmlns:bpmn=")
    assert compare(FILE.encode(), renamed.encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "sort"),
    [
        ('<b:task id="z"/>', "", "semantics"),
        (' v:x="1"', "", "foreign"),
        ('name="A"', 'name="B"', "semantics"),
        ("<b:incoming>f</b:incoming>", "", "semantics"),
        ("<b:incoming>f<", "<b:incoming>g<", "semantics"),
        ('x="9"', 'x="8"', "layout"),
        ('<w:waypoint x="9" y="2"/>', "", "layout"),
        ('id="e" attachedToRef="a"', 'id="e" attachedToRef="a" cancelActivity="false"', "semantics"),
        ('<b:task id="z"/>', '<b:task id="z"/><v:more/>', "foreign"),
        ('<i:BPMNDiagram id="D">', '<i:BPMNDiagram id="D2"/><i:BPMNDiagram id="D">', "layout"),
    ],
)
def test_what_is_not(old: str, new: str, sort: str) -> None:
    assert {one.sort for one in compare(FILE.encode(), FILE.replace(old, new).encode())} == {sort}


def test_what_was_moved_may_stand_elsewhere_with_what_hangs_on_it() -> None:
    moved = FILE.replace('x="1" y="2.0"', 'x="5" y="9"').replace('x="9" y="2"', 'x="9" y="7"')
    along = hanging_on(FILE.encode(), "a")
    assert along == {"a", "f", "e"}
    assert compare(FILE.encode(), moved.encode(), along) == []
    assert len(compare(FILE.encode(), moved.encode(), hanging_on(FILE.encode(), "p") - {"a"})) == 2
    lost = moved.replace(' v:x="1"', "")
    assert [one.sort for one in compare(FILE.encode(), lost.encode(), along)] == ["foreign"]


def test_order_counts_among_elements_of_one_kind() -> None:
    first, second = '<b:task id="z"/>', '<b:sequenceFlow id="f"'
    swapped = FILE.replace(first, "").replace('<b:task id="a"', f'{first}<b:task id="a"')
    assert [one.what for one in compare(FILE.encode(), swapped.encode())] == ["the order of task is another"]
    apart = FILE.replace(first, "").replace(second, f"{first}{second}")
    assert compare(FILE.encode(), apart.encode()) == []


def test_an_id_that_stands_twice_is_compared_in_order() -> None:
    twice = FILE.replace('<b:task id="z"/>', '<b:task id="z"/><b:task id="z" name="again"/>')
    assert compare(twice.encode(), twice.encode()) == []
    assert "task z is lost" in [one.what for one in compare(twice.encode(), FILE.encode())]
