"""The auditor finds what was done, proves it, opens an archive, and takes the history along."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk.contacts.operations import create_contact
from desk.settings import Settings
from lanedesk.build import build_desk
from tests.fixtures.running import RunningDesk
from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pictures import Pictures

PATIENCE = 60_000  # ms; background work waits for its worker
REASON = "客户来信要求删除个人信息"
ADDRESS = re.compile(r"/background/[0-9a-f-]{36}$")


def wait_for_the_end(page: Page) -> None:
    """Of the work whose page this is: it says so by itself."""
    expect(page.get_by_role("link", name=re.compile("^下载"))).to_be_visible(timeout=PATIENCE)


@pytest.fixture
def erased(running_desk: RunningDesk) -> str:
    """A customer asked for it, and the administrator has erased their personal data; the customer as a subject."""
    desk = build_desk(Settings.from_environment(running_desk.environment))
    with desk.database.transaction() as session:
        number = create_contact(session, name="Lan Qin", locale="en").id
    desk.database.dispose()
    done = running_desk.command("audit", "erase", str(number), "--reason", REASON, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return f"contact:{number}"


def test_the_auditor_finds_proves_and_exports(
    sign_in: SignIn, pictures: Pictures, erased: str
) -> None:
    page = sign_in("liuyang")
    page.goto("/audit")
    rows = page.locator("main tbody tr")
    expect(rows.first).to_be_visible()
    pictures.take(page, "history")
    faults = serious_faults(page)
    page.locator("select[name=action]").select_option("deployed")
    expect(page).to_have_url(re.compile("action=deployed"))
    expect(rows.first).to_contain_text("发布了流程")
    pictures.take(page, "filtered")
    page.goto(f"/audit?subject={erased}")
    expect(rows.first).to_contain_text("清除了客户的个人信息")
    expect(rows.first).to_contain_text(REASON)
    expect(page.locator("main")).not_to_contain_text("Lan Qin")
    pictures.take(page, "erased")

    page.get_by_role("link", name="防篡改证明").click()
    expect(page.get_by_role("heading", name="归档")).to_be_visible()
    pictures.take(page, "proof", whole=True)
    faults += serious_faults(page)
    page.get_by_role("button", name="全面校验").click()
    page.wait_for_url(ADDRESS)
    wait_for_the_end(page)
    pictures.take(page, "verified")

    # asked twice, made once
    asked = []
    for _time in range(2):
        page.goto("/exports")
        page.locator("select[name=format]").select_option("xes")
        page.get_by_role("button", name="导出", exact=True).click()
        page.wait_for_url(ADDRESS)
        wait_for_the_end(page)
        asked.append(page.url)
    assert asked[0] == asked[1]
    expect(page.locator("#flash")).to_contain_text("您之前申请过相同的导出")
    pictures.take(page, "export-asked-twice")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^下载")).click()
    assert b"<trace>" in Path(download.value.path()).read_bytes()
    page.goto("/audit?action=downloaded")
    expect(rows.first).to_contain_text("刘洋")
    phone = sign_in("liuyang", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for name in ("audit", "audit/proof", "exports"):
        phone.goto(f"/{name}?lang=en")
        expect(phone.locator("h1")).to_be_visible()
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{name} is {width} px wide on a phone"
        pictures.take(phone, f"phone-{name.replace('/', '-')}", whole=True)
    assert not faults, faults
