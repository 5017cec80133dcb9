"""A mail comes, is dispatched, worked on and finished; the customer rates. Everybody's page follows by itself."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.running import RunningDesk
from tests.fixtures.smtp import SmtpSink
from tests.journeys.conftest import SignIn
from tests.journeys.customers import PRAISE, PROJECTOR
from tests.journeys.mailing import plain_text, send_mail
from tests.journeys.pictures import Pictures
from tests.journeys.png import png

pytestmark = pytest.mark.each_database

CUSTOMER, TITLE = PROJECTOR.mail, PROJECTOR.title
REPLY = "您好，工程师今天下午三点上门检查，请保证会议室可以进入。"
NOTE = "备件库还有两只同型号灯泡。"
RESULT = "更换灯泡并清洁滤网，已现场试机正常。"
WAITING = ("wait",)  # the gateway of what may come after the end, whichever is first


def flow_shows(page: Page, *standing: str) -> None:
    """The tokens stand exactly on these elements of the diagram."""
    page.get_by_role("tab", name="流程图", exact=True).click()
    expect(page.locator(".ld-flow[data-ready]")).to_be_visible()
    for element in standing:
        expect(page.locator(f".ld-flow .ld-active[data-element-id='{element}']")).to_be_visible()
    expect(page.locator(".ld-flow .ld-active")).to_have_count(len(standing))


def write(page: Page, kind: str, text: str) -> None:
    """A public reply or an internal note, from the ticket's page."""
    editor = page.locator("#editor")
    editor.get_by_text(kind, exact=True).click()
    editor.locator("#editor-text").fill(text)
    editor.get_by_role("button", name="发送", exact=True).click()
    expect(editor.locator("#editor-text")).to_have_value("")
    expect(page.locator(".ld-message", has_text=text)).to_be_visible()


def test_a_mail_is_answered_finished_and_rated(
    running_desk: RunningDesk,
    desk_mail: SmtpSink,
    sign_in: SignIn,
    new_page: Callable[..., Page],
    pictures: Pictures,
) -> None:
    dispatcher = sign_in("wangfang")
    dispatcher.evaluate("window.openedOnce = true")
    asked = send_mail(
        running_desk,
        sender=PROJECTOR.sender,
        subject=TITLE,
        text="您好，\n\n二楼会议室的投影仪今天早上无法开机，指示灯一直闪红灯，照片见附件。\n下午四点有客户来访，请尽快处理。\n\n林小梅",
        files={"投影仪 指示灯.png": png(640, 400, (120, 40, 40))},
    )

    # the dispatcher sees it come, without touching the page
    row = dispatcher.locator(".ld-task", has_text=TITLE)
    expect(row).to_be_visible()
    assert dispatcher.evaluate("window.openedOnce"), "the page was loaded anew"
    tasks = dispatcher.locator(".ld-task").count()
    expect(dispatcher.locator("[data-count=tasks]")).to_have_text(str(tasks))
    pictures.take(dispatcher, "dispatcher-tasks")
    row.get_by_role("link", name=TITLE).click()
    expect(dispatcher.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(dispatcher.locator(".ld-ticket-header")).to_contain_text("待派发")
    expect(dispatcher.get_by_role("link", name="投影仪 指示灯.png")).to_be_visible()
    pictures.take(dispatcher, "ticket-pending")
    flow_shows(dispatcher, "dispatch")
    pictures.take(dispatcher, "flow-dispatch")

    acknowledged = desk_mail.wait(to=CUSTOMER)[0]
    assert acknowledged["In-Reply-To"] == asked
    assert acknowledged["Auto-Submitted"] == "auto-replied"

    agent = sign_in("liming")
    dispatcher.get_by_label("人员").select_option("李明")
    dispatcher.get_by_label("优先级").select_option("高")
    dispatcher.get_by_label("备注", exact=True).fill("客户下午有来访，请优先。")
    dispatcher.get_by_role("button", name="派发", exact=True).click()
    expect(dispatcher.locator(".ld-ticket-header")).to_contain_text("已派发")
    flow_shows(dispatcher, "accept")
    pictures.take(dispatcher, "ticket-dispatched")

    # the agent's list shows it by itself; they accept
    task = agent.locator(".ld-task", has_text=TITLE)
    expect(task).to_be_visible()
    pictures.take(agent, "agent-tasks")
    task.get_by_role("link", name=TITLE).click()
    agent.get_by_role("button", name="受理", exact=True).click()
    expect(agent.locator(".ld-ticket-header")).to_contain_text("处理中")
    # the dispatcher still looks at the page: it follows
    expect(dispatcher.locator(".ld-ticket-header")).to_contain_text("处理中")
    flow_shows(dispatcher, "process")

    write(agent, "回复客户", REPLY)
    write(agent, "内部备注", NOTE)
    # the newest message stays in sight, and nobody is told of what they wrote themselves
    expect(agent.locator(".ld-message", has_text=NOTE)).to_be_in_viewport(ratio=0.9)
    expect(agent.locator("[data-to-end]")).to_be_hidden()
    pictures.take(agent, "ticket-processing")
    answer = desk_mail.wait(2, to=CUSTOMER)[1]
    assert REPLY in plain_text(answer)
    assert NOTE not in plain_text(answer)
    assert answer["In-Reply-To"] == asked
    assert asked in answer["References"]
    expect(dispatcher.locator(".ld-message.is-reply", has_text=REPLY)).to_be_visible()

    agent.get_by_label("处理结果").fill(RESULT)
    agent.get_by_role("button", name="处理完成", exact=True).click()
    expect(agent.locator(".ld-ticket-header")).to_contain_text("已结束")
    flow_shows(agent, *WAITING)
    pictures.take(agent, "ticket-ended")

    # the customer opens the link of the mail
    done = desk_mail.wait(3, to=CUSTOMER)[2]
    assert RESULT in plain_text(done)
    link = re.search(r"http\S+#rate", plain_text(done))
    assert link is not None
    customer = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    customer.goto(link[0])
    expect(customer.get_by_text(RESULT).first).to_be_visible()
    expect(customer.get_by_text(NOTE)).to_have_count(0)
    pictures.take(customer, "customer-rates", whole=True)
    customer.locator("label[for='rating-5']").click()
    customer.locator("#comment").fill(PRAISE)
    customer.get_by_role("button", name="提交评价").click()
    expect(customer.locator(".ld-rated")).to_be_visible()
    pictures.take(customer, "customer-has-rated", whole=True)

    # the desk shows it, and the trail has every line
    agent.get_by_role("tab", name="处理流程").click()
    trail = agent.locator("#trail")
    expect(trail).to_contain_text(PRAISE)
    for line in (
        "林小梅 登记了工单",
        "王芳 将工单派发给 李明",
        "客户下午有来访，请优先。",
        "李明 受理了工单",
        "李明 回复了客户",
        "李明 添加了内部备注",
        "李明 完成并结束了工单",
        RESULT,
        "林小梅 评价了 5 星",
    ):
        expect(trail).to_contain_text(line)
    pictures.take(agent, "trail")
    agent.reload()
    agent.get_by_role("tab", name="详情").click()
    expect(agent.locator("#side-details")).to_contain_text("★★★★★")
    flow_shows(agent, *WAITING)
