"""The designer part by part: several diagrams in a file, finding, copying, what steps say, FEEL wherever one types."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.designer import Designer, call, diagram, put
from tests.journeys.pictures import Pictures

FOLDER = "tests/parts"
HEAD = (
    '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:lanedesk="urn:lanedesk:bpmn:1.0" targetNamespace="t" id="d">'
)


def shape(element: str, x: int, y: int, more: str = "", width: int = 100, height: int = 80) -> str:
    return (
        f'<di:BPMNShape id="{element}_di" bpmnElement="{element}"{more}>'
        f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></di:BPMNShape>'
    )


def plane(name: str, of: str, shapes: str) -> str:
    return (
        f'<di:BPMNDiagram id="{of}_d" name="{name}"><di:BPMNPlane id="{of}_p" bpmnElement="{of}">'
        f"{shapes}</di:BPMNPlane></di:BPMNDiagram>"
    )


# Two diagrams; in the first a note and a collapsed sub-process, whose inside has a diagram of its own.
SEVERAL = (
    HEAD + '<process id="one" isExecutable="true"><subProcess id="sub" name="安装"><task id="inside" name="接线"/>'
    '</subProcess><task id="far" name="远处一步"/><textAnnotation id="note"><text>先断电</text></textAnnotation>'
    "</process>"
    '<process id="two"><task id="other" name="另一张图里"/></process>'
    + plane("第一张", "one", shape("sub", 200, 200, ' isExpanded="false"') + shape("far", 4000, 2000)
            + shape("note", 200, 100, width=120, height=40))
    + plane("安装的内部", "sub", shape("inside", 200, 200))
    + plane("第二张", "two", shape("other", 200, 200))
    + "</definitions>"
)  # fmt: skip
# One of each kind of step that is filled in below.
STEPS = (
    HEAD
    + '<process id="parts" isExecutable="true"><userTask id="review" name="复核"/><serviceTask id="tell" name="告知">'
    '<extensionElements><lanedesk:operator name="mail.send"/></extensionElements></serviceTask>'
    '<callActivity id="call" name="调用"/><businessRuleTask id="decide" name="定时限"/>'
    '<intermediateCatchEvent id="until" name="等到"><timerEventDefinition id="t"/></intermediateCatchEvent>'
    '<dataStoreReference id="visits" name="来访数"/></process>'
    + plane("", "parts", "".join(shape(one, 200 + n * 150, 200)
                                 for n, one in enumerate(("review", "tell", "call", "decide")))
            + shape("until", 800, 222, width=36, height=36) + shape("visits", 900, 215, width=50, height=50))
    + "</definitions>"
)  # fmt: skip
FORM = json.dumps(
    {
        "type": "default",
        "id": "claim",
        "schemaVersion": 18,
        "components": [
            {"type": "textfield", "id": "f1", "key": "what", "label": "事项"},
            {"type": "number", "id": "f2", "key": "amount", "label": "金额"},
            {"type": "textarea", "id": "f3", "key": "inner", "label": "内部意见"},
        ],
    },
    ensure_ascii=False,
)
TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" '
    'id="d" name="时限" namespace="t"><decision id="parts-hours" name="时限">'
    '<decisionTable id="table" hitPolicy="FIRST"><input id="i" label="等级">'
    '<inputExpression id="ix" typeRef="string"><text>level</text></inputExpression></input>'
    '<output id="o" label="小时" name="hours" typeRef="number"/><rule id="r"><inputEntry id="ri"><text>"vip"</text>'
    '</inputEntry><outputEntry id="ro"><text>2</text></outputEntry></rule></decisionTable></decision>'
    '<decision id="base" name="基数"><variable id="v" name="基数"/><literalExpression id="le"><text>1</text>'
    "</literalExpression></decision><dmndi:DMNDI><dmndi:DMNDiagram>"
    '<dmndi:DMNShape dmnElementRef="parts-hours"><dc:Bounds x="100" y="100" width="180" height="80"/></dmndi:DMNShape>'
    '<dmndi:DMNShape dmnElementRef="base"><dc:Bounds x="100" y="300" width="180" height="80"/></dmndi:DMNShape>'
    "</dmndi:DMNDiagram></dmndi:DMNDI></definitions>"
)


def content(page: Page, file: dict[str, Any]) -> str:
    """What the server holds of a file."""
    return str(call(page, "GET", f"/files/{file['id']}")["content"])


def test_several_diagrams_are_found_through_and_copied_from(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, f"{FOLDER}/several/several.bpmn", SEVERAL)
    target = put(page, f"{FOLDER}/several/target.bpmn", diagram("目标"))
    designer = Designer(page)
    designer.open(f"{FOLDER}/several/several.bpmn")
    expect(designer.shape("sub")).to_be_visible()

    # the other diagram of the file, and back
    chooser = page.locator(".ldz-editor:not([hidden]) .ldz-diagrams select")
    chooser.select_option("第二张")
    expect(designer.shape("other")).to_be_visible()
    chooser.select_option("第一张")
    # into the sub-process, and out again
    designer.shape("sub").click()
    page.locator(".bjs-drilldown").click()
    expect(designer.shape("inside")).to_be_visible()
    page.locator(".bjs-breadcrumbs a").first.click()
    expect(designer.shape("sub")).to_be_visible()

    # a note is read and written
    designer.select("note")
    expect(designer.field("text").locator("textarea")).to_have_value("先断电")
    designer.fill("text", "先断电，再拆机")
    expect(designer.shape("note")).to_contain_text("再拆机")

    # the map shows the whole; the search goes to what is out of sight
    page.get_by_role("button", name="缩略图").click()
    expect(page.locator(".djs-minimap.open .map")).to_be_visible()
    pictures.take(page, "map")
    page.get_by_role("button", name="缩略图").click()
    expect(page.locator(".djs-minimap.open")).to_have_count(0)
    designer.canvas.focus()
    page.keyboard.press("Control+f")
    expect(page.locator(".djs-search-input input")).to_be_focused()
    page.keyboard.type("远处")
    page.keyboard.press("End")  # as an input method does, it is looked for when a key comes up
    expect(page.locator(".djs-search-result")).to_have_count(1)
    pictures.take(page, "search")
    page.keyboard.press("Enter")
    expect(page.locator(".ldz-properties-head")).to_contain_text("远处一步")
    expect(designer.shape("far")).to_be_in_viewport()

    # copied here, pasted into another file; undone and done again
    designer.canvas.focus()
    page.keyboard.press("Control+c")
    designer.open(f"{FOLDER}/several/target.bpmn")
    expect(designer.shape("t0")).to_be_visible()
    designer.canvas.focus()
    page.mouse.move(900, 500)
    page.keyboard.press("Control+v")
    page.mouse.move(900, 520)
    page.mouse.click(900, 520)
    steps = page.locator(".ldz-editor:not([hidden]) .djs-shape:not(.djs-label) .djs-visual > rect")
    expect(steps).to_have_count(2)
    page.get_by_role("button", name="撤销").click()
    expect(steps).to_have_count(1)
    page.get_by_role("button", name="重做").click()
    expect(steps).to_have_count(2)
    pictures.take(page, "pasted")
    designer.saved()
    assert "远处一步" in content(page, target)


def test_what_a_step_says_is_filled_in_and_kept(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, f"{FOLDER}/steps/claim.form", FORM)
    put(page, f"{FOLDER}/steps/hours.dmn", TABLE)
    file = put(page, f"{FOLDER}/steps/steps.bpmn", STEPS)
    designer = Designer(page)
    designer.open(f"{FOLDER}/steps/steps.bpmn")

    # a human task shows some fields of its form, leaves others out, and ends with a button
    designer.select("review")
    designer.choose("form", "claim")
    designer.choose("field-what", "readonly")
    designer.choose("field-inner", "hidden")
    designer.choose("candidates", "role:agent")
    designer.field("outcomes-add").click()
    designer.fill("o0-name", "属实")
    designer.fill("o0-id", "true")
    designer.fill("o0-needs", "amount")
    pictures.take(page, "fields")
    # an action is tried again
    designer.select("tell")
    designer.fill("retries", "7")
    designer.fill("backoff", "PT2M")
    # a call and a decision are picked
    designer.select("call")
    designer.choose("called", "ticket-basic")
    designer.choose("called-binding", "fixed")
    designer.fill("called-version", "3")
    pictures.take(page, "call")
    designer.select("decide")
    designer.choose("decision", "parts-hours")
    designer.choose("binding", "latest")
    # a timer: the usual ones, the calendar, and what it means
    designer.select("until")
    page.locator(".ldz-quick").get_by_role("button", name="1 天").click()
    expect(page.locator("[data-sentence=timer]")).to_contain_text("1 天")
    designer.choose("timer-kind", "timeDate")
    page.get_by_label("从日历选择").fill("2030-05-06T09:30")
    expect(page.locator("[data-sentence=timer]")).to_contain_text("2030")
    pictures.take(page, "calendar")
    # a data store is named by its id, and declared where it is named
    designer.select("visits")
    designer.fill("store", "Visits")
    pictures.take(page, "store")
    designer.saved()
    said = content(page, file)
    for part in (
        'form="claim"', 'readonly="what"', 'hidden="inner"', '<lanedesk:outcome id="true" name="属实"',
        'needs="amount"',
        'retries="7"', 'backoff="PT2M"', 'calledElement="ticket-basic"', '<lanedesk:called version="3"',
        'key="parts-hours"', 'binding="latest"',
        ">2030-05-06T", 'dataStoreRef="Visits"', '<dataStore id="Visits"',
    ):  # fmt: skip
        assert part in said, part


def test_feel_is_checked_and_completed_wherever_it_is_typed(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, f"{FOLDER}/feel/feel.dmn", TABLE)
    put(page, f"{FOLDER}/feel/feel.form", FORM)
    designer = Designer(page)
    designer.open(f"{FOLDER}/feel/feel.dmn")
    shown = page.locator(".ldz-editor:not([hidden])")
    views = shown.locator(".ldz-views").get_by_role("tab")

    # a cell of a table; its empty cells and its notes
    views.filter(has_text="时限").click()
    cells = shown.locator("tbody tr").first.locator("td")
    cells.nth(2).click()
    completes_and_checks(page, cells.nth(2))
    pictures.take(page, "cell")
    write(page, "4")
    cells.nth(3).click()
    page.keyboard.type("按合同")
    shown.locator(".add-rule-add").last.click()
    fresh = shown.locator("tbody tr").nth(1).locator("td")
    expect(fresh.nth(1)).to_be_visible()
    expect(fresh.nth(1).locator("[data-placeholder]").first).to_have_attribute(
        "data-placeholder", "-"
    )
    # a literal expression
    views.filter(has_text="基数").click()
    box = shown.locator(".cm-content").first
    box.click()
    completes_and_checks(page, shown)
    pictures.take(page, "literal")
    write(page, "8")
    expect(box).to_have_text("8")
    designer.saved()

    # when a field of a form is hidden
    designer.open(f"{FOLDER}/feel/feel.form")
    shown.locator(".fjs-form-field", has_text="金额").first.click()
    panel = shown.locator(".fjs-properties-container")
    group = panel.locator(".bio-properties-panel-group", has_text="条件").first
    group.locator(".bio-properties-panel-group-header").click()
    group.locator(".cm-content, .bio-properties-panel-feel-editor-container").first.click()
    completes_and_checks(page, group)
    pictures.take(page, "condition")


def completes_and_checks(page: Page, place: Locator) -> None:
    """Typing offers functions; what cannot be read is marked where it is."""
    write(page, "fl")
    offered = page.locator(".cm-tooltip-autocomplete li")
    expect(offered.filter(has_text="floor").first).to_be_visible()
    write(page, "1 +")
    expect(place.locator(".cm-lintRange-error, .cm-lintPoint-error").first).to_be_attached()
    write(page, "1 + 1")
    expect(place.locator(".cm-lintRange-error, .cm-lintPoint-error")).to_have_count(0)
    expect(place.locator(".cm-content:focus")).to_have_count(1)  # it has the keys still


def write(page: Page, text: str) -> None:
    """In the place of what stands in the box that has the keys."""
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)
