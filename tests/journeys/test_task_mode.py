"""One ticket after the other: begun at the desk, paused, and gone on with on a phone."""

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

SENDER = "Anna Berg <anna.berg@runs.example>"
TITLES = ("Badge for the north gate", "Badge for the south gate", "Badge for the garage")


@pytest.fixture
def supervisor(sign_in: SignIn) -> Iterator[Page]:
    """Who dispatches; their language and theme are put back."""
    page = sign_in("wangfang")
    yield page
    page.goto("/me")
    prefer(page, locale="zh_CN", theme="system")


def test_tickets_are_dispatched_one_after_the_other(
    running_desk: RunningDesk, supervisor: Page, sign_in: SignIn, pictures: Pictures
) -> None:
    page = supervisor
    for title in TITLES:
        send_mail(running_desk, sender=SENDER, subject=title, text="I need a badge, please.")
        expect(page.locator(".ld-task").get_by_role("link", name=title)).to_be_visible()
    page.goto("/tickets?customer=Anna Berg&sort=created")
    for title in TITLES:
        page.get_by_role("row").filter(has_text=title).get_by_role("checkbox").check()
    page.get_by_role("button", name="逐一处理").click()
    expect(page.get_by_role("heading", name="逐一处理 3 张工单")).to_be_visible()
    pictures.take(page, "what-is-to-come")
    page.get_by_role("button", name="开始").press("Enter")

    bar = page.locator(".ld-run")
    expect(bar).to_contain_text("第 1 张，共 3 张")
    expect(page.get_by_role("heading", name=TITLES[0])).to_be_visible()
    pictures.take(page, "the-first")
    assert not serious_faults(page)
    page.get_by_label("团队").select_option("现场服务")
    page.get_by_role("button", name="派发", exact=True).click()
    expect(bar).to_contain_text("第 2 张，共 3 张")
    expect(page.get_by_role("heading", name=TITLES[1])).to_be_visible()
    page.locator("body").press("n")  # by keyboard: leave this one for later
    expect(bar).to_contain_text("第 3 张，共 3 张")
    bar.get_by_role("button", name="暂停").click()
    expect(bar).to_contain_text("任务模式：第 3 张，共 3 张")
    pictures.take(page, "paused")

    prefer(page, locale="en", theme="dark")
    phone = sign_in("wangfang", **PHONE, color_scheme="dark")
    phone.locator(".ld-run").get_by_role("button", name="Go on").click()
    expect(phone.locator(".ld-run")).to_contain_text("3 of 3")
    expect(phone.get_by_role("heading", name=TITLES[2])).to_be_visible()
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    pictures.take(phone, "goes-on-on-a-phone")
    assert not serious_faults(phone)
    phone.get_by_label("Team").select_option("现场服务")
    phone.get_by_role("button", name="Dispatch", exact=True).click()
    expect(phone.get_by_text("1 skipped")).to_be_visible()
    expect(phone.get_by_role("listitem").filter(has_text=TITLES[0])).to_contain_text("done")
    assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
    pictures.take(phone, "what-became-of-them")
    phone.get_by_role("button", name="Go through the skipped ones").click()
    expect(phone.get_by_role("heading", name=TITLES[1])).to_be_visible()
