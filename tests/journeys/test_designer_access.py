"""The designer for everybody: keys only, readers of screens, hostile names, and a bundle from the gallery."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.designer import CANVAS, Designer, diagram, put
from tests.journeys.pictures import Pictures

BASIC = "tickets/basic/ticket-basic.bpmn"
# where the focus is in the panel, "" when it has left; what of the panel never had it
IN_THE_PANEL = """() => {
  const at = document.activeElement;
  (window.reached ??= new Set()).add(at);
  return at.closest(".ldz-right") ? at.outerHTML : "";
}"""
NOT_REACHED = """() => [...document.querySelectorAll(
    ".ldz-right :is(input, select, textarea, button:not(:disabled), summary, [contenteditable=true])"
  )].filter((one) => one.checkVisibility() && !window.reached.has(one)).map((one) => one.outerHTML)"""
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def test_keys_only(running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("zhangwei")
    designer = Designer(page)
    keys = page.keyboard
    page.locator("#ldz-new").focus()
    keys.press("Enter")
    keys.type("按键流程")
    keys.press("Tab")
    keys.press("Control+a")
    keys.type("by-keys")
    keys.press("Tab")
    keys.press("Control+a")
    keys.type("tests/by-keys")
    keys.press("Enter")
    # the new diagram has the keys; F6 goes round and comes back to it
    expect(page.locator(CANVAS)).to_be_focused()
    keys.press("F6")
    expect(page.locator(CANVAS)).not_to_be_focused()
    keys.press("Shift+F6")
    expect(page.locator(CANVAS)).to_be_focused()
    keys.press("]")
    while "start" not in chosen(page):
        keys.press("]")
    # add and label: twice, the second one not connected
    keys.press("a")
    keys.type("人工任务")
    keys.press("Enter")
    keys.type("第一步")
    keys.press("Enter")
    expect(page.locator(CANVAS)).to_be_focused()
    keys.press("n")
    keys.type("结束整个")
    keys.press("Enter")
    keys.type("完")
    keys.press("Enter")
    expect(page.locator(CANVAS)).to_be_focused()
    pictures.take(page, "added")
    # select by walking, connect, delete
    while "第一步" not in chosen_words(page):
        keys.press("]")
    keys.press("k")
    chooser = page.get_by_role("combobox").and_(page.locator(":focus"))
    expect(chooser).to_be_visible()
    keys.type("完")
    expect(chooser).to_have_value("完")
    keys.press("Enter")
    expect(page.locator(".djs-connection")).to_have_count(2)
    keys.press("Delete")
    expect(page.locator(".djs-connection")).to_have_count(1)
    keys.press("Control+z")
    expect(page.locator(".djs-connection")).to_have_count(2)

    # every property: F6 into the panel, Tab through it
    while "第一步" not in chosen_words(page):
        keys.press("[")
    expect(page.locator(".ldz-properties-head")).to_contain_text("第一步")
    expect(page.locator(".ldz-feel .cm-content")).to_have_count(page.locator(".ldz-feel").count())
    while not page.evaluate("document.activeElement.closest('.ldz-right')"):
        keys.press("F6")
    reached: list[str] = []
    while not reached or reached[-1]:
        keys.press("Tab")
        reached.append(page.evaluate(IN_THE_PANEL))
    assert page.evaluate(NOT_REACHED) == []
    keys.press("F1")
    expect(page.get_by_role("dialog", name="设计器快捷键")).to_be_visible()
    pictures.take(page, "keys")
    keys.press("Escape")
    designer.saved()


def chosen(page: Page) -> str:
    """The id of the selected element."""
    found = page.locator(".ldz-editor:not([hidden]) .djs-element.selected")
    return found.first.get_attribute("data-element-id") or "" if found.count() else ""


def chosen_words(page: Page) -> str:
    """What is written on the selected element: at once, while the panel may still show the one before."""
    found = page.locator(".ldz-editor:not([hidden]) .djs-element.selected")
    return found.first.text_content() or "" if found.count() else ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_faults(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures, theme: str
) -> None:
    page = sign_in("zhangwei", color_scheme=theme)
    designer = Designer(page)
    assert not serious_faults(page)
    designer.open(BASIC)
    designer.select("dispatch")
    page.locator(".ldz-count").first.click()
    page.locator(".ldz-properties-body .cm-content").first.click()
    page.keyboard.press("Control+Space")
    page.locator(".cm-tooltip-autocomplete li").first.wait_for()
    around = around_the_canvas(page)
    assert not around, around
    pictures.take(page, f"properties-{theme}")
    page.get_by_role("button", name="试运行", exact=True).click()
    page.locator(".ldz-run-next").wait_for()
    around = around_the_canvas(page)
    assert not around, around
    pictures.take(page, f"dry-run-{theme}")


def around_the_canvas(page: Page) -> list[tuple[str, str, str]]:
    """Serious faults outside of the drawings themselves, which bpmn.io draws."""
    drawn = (".djs-", "bjs-", "fjs-", ".ldz-canvas")
    return [fault for fault in serious_faults(page) if not any(part in fault[1] for part in drawn)]


def test_hostile_names_stay_text(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, "tests/hostile/hostile.bpmn", diagram(HOSTILE))
    field = {"type": "textfield", "key": "a", "id": "x", "label": HOSTILE}
    form = {"type": "default", "id": "h", "schemaVersion": 18, "components": [field]}
    put(page, "tests/hostile/h.form", json.dumps(form))
    put(
        page,
        "tests/hostile/hostile.scenario.yaml",
        f"- name: '{HOSTILE}'\n  steps:\n    - start: p\n",
    )
    designer = Designer(page)
    designer.open("tests/hostile/hostile.bpmn")
    designer.shape("t0").wait_for()
    page.get_by_role("tab", name="大纲").click()
    expect(page.locator(".ldz-outline")).to_contain_text("<img src=x")
    page.locator('.ldz-outline [data-id="t0"]').click()
    expect(page.locator(".ldz-properties-head")).to_contain_text("<script>")
    page.get_by_role("button", name="更多").click()
    page.get_by_role("menuitem", name="运行场景").click()
    expect(page.locator(".ldz-results")).to_contain_text("<img src=x")
    designer.open("tests/hostile/h.form")
    expect(page.locator(".fjs-container").first).to_be_visible()
    pictures.take(page, "hostile")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#designer img").count() == 0


def test_gallery_makes_a_bundle(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    designer = Designer(page)
    page.get_by_role("button", name="从模板新建").click()
    page.locator(".ldz-gallery button", has_text="两级审批").click()
    page.get_by_label("文件夹").fill("approvals/leave")
    page.get_by_label("标识", exact=True).fill("leave-approval")
    pictures.take(page, "gallery")
    page.get_by_role("button", name="创建", exact=True).click()
    expect(designer.shape("first")).to_be_visible()
    designer.no_problems()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("menuitem", name="运行场景").click()
    expect(page.locator(".ldz-scenarios")).to_contain_text("全部 4 个场景通过")
    expect(page.locator(".ldz-untouched")).to_have_count(0)
    pictures.take(page, "all-hold")
