"""A workbook with Chinese headings becomes tickets, one row is mended; a customer fills in a link that works once."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.customers import BEAM, COOLING
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATIENCE = 30_000  # ms; the worker does other things, too


def send(page: Page, book: Workbook) -> None:
    """Upload a workbook and come to its columns."""
    content = io.BytesIO()
    book.save(content)
    page.goto("/tickets/import")
    page.get_by_label("表格文件").set_input_files(
        {"name": "报修单.xlsx", "mimeType": XLSX, "buffer": content.getvalue()}
    )
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_role("heading", name="报修单.xlsx")).to_be_visible()


def test_a_workbook_is_imported_and_a_wrong_row_mended(sign_in: SignIn, pictures: Pictures) -> None:
    book = Workbook()
    for row in (
        ["标题", "问题描述", "紧急程度", "联系人", "手机号", "期限"],
        [COOLING.title, "三楼东侧", "高", COOLING.name, 13800138071, "2027年5月31日 18:00"],
        [BEAM.title, "二楼会议室", "马上", BEAM.name, "记不得了", None],
    ):
        book.active.append(row)
    page = sign_in("wangfang")
    page.goto("/tickets/new")
    page.get_by_role("link", name="导入工单").click()
    expect(page.get_by_role("heading", name="导入工单")).to_be_visible()
    pictures.take(page, "import")
    faults = serious_faults(page)
    send(page, book)
    expect(page.get_by_label("F · 期限")).to_have_value("")
    page.get_by_label("F · 期限").select_option("截止时间")
    page.get_by_role("button", name="重新检查").click()
    expect(page.get_by_label("F · 期限")).to_have_value("deadline")
    expect(page.locator("#verdict")).to_contain_text("有 1 行无法导入")
    expect(page.locator("main table")).to_contain_text("这不是电话号码。")
    expect(page.locator("main table")).to_contain_text("请填写：低、普通、高或紧急。")
    pictures.take(page, "columns", whole=True)
    faults += serious_faults(page)
    page.get_by_role("button", name="导入", exact=True).click()
    download_link = page.get_by_role("link", name="未导入.xlsx")
    expect(download_link).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".ld-work")).to_contain_text("已完成 1 张工单")
    pictures.take(page, "done", whole=True)
    faults += serious_faults(page)

    with page.expect_download() as download:
        download_link.click()
    back = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    rows = back.active
    assert "这不是电话号码。" in rows["G2"].value
    rows["C2"], rows["E2"] = "紧急", "13800138072"
    send(page, back)
    expect(page.locator("#verdict")).to_contain_text("全部可以导入")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator(".ld-work")).to_contain_text("已完成 1 张工单", timeout=PATIENCE)
    page.goto("/tickets")
    for request in (COOLING, BEAM):
        expect(page.locator("#ticket-list").get_by_role("link", name=request.title)).to_have_count(1)
    assert not faults, faults


def test_a_link_from_a_ticket_is_filled_in_once(
    sign_in: SignIn, new_page: Callable[..., Page], pictures: Pictures
) -> None:
    page = sign_in("wangfang")
    page.goto("/tickets")
    page.locator("#ticket-list [data-row-link]").first.click()
    page.wait_for_url(re.compile(r"/tickets/\d+"))
    ticket = page.url
    page.goto(f"{ticket.partition('?')[0]}/once")
    page.get_by_label("中文标题").fill("请补充联系信息")
    page.get_by_label("姓名：表单中").select_option("只读")
    page.get_by_label("说明：表单中").select_option("必填")
    page.get_by_label("备注：表单中").select_option("选填")
    pictures.take(page, "generator", whole=True)
    faults = serious_faults(page)
    page.get_by_role("button", name="生成链接").click()
    address = page.get_by_label("网址")
    expect(address).to_be_visible()
    pictures.take(page, "link", whole=True)
    faults += serious_faults(page)
    link = address.input_value()

    phone = new_page(java_script_enabled=False, **PHONE)
    phone.goto(link)
    pictures.take(phone, "on-a-phone", whole=True)
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_label("说明")).to_be_visible()
    phone.get_by_label("说明").fill("门禁密码已改，来之前请打电话")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("heading", name="我们已收到")).to_be_visible()
    pictures.take(phone, "thanks", whole=True)
    phone.goto(link)
    expect(phone.get_by_role("heading", name="该链接已使用")).to_be_visible()
    pictures.take(phone, "used", whole=True)

    page.goto(ticket)
    expect(page.locator("main")).to_contain_text("填写了一次性链接的表单")
    expect(page.locator("main")).to_contain_text("门禁密码已改")
    pictures.take(page, "answered", whole=True)
    assert not faults, faults
