"""Flows whose clocks run: hours pass at once, and the lists, the tickets and the bells say so."""

import re
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.fixtures.desk_clock import DeskClock
from tests.fixtures.smtp import SmtpSink
from tests.journeys.conftest import SignIn
from tests.journeys.customers import KETTLE, LAPTOPS, NETWORK
from tests.journeys.mailing import plain_text
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE, choose, open_ticket, rate, send_form

SOON = 20  # seconds: the scheduler's next round and a worker's, on a machine that does other things, too


class Time:
    """The desk's clock, and that of the browsers that look at it."""

    def __init__(self, clock: DeskClock) -> None:
        self._clock = clock
        self._pages: list[Page] = []

    def of(self, page: Page) -> Page:
        """This page's clock goes with the desk's."""
        page.clock.set_fixed_time(self._clock.now())
        self._pages.append(page)
        return page

    def passes(self, **by: float) -> None:
        """Let `minutes=`, `hours=`, `days=` pass."""
        self._clock.forward(timedelta(**by))
        for page in self._pages:
            page.clock.set_fixed_time(self._clock.now())


def call(page: Page, method: str, address: str, **data: Any) -> Any:
    """Ask the API as the person who is signed in on this page; the answer's JSON."""
    token = page.locator("[name=csrf_token]").first.get_attribute("value") or ""
    answer = page.request.fetch(
        f"/api/v1/{address}", method=method, data=data or None, headers={"X-CSRF-Token": token}
    )
    assert answer.ok, answer.text()
    return answer.json()


@pytest.fixture
def time(desk_clock: DeskClock, sign_in: SignIn) -> Time:
    """Everybody works around the clock, so that it does not matter when the tests are run."""
    admin = sign_in("admin")
    always = {"title": "全天", "zone": "Asia/Shanghai", "week": ["00:00-24:00"] * 7}
    known = {one["key"] for one in call(admin, "GET", "calendars")["items"]}
    if "default" not in known:
        call(admin, "POST", "calendars", key="default", **always)
    return Time(desk_clock)


def row_of(page: Page, title: str) -> Locator:
    """The ticket's row in the list of all tickets."""
    page.goto("/tickets")
    return page.locator("tr[data-row]", has_text=title)


def reload_until(page: Page, wanted: Locator) -> None:
    """Look again until it is there: what a timer or a worker does comes soon, not at once."""
    until = monotonic() + SOON
    while not wanted.is_visible() and monotonic() < until:
        page.reload()
    expect(wanted).to_be_visible()


def bell_says(page: Page, text: str) -> None:
    """Among the notices is one with this text."""
    page.goto("/notices")
    reload_until(page, page.locator("main").get_by_text(text).first)


def expect_late(page: Page, title: str) -> None:
    """The list marks the ticket's step as late."""
    reload_until(page, row_of(page, title).get_by_text("超时", exact=True))


def write(page: Page, kind: str, text: str) -> None:
    """A reply or a note on the open ticket."""
    page.locator("#editor").get_by_text(kind, exact=True).click()
    page.locator("#editor-text").fill(text)
    page.locator("#editor").get_by_role("button", name="发送", exact=True).click()
    expect(page.locator(".ld-message", has_text=text)).to_be_visible()


def test_an_incident_is_late_escalates_and_is_rated(
    time: Time,
    sign_in: SignIn,
    new_page: Callable[..., Page],
    desk_mail: SmtpSink,
    pictures: Pictures,
) -> None:
    phone = new_page(**PHONE)
    number = send_form(phone, "incident", NETWORK, **{"出问题的设备或系统": "三楼交换机"})
    assert number.startswith("INC-")
    desk_mail.wait(1, to=NETWORK.mail)
    desk, agent = time.of(sign_in("wangfang")), time.of(sign_in("liming"))
    open_ticket(desk, NETWORK.title)
    pictures.take(desk, "triage")
    choose(desk, "派发", **{"影响范围": "多个部门", "紧急程度": "工作停滞", "人员": "李明"})
    row = row_of(desk, NETWORK.title)
    expect(row).to_contain_text("分钟后")  # 15 minutes to the first response
    pictures.take(desk, "list-in-time")

    time.passes(minutes=13)  # 80 % of them are gone
    bell_says(agent, "首次响应即将到期（请尽快回复客户）")
    pictures.take(agent, "reminded")
    expect(row_of(desk, NETWORK.title)).to_contain_text("1 分钟后")

    # a reply keeps the first promise; the second is missed, and the step is late
    open_ticket(agent, NETWORK.title)
    write(agent, "回复客户", "已在更换交换机。")
    desk_mail.wait(2, to=NETWORK.mail)
    time.passes(minutes=50)
    bell_says(agent, "二次响应已超时")
    open_ticket(agent, NETWORK.title)
    header = agent.locator(".ld-ticket-header")
    expect(header.get_by_text("超时", exact=True)).to_be_visible()
    agent.get_by_role("tab", name="服务时限").click()
    expect(agent.locator("#ticket-clocks")).to_contain_text("已达标")
    expect(agent.locator("#ticket-clocks")).to_contain_text("超时 33 分钟")
    pictures.take(agent, "late")

    # after two hours it goes up a level by itself, and once more by hand
    time.passes(minutes=62)
    bell_says(agent, "解决时限已超时")
    open_ticket(desk, NETWORK.title)
    expect(desk.locator("#editor")).to_contain_text("指派上级处理人")
    pictures.take(desk, "escalated")
    choose(desk, "派发", **{"人员": "赵丽"})
    second = time.of(sign_in("zhaoli"))
    open_ticket(second, NETWORK.title)
    choose(second, "升级", **{"升级原因": "需要厂商到场"})
    open_ticket(desk, NETWORK.title)
    choose(desk, "派发", **{"人员": "孙强"})
    third = time.of(sign_in("sunqiang"))
    open_ticket(third, NETWORK.title)
    third.get_by_role("tab", name="处理流程").click()
    expect(third.locator("#trail")).to_contain_text("需要厂商到场")
    pictures.take(third, "third-level")
    choose(third, "已恢复", **{"处理结果": "更换交换机电源", "原因": "电源老化"})
    expect(third.locator(".ld-ticket-header")).to_contain_text("已结束")
    third.get_by_role("tab", name="服务时限").click()
    expect(third.locator("#ticket-clocks").get_by_text("超时达成")).to_have_count(2)
    rate(phone, desk_mail.wait(3, to=NETWORK.mail)[2])


def test_a_purchase_needs_two_people_and_its_clocks_wait_for_the_customer(
    time: Time,
    sign_in: SignIn,
    new_page: Callable[..., Page],
    desk_mail: SmtpSink,
    pictures: Pictures,
) -> None:
    phone = new_page(**PHONE)
    wanted = {"申请类别": "purchase", "预计金额（元）": "36000"}
    number = send_form(phone, "service-request", LAPTOPS, **wanted)
    assert number.startswith("REQ-")
    desk_mail.wait(1, to=LAPTOPS.mail)
    first, second = time.of(sign_in("wangfang")), time.of(sign_in("admin"))
    expect(row_of(first, LAPTOPS.title)).to_contain_text("分钟后")
    open_ticket(first, LAPTOPS.title)
    expect(first.locator("#editor-step")).to_contain_text("36000 元，需 2 级审批")
    pictures.take(first, "approve")

    # while the desk waits for the customer, no clock moves
    clocks = first.locator("#ticket-clocks")
    first.get_by_role("tab", name="服务时限").click()
    clocks.get_by_role("button", name="等待客户回复").click()
    expect(clocks.get_by_role("button", name="继续计时")).to_be_visible()  # by itself
    expect(clocks.get_by_text("已暂停")).to_have_count(3)
    held = clocks.inner_text()
    pictures.take(first, "held")
    time.passes(hours=10)
    first.reload()
    assert clocks.inner_text() == held
    clocks.get_by_role("button", name="继续计时").click()
    expect(clocks.get_by_role("button", name="等待客户回复")).to_be_visible()

    # a day without an answer: the step is late
    time.passes(hours=25)
    bell_says(first, "首次响应已超时")
    expect_late(first, LAPTOPS.title)
    pictures.take(first, "list-late")
    open_ticket(first, LAPTOPS.title)
    choose(first, "批准", **{"审批意见": "按部门预算采购"})
    expect(first.locator("#editor-step")).to_have_count(0)  # the second must be somebody else's
    first.goto("/tasks")
    expect(first.locator(".ld-task", has_text=LAPTOPS.title)).to_have_count(0)
    open_ticket(second, LAPTOPS.title)
    expect(second.locator("#editor")).to_contain_text("二级审批")
    choose(second, "批准")

    open_ticket(first, LAPTOPS.title)
    choose(first, "派发", **{"人员": "孙强", "优先级": "低"})
    agent = time.of(sign_in("sunqiang"))
    open_ticket(agent, LAPTOPS.title)
    choose(agent, "办理完成", **{"办理结果": "已采购六台，明天送到"})
    expect(agent.locator(".ld-ticket-header")).to_contain_text("已结束")
    agent.get_by_role("tab", name="处理流程").click()
    for line in ("王芳", "管理员", "按部门预算采购"):
        expect(agent.locator("#trail")).to_contain_text(line)
    pictures.take(agent, "done")
    rate(phone, desk_mail.wait(2, to=LAPTOPS.mail)[1])


def test_a_refund_is_paid_then_asked_about_and_becomes_an_article(
    time: Time,
    sign_in: SignIn,
    new_page: Callable[..., Page],
    desk_mail: SmtpSink,
    pictures: Pictures,
) -> None:
    desk, agent = time.of(sign_in("wangfang")), time.of(sign_in("liming"))
    admin = time.of(sign_in("admin"))
    kinds = {one["key"]: one for one in call(admin, "GET", "ticket-types")["items"]}
    call(admin, "PUT", "ticket-types/refund", **{
        name: value for name, value in kinds["refund"].items() if name not in ("key", "is_default")
    } | {"survey": True})  # fmt: skip
    phone = new_page(**PHONE)
    asked = {"订单号": "D-20931", "申请退款金额（元）": "299", "退款原因": "faulty"}
    number = send_form(phone, "refund", KETTLE, **asked)
    assert number.startswith("RF-")
    desk_mail.wait(1, to=KETTLE.mail)
    open_ticket(agent, KETTLE.title)
    expect(agent.locator("#editor-step")).to_contain_text("订单号 D-20931")
    expect(agent.get_by_label("退款金额（元）", exact=True)).to_have_value(
        "299"
    )  # what the customer asked for
    pictures.take(agent, "check")
    choose(agent, "属实，申请退款", **{"退款事由": "漏水"})
    open_ticket(desk, KETTLE.title)
    choose(desk, "批准", **{"审批意见": "同意"})
    time.passes(hours=49)  # nobody pays for two days
    expect_late(desk, KETTLE.title)
    open_ticket(desk, KETTLE.title)
    pictures.take(desk, "pay")

    # what was learnt is written down before the ticket ends
    row_of(agent, KETTLE.title).get_by_role("link", name=KETTLE.title).click()
    write(agent, "内部备注", "漏水的水壶凭照片即可退款，不必寄回。")
    agent.get_by_role("tab", name="关联").click()
    agent.get_by_role("link", name="生成文章").click()
    expect(agent.get_by_label("正文", exact=False)).to_have_value(
        "漏水的水壶凭照片即可退款，不必寄回。"
    )
    agent.get_by_label("标题", exact=True).fill("电热水壶漏水怎么退款")
    pictures.take(agent, "article")
    agent.get_by_role("button", name="保存并提交审核").click()
    expect(agent.get_by_text("审核中")).to_be_visible()
    time.passes(hours=73)
    bell_says(desk, "电热水壶漏水怎么退款")
    pictures.take(desk, "reminded-of-the-article")
    desk.goto("/tasks")
    desk.get_by_role("link", name="电热水壶漏水怎么退款").click()
    desk.get_by_role("button", name="发布", exact=True).click()
    expect(desk.locator(".ld-toast").first).to_be_visible()
    agent.reload()
    expect(agent.get_by_text("已发布")).to_be_visible()
    pictures.take(agent, "published")

    open_ticket(desk, KETTLE.title)
    choose(desk, "已打款", **{"打款方式": "银行转账", "流水号": "T-889"})
    expect(desk.locator(".ld-ticket-header")).to_contain_text("已结束")
    closing = desk_mail.wait(2, to=KETTLE.mail)[1]
    assert "T-889" in plain_text(closing)
    rate(phone, closing)

    # an hour later the customer is asked, is not content, and is called back
    time.passes(hours=1.1)
    link = re.search(r"http\S+/survey", plain_text(desk_mail.wait(3, to=KETTLE.mail)[2]))
    assert link is not None
    phone.goto(link[0])
    pictures.take(phone, "survey", whole=True)
    phone.locator("label[for='rating-2']").click()
    phone.get_by_role("button", name="提交").click()
    pictures.take(phone, "survey-answered", whole=True)
    desk.goto("/tasks")
    desk.locator(".ld-task").get_by_role("link", name=KETTLE.title).click()
    desk.get_by_label("回访记录", exact=True).fill("已致歉，赠送优惠券")
    pictures.take(desk, "call-back")
    desk.get_by_role("button", name="已回访", exact=True).click()
    expect(desk.locator(".ld-toast").first).to_be_visible()
    desk.goto("/surveys")
    expect(desk.locator("main")).to_contain_text(KETTLE.title)
    pictures.take(desk, "satisfaction")
