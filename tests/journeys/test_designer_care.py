"""The designer when things go otherwise: broken and huge files, no line, two people, a small screen."""

import re
import time

from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.designer import Designer, diagram, put
from tests.journeys.pictures import Pictures

BASIC = "tickets/basic/ticket-basic.bpmn"
PAGE_SECONDS, DIAGRAM_SECONDS = 2.0, 1.0


def test_opens_quickly(running_desk: RunningDesk, sign_in: SignIn) -> None:
    page = sign_in("zhangwei")
    Designer(page)  # once, so that the browser has the files
    there, drawn = _opening(page)
    for _ in range(7):  # the best of eight: what else the machine does is no fault of the page
        if there < PAGE_SECONDS and drawn < DIAGRAM_SECONDS:
            break
        again = _opening(page)
        there, drawn = min(there, again[0]), min(drawn, again[1])
    assert there < PAGE_SECONDS, f"the page took {there:.2f} s"
    assert drawn < DIAGRAM_SECONDS, f"the diagram took {drawn:.2f} s"


def _opening(page: Page) -> tuple[float, float]:
    """Seconds until the page is there, and from then until a diagram is."""
    began = time.monotonic()
    designer = Designer(page)
    there = time.monotonic()
    designer.open(BASIC)
    designer.shape("dispatch").wait_for()
    return there - began, time.monotonic() - there


def test_broken_file_is_text_with_its_line(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    whole = diagram("断了").replace("><", ">\n<")
    put(page, "tests/broken/broken.bpmn", whole.replace("</process>", "</proces>"))
    designer = Designer(page)
    designer.open("tests/broken/broken.bpmn")
    expect(page.locator(".ldz-source-notice")).to_contain_text("无法绘制此文件")
    text = page.get_by_label("文件内容")
    expect(text).to_have_value(re.compile("proces>"))
    pictures.take(page, "broken")
    text.fill(text.input_value().replace("</proces>", "</process>"))
    designer.saved()
    designer = Designer(page)
    designer.open("tests/broken/broken.bpmn")
    expect(designer.shape("t0")).to_be_visible()


def test_huge_diagram_is_refused_in_words(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, "tests/huge/huge.bpmn", diagram("步", 9990))
    designer = Designer(page)
    began = time.monotonic()
    designer.open("tests/huge/huge.bpmn")
    expect(page.locator(".ldz-source-notice")).to_contain_text("9990")
    assert time.monotonic() - began < 20, "the browser hung"
    pictures.take(page, "huge")


def test_lost_line_keeps_the_work(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    put(page, "tests/line/line.bpmn", diagram("在线"))
    designer = Designer(page)
    designer.open("tests/line/line.bpmn")
    designer.select("t0")
    page.context.set_offline(True)
    designer.fill("name", "离线时写的")
    expect(page.locator(".ldz-state")).to_contain_text("连接中断")
    page.get_by_role("button", name="版本", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("无法连接服务器")
    pictures.take(page, "offline")
    page.context.set_offline(False)
    designer.saved()
    # and when the window was closed meanwhile
    page.route("**/draft", lambda route: route.abort())
    designer.fill("name", "关窗前写的")
    expect(page.locator(".ldz-state")).to_contain_text("连接中断")
    page.unroute("**/draft")
    designer = Designer(page)
    designer.open("tests/line/line.bpmn")
    expect(page.locator("#flash")).to_contain_text("已恢复")
    designer.select("t0")
    expect(designer.field("name").locator("input")).to_have_value("关窗前写的")


def test_two_people_at_one_file(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    first, second = sign_in("zhangwei"), sign_in("admin")
    put(first, "tests/two/two.bpmn", diagram("两人"))
    one, other = Designer(first), Designer(second)
    for designer in (one, other):
        designer.open("tests/two/two.bpmn")
        designer.select("t0")
    one.fill("name", "张伟写的")
    one.saved()
    other.fill("name", "管理员写的")
    dialog = second.get_by_role("dialog", name="其他人修改了此文件")
    expect(dialog).to_contain_text("张伟")
    pictures.take(second, "conflict")
    dialog.get_by_role("button", name="采用对方的").click()
    other.select("t0")
    expect(other.field("name").locator("input")).to_have_value("张伟写的")
    other.saved()


def test_library_is_laid_out_for_phones(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei", viewport={"width": 390, "height": 844})
    Designer(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    pictures.take(page, "phone")
