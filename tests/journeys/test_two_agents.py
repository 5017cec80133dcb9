"""Two agents of a team open the same ticket: one is faster, and the other loses nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.customers import DOOR
from tests.journeys.mailing import send_mail
from tests.journeys.pictures import Pictures

pytestmark = pytest.mark.each_database

TITLE = DOOR.title
REASON = "三号门归物业管理，需要转给物业联络人。"
DRAFT = "您好，请先走二号门，"


def open_ticket(page: Page) -> None:
    """From My tasks, where it comes by itself."""
    page.locator(".ld-task").get_by_role("link", name=TITLE).click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()


def test_the_second_is_told_who_was_faster(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    supervisor, first, second = sign_in("wangfang"), sign_in("sunqiang"), sign_in("zhaoli")
    send_mail(running_desk, sender=DOOR.sender, subject=TITLE, text="今早起就刷不开。")
    open_ticket(supervisor)
    supervisor.get_by_label("团队").select_option("现场服务")
    supervisor.get_by_role("button", name="派发", exact=True).click()

    open_ticket(first)
    open_ticket(second)
    expect(first.locator("#presence")).to_contain_text("赵丽 正在查看")
    expect(second.locator("#presence")).to_contain_text("孙强 正在查看")
    second.locator("#editor-text").fill(DRAFT)
    expect(first.locator("#presence")).to_contain_text("赵丽 正在输入")
    expect(second.locator("[data-draft-state]")).not_to_be_empty()
    second.get_by_label("退回原因").fill(REASON)
    pictures.take(second, "second-is-writing")

    first.get_by_role("button", name="受理", exact=True).click()
    expect(first.locator(".ld-ticket-header")).to_contain_text("处理中")

    # the second is told at once, and nothing moves under their hands
    expect(second.locator("#moved")).to_contain_text("其他人已将此工单推进到下一步")
    expect(second.get_by_label("退回原因")).to_have_value(REASON)
    pictures.take(second, "second-is-told")

    second.get_by_role("button", name="退回", exact=True).click()
    told = second.locator(".ld-faster")
    expect(told).to_contain_text("孙强 已先完成“受理或退回”：受理")
    expect(told).to_contain_text(REASON)
    expect(second.locator("#editor-text")).to_have_value(DRAFT)
    expect(second.locator(".ld-ticket-header")).to_contain_text("处理中")
    pictures.take(second, "somebody-was-faster")
    second.reload()  # an impatient hand at F5
    expect(second.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(second.locator("#editor-text")).to_have_value(DRAFT)

    # a reply of the first comes while the second still writes: they are told before they send theirs
    first.locator("#editor-text").fill("门禁卡已重新授权，请再试一次。")
    first.get_by_role("button", name="发送", exact=True).click()
    expect(second.locator(".ld-replied")).to_have_text("孙强 刚刚已回复客户，发送前请先查看。")
    expect(second.locator(".ld-message.is-reply")).to_contain_text("已发送")
    pictures.take(second, "somebody-has-replied")

    # who goes is seen to go at once, by a link or by closing the window
    second.get_by_role("link", name="我的任务").first.click()
    expect(first.locator("#presence")).not_to_contain_text("赵丽")
    second.go_back()
    expect(first.locator("#presence")).to_contain_text("赵丽")
    second.close()
    expect(first.locator("#presence")).not_to_contain_text("赵丽")

    # and the ticket is still the first one's
    first.get_by_label("处理结果").fill("已重新授权门禁卡。")
    first.get_by_role("button", name="处理完成", exact=True).click()
    expect(first.locator(".ld-ticket-header")).to_contain_text("已结束")
