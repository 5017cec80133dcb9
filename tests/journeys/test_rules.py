"""A supervisor's rule from the form to the diagram and back; a macro that does not let an agent submit."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.pictures import Pictures

SignIn = Callable[..., Page]


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("已保存，规则现已生效")).to_be_visible()


def test_a_trigger_is_built_in_the_form_opened_as_a_diagram_and_changed(
    sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    page.goto("/rules")
    pictures.take(page, "list")
    page.get_by_role("link", name="新建触发器").click()
    expect(page.get_by_role("heading", name="新建触发器")).to_be_visible()

    save_button = page.get_by_role("button", name="保存", exact=True)
    page.get_by_label("标题", exact=True).fill(" ")
    save_button.click()
    expect(page.get_by_text("请填写标题")).to_be_visible()

    page.get_by_label("标题", exact=True).fill("退款申请提醒")
    page.get_by_label("英文标题").fill("Refund asked for")
    page.get_by_text("工单已创建", exact=True).click()  # chosen already: not this one
    page.get_by_text("客户来信已归入工单", exact=True).click()
    page.get_by_role("button", name="添加条件").first.click()
    page.locator("[name=all-1-field]").select_option("message.text")
    expect(page.locator("[name=all-1-operator] option").first).to_have_text("是")
    page.locator("[name=all-1-operator]").select_option("contains")
    page.locator("[name=all-1-value]").fill("退款")
    page.locator("[name=then-1-kind]").select_option("tell_staff")
    page.locator("[name=then-1-to]").fill("role:supervisor")
    page.locator("[name=then-1-text]").fill("客户要求退款：{{ticket.subject}}")
    pictures.take(page, "form")
    save(page)
    expect(page.locator("[name=all-1-value]")).to_have_value("退款")
    assert page.url.endswith("/rules/trigger-refund-asked-for")

    page.get_by_role("link", name="查看流程图").click()
    expect(page.get_by_text("判断条件").first).to_be_visible()
    pictures.take(page, "diagram")
    page.goto("/rules/trigger-refund-asked-for")
    designer = page.get_by_role("link", name="在设计器中打开")
    expect(designer).to_have_attribute("href", re.compile(r"/designer/#files/\d+"))

    # The designer saves and deploys a file as its page does: what it changed stands in the form.
    files = page.request.get("/api/v1/designer/files").json()["items"]
    file = next(f for f in files if f["path"].endswith("trigger-refund-asked-for.dmn"))
    address = f"/api/v1/designer/files/{file['id']}"
    content = page.request.get(address).json()["content"]
    token = page.locator("[name=csrf_token]").first.get_attribute("value") or ""
    headers = {"X-CSRF-Token": token, "Content-Type": "application/json"}
    sent = {"content": content.replace('"退款"', '"退货"'), "base_etag": file["etag"]}
    kept = page.request.put(f"{address}/draft", data=sent, headers=headers)
    assert kept.ok, kept.text()
    deployed = page.request.post(
        "/api/v1/designer/deployments", data={"files": [file["id"]], "note": ""}, headers=headers
    )
    assert deployed.ok, deployed.text()
    page.goto("/rules/trigger-refund-asked-for")
    expect(page.locator("[name=all-1-value]")).to_have_value("退货")
    expect(page.get_by_text("开始事件的条件与决策表不一致")).to_be_visible()
    save(page)
    expect(page.get_by_text("开始事件的条件与决策表不一致")).to_have_count(0)


def test_a_rule_is_tried_against_a_ticket_and_nothing_is_done(
    sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    page.goto("/tickets")
    number = page.locator("text=/WN-\\d{8}-\\d{6}/").first.inner_text()
    page.goto("/rules/new/trigger")
    page.get_by_role("button", name="添加条件").first.click()
    page.locator("[name=all-1-value][value=low]").check()
    page.locator("[name=then-1-value]").select_option("high")
    page.locator("[name=ticket]").fill(number)
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_role("status").get_by_text("不会执行任何操作")).to_be_visible()
    pictures.take(page, "tried")


def test_a_macro_blocks_a_submit_with_words(sign_in: SignIn, pictures: Pictures) -> None:
    maker = sign_in("zhangwei")
    maker.goto("/rules/new/macro")
    maker.get_by_label("标题", exact=True).fill("受理前须写备注")
    maker.get_by_label("英文标题").fill("Remark before dispatch")
    maker.get_by_text("工单提交", exact=True).click()
    maker.get_by_role("button", name="添加条件").first.click()
    maker.locator("[name=all-1-field]").select_option("form.")
    maker.locator("[name=all-1-custom]").fill("dispatch_remark")
    maker.locator("[name=all-1-operator]").select_option("empty")
    expect(maker.locator("[name=all-1-value]")).to_have_count(0)
    maker.get_by_role("button", name="添加条件").first.click()
    maker.locator("[name=all-2-field]").select_option("page.outcome")
    expect(maker.locator("[name=all-2-value]")).to_have_count(1)
    maker.locator("[name=all-2-value]").fill("dispatch")
    maker.locator("[name=then-1-kind]").select_option("page_block")
    expect(maker.locator("[name=then-1-text]")).to_be_visible()
    maker.locator("[name=then-1-text]").fill("派发前请写明备注。")
    pictures.take(maker, "macro")
    save(maker)

    page = sign_in("wangfang")
    page.goto("/tasks")
    page.get_by_role("link", name="打印机一直提示缺纸").first.click()
    page.locator("[name=team]").select_option(label="一线支持")
    page.get_by_role("button", name="派发", exact=True).click()
    expect(page.get_by_text("派发前请写明备注。").first).to_be_visible()
    expect(page.locator("[name=team] option:checked")).to_have_text("一线支持")
    pictures.take(page, "blocked")

    page.locator("[name=dispatch_priority]").select_option(
        "urgent"
    )  # a macro that ships fills the remark
    expect(page.locator("[name=dispatch_remark]")).to_have_value("加急处理")
    page.get_by_role("button", name="派发", exact=True).click()
    expect(page.get_by_text("派发前请写明备注。")).to_have_count(0)

    maker.get_by_role("button", name="删除规则").click()
    expect(maker.get_by_text("“受理前须写备注”已删除")).to_be_visible()
