"""A field is defined, filled in on a ticket and a list is filtered by it; a phone shows it in English and dark."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pages import chinese_on_frame
from tests.journeys.pictures import Pictures
from tests.journeys.test_pages import prefer

PHONE = {"width": 390, "height": 844}
MODEL = "HP-2055"


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    )


def test_a_field_is_defined_filled_in_and_filtered_by(
    sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    page.goto("/settings/dictionaries/problems")
    expect(page.get_by_role("link", name="打印机")).to_be_visible()
    pictures.take(page, "dictionary", whole=True)
    assert not serious_faults(page)
    page.goto("/settings/fields")
    expect(page.get_by_role("heading", name="问题信息")).to_be_visible()
    page.get_by_role("link", name="新增字段").first.click()
    page.get_by_label("显示名称（中文）").fill("设备型号")
    page.get_by_label("显示名称（英文）").fill("Device model")
    page.get_by_label("类型", exact=True).select_option("pattern")
    page.get_by_label("标识").fill("device_model")
    page.get_by_label("正则表达式", exact=True).fill("[A-Z]+-[0-9]+")
    page.get_by_label("分组", exact=True).select_option(label="问题信息")
    page.get_by_label("可在列表中显示为列并排序").check()
    page.get_by_label("可在列表中筛选，并可被搜索到").check()
    pictures.take(page, "new-field", whole=True)
    assert not serious_faults(page)
    page.get_by_role("button", name="新增字段").click()
    page.wait_for_url("**/settings/fields")
    expect(page.get_by_role("link", name="设备型号")).to_be_visible()
    pictures.take(page, "fields", whole=True)
    assert not serious_faults(page)

    page = sign_in("wangfang")
    page.goto("/tickets/new")
    page.get_by_label("标题").fill("A printer that is stuck")
    page.get_by_label("邮箱").fill("stuck.printer@example.com")
    page.get_by_label("设备型号").fill("hp 2055")
    page.get_by_label("问题分类").select_option(label="硬件 / 打印机")
    page.get_by_role("button", name="新建工单").click()
    expect(page.locator("#fields--errors")).to_be_visible()
    pictures.take(page, "refused", whole=True)
    page.get_by_label("设备型号").fill(MODEL)
    page.get_by_role("button", name="新建工单").click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    number = page.url.rpartition("/")[2]
    page.goto(f"/tickets/{number}?panel=details")
    expect(page.get_by_text("硬件 / 打印机")).to_be_visible()
    expect(page.get_by_text(MODEL)).to_be_visible()
    pictures.take(page, "ticket")
    assert not serious_faults(page)

    page.goto("/tickets")
    page.get_by_text("更多筛选").click()
    page.get_by_label("设备型号", exact=True).first.fill("2055")
    page.get_by_role("checkbox", name="设备型号").check()
    expect(page.get_by_role("cell", name=MODEL)).to_be_visible()
    pictures.take(page, "list")
    assert not serious_faults(page)

    prefer(page, locale="en", theme="dark")
    try:
        page.set_viewport_size(PHONE)
        page.goto(f"/tickets/{number}?panel=details")
        expect(page.get_by_text("Device model")).to_be_visible()
        expect(page.get_by_text(MODEL)).to_be_visible()
        pictures.take(page, "phone-ticket", whole=True)
        assert fits(page)
        assert chinese_on_frame(page) == []
        page.goto(f"/tickets/{number}/edit")
        expect(page.get_by_label("Device model")).to_have_value(MODEL)
        pictures.take(page, "phone-edit", whole=True)
        assert fits(page)
        assert chinese_on_frame(page) == []
        assert not serious_faults(page)
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})
        prefer(page, locale="zh_CN", theme="system")


def test_goods_are_picked_from_a_catalogue_counted_and_summed(
    sign_in: SignIn, pictures: Pictures
) -> None:
    page = sign_in("zhangwei")
    page.goto("/settings/catalogues")
    page.get_by_label("名称（中文）").fill("备件")
    page.get_by_label("名称（英文）").fill("Parts")
    page.get_by_label("标识").fill("parts")
    page.get_by_role("button", name="添加", exact=True).click()
    for code, name, price in (("T-85", "HP 85A toner", "420.5"), ("D-19", "HP 19A drum", "680")):
        page.wait_for_url(re.compile("/settings/catalogues/parts"))
        page.get_by_label("编号", exact=True).fill(code)
        page.get_by_label("名称", exact=True).fill(name)
        page.get_by_label("单价", exact=True).fill(price)
        page.get_by_role("button", name="添加", exact=True).click()
        expect(page.get_by_role("link", name=name)).to_be_visible()
    pictures.take(page, "catalogue", whole=True)
    assert not serious_faults(page)
    page.goto("/settings/fields/new")
    page.get_by_label("显示名称（中文）").fill("商品表")
    page.get_by_label("显示名称（英文）").fill("Products")
    page.get_by_label("类型", exact=True).select_option("table")
    page.get_by_label("标识").fill("products")
    page.get_by_role("group", name="适用的工单类型").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="新增字段").click()
    page.wait_for_url("**/settings/fields/products")
    page.locator("#catalogue_id").select_option(label="备件")
    pictures.take(page, "columns", whole=True)
    assert not serious_faults(page)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/settings/fields")
    try:
        _sell(sign_in("wangfang"), pictures)
    finally:
        page = sign_in("zhangwei")
        page.goto("/settings/fields/products")
        page.locator("#active").uncheck()
        page.get_by_role("button", name="保存").click()
        page.wait_for_url("**/settings/fields")


def _sell(page: Page, pictures: Pictures) -> None:
    page.goto("/tickets/new")
    page.get_by_label("标题").fill("Toner and a drum")
    page.get_by_label("邮箱").fill("toner@example.com")
    search = page.get_by_role("searchbox", name="查找目录")
    search.fill("toner")
    search.press("Enter")
    page.get_by_role("button", name="HP 85A toner").click()
    number = page.locator("[name='fields.products.0.product_num']")
    expect(number).to_be_focused()
    expect(page.locator("[name='fields.products.0.product_price']")).to_have_value("420.5")
    number.fill("2")
    page.get_by_role("button", name=re.compile("^添加一项")).click()
    expect(page.locator("[name='fields.products.1.title']")).to_be_focused()
    expect(page.get_by_text("总价合计：841")).to_be_visible()
    page.locator("[name='fields.products.1.title']").fill("Delivery")
    page.locator("[name='fields.products.1.product_price']").fill("dear")
    page.locator("[name='fields.products.1.product_num']").fill("1")
    page.get_by_role("button", name="新建工单").click()
    expect(page.locator("#fields--errors")).to_be_visible()
    pictures.take(page, "rows-refused", whole=True)
    assert not serious_faults(page)
    page.locator("[name='fields.products.1.product_price']").fill("30")
    page.get_by_role("button", name="新建工单").click()
    page.wait_for_url(re.compile(r"/tickets/\d+$"))
    ticket = page.url.rpartition("/")[2]
    page.goto(f"/tickets/{ticket}?panel=details")
    expect(page.get_by_role("cell", name="871")).to_be_visible()
    pictures.take(page, "rows-of-a-ticket")
    assert not serious_faults(page)
    prefer(page, locale="en", theme="dark")
    try:
        page.set_viewport_size(PHONE)
        page.goto(f"/tickets/{ticket}?panel=details")
        expect(page.get_by_role("cell", name="871")).to_be_visible()
        pictures.take(page, "phone-rows", whole=True)
        assert fits(page)
        assert chinese_on_frame(page) == []
        page.goto(f"/tickets/{ticket}/edit")
        expect(page.get_by_text("Total Sum: 871")).to_be_visible()
        pictures.take(page, "phone-edit-rows", whole=True)
        assert fits(page)
        assert chinese_on_frame(page) == []
        assert not serious_faults(page)
        page.get_by_role("button", name="Remove Products 2").click()
        expect(page.get_by_text("Total Sum: 841")).to_be_visible()
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(re.compile(rf"/tickets/{ticket}$"))
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})
        prefer(page, locale="zh_CN", theme="system")
