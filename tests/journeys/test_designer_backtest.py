"""What would have come out otherwise: a target of the service levels is changed and tried on real tickets."""

import re

from playwright.sync_api import Locator, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.designer import Designer, put
from tests.journeys.pictures import Pictures

CLOCKS = "sla/ticket-sla"
NUMBER = re.compile(r"WN-\d{8}-\d{6}")


def test_a_draft_is_tried_on_what_really_happened(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    designer = Designer(page)

    # a cell of a decision: which rule, how many, which tickets
    designer.open(f"{CLOCKS}/sla-targets.dmn")
    editor = page.locator(".ldz-editor:not([hidden])")
    # the resolution of the priority “normal”
    write(editor.locator("td.output-cell", has_text='"PT4H"').first, '"PT3H"')
    designer.saved()
    dialog = replay(designer)
    expect(dialog.locator(".ldz-verdict.is-bad")).to_be_visible(timeout=30_000)
    expect(dialog.get_by_role("table").last).to_contain_text("PT3H")
    expect(dialog.get_by_role("link", name=NUMBER).first).to_be_visible()
    pictures.take(page, "decision")
    close(dialog)
    # who comes back finds it
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    dialog = ask(designer)
    expect(dialog.locator(".ldz-verdict.is-bad")).to_be_visible()
    close(dialog)

    # the same on the diagram that asks for it: where, on the picture
    designer.open(f"{CLOCKS}/ticket-sla.bpmn")
    designer.shape("choose").wait_for()
    dialog = replay(designer)
    expect(dialog.locator(".ldz-verdict.is-bad")).to_be_visible(timeout=30_000)
    pictures.take(page, "process")
    dialog.get_by_role("button", name="在图上显示").click()
    expect(editor.locator(".ldz-sign.is-changed").first).to_be_visible()
    pictures.take(page, "on-the-diagram")

    # taken back, all comes out as it did
    designer.tab("时限表")
    write(editor.locator("td.output-cell", has_text='"PT3H"').last, '"PT4H"')
    designer.saved()
    dialog = replay(designer)
    expect(dialog.locator(".ldz-verdict.is-ok")).to_be_visible(timeout=30_000)
    pictures.take(page, "the-same")
    close(dialog)

    # nothing of it ever ran; and what cannot run says why
    put(page, "tests/never-ran/never-ran.bpmn", flow("never-ran", "endEvent"))
    designer = Designer(page)
    designer.open("tests/never-ran/never-ran.bpmn")
    designer.shape("t").wait_for()
    dialog = replay(designer)
    expect(dialog.locator(".ldz-empty")).to_contain_text("没有运行记录", timeout=30_000)
    pictures.take(page, "nothing-ran")
    close(dialog)
    put(page, "tests/never-ran/broken.bpmn", flow("broken", "serviceTask"))
    dialog = replay(designer)
    expect(dialog.get_by_role("alert")).to_contain_text("暂不能执行", timeout=30_000)
    pictures.take(page, "cannot-run")
    close(dialog)


def flow(key: str, last: str) -> str:
    """A process that begins and goes on to an element `t` of that kind; a service task that says nothing cannot run."""
    return (
        '<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        f'targetNamespace="t" id="d"><process id="{key}" name="{key}" isExecutable="true"><startEvent id="s"/>'
        f'<{last} id="t"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/></process></definitions>'
    )


def write(cell: Locator, text: str) -> None:
    """Another text into a cell of the table."""
    cell.click()
    cell.page.keyboard.press("Control+a")
    cell.page.keyboard.insert_text(text)


def ask(designer: Designer) -> Locator:
    """The dialog of the open file."""
    designer.page.get_by_role("button", name="更多").click()
    designer.page.get_by_role("menuitem", name="用上月真实记录测试…").click()
    return designer.page.get_by_role("dialog")


def replay(designer: Designer) -> Locator:
    """…and what really happened played against it."""
    dialog = ask(designer)
    dialog.get_by_role("button", name="重放").click()
    return dialog


def close(dialog: Locator) -> None:
    dialog.get_by_role("button", name="关闭").last.click()
    expect(dialog).to_have_count(0)
