"""An implementer's day: an approval drawn from nothing, tried, deployed, worked with, changed, and its ticket moved."""

import re
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.journeys.conftest import SignIn
from tests.journeys.customers import DISPLAYS, OPINION, WHY_MOVED
from tests.journeys.designer import Designer
from tests.journeys.pictures import Pictures
from tests.journeys.steps import open_ticket

FOLDER = "approvals/purchase"


def test_approval_from_nothing_to_a_migrated_ticket(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    designer = Designer(page)
    draw_the_approval(designer, pictures)
    try_and_keep(designer, pictures)
    deploy(designer, "显示器采购须审批")
    offer_as_a_type(page, pictures)
    desk, agent = sign_in("wangfang"), sign_in("liming")
    ask_and_approve(desk, pictures)
    designer = Designer(page)
    demand_acceptance(designer, pictures)
    see_the_difference(designer, pictures)
    deploy(designer, "收货后须验收")
    move_the_ticket(page, pictures)
    finish(agent, pictures)


def draw_the_approval(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    pictures.take(page, "welcome")
    designer.new("流程", "采购审批", "purchase-approval", FOLDER)
    expect(designer.shape("start")).to_be_visible()
    pictures.take(page, "empty-pool")

    # two lanes by mouse
    designer.select("pool")
    designer.fill("name-other", "Purchase approval")
    page.locator(".djs-context-pad [data-action=lane-divide-two]").click()
    lanes = page.locator(".ldz-outline li", has_text="泳道")
    for number, name in enumerate(("申请人与系统", "审批与采购")):
        lanes.nth(number).click()
        designer.fill("name", name)
        designer.fill("id", f"lane_{number}")

    # steps by keys, their properties in the panel
    designer.select("start")
    designer.add("新建工单", "register")
    designer.fill("name-other", "Register the ticket")
    for parameter in ("message_id", "title", "priority", "contact_id", "form_data"):
        designer.formula(f"param-{parameter}", parameter)
    pictures.take(page, "action-with-parameters")
    designer.select("register")
    designer.add("决策表", "level", "定审批级别", "Find the level")
    draw_the_decision(designer, pictures)
    designer.tab("采购审批")
    designer.fill("decision-result", "level")
    designer.select("level")
    designer.add("人工任务", "approve", "审批采购", "Approve the purchase")
    designer.drag_into_lane("approve", "lane_1")
    page.get_by_role("button", name="新建表单").click()
    draw_the_form(designer, pictures)
    designer.tab("采购审批")
    designer.choose("candidates", "派发工单")
    designer.fill("due", "PT4H")
    expect(page.locator("[data-sentence=due]")).to_contain_text("4")
    designer.formula("priority", 'if level = "manager" then 90 else 50')
    for number, (words, english, value) in enumerate(
        (("同意", "Approve", "approve"), ("驳回", "Reject", "reject"))
    ):
        designer.field("outcomes-add").click()
        designer.fill(f"o{number}-name", words)
        designer.fill(f"o{number}-en", english)
        designer.fill(f"o{number}-id", value)
    pictures.take(page, "human-task")

    # an SLA timer that does not end the task
    designer.select("approve")
    designer.add("超时时", "slow", "审批超时", "Late")
    designer.fill("timer-timeDuration", "PT8H")
    expect(page.locator("[data-sentence=timer]")).to_contain_text("8")
    designer.field("interrupting").locator("input").uncheck()
    pictures.take(page, "sla-timer")
    designer.select("slow")
    designer.add("设置变量", "mark_slow", "记为超时", "Mark as late")
    designer.field("assign-add").click()
    designer.fill("assign0-name", "slow")
    designer.formula("assign0-value", "true")
    designer.select("mark_slow")
    designer.add("结束", "marked", "已记录", "Marked")

    designer.select("approve")
    designer.add("二选一", "approved")
    designer.fill("name", "同意？")
    designer.fill("name-other", "Agreed?")
    designer.select("approved")
    designer.add("人工任务", "buy", "购买", "Buy")
    designer.choose("candidates", "role:agent")
    designer.field("outcomes-add").click()
    designer.fill("o0-name", "已购买")
    designer.fill("o0-id", "bought")
    designer.select("buy")
    designer.add("结束", "done", "采购完成", "Purchased")
    designer.select("approved")
    designer.add("结束", "rejected", "已驳回", "Rejected")
    designer.select_flow("→ 购买")
    designer.fill("name", "同意")
    designer.formula("conditionExpression", 'outcome = "approve"')
    designer.select_flow("→ 已驳回")
    designer.field("default").locator("input").check()
    designer.no_problems()
    designer.saved()
    page.get_by_role("button", name=re.compile("^显示全部")).click()
    pictures.take(page, "drawn")
    steps = (
        "register",
        "level",
        "approve",
        "mark_slow",
        "marked",
        "approved",
        "buy",
        "done",
        "rejected",
    )
    boxes = [designer.shape(step).locator(".djs-visual").first.bounding_box() for step in steps]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]


def overlap(one: Any, other: Any) -> bool:
    """Whether two boxes {x, y, width, height} have a place in common."""
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size]
        for at, size in (("x", "width"), ("y", "height"))
    )


def draw_the_decision(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    page.get_by_role("button", name="新建决策").click()
    table = page.locator(".ldz-editor:not([hidden])")
    table.locator("th.input-cell").dblclick()
    page.locator(".ref-text .cm-content").click()
    page.keyboard.insert_text("priority")
    page.keyboard.press("Escape")
    for number, (test, result) in enumerate((('"urgent"', '"manager"'), ("-", '"lead"'))):
        table.locator(".add-rule-add").last.click()
        cells = table.locator("tbody tr").nth(number).locator("td")
        for column, text in ((1, test), (2, result)):
            if text == "-":
                continue
            cells.nth(column).click()
            page.keyboard.insert_text(text)
    designer.saved()
    pictures.take(page, "decision-table")


def draw_the_form(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    editor = page.locator(".ldz-editor:not([hidden])")
    piece = editor.locator('.fjs-palette-field[data-field-type="textarea"]')
    piece.press("Enter")  # as a drag would, at the end of the form
    expect(editor.locator(".fjs-form-field-textarea")).to_be_visible()
    editor.locator(".fjs-form-field-textarea").click()
    general = editor.locator('[data-group-id="group-general"]')
    general.locator(".bio-properties-panel-group-header").click()
    for entry, text in (("label", OPINION), ("key", "comment")):
        box = general.locator(f'[data-entry-id$="{entry}"]').locator("input, textarea, .cm-content")
        box.first.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    expect(editor.get_by_text(OPINION).first).to_be_visible()
    designer.saved()
    pictures.take(page, "form")


def try_and_keep(designer: Designer, pictures: Pictures) -> None:
    page = designer.page
    page.get_by_role("button", name="试运行", exact=True).click()
    panel = page.locator(".ldz-run")
    begin = panel.locator("details", has_text="起始条件").last
    if begin.get_attribute("open") is None:
        begin.locator("summary").click()
    for name, value in (("message_id", "1"), ("title", DISPLAYS.title), ("priority", "urgent")):
        begin.get_by_role("button", name="添加变量").click()
        row = begin.locator(".ldz-pair").last.locator("input")
        row.nth(0).fill(name)
        row.nth(1).fill(value)
    begin.get_by_label("ticket.create").fill('{"ticket_id": 1, "correlation": "ticket:1"}')
    begin.get_by_role("button", name="按此开始").click()
    expect(panel.locator(".ldz-wait.is-task")).to_contain_text("审批采购")
    pictures.take(page, "dry-run-waits")
    panel.get_by_role("button", name="跳到下一个定时器").click()
    expect(panel.get_by_role("button", name="退一步")).to_be_enabled()
    expect(page.locator(".ldz-sign.is-token").first).to_be_visible()
    panel.get_by_role("tab", name=re.compile("动作结果")).click()
    expect(panel.locator(".ldz-effects")).to_contain_text("ticket.create")
    pictures.take(page, "dry-run-effects")
    panel.get_by_role("tab", name="下一步").click()
    panel.get_by_label("审批意见").fill("可以")
    panel.get_by_role("button", name="同意").click()
    expect(panel.locator(".ldz-wait.is-task")).to_contain_text("购买")
    panel.get_by_role("button", name="已购买").click()
    expect(panel).to_contain_text("已结束")
    pictures.take(page, "dry-run-ended")
    panel.get_by_role("button", name="保存为场景").click()
    page.get_by_label("名称（中文）").fill("同意并购买")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("purchase-approval.scenario.yaml")
    panel.get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("menuitem", name="运行场景").click()
    expect(page.locator(".ldz-scenarios")).to_contain_text("全部 1 个场景通过")
    expect(page.locator(".ldz-scenarios")).to_contain_text("未经过")
    pictures.take(page, "coverage")


def deploy(designer: Designer, why: str) -> None:
    """Deploy the folder of the open file; all its scenarios must hold."""
    page = designer.page
    page.get_by_role("button", name="发布…").click()
    dialog = page.get_by_role("dialog", name="发布")
    dialog.get_by_label("原因（留存记录）").fill(why)
    expect(dialog.get_by_label("仅当所有场景通过时发布")).to_be_checked()
    dialog.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("已发布：purchase-approval")


def offer_as_a_type(page: Page, pictures: Pictures) -> None:
    """Tickets of a new type go through the flow."""
    page.goto("/settings/ticket-types/new")
    page.locator("[name=key]").fill("purchase")
    for name, words in (
        ("name_zh", "采购申请"),
        ("name_en", "Purchase"),
        ("help_zh", "审批后购买。"),
        ("help_en", "Bought after an approval."),
        ("prefix", "PA"),
    ):
        page.locator(f"[name={name}]").fill(words)
    page.locator("[name=process]").select_option("purchase-approval approve")
    pictures.take(page, "type")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("采购申请")


def ask_and_approve(page: Page, pictures: Pictures) -> None:
    """At the desk a ticket is opened and approved; it waits for an agent to buy."""
    page.goto("/tickets/new?type=purchase")
    for name, words in (
        ("name", DISPLAYS.name),
        ("mail", DISPLAYS.mail),
        ("title", DISPLAYS.title),
    ):
        page.locator(f"main [name={name}]").fill(words)
    page.get_by_role("button", name="新建工单").click()
    open_ticket(page, DISPLAYS.title)
    pictures.take(page, "to-approve")
    page.locator(".ld-step").get_by_label("审批意见").fill("可以")
    page.locator(".ld-step").get_by_role("button", name="同意").click()
    expect(page.locator(".ld-step-name")).not_to_have_text("审批采购")
    pictures.take(page, "approved")


def demand_acceptance(designer: Designer, pictures: Pictures) -> None:
    """What was one step gets another name and id, and one after it; the scenario is brought up to date."""
    page = designer.page
    designer.open(f"{FOLDER}/purchase-approval.bpmn")
    designer.select("done")
    page.keyboard.press("Delete")
    designer.select("buy")
    designer.fill("name", "下单")
    designer.fill("name-other", "Order")
    designer.fill("id", "order")
    designer.add("人工任务", "accept_goods", "验收", "Accept the goods")
    designer.choose("candidates", "role:agent")
    designer.field("outcomes-add").click()
    designer.fill("o0-name", "合格")
    designer.fill("o0-en", "In order")
    designer.fill("o0-id", "good")
    designer.select("accept_goods")
    designer.add("结束", "done", "采购完成", "Purchased")
    designer.no_problems()
    designer.saved()

    # the kept run does not hold any more: deploying says so
    page.get_by_role("button", name="发布…").click()
    dialog = page.get_by_role("dialog", name="发布")
    dialog.get_by_role("button", name="发布", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("同意并购买")
    pictures.take(page, "refused-by-a-scenario")
    dialog.get_by_role("button", name="取消").click()
    designer.open(f"{FOLDER}/purchase-approval.scenario.yaml")
    text = page.get_by_label("文件内容")
    said = re.sub(r"\bbuy\b", "order", text.input_value())
    accepted = (
        "    at: [accept_goods]\n  - complete: accept_goods\n    outcome: good\n    ended: true\n"
    )
    text.fill(said.replace("    ended: true\n    data:\n      outcome: bought\n", accepted))
    designer.saved()
    pictures.take(page, "scenario")
    designer.tab("采购审批")


def see_the_difference(designer: Designer, pictures: Pictures) -> None:
    """The draft beside what is deployed."""
    page = designer.page
    page.get_by_role("button", name="版本").click()
    changes = page.get_by_role("list", name="差异")
    expect(changes).to_contain_text("验收")
    expect(page.locator(".ldz-side .ldz-sign.is-added").first).to_be_visible()
    changes.get_by_role("button", name=re.compile("新增.*验收")).first.click()
    one, other = (
        [float(number) for number in re.findall(r"-?[\d.]+", view.get_attribute("transform") or "")]
        for view in page.locator(".ldz-side .viewport").all()
    )
    assert one == pytest.approx(other, abs=0.01)  # both at one zoom and place
    pictures.take(page, "difference")
    page.get_by_role("button", name="关闭").last.click()


def move_the_ticket(page: Page, pictures: Pictures) -> None:
    """Who has deployed is asked what becomes of the running one; where it goes on is said, tried and done."""
    page.get_by_role("button", name="迁移…").click()
    wizard = page.get_by_role("dialog", name="迁移运行中的实例")
    goes_on = wizard.get_by_label("购买迁移到")
    expect(goes_on).to_have_value("")
    pictures.take(page, "nowhere-to-go")
    wizard.get_by_role("button", name="先试算").click()
    expect(wizard.locator(".ldz-verdict")).to_contain_text("0")
    pictures.take(page, "stays-and-why")
    goes_on.select_option(label="下单")
    wizard.get_by_role("button", name="先试算").click()
    expect(wizard.locator(".ldz-verdict.is-ok")).to_be_visible()
    wizard.get_by_label("原因（留存记录）").fill(WHY_MOVED)
    pictures.take(page, "can-be-moved")
    wizard.get_by_role("button", name="迁移 1 个实例").click()
    expect(wizard).to_contain_text("已迁移 1 个")
    pictures.take(page, "moved")
    wizard.get_by_role("button", name="关闭").last.click()


def finish(page: Page, pictures: Pictures) -> None:
    """The agent meets the new version's steps."""
    open_ticket(page, DISPLAYS.title)
    step = page.locator(".ld-step-name")
    for name, outcome in (("下单", "已购买"), ("验收", "合格")):
        expect(step).to_have_text(name)
        pictures.take(page, f"step-{outcome}")
        page.locator(".ld-step").get_by_role("button", name=outcome).click()
    expect(step).to_have_count(0)
    page.get_by_role("tab", name="流程图").click()
    expect(page.locator(".ld-flow-canvas [data-element-id=done]")).to_be_visible()
    pictures.take(page, "finished-on-the-new-version")
