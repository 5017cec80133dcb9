"""A ticket on paper: an agent prints it, the administrator changes the layout while looking, a batch is one PDF."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.pictures import Pictures
from tests.printing.conftest import texts

PATIENCE = 60_000  # ms; the press starts with the first print


def printed(page: Page, button: str) -> bytes:
    """The PDF that a button saves."""
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("link", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_a_ticket_goes_on_paper(sign_in: SignIn, pictures: Pictures) -> None:
    agent, boss = sign_in("liming"), sign_in("admin")
    agent.goto("/tickets")
    agent.locator("[data-row-link]").first.click()
    title = agent.locator("h1").inner_text()
    agent.get_by_role("link", name="打印", exact=True).click()
    expect(agent.locator("img.ld-sheet").first).to_be_visible(timeout=PATIENCE)
    pictures.take(agent, "print")
    order = agent.get_by_role("link", name="派工单")
    order.click()
    expect(order).to_have_attribute("aria-current", "page")
    expect(agent.locator("img.ld-sheet").first).to_be_visible(timeout=PATIENCE)
    page = "".join(texts(printed(agent, "另存为 PDF")))
    assert "".join(title.split()) in page
    assert "客户签字" in page

    boss.goto("/settings/layouts/work_order")
    expect(boss.locator("img.ld-sheet").first).to_be_visible(timeout=PATIENCE)
    source = boss.locator("#source")
    source.fill("{% if %}" + source.input_value())
    expect(boss.locator("#preview .is-danger")).to_contain_text("第 1 行", timeout=PATIENCE)
    pictures.take(boss, "mistake-is-told-while-writing")
    source.fill(source.input_value().replace("{% if %}", "<p>恒泰公司专用版式</p>"))
    expect(boss.locator("#preview .is-danger")).to_have_count(0, timeout=PATIENCE)
    expect(boss.locator("img.ld-sheet").first).to_be_visible(timeout=PATIENCE)
    boss.get_by_role("button", name="保存").click()
    expect(boss.locator("#flash")).to_contain_text("已保存", timeout=PATIENCE)
    pictures.take(boss, "layout-saved", whole=True)

    agent.reload()
    assert "恒泰公司专用版式" in "".join(texts(printed(agent, "另存为 PDF")))


def test_ticked_tickets_come_as_one_pdf(sign_in: SignIn, pictures: Pictures) -> None:
    supervisor = sign_in("wangfang")
    supervisor.goto("/tickets")
    ticks = supervisor.locator("[data-row] input[type=checkbox]")
    for index in range(3):
        ticks.nth(index).check()
    supervisor.get_by_role("button", name="打印", exact=True).click()
    expect(supervisor.get_by_role("heading", name="打印 3 张工单")).to_be_visible()
    pictures.take(supervisor, "batch")
    supervisor.get_by_role("button", name="打印", exact=True).click()
    ready = supervisor.get_by_role("link", name="下载")
    expect(ready).to_be_visible(timeout=PATIENCE)
    pictures.take(supervisor, "batch-is-done")
    with supervisor.expect_download() as download:
        ready.click()
    pages = texts(Path(download.value.path()).read_bytes())
    assert sum(page.endswith("1/1") or "1/" in page for page in pages) >= 3
