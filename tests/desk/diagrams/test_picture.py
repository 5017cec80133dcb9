"""Pictures of diagrams: every shape, every mark, and names that mean harm."""

import time
from pathlib import Path

import pytest

from desk.diagrams.canvas import DARK, LIGHT
from desk.diagrams.drawing import DrawingTooLarge, NoDrawing, planes
from desk.diagrams.marks import heat_colour
from desk.diagrams.picture import picture
from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS
from engine.bpmn.reading import UnreadableDiagram
from tests.desk.diagrams.drawn import HEAD, diagram, edge, of, read, shape, words

BASIC = Path("bpmn_library/tickets/basic/ticket-basic.bpmn").read_bytes()
TWO_TASKS = diagram(
    '<task id="a" name="受理"/><task id="b" name="处理"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>',
    shape("a", 0, 0, 100, 80) + shape("b", 200, 0, 100, 80) + edge("f", (100, 40), (200, 40)),
)


def signature(svg: str, element: str) -> tuple[tuple[str, ...], ...]:
    """What an element is drawn with, apart from its words."""
    return tuple(
        (
            node.tag,
            node.get("d", ""),
            node.get("stroke-dasharray", ""),
            node.get("stroke-width", ""),
        )
        for node in of(svg, element).iter()
        if not node.tag.endswith(("text", "tspan"))
    )


def test_everything_of_the_shipped_diagram_is_drawn() -> None:
    svg = picture(BASIC, locale="zh_CN")
    drawing = planes(BASIC, language="zh").drawing()
    drawn = {node.get("data-element") for node in read(svg).iter() if node.get("data-element")}
    assert drawn == {part.id for part in drawing.parts()}
    assert len(drawn) > 60
    written = "".join(words(svg))
    for part in drawing.parts():
        assert part.label.words in written


def test_names_are_in_the_readers_language() -> None:
    assert "派发工单" in words(picture(BASIC, locale="zh_CN"))
    english = " ".join(words(picture(BASIC, locale="en")))
    assert "Dispatch the ticket" in english
    assert "派发工单" not in english


@pytest.mark.parametrize("kind", sorted(ACTIVITIES | GATEWAYS | EVENTS))
def test_every_kind_of_node_is_drawn(kind: str) -> None:
    svg = picture(
        diagram(f'<{kind} id="n" name="名"/>', shape("n", 10, 10, 50, 50)), locale="zh_CN"
    )
    assert of(svg, "n") is not None
    assert words(svg) == ["名"]


DEFINITIONS = ["message", "timer", "error", "escalation", "cancel", "compensate", "conditional",
               "link", "signal", "terminate"]  # fmt: skip


def test_event_definitions_are_told_apart() -> None:
    events = "".join(
        f'<endEvent id="{kind}"><{kind}EventDefinition/></endEvent>' for kind in DEFINITIONS
    )
    several = "<messageEventDefinition/><timerEventDefinition/>"
    events += f'<startEvent id="many">{several}</startEvent>'
    events += f'<startEvent id="all" parallelMultiple="true">{several}</startEvent>'
    ids = [*DEFINITIONS, "many", "all"]
    svg = picture(
        diagram(events, "".join(shape(i, 50 * n, 0, 36, 36) for n, i in enumerate(ids))),
        locale="en",
    )
    icons = {signature(svg, i)[-1 if i != "message" else -2][1] for i in ids}
    assert len(icons) == len(ids)


def test_events_that_do_not_interrupt_are_dashed_and_ends_are_thick() -> None:
    svg = picture(
        diagram(
            '<task id="t"/><boundaryEvent id="stops" attachedToRef="t"/>'
            '<boundaryEvent id="goes_on" attachedToRef="t" cancelActivity="false"/>'
            '<startEvent id="start"/><endEvent id="end"/>',
            "".join(
                shape(i, 60 * n, 0, 36, 36)
                for n, i in enumerate(("t", "stops", "goes_on", "start", "end"))
            ),
        ),
        locale="en",
    )
    assert all(not dash for _, _, dash, _ in signature(svg, "stops"))
    assert [dash for _, _, dash, _ in signature(svg, "goes_on")][1:] == ["5 3.5", "5 3.5"]
    assert len(signature(svg, "stops")) == 3  # the group and two circles
    assert len(signature(svg, "start")) == 2
    assert float(signature(svg, "end")[1][3]) > float(signature(svg, "start")[1][3])


def test_markers_of_activities() -> None:
    many = '<multiInstanceLoopCharacteristics isSequential="{}"/>'
    svg = picture(
        diagram(
            '<task id="plain"/><task id="loop"><standardLoopCharacteristics/></task>'
            f'<task id="parallel">{many.format("false")}</task>'
            f'<task id="sequential">{many.format("true")}</task>'
            '<task id="undo" isForCompensation="true"/>'
            '<subProcess id="folded"/><adHocSubProcess id="free"/>',
            "".join(
                shape(i, 120 * n, 0, 100, 80)
                for n, i in enumerate(
                    ("plain", "loop", "parallel", "sequential", "undo", "folded", "free")
                )
            ),
        ),
        locale="en",
    )
    ids = ("plain", "loop", "parallel", "sequential", "undo", "folded", "free")
    assert len({tuple(d for _, d, _, _ in signature(svg, i)) for i in ids}) == len(ids)
    assert len(signature(svg, "plain")) == 2
    assert len(signature(svg, "free")) == 4  # ad hoc, and folded


CONDITION = "<conditionExpression>x</conditionExpression>"


def test_flows_with_conditions_defaults_and_messages() -> None:
    svg = picture(
        diagram(
            '<task id="a" default="usual"/><task id="b"/><exclusiveGateway id="g"/>'
            '<sequenceFlow id="usual" sourceRef="a" targetRef="b"/>'
            f'<sequenceFlow id="when" sourceRef="a" targetRef="b">{CONDITION}</sequenceFlow>'
            f'<sequenceFlow id="gated" sourceRef="g" targetRef="b">{CONDITION}</sequenceFlow>'
            '<association id="words" sourceRef="a" targetRef="b"/>',
            "".join(
                edge(i, (0, n), (90, n)) for n, i in enumerate(("usual", "when", "gated", "words"))
            ),
        ),
        locale="en",
    )
    assert len(signature(svg, "gated")) == 3  # the group, the line, the arrow
    assert len(signature(svg, "usual")) == 4  # and the slash
    assert len(signature(svg, "when")) == 4  # and the diamond
    assert signature(svg, "words")[1][2]
    assert len(signature(svg, "words")) == 2  # undirected


def test_surroundings_are_drawn() -> None:
    elements = (
        '<dataObjectReference id="sheet" name="单据"><dataState name="已签"/></dataObjectReference>'
        '<dataStoreReference id="store" name="档案"/><textAnnotation id="note"><text>说明文字</text></textAnnotation>'
        '<group id="group" categoryValueRef="v"/>'
    )
    shapes = shape("sheet", 0, 0, 36, 50) + shape("store", 60, 0, 50, 50)
    shapes += shape("note", 130, 0, 100, 30) + shape("group", 0, 80, 300, 90)
    category = '<category id="c"><categoryValue id="v" value="阶段"/></category><process'
    xml = diagram(elements, shapes).replace(b"<process", category.encode(), 1)
    svg = picture(xml, locale="zh_CN")
    assert {"单据 [已签]", "档案", "说明文字", "阶段"} <= set(words(svg))


def test_pools_lanes_and_conversations() -> None:
    xml = (
        f'{HEAD}<collaboration id="c"><participant id="own" name="服务台" processRef="p"/>'
        '<participant id="black" name="客户"/><messageFlow id="m" sourceRef="black" targetRef="own"/>'
        '<conversation id="talk" name="洽谈"/><conversationLink id="link" sourceRef="own" targetRef="talk"/>'
        '</collaboration><process id="p"><laneSet><lane id="lane" name="派单"/></laneSet></process>'
        '<di:BPMNDiagram><di:BPMNPlane bpmnElement="c">'
        + shape("own", 0, 100, 600, 200, 'isHorizontal="true"')
        + shape("lane", 30, 100, 570, 200, 'isHorizontal="true"')
        + shape("black", 0, 0, 600, 60, 'isHorizontal="true"')
        + shape("talk", 700, 50, 80, 60)
        + edge("m", (300, 60), (300, 100))
        + edge("link", (600, 80), (700, 80))
        + "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    ).encode()
    svg = picture(xml, locale="zh_CN")
    turned = [t for t in read(svg).iter("{*}text") if "rotate(-90" in t.get("transform", "")]
    assert ["".join(t.itertext()) for t in turned] == ["服务台", "派单"]
    assert {"客户", "洽谈"} <= set(words(svg))
    assert len(of(svg, "link")) == 2  # a double line


def test_choreography_bands() -> None:
    xml = (
        f'{HEAD}<choreography id="c"><participant id="x" name="甲"/><participant id="y" name="乙"/>'
        '<choreographyTask id="t" name="约定"><participantRef>x</participantRef></choreographyTask></choreography>'
        '<di:BPMNDiagram><di:BPMNPlane bpmnElement="c">'
        + shape("t", 0, 0, 100, 80)
        + shape("x", 0, 0, 100, 20, 'participantBandKind="top_initiating"')
        + shape("y", 0, 60, 100, 20, 'participantBandKind="bottom_non_initiating"')
        + "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    ).encode()
    svg = picture(xml, locale="zh_CN")
    assert words(svg) == ["约定", "甲", "乙"]
    assert of(svg, "x")[0].get("fill") != of(svg, "y")[0].get("fill")


def test_tokens_path_and_failure_are_seen() -> None:
    svg = picture(
        TWO_TASKS,
        locale="zh_CN",
        tokens=["b", "b"],
        passed=["a", "f"],
        failed=["b"],
        notes={"a": "3 h"},
    )
    assert of(svg, "a")[0].get("stroke") == LIGHT.passed
    assert of(svg, "f")[0].get("stroke") == LIGHT.passed
    assert of(svg, "b")[0].get("stroke") == LIGHT.danger
    assert words(svg)[-3:] == ["3 h", "!", "2"]
    one = picture(TWO_TASKS, locale="zh_CN", tokens={"b": 1500})
    assert words(one)[-1] == "1k"
    assert of(one, "b")[0].get("stroke") == LIGHT.brand


def test_heat_colours_nodes_and_widens_flows() -> None:
    svg = picture(TWO_TASKS, locale="zh_CN", heat={"a": 0.0, "b": 7, "f": 1.0})
    assert of(svg, "a")[0].get("fill") == heat_colour(0, LIGHT)
    assert of(svg, "b")[0].get("fill") == heat_colour(1, LIGHT)
    assert float(of(svg, "f")[0].get("stroke-width")) > 5


def test_dark_is_dark_also_where_the_file_names_colours() -> None:
    coloured = TWO_TASKS.replace(
        b'bpmnElement="a" ',
        b'bpmnElement="a" xmlns:c="http://bpmn.io/schema/bpmn/biocolor/1.0" c:fill="#c0ffee" c:stroke="url(#x)" ',
    )
    assert of(picture(coloured, locale="en"), "a")[0].get("fill") == "#c0ffee"
    assert of(picture(coloured, locale="en"), "a")[0].get("stroke") == LIGHT.ink
    dark = picture(coloured, locale="en", theme="dark")
    assert of(dark, "a")[0].get("fill") == DARK.fill
    assert read(dark)[0].get("fill") == DARK.paper


HOSTILE = '"/&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u202egnol \u0300\u0300 &amp;amp; ]]&gt;'


def test_hostile_names_stay_words() -> None:
    xml = diagram(
        f'<task id="n" name=\'{HOSTILE}\'/><textAnnotation id="a"><text>{HOSTILE}</text></textAnnotation>',
        shape("n", 0, 0, 100, 80) + shape("a", 0, 100, 300, 30),
    )
    svg = picture(xml, locale="en", notes={"n": "<b>\x00\x1b\ud800</b>"})
    assert not read(svg).xpath('.//*[local-name()="script" or local-name()="b"]')
    assert "\u202e" not in svg
    assert "<b></b>" in words(svg)
    names = {node.tag.partition("}")[2] for node in read(svg).iter()}
    assert names <= {"svg", "g", "rect", "path", "circle", "text", "tspan"}
    assert all(
        not name.startswith("on") and name not in ("style", "href", "id", "class")
        for node in read(svg).iter()
        for name in node.attrib
    )


def test_long_names_are_cut_inside_their_box_and_end_in_time() -> None:
    started = time.perf_counter()
    svg = picture(
        diagram(f'<task id="n" name="{"很长的名字" * 20000}"/>', shape("n", 0, 0, 100, 80)),
        locale="zh",
    )
    assert time.perf_counter() - started < 1
    lines = words(svg)
    assert len(lines) <= 7
    assert lines[-1].endswith("…")
    box = read(svg).get("viewBox").split()
    assert float(box[2]) <= 130


@pytest.mark.parametrize("number", ["NaN", "1e400", "-inf", "", "x", "9999999"])
def test_a_shape_with_impossible_numbers_is_left_out_and_the_rest_drawn(number: str) -> None:
    broken = shape("a", 0, 0, 100, 80).replace('x="0"', f'x="{number}"')
    xml = diagram('<task id="a"/><task id="b"/>', broken + shape("b", 0, 0, 100, 80))
    svg = picture(xml, locale="en")
    assert 'data-element="a"' not in svg
    assert 'data-element="b"' in svg


def test_shapes_of_nothing_and_edges_of_one_point() -> None:
    xml = diagram(
        '<task id="a"/><sequenceFlow id="f"/><sequenceFlow id="g"/><exclusiveGateway id="x"/><startEvent id="s"/>',
        shape("gone", 0, 0, 9, 9) + edge("f", (1, 1)) + edge("g", (1, 1), (1, 1)) + shape("a", 0, 0, 0, 0)
        + shape("x", 0, 0, 0, 0) + shape("s", 0, 0, 0, 0),
    )  # fmt: skip
    svg = picture(xml, locale="en", tokens=["a", "g", "gone"])
    assert 'data-element="g"' in svg
    assert 'data-element="f"' not in svg


def test_what_cannot_be_drawn_says_so() -> None:
    with pytest.raises(NoDrawing):
        picture(f"{HEAD}</definitions>".encode(), locale="en")
    with pytest.raises(NoDrawing, match="other"):
        picture(TWO_TASKS, locale="en", plane="other")
    with pytest.raises(UnreadableDiagram):
        picture(b"<!DOCTYPE x [<!ENTITY e 'x'>]><x>&e;</x>", locale="en")
    with pytest.raises(UnreadableDiagram):
        picture(b"\x00", locale="en")
    with pytest.raises(DrawingTooLarge):
        picture(diagram('<task id="a"/>', shape("a", 0, 0, 1, 1) * 20_001), locale="en")


def test_a_drawing_of_its_own_for_a_subprocess() -> None:
    second = (
        '<di:BPMNDiagram><di:BPMNPlane bpmnElement="sub">'
        + shape("inner", 0, 0, 100, 80)
        + "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    )
    xml = diagram(
        '<subProcess id="sub" name="外"><task id="inner" name="内"/></subProcess>',
        shape("sub", 0, 0, 100, 80),
    ).replace(b"</definitions>", second.encode())
    assert planes(xml, language="zh").ids() == ["p", "sub"]
    assert words(picture(xml, locale="zh_CN")) == ["外"]
    assert words(picture(xml, locale="zh_CN", plane="sub")) == ["内"]
