"""A macro acts on own fields where a ticket is opened; a reply goes to a further address."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pages import chinese_on_frame
from tests.journeys.pictures import Pictures
from tests.journeys.test_fields import PHONE, fits
from tests.journeys.test_pages import prefer


def make_macro(page: Page) -> None:
    """On floor 9 twelve people are affected, and nobody asks for the kind of problem."""
    page.goto("/rules/new/macro")
    page.get_by_label("标题", exact=True).fill("Floor 9")
    page.get_by_label("英文标题").fill("Ninth floor")
    page.get_by_text("字段值改变", exact=True).click()
    page.get_by_role("button", name="添加条件").first.click()
    page.locator("[name=all-1-field]").select_option("form.")
    page.locator("[name=all-1-custom]").fill("floor")
    page.locator("[name=all-1-value]").fill("9")
    page.locator("[name=then-1-kind]").select_option("page_set")
    expect(page.locator("[name=then-1-key]")).to_be_visible()
    page.locator("[name=then-1-key]").fill("affected")
    page.locator("[name=then-1-value]").fill("12")
    page.get_by_role("button", name="添加操作").first.click()
    page.locator("[name=then-2-kind]").select_option("page_hide")
    expect(page.locator("[name=then-2-key]")).to_be_visible()
    page.locator("[name=then-2-key]").fill("problem")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存，规则现已生效")).to_be_visible()


def test_own_fields_follow_a_macro_and_a_reply_is_copied(
    sign_in: SignIn, pictures: Pictures
) -> None:
    maker = sign_in("zhangwei")
    make_macro(maker)
    page = sign_in("wangfang")
    page.goto("/tickets/new")
    page.get_by_label("标题").fill("A door that squeaks")
    page.get_by_label("邮箱").fill("squeaking.door@example.com")
    page.get_by_label("楼层").fill("9")
    page.get_by_label("楼层").press("Tab")
    expect(page.get_by_label("受影响人数")).to_have_value("12")
    expect(page.get_by_label("问题分类")).to_be_hidden()
    pictures.take(page, "filled", whole=True)
    assert not serious_faults(page)
    page.get_by_label("楼层").fill("8")
    page.get_by_label("楼层").press("Tab")
    expect(page.get_by_label("问题分类")).to_be_visible()
    page.get_by_role("button", name="新建工单").click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    address = page.url

    page.get_by_text("回复客户", exact=True).click()
    page.locator(".ld-copies summary").click()
    page.locator("#editor-cc").fill("Partner <partner@example.com>, nobody")
    page.locator("#editor-text").fill("We will send somebody.")
    pictures.take(page, "reply")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_text("邮箱地址不正确：nobody")).to_be_visible()
    expect(page.locator("#editor-text")).to_have_value("We will send somebody.")
    page.locator("#editor-cc").fill("Partner <partner@example.com>")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".ld-message-cc")).to_contain_text("Partner")
    pictures.take(page, "sent")

    maker.get_by_role("button", name="删除规则").click()
    expect(maker.get_by_text("“Floor 9”已删除")).to_be_visible()
    prefer(page, locale="en", theme="dark")
    try:
        page.set_viewport_size(PHONE)
        page.goto(address)
        expect(page.locator(".ld-message-cc")).to_contain_text("Copied to Partner")
        page.get_by_text("Public reply", exact=True).last.click()
        page.locator(".ld-copies summary").click()
        pictures.take(page, "phone", whole=True)
        assert fits(page)
        assert chinese_on_frame(page) == []
        assert not serious_faults(page)
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})
        prefer(page, locale="zh_CN", theme="system")
