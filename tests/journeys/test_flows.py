"""The flows from the customer's form to the rating: an engineer's visit, and a complaint that goes back a step."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.fixtures.smtp import SmtpSink
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.customers import PARCEL, WASHER
from tests.journeys.mailing import plain_text
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE, choose, open_ticket, rate, send_form


def test_an_engineer_goes_there_collects_and_the_customer_rates(
    sign_in: SignIn, new_page: Callable[..., Page], desk_mail: SmtpSink, pictures: Pictures
) -> None:
    phone = new_page(**PHONE)
    number = send_form(
        phone, "on-site", WASHER, **{"手机号码": "13800138000", "上门地址": "和平路 12 号 3 单元"}
    )
    assert number.startswith("OS-")
    dispatcher, engineer = sign_in("wangfang"), sign_in("liming")
    open_ticket(dispatcher, WASHER.title)
    pictures.take(dispatcher, "dispatch")
    choose(dispatcher, "派发", **{"人员": "李明"})

    open_ticket(engineer, WASHER.title)
    choose(engineer, "接收")
    choose(engineer, "已到达")
    told = desk_mail.wait(2, to=WASHER.mail)[1]
    assert "工程师已到达现场" in plain_text(told)
    pictures.take(engineer, "serve")
    choose(
        engineer,
        "服务完成",
        **{"服务结果": "更换排水泵", "应收费用（元）": "80", "收费项目": "上门费"},
    )
    choose(engineer, "已收款", **{"收款方式": "微信支付", "交易流水号": "W-20260001"})
    choose(engineer, "已签字", **{"签字人": "袁红"})
    expect(engineer.locator(".ld-ticket-header")).to_contain_text("已结束")
    engineer.get_by_role("tab", name="详情").click()
    expect(engineer.locator("#side-details")).to_contain_text("80.00 CNY")
    expect(engineer.locator("#side-details")).to_contain_text("已收款")
    pictures.take(engineer, "paid")

    rate(phone, desk_mail.wait(3, to=WASHER.mail)[2])


def test_a_complaint_goes_back_to_the_step_where_something_was_missed(
    sign_in: SignIn, new_page: Callable[..., Page], pictures: Pictures
) -> None:
    phone = new_page(**PHONE)
    number = send_form(phone, "complaint", PARCEL, **{"投诉对象": "delivery"})
    assert number.startswith("CP-")
    desk, agent = sign_in("wangfang"), sign_in("liming")
    open_ticket(desk, PARCEL.title)
    choose(desk, "受理并派发", **{"人员": "李明", "严重程度": "严重"})
    open_ticket(agent, PARCEL.title)
    choose(agent, "调查完成", **{"调查结果": "少送一件，已确认", "责任方": "合作方"})
    choose(agent, "退回", **{"退回到": "调查", "退回原因": "还要核对签收记录"})

    # what was entered there is back, and the trail tells it
    step = agent.locator("#editor-step")
    expect(step.get_by_label("调查结果", exact=True)).to_have_value("少送一件，已确认")
    agent.get_by_role("tab", name="处理流程").click()
    expect(agent.locator("#trail")).to_contain_text("从“拟定方案”退回到“调查”")
    expect(agent.locator("#trail")).to_contain_text("还要核对签收记录")
    pictures.take(agent, "sent-back")
    assert not serious_faults(agent)

    # meanwhile it is handed over, with its open step
    agent.get_by_role("link", name="流转", exact=True).click()
    agent.get_by_label("人员", exact=True).select_option(label="赵丽")
    agent.get_by_label("备注", exact=True).fill("明天我休假")
    pictures.take(agent, "hand-over")
    agent.get_by_role("button", name="流转", exact=True).click()
    expect(agent.locator(".ld-ticket-header")).to_contain_text("赵丽")
    other = sign_in("zhaoli")
    open_ticket(other, PARCEL.title)
    expect(other.locator("#editor-step").get_by_label("调查结果", exact=True)).to_have_value(
        "少送一件，已确认"
    )
    other.get_by_role("tab", name="关联").click()
    pictures.take(other, "together")
