"""A view of tickets: made, counted while a ticket comes, grouped by team, shared, and used on a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.mailing import send_mail
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE
from tests.journeys.test_pages import prefer

pytestmark = pytest.mark.each_database

SENDER = "Jan Novak <jan.novak@views.example>"
NAME, ENGLISH = "园区设备报修工单（含质保期外及第三方维保）", "Repairs on the campus"


@pytest.fixture
def supervisor(sign_in: SignIn) -> Iterator[Page]:
    """Who sets up views for others; their language, theme and views are put back."""
    page = sign_in("wangfang")
    yield page
    page.goto("/tickets/views")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    row = page.get_by_role("row").filter(has_text=re.compile(f"{NAME}|{ENGLISH}"))
    if row.count():
        row.get_by_role("button", name=re.compile("^(删除|Delete)$")).click()
        expect(row).to_contain_text(re.compile("已删除|deleted"))
    page.goto("/me")
    prefer(page, locale="zh_CN", theme="system")


def test_a_view_is_made_counts_and_groups(
    running_desk: RunningDesk, supervisor: Page, sign_in: SignIn, pictures: Pictures
) -> None:
    page = supervisor
    page.set_viewport_size({"width": 1440, "height": 900})
    send_mail(running_desk, sender=SENDER, subject="Lift 1 stands still", text="Since this morning.")
    page.goto("/tickets?customer=Jan Novak&state=pending")
    expect(page.get_by_role("link", name="Lift 1 stands still")).to_be_visible()
    page.get_by_role("link", name="保存为视图").click()
    page.get_by_label("名称", exact=True).fill(NAME)
    page.get_by_label("英文名称").fill(ENGLISH)
    page.get_by_label("分类", exact=True).fill("未完成")
    page.get_by_label("分组", exact=True).select_option(label="团队")
    page.get_by_label("所有人", exact=True).check()
    pictures.take(page, "form")
    assert not serious_faults(page)
    page.get_by_role("button", name="保存", exact=True).click()

    views = page.get_by_role("navigation", name="视图")
    count = views.get_by_role("link", name=NAME).locator(".ld-count")
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(count).to_have_text("1")
    send_mail(running_desk, sender=SENDER, subject="Lift 2 stands still", text="It, too.")
    expect(count).to_have_text("2")
    expect(page.get_by_role("link", name="Lift 2 stands still")).to_be_visible()
    head = page.get_by_role("rowheader")
    expect(head).to_have_count(1)
    expect(head).to_contain_text("无")
    expect(head.locator(".ld-count")).to_have_text("2")
    pictures.take(page, "grouped")
    assert not serious_faults(page)
    head.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("in=none"))
    expect(page.get_by_role("link", name="Lift 1 stands still")).to_be_visible()

    prefer(page, locale="en", theme="dark")
    phone = sign_in("wangfang", **PHONE, color_scheme="dark")
    phone.goto("/tickets")
    phone.get_by_role("button", name="Views").click()
    sheet = phone.get_by_role("navigation", name="Views")
    expect(sheet.get_by_role("link", name=ENGLISH).locator(".ld-count")).to_have_text("2")
    pictures.take(phone, "sheet-on-a-phone")
    assert not serious_faults(phone)
    sheet.get_by_role("link", name=ENGLISH).click()
    expect(phone.get_by_role("heading", name=ENGLISH)).to_be_visible()
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    pictures.take(phone, "grouped-on-a-phone")
    phone.goto("/tickets/views")
    expect(phone.get_by_role("link", name=ENGLISH)).to_be_visible()
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    pictures.take(phone, "set-up-on-a-phone")
