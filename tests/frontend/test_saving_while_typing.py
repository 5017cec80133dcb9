"""Ctrl S in the middle of typing: the very next draft has what was typed, in whatever kind of box."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.conformance.miwg.designer import Designer, designer

TABLE = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'id="d" name="hours" namespace="t"><decision id="hours" name="Hours"><decisionTable id="table" hitPolicy="FIRST">'
    '<input id="i" label="Level"><inputExpression id="ix" typeRef="string"><text>level</text></inputExpression></input>'
    '<output id="o" label="Hours" name="hours" typeRef="number"/><annotation name="Why"/><rule id="r">'
    '<inputEntry id="ri"><text>"vip"</text></inputEntry><outputEntry id="ro"><text>2</text></outputEntry>'
    "<annotationEntry><text>signed</text></annotationEntry></rule></decisionTable></decision></definitions>"
)
EXPRESSION = (
    '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'id="d" name="base" namespace="t"><decision id="base" name="Base"><variable id="v" name="Base"/>'
    '<literalExpression id="le"><text>1</text></literalExpression></decision>'
    '<businessKnowledgeModel id="bkm" name="Twice"><variable id="bv" name="Twice"/><encapsulatedLogic id="el">'
    '<formalParameter id="fp" name="n"/><literalExpression id="bl"><text>n</text></literalExpression>'
    "</encapsulatedLogic></businessKnowledgeModel></definitions>"
)
FORM = {
    "type": "default", "id": "claim", "schemaVersion": 18,
    "components": [{"type": "textarea", "id": "f1", "key": "what", "label": "Matter"}],
}  # fmt: skip
DIAGRAM = (
    '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:lanedesk="urn:lanedesk:bpmn:1.0" targetNamespace="t" id="d"><process id="p" isExecutable="true">'
    '<scriptTask id="count" name="Count"><extensionElements><lanedesk:assign name="n" value="1"/>'
    '</extensionElements></scriptTask></process><di:BPMNDiagram><di:BPMNPlane bpmnElement="p">'
    '<di:BPMNShape bpmnElement="count"><dc:Bounds x="200" y="200" width="100" height="80"/></di:BPMNShape>'
    "</di:BPMNPlane></di:BPMNDiagram></definitions>"
)


@pytest.fixture(scope="module")
def opened(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Designer]:
    with designer(browser, tmp_path_factory.mktemp("saving"), locale="en") as page:
        yield page
        assert page.faults == []


def show(opened: Designer, path: str, content: str) -> Locator:
    """A new file, open."""
    file = opened.add(path, content.encode())
    opened.page.goto("about:blank")
    opened.page.goto(f"/designer/#files/{file}")
    opened.page.wait_for_selector("#designer[data-ready]")
    editor = opened.page.locator(".ldz-editor:visible")
    expect(editor).to_have_count(1)
    opened.page.evaluate(NOT_BY_ITSELF)
    return editor


# From now on no draft is sent because of the 900 ms that have passed since the last change.
NOT_BY_ITSELF = """() => {
  const after = window.setTimeout;
  window.setTimeout = (act, wait, ...given) => (wait === 900 ? 0 : after(act, wait, ...given));
}"""


def saves(opened: Designer, text: str) -> None:
    """Type into what has the keys, save at once: the first draft from then on has it."""
    page = opened.page
    page.keyboard.press("Control+a")
    with page.expect_response("**/draft") as answered:
        page.keyboard.type(text)
        page.keyboard.press("Control+s")
    sent = answered.value.request.post_data_json["content"]
    assert text in sent.replace("&#34;", '"')
    page.wait_for_selector(".ldz-state.is-saved")


def test_a_decision_table(opened: Designer) -> None:
    editor = show(opened, "typing/table.dmn", TABLE)
    cells = editor.locator("tbody tr").first.locator("td")
    for number, text in ((1, '"gold"'), (2, "17"), (3, "by contract")):
        cells.nth(number).click()
        saves(opened, text)
    editor.locator(".decision-table-name").click()
    saves(opened, "Hours to answer")


def test_an_expression_and_a_knowledge_model(opened: Designer) -> None:
    editor = show(opened, "typing/base.dmn", EXPRESSION)
    for name, text in (("Base", "8 + 1"), ("Twice", "3 * n")):
        editor.get_by_role("tab", name=name).click()
        editor.locator(".cm-content").first.click()
        saves(opened, text)


def test_a_form(opened: Designer) -> None:
    editor = show(opened, "typing/claim.form", json.dumps(FORM))
    editor.locator(".fjs-form-field-textarea").click()
    for group, entry, text in (
        ("general", "label", "The matter"),
        ("general", "description", "In a few words"),
        ("condition", "conditional-hide", "amount > 5"),
    ):
        panel = editor.locator(f'[data-group-id="group-{group}"]')
        box = panel.locator(f'[data-entry-id$="{entry}"]').locator("input, textarea, .cm-content").first
        if not box.is_visible():
            panel.locator(".bio-properties-panel-group-header").click()
        box.click()
        saves(opened, text)


def test_a_diagram(opened: Designer) -> None:
    editor = show(opened, "typing/count.bpmn", DIAGRAM)
    shape = editor.locator('g[data-element-id="count"]')
    shape.click()
    panel = opened.page.locator(".ldz-properties-body")
    panel.locator('[data-key="name-other"] input').click()
    saves(opened, "数数")
    panel.locator('[data-key="assign0-value"] .cm-content').click()
    saves(opened, "n + 41")
    shape.dblclick()
    expect(opened.page.locator(".djs-direct-editing-content")).to_be_focused()
    saves(opened, "Count them")


def test_a_change_during_a_save_is_not_called_saved(opened: Designer) -> None:
    editor = show(opened, "typing/twice.bpmn", DIAGRAM)
    page, held = opened.page, list[Route]()
    page.route("**/draft", lambda route: held.append(route))
    editor.locator('g[data-element-id="count"]').click()
    page.locator('.ldz-properties-body [data-key="name-other"] input').click()
    page.keyboard.type("One")
    with page.expect_request("**/draft"):
        page.keyboard.press("Control+s")
    page.keyboard.type(" two")
    page.keyboard.press("Tab")
    page.wait_for_selector(".ldz-state.is-dirty")
    with page.expect_response("**/draft"):
        held[0].continue_()
    page.unroute("**/draft")
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    expect(page.locator(".ldz-state")).to_have_class(re.compile("is-dirty"))
    with page.expect_response("**/draft"):
        page.keyboard.press("Control+s")
    page.wait_for_selector(".ldz-state.is-saved")
