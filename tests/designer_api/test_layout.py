"""Diagrams without a layout get one; nothing else of the file is touched."""

from pathlib import Path

import pytest
from lxml import etree

from designer_api.layout import with_layout
from tests.engine.diagrams import HEAD, diagram

DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
LIBRARY = Path(__file__).parents[2] / "bpmn_library"
BASIC = LIBRARY / "tickets/basic/ticket-basic.bpmn"
LOOPS = diagram(
    '<startEvent id="s"/><task id="a"/><task id="b"/><exclusiveGateway id="g"/><endEvent id="e"/>'
    '<boundaryEvent id="late" attachedToRef="a"/><task id="remind"/>'
    "s->a a->b b->g g->a[x] g->>e late->remind remind->e s->e"
)


def boxes(content: bytes) -> dict[str, tuple[float, float, float, float]]:
    root = etree.fromstring(content)
    return {
        shape.get("bpmnElement"): tuple(
            float(shape.find(f"{DC}Bounds").get(name)) for name in ("x", "y", "width", "height")
        )
        for shape in root.iter(f"{DI}BPMNShape")
    }


def edges(content: bytes) -> set[str]:
    return {edge.get("bpmnElement") for edge in etree.fromstring(content).iter(f"{DI}BPMNEdge")}


def through_steps(content: bytes) -> set[tuple[str, str]]:
    """(flow, step) where a flow runs through a step that is neither of its ends nor around them."""
    root = etree.fromstring(content)
    elements = {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}
    beside = ("participant", "lane", "dataObjectReference", "dataStoreReference", "textAnnotation")
    steps = {
        key: box
        for key, box in boxes(content).items()
        if etree.QName(elements[key]).localname not in beside
    }
    found = set()
    for edge in root.iter(f"{DI}BPMNEdge"):
        flow = elements[edge.get("bpmnElement")]
        if etree.QName(flow).localname != "sequenceFlow":
            continue
        ends = {flow.get("sourceRef"), flow.get("targetRef")}
        around = ends | {a.get("id") for end in ends for a in elements[end].iterancestors()}
        way = [(float(p.get("x")), float(p.get("y"))) for p in edge.iter(f"{WAYPOINT}waypoint")]
        for (x1, y1), (x2, y2) in zip(way, way[1:], strict=False):
            for key in steps.keys() - around:
                x, y, width, height = steps[key]
                if (
                    max(x1, x2) > x + 3
                    and min(x1, x2) < x + width - 3
                    and max(y1, y2) > y + 3
                    and min(y1, y2) < y + height - 3
                ):
                    found.add((flow.get("id"), key))
    return found


def overlapping(found: dict[str, tuple[float, float, float, float]]) -> list[tuple[str, str]]:
    names = sorted(found)
    return [
        (one, other)
        for i, one in enumerate(names)
        for other in names[i + 1 :]
        if found[one][0] < found[other][0] + found[other][2]
        and found[other][0] < found[one][0] + found[one][2]
        and found[one][1] < found[other][1] + found[other][3]
        and found[other][1] < found[one][1] + found[one][3]
    ]


def test_every_element_and_flow_is_drawn_and_none_covers_another() -> None:
    laid_out = with_layout(LOOPS)
    found = boxes(laid_out)
    assert set(found) == {"s", "a", "b", "g", "e", "late", "remind"}
    assert edges(laid_out) == {
        "s-a", "a-b", "b-g", "g-a", "g-e", "late-remind", "remind-e", "s-e",
    }  # fmt: skip
    assert overlapping(found) == [("a", "late")]  # it sits on its edge
    assert found["s"][0] < found["a"][0] < found["b"][0] < found["g"][0] < found["e"][0]


def test_flows_go_round_steps() -> None:
    assert through_steps(with_layout(LOOPS)) == set()
    diagrams = sorted(LIBRARY.rglob("*.bpmn"))
    assert diagrams
    for path in diagrams:
        root = etree.fromstring(path.read_bytes())
        for drawn in root.findall(f"{DI}BPMNDiagram"):
            root.remove(drawn)
        laid_out = with_layout(etree.tostring(root))
        assert edges(laid_out), path
        assert through_steps(laid_out) == set(), path


def test_the_rest_of_the_file_keeps_its_bytes() -> None:
    before = LOOPS.replace(b"<process", b"<!-- a note -->\r\n<process")
    after = with_layout(before)
    body = before.removesuffix(b"</definitions>")
    assert after.startswith(body)
    assert after.endswith(b"</definitions>")
    assert with_layout(after) == after


def test_a_file_with_a_layout_or_without_a_process_is_left_alone() -> None:
    content = BASIC.read_bytes()
    assert with_layout(content) == content
    for other in (b"", b"<a/>", b"<broken", f"{HEAD}</definitions>".encode()):
        assert with_layout(other) == other


def test_pools_and_lanes_hold_what_is_theirs() -> None:
    body = (
        '<laneSet id="ls"><lane id="l1" name="A"><flowNodeRef>a</flowNodeRef></lane>'
        '<lane id="l2" name="B"><flowNodeRef>b</flowNodeRef></lane></laneSet>'
        '<task id="a"/><task id="b"/>a->b'
    )
    pools = (
        '<collaboration id="c"><participant id="P1" processRef="p"/><participant id="P2" name="x"/>'
        '<messageFlow id="m" sourceRef="a" targetRef="P2"/></collaboration>'
    )
    laid_out = with_layout(diagram(body, outside=pools))
    found = boxes(laid_out)
    assert set(found) == {"P1", "P2", "l1", "l2", "a", "b"}
    for lane, task in (("l1", "a"), ("l2", "b")):
        assert found[lane][0] < found[task][0]
        assert found[lane][1] < found[task][1]
        assert found[task][1] + found[task][3] < found[lane][1] + found[lane][3]
        assert found[task][0] + found[task][2] < found[lane][0] + found[lane][2]
    assert found["P2"][1] > found["P1"][1] + found["P1"][3]
    assert edges(laid_out) == {"a-b", "m"}


def test_data_and_notes_stand_below_what_they_belong_to() -> None:
    def task(name: str, reads: str = "", writes: str = "") -> str:
        said = ""
        if reads:
            said += f'<dataInputAssociation id="{name}_in"><sourceRef>{reads}</sourceRef></dataInputAssociation>'
        if writes:
            said += f'<dataOutputAssociation id="{name}_out"><targetRef>{writes}</targetRef></dataOutputAssociation>'
        return f'<task id="{name}">{said}</task>'

    body = (
        '<laneSet id="ls"><lane id="l1"><flowNodeRef>a</flowNodeRef><flowNodeRef>c</flowNodeRef></lane>'
        '<lane id="l2"><flowNodeRef>b</flowNodeRef></lane></laneSet>'
        + task("a", writes="claim") + task("b", reads="claim", writes="count") + task("c", reads="sites")
        + '<dataObject id="o"/><dataObjectReference id="claim" dataObjectRef="o"/>'
        '<dataStoreReference id="count" dataStoreRef="Count"/><dataStoreReference id="sites" dataStoreRef="Sites"/>'
        '<dataStoreReference id="nobodys"/><textAnnotation id="note"><text>!</text></textAnnotation>'
        '<association id="as" sourceRef="note" targetRef="c"/>a->b b->c'
    )  # fmt: skip
    laid_out = with_layout(diagram(body))
    found = boxes(laid_out)
    assert overlapping({key: box for key, box in found.items() if key not in ("l1", "l2")}) == []
    for item, host, lane in (
        ("claim", "a", "l1"), ("count", "b", "l2"), ("sites", "c", "l1"), ("note", "c", "l1"),
    ):  # fmt: skip
        (x, y, width, height), (left, top, wide, high) = found[item], found[host]
        assert left - 60 <= x + width / 2 <= left + wide + 160, item
        assert top + high < y
        assert y + height < found[lane][1] + found[lane][3]
    assert found["nobodys"][1] > found["l2"][1] + found["l2"][3]
    assert edges(laid_out) == {"a-b", "b-c", "a_out", "b_in", "b_out", "c_in", "as"}


def test_what_is_inside_a_subprocess_stays_inside() -> None:
    body = (
        '<startEvent id="s"/><subProcess id="sub"><startEvent id="is"/><task id="it"/>is->it'
        '</subProcess><task id="next"/>s->sub sub->next'
    )
    found = boxes(with_layout(diagram(body)))
    sub, task = found["sub"], found["it"]
    assert sub[0] < task[0]
    assert task[0] + task[2] < sub[0] + sub[2]
    assert sub[1] < task[1]
    assert task[1] + task[3] < sub[1] + sub[3]
    assert found["next"][0] > sub[0] + sub[2]


@pytest.mark.parametrize("count", [3000])
def test_long_diagrams_are_laid_out_in_a_moment(count: int) -> None:
    tasks = "".join(f'<task id="t{i}"/>' for i in range(count))
    flows = " ".join(f"t{i}->t{i + 1}" for i in range(count - 1))
    found = boxes(with_layout(diagram(tasks + flows)))
    assert len(found) == count
