"""A stuck ticket is found in the list of incidents, understood, mended with an edited variable and tried again."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.fixtures.smtp import SmtpSink
from tests.journeys import stuck
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.mailing import plain_text
from tests.journeys.pictures import Pictures
from tests.printing.conftest import texts

PATIENCE = 60_000  # ms; the press starts with the first print
TIME = "师傅明天上午十点到，请留人在家。"
REASON = "客户电话确认了时间"


def incident_of(page: Page, title: str) -> None:
    """From the rail into the list, and from there to the newest incident."""
    page.get_by_role("link", name=re.compile("^异常")).first.click()
    expect(page.get_by_role("heading", name="异常", exact=True)).to_be_visible()
    page.locator("tr[data-row]", has_text="mail.send").first.locator("[data-row-link]").click()
    expect(page.locator(".ld-facts")).to_contain_text(title)


def test_a_stuck_ticket_is_mended(
    running_desk: RunningDesk, desk_mail: SmtpSink, sign_in: SignIn, pictures: Pictures
) -> None:
    operator = sign_in("zhangwei")
    stuck.deploy(running_desk)
    instance = stuck.arrive(running_desk)
    operator.goto("/incidents")
    expect(operator.locator("tr[data-row]", has_text="mail.send")).to_be_visible(timeout=30_000)
    pictures.take(operator, "incidents")
    faults = serious_faults(operator)

    # understood: what it was asked to do, where it stands, in which ticket
    incident_of(operator, stuck.TITLE)
    expect(operator.locator(".ld-flow[data-ready]")).to_be_visible()
    expect(operator.locator(".ld-flow .ld-failed[data-element-id='tell']")).to_be_visible()
    pictures.take(operator, "incident", whole=True)
    faults += serious_faults(operator)
    operator.get_by_role("link", name="上门服务").first.click()
    expect(operator.locator(".ld-flow[data-ready]")).to_be_visible()
    expect(operator.locator("#timeline")).to_contain_text("登记工单")
    pictures.take(operator, "instance", whole=True)

    # mended and tried again
    operator.get_by_role("link", name="查看异常").click()
    operator.get_by_text("先修改变量").click()
    operator.get_by_label("visit_time").fill(TIME)
    operator.get_by_role("button", name="重试", exact=True).click()
    expect(operator.locator("#reason:invalid")).to_be_visible()  # no act without a reason
    operator.get_by_label("原因").fill(REASON)
    pictures.take(operator, "mended", whole=True)
    operator.get_by_role("button", name="重试", exact=True).click()
    expect(operator.locator("#flash")).to_contain_text("正在重试")

    (mail,) = desk_mail.wait(1, to=stuck.MAIL)
    assert TIME in plain_text(mail)
    operator.goto(f"/cockpit/instances/{instance}")
    expect(operator.locator(".ld-flow .ld-active[data-element-id='visit_task']")).to_be_visible()
    story = operator.locator("#timeline")
    expect(story).to_contain_text(REASON)
    expect(story.locator("del")).to_be_attached()
    expect(story).to_contain_text(TIME)
    pictures.take(operator, "goes-on", whole=True)
    faults += serious_faults(operator)

    # and the auditor has it on paper: who did it, what was set, and why
    href = operator.locator(".ld-heading a[href^='/tickets/']").get_attribute("href")
    auditor = sign_in("liuyang")
    auditor.goto(f"{href}/print?layout=audit_pack")
    expect(auditor.locator("img.ld-sheet").first).to_be_visible(timeout=PATIENCE)
    pictures.take(auditor, "audit-pack")
    with auditor.expect_download(timeout=PATIENCE) as download:
        auditor.get_by_role("link", name="另存为 PDF").click()
    pack = "".join(texts(Path(download.value.path()).read_bytes()))
    assert f"原因：{REASON}" in pack
    assert TIME in pack
    assert "张伟" in pack
    assert not faults, faults


def test_a_token_is_moved_by_clicking_and_many_are_suspended(
    running_desk: RunningDesk, sign_in: SignIn, pictures: Pictures
) -> None:
    operator = sign_in("zhangwei")
    stuck.deploy(running_desk)
    ids = [
        stuck.arrive(running_desk, visit_time=TIME, title=f"{stuck.TITLE} {n}") for n in (1, 2, 3)
    ]
    page = operator
    page.goto(f"/cockpit/instances/{ids[0]}")
    expect(page.locator(".ld-flow .ld-active[data-element-id='visit_task']")).to_be_visible(
        timeout=30_000
    )
    page.reload()  # the list of tokens to move is that of the page as it was opened
    expect(page.locator(".ld-flow[data-ready]")).to_be_visible()
    page.locator(".ld-flow [data-element-id='visit_task'] .djs-hit").first.click()
    page.locator(".ld-flow [data-element-id='over'] .djs-hit").first.click()
    dialog = page.locator("#move")
    expect(dialog.locator("#move-to")).to_have_value("over")
    pictures.take(page, "move")
    dialog.get_by_label("原因").fill("客户已自行修好")
    dialog.get_by_role("button", name="移动").click()
    expect(page.locator("h1 + .ld-badge")).to_have_text("已完成")

    page.goto("/cockpit/instances?process=visit&status=running")
    page.locator("#many select[name=scope]").select_option("found")
    page.locator("#many select[name=kind]").select_option("suspend")
    page.locator("#many input[name=reason]").fill(stuck.PAUSE)
    pictures.take(page, "instances")
    page.get_by_role("button", name="执行").click()
    expect(page.locator("#batch .ld-badge")).to_have_text("已结束", timeout=30_000)
    expect(page.get_by_role("heading", name="挂起")).to_be_visible()  # the page, not only its part
    pictures.take(page, "batch")
    page.goto(f"/cockpit/instances/{ids[1]}")
    expect(page.locator("h1 + .ld-badge")).to_have_text("已挂起")
    page.goto("/cockpit/processes/visit?mode=passes")
    expect(page.locator(".ld-flow .ld-heat").first).to_be_visible(timeout=30_000)
    pictures.take(page, "heat", whole=True)
    faults = serious_faults(page)
    assert not faults, faults
