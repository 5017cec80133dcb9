"""The auditor finds what was done, proves it, opens an archive, and takes the history along."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from desk.audit.models import Archive
from desk.audit.operations import record
from desk.audit.retention import archive_due, set_rule
from desk.audit.sealing import seal_new
from desk.contacts.operations import create_contact
from desk.settings import Settings
from engine.actors import SYSTEM
from engine.timestamps import utc_now
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


@pytest.fixture
def archive(running_desk: RunningDesk) -> Iterator[tuple[int, Path]]:
    """The number and file of an archive with three entries of the log; the file is whole again afterwards."""
    desk = build_desk(Settings.from_environment(running_desk.environment))
    with desk.database.transaction() as session:
        set_rule(session, "subject:journey", 30, actor=SYSTEM)
        for number in range(3):
            record(
                session, "setting_changed", actor=SYSTEM, subject="journey:1",
                old={"limit": number}, new={"limit": number + 1}, reason=f"step {number}",
            )  # fmt: skip
    seal_new(desk.database)
    archive_due(
        desk.database, desk.storage, desk.settings, now=utc_now() + timedelta(days=31), actor=SYSTEM
    )
    with desk.database.transaction() as session:
        set_rule(session, "subject:journey", None, actor=SYSTEM)
        found = session.scalars(select(Archive).order_by(Archive.id.desc()).limit(1)).one()
        number, key = found.id, found.file_key
    desk.database.dispose()
    file = next((desk.settings.data_dir / "files").rglob(key))
    content = file.read_bytes()
    yield number, file
    file.write_bytes(content)


def test_an_archive_is_opened_and_one_changed_byte_is_told(
    sign_in: SignIn, pictures: Pictures, archive: tuple[int, Path]
) -> None:
    number, file = archive
    page = sign_in("liuyang")
    page.goto("/audit")
    page.get_by_role("link", name="防篡改证明").click()
    row = page.locator("tr").filter(has_text="subject:journey older than 30 days")
    row.filter(has=page.locator(f'a[href="/audit/archives/{number}"]')).get_by_role(
        "link", name="查看"
    ).click()
    expect(page.get_by_text("已校验", exact=True)).to_be_visible()
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("修改了设置")
    expect(rows.nth(1)).to_contain_text("step 1")
    faults = serious_faults(page)
    pictures.take(page, "archive")
    phone = sign_in("liuyang", viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.goto(f"/audit/archives/{number}/lines")
    expect(phone.get_by_text("已校验", exact=True)).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    pictures.take(phone, "phone-archive", whole=True)

    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    page.reload()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("该归档与写入时不一致")
    expect(told).to_contain_text("被修改")
    expect(rows).to_have_count(0)
    expect(page.get_by_text("已校验", exact=True)).to_have_count(0)
    faults += serious_faults(page)
    pictures.take(page, "archive-with-a-byte-changed")
    assert not faults, faults
