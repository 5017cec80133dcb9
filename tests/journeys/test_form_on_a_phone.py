"""A customer fills in the public form on a phone, follows the ticket, writes again, and it is taken up again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from desk.portal.operations import DEFAULT_SLUG
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.customers import DRIPS, PIPE, PIPE_WITHOUT_SCRIPT, Request
from tests.journeys.pages import chinese_on_frame
from tests.journeys.pictures import Pictures
from tests.journeys.png import png

pytestmark = pytest.mark.each_database

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def fill(page: Page, request: Request) -> None:
    """Everything as it should be, but for the phone number."""
    page.get_by_label("您的姓名").fill(request.name)
    page.get_by_label("电子邮箱").fill(request.mail)
    page.get_by_label("手机号码").fill("记不得了")
    page.get_by_label("问题类型").select_option("故障报修")
    page.get_by_label("一句话说明").fill(request.title)
    page.get_by_label("详细描述").fill(DRIPS)


def photo(page: Page) -> None:
    """Attach a picture, as the phone's camera gives it."""
    page.get_by_label("照片或文件").set_input_files(
        {"name": "IMG_2041.png", "mimeType": "image/png", "buffer": png(800, 600, (40, 90, 120))}
    )


def finish(page: Page, result: str) -> None:
    """Do the step "process" on the ticket's page."""
    page.get_by_label("处理结果").fill(result)
    page.get_by_role("button", name="处理完成", exact=True).click()
    expect(page.locator(".ld-ticket-header")).to_contain_text("已结束")


@pytest.mark.parametrize("script", [False, True], ids=["without-script", "with-script"])
def test_the_form_is_filled_followed_and_reopened(
    sign_in: SignIn, new_page: Callable[..., Page], pictures: Pictures, script: bool
) -> None:
    request = PIPE if script else PIPE_WITHOUT_SCRIPT
    title = request.title
    phone = new_page(java_script_enabled=script, **PHONE)
    phone.goto(f"/f/{DEFAULT_SLUG}")
    pictures.take(phone, "form", whole=True)
    if script:
        assert not serious_faults(phone)

    # wrong first: the words stand at the field, and everything else is still there
    fill(phone, request)
    phone.get_by_role("button", name="提交").click()
    number = phone.get_by_label("手机号码")
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(phone.locator(f"#{number.get_attribute('id')}--error")).to_be_visible()
    expect(number).to_have_value("记不得了")
    expect(phone.get_by_label("您的姓名")).to_have_value(request.name)
    expect(phone.get_by_label("详细描述")).to_have_value(DRIPS)
    expect(phone.get_by_label("问题类型")).to_have_value("fault")
    pictures.take(phone, "form-with-an-error", whole=True)
    if script:
        assert not serious_faults(phone)

    number.fill("138 0013 8000")
    photo(phone)
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="我们已收到")).to_be_visible()
    ticket_number = phone.locator(".ld-receipt-number strong").inner_text()
    assert re.fullmatch(r"WN-\d{8}-\d{6}", ticket_number)
    pictures.take(phone, "received", whole=True)
    phone.get_by_role("link", name="查看进度").click()
    expect(phone.locator("[aria-current=step]")).to_contain_text("已提交")
    expect(phone.get_by_role("link", name="IMG_2041.png")).to_be_visible()
    pictures.take(phone, "tracking", whole=True)

    # at the desk: dispatched, accepted and finished by one person
    desk = sign_in("wangfang")
    desk.locator(".ld-task").get_by_role("link", name=title, exact=True).click()
    desk.get_by_label("人员").select_option("王芳")
    desk.get_by_role("button", name="派发", exact=True).click()
    desk.get_by_role("button", name="受理", exact=True).click()
    expect(desk.locator(".ld-ticket-header")).to_contain_text("处理中")
    phone.reload()
    expect(phone.locator("[aria-current=step]")).to_contain_text("处理中")
    expect(phone.get_by_text("王芳")).to_be_visible()
    finish(desk, "已更换水管接头。")
    phone.reload()
    expect(phone.get_by_text("已更换水管接头。").first).to_be_visible()
    expect(phone.locator("#rate")).to_be_visible()
    pictures.take(phone, "tracking-ended", whole=True)

    # it drips again: a word on the page takes the ticket up again
    phone.get_by_label("问题还没有解决？").fill("今天早上又开始滴水了。")
    phone.get_by_role("button", name="发送").click()
    expect(phone.get_by_text("已收到，谢谢。")).to_be_visible()
    expect(phone.get_by_text("今天早上又开始滴水了。")).to_be_visible()
    expect(desk.locator(".ld-ticket-header")).to_contain_text("处理中")
    expect(desk.locator(".ld-message", has_text="今天早上又开始滴水了。")).to_be_visible()
    pictures.take(desk, "desk-reopened")
    phone.goto(phone.url.partition("?")[0])
    expect(phone.locator("[aria-current=step]")).to_contain_text("处理中")
    pictures.take(phone, "tracking-reopened", whole=True)

    if script:  # the same pages for who reads English, in the dark, at a desk
        reader = new_page(locale="en-GB", color_scheme="dark")
        reader.goto(f"/f/{DEFAULT_SLUG}")
        assert not (found := chinese_on_frame(reader)), found
        assert not serious_faults(reader)
        pictures.take(reader, "form-english-dark", whole=True)
        reader.goto(phone.url)
        expect(reader.locator("[aria-current=step]")).to_contain_text("In progress")
        assert not serious_faults(reader)
        pictures.take(reader, "tracking-english-dark", whole=True)

    desk.get_by_role("link", name="查看下一步").click()
    finish(desk, "已更换整段软管，观察一小时无渗漏。")
    phone.reload()
    expect(phone.get_by_text("已更换整段软管").first).to_be_visible()
