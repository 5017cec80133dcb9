"""An administrator adds a mailbox, at the desk and looked at on a phone."""

from playwright.sync_api import expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pictures import Pictures
from tests.journeys.steps import PHONE


def test_a_mailbox_is_added(sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("admin")
    page.goto("/settings/mailboxes")
    page.get_by_role("link", name="新增邮箱").click()
    page.get_by_label("地址", exact=True).fill("sales@localhost.example")
    page.get_by_label("发件人名称").fill("Sales")
    page.get_by_label("邮件生成的工单类型").select_option("refund")
    pictures.take(page, "new")
    assert not serious_faults(page)
    page.get_by_role("button", name="保存").click()
    row = page.get_by_role("row").filter(has_text="sales@localhost.example")
    expect(row).to_contain_text("退款")
    pictures.take(page, "list")
    assert not serious_faults(page)

    phone = sign_in("admin", **PHONE, color_scheme="dark")
    for address in ("/settings/mailboxes", "/settings/mailboxes/new", "/settings/ticket-types"):
        phone.goto(address)
        assert phone.evaluate("document.scrollingElement.scrollWidth") <= 390
        assert not serious_faults(phone)
        pictures.take(phone, f"phone-{address.rpartition('/')[2]}")
