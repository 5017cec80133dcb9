"""A working day without a mouse."""

from playwright.sync_api import expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.customers import CLOCK, PARKING
from tests.journeys.mailing import send_mail
from tests.journeys.pictures import Pictures

TITLE = CLOCK.title
CHOSEN = ".ld-task[aria-selected=true]"


def test_tasks_search_creation_and_palette_by_keys(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("wangfang")
    send_mail(running_desk, sender=CLOCK.sender, subject=TITLE, text="请校准。")
    rows = page.locator(".ld-task")
    mine = page.locator(".ld-task", has_text=TITLE)
    expect(mine).to_be_visible()
    keys = page.keyboard

    # j and k move, and stop at the ends
    keys.press("j")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    keys.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    keys.press("k")
    keys.press("k")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    pictures.take(page, "row-chosen")
    while TITLE not in page.locator(CHOSEN).inner_text():
        before = page.locator(CHOSEN).get_attribute("id")
        keys.press("j")
        assert page.locator(CHOSEN).get_attribute("id") != before, "the last row, and not found"

    # Enter opens, Back returns
    keys.press("Enter")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.go_back()
    expect(mine).to_be_visible()

    # a takes the step; it can be given back
    while TITLE not in (page.locator(CHOSEN).all_inner_texts() or [""])[0]:
        keys.press("j")
    keys.press("a")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(page.get_by_text("已由您领取")).to_be_visible()
    pictures.take(page, "taken")
    page.get_by_role("button", name="放回").focus()
    keys.press("Enter")
    expect(mine.get_by_role("button", name="领取")).to_be_visible()

    # / searches
    keys.press("/")
    expect(page.locator("#search")).to_be_focused()
    keys.type("考勤机")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="考勤机")).to_be_visible()
    expect(page.get_by_role("link", name=TITLE)).to_be_visible()
    pictures.take(page, "search")

    # c creates; Ctrl Enter sends
    keys.press("Escape")  # out of the field
    keys.press("c")
    expect(page.get_by_role("heading", name="新建工单")).to_be_visible()
    page.get_by_label("邮箱").focus()
    keys.type(PARKING.mail)
    page.get_by_label("标题").focus()
    keys.type(PARKING.title)
    pictures.take(page, "new-ticket")
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name=PARKING.title)).to_be_visible()

    # Ctrl K goes anywhere
    keys.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    keys.type("考勤机")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text(TITLE)
    pictures.take(page, "palette")
    keys.press("Enter")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    keys.press("Control+k")
    keys.type("客户")
    keys.press("Enter")
    page.wait_for_url("**/customers")

    # ? says all this
    keys.press("?")
    expect(page.locator("#help")).to_be_visible()
    pictures.take(page, "help")
    keys.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
