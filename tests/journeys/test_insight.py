"""A supervisor looks at figures: a dashboard, the tickets behind one, a dashboard of the own; a process as it went."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pages import chinese_on_frame
from tests.journeys.pictures import Pictures
from tests.journeys.test_pages import prefer

OWN = "Weekly look"
TILES = re.compile(r"/insight/\d+/tiles/\d+")


def drawn(page: Page) -> None:
    """All tiles and charts of the page are there."""
    expect(page.locator(".ld-tile[aria-busy]")).to_have_count(0)
    expect(page.locator(".ld-chart").first).to_be_visible()
    expect(page.locator(".ld-chart:not([data-ready])")).to_have_count(0)


def places(page: Page) -> list[list[int]]:
    """Where the tiles of a dashboard stand and how high they are, in whole pixels."""
    found: list[list[int]] = page.locator(".ld-tile").evaluate_all(
        "tiles => tiles.map(t => [t.offsetLeft, t.offsetTop, t.offsetHeight])"
    )
    return found


def test_figures_lead_to_tickets_and_are_kept(sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("wangfang")
    page.goto("/insight")
    held: list[Route] = []
    seen: list[list[int]] = []
    page.route(TILES, lambda route: route.continue_() if seen else held.append(route))
    page.get_by_role("link", name="服务台概览").click()
    expect(page.locator(".ld-tile[aria-busy]").last).to_be_visible()
    seen += places(page)
    for route in held:
        route.continue_()
    drawn(page)
    assert places(page) == seen  # nothing jumps when the figures come
    pictures.take(page, "dashboard", whole=True)
    faults = serious_faults(page)

    # what the chart says stands in its table; a figure leads to its tickets
    tile = page.locator(".ld-tile", has_text="未结工单").filter(has_text="优先级")
    tile.get_by_text("以表格查看").click()
    tile.get_by_role("row", name=re.compile("高")).get_by_role("link").click()
    expect(page.locator("main tr[data-row]").first).to_be_visible()
    pictures.take(page, "tickets")
    faults += serious_faults(page)

    # any figure, kept on a dashboard of the own
    page.goto("/insight")
    page.get_by_role("button", name="新建仪表板").click()
    page.get_by_label("名称").fill(OWN)
    page.get_by_role("button", name="创建").click()
    expect(page.get_by_role("heading", name="添加图块")).to_be_visible()
    page.goto("/insight/explore?measure=opened&by=channel&days=7")
    drawn(page)
    pictures.take(page, "any-figure", whole=True)
    expect(page.get_by_label("开始日期")).to_be_hidden()
    page.locator("[name=days]").select_option("dates")
    expect(page.get_by_label("开始日期")).to_be_visible()
    expect(page.get_by_label("开始日期")).to_have_value(re.compile(r"\d{4}-\d\d-\d\d"))
    drawn(page)
    pictures.take(page, "from-a-day-to-a-day", whole=True)
    faults += serious_faults(page)
    page.get_by_role("button", name=re.compile(OWN)).click()
    expect(page.locator(".ld-tiles li")).to_have_count(1)
    expect(page.locator(".ld-tiles li")).to_contain_text("年")  # keeps its days
    page.locator("#measure").select_option("opened")
    page.locator("#by").select_option("variant")
    page.locator("#chart").select_option("table")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".ld-tiles li")).to_have_count(2)
    page.locator(".ld-tiles li").nth(1).get_by_role("button", name="上移").click()
    expect(page.locator(".ld-tiles li").first).to_contain_text("流程变体")
    pictures.take(page, "edit", whole=True)
    faults += serious_faults(page)
    page.get_by_role("link", name="查看").click()
    expect(page.locator(".ld-tile")).to_have_count(2)
    expect(page.locator(".ld-tile").first).to_contain_text("→")
    pictures.take(page, "variants", whole=True)

    # every Monday by mail: the demo's people have no address, and are told so
    page.get_by_role("button", name="邮件订阅").click()
    page.locator("#cycle").select_option("weekly")
    pictures.take(page, "by-mail")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#flash")).to_contain_text("您还没有邮箱")
    assert not faults, faults


def test_a_process_as_it_went(sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("zhangwei")
    page.goto("/insight/processes/ticket-basic?days=")
    expect(page.locator(".ld-way").first).to_be_visible(timeout=60_000)
    pictures.take(page, "process", whole=True)
    faults = serious_faults(page)
    page.locator(".ld-way").first.click()
    expect(page.locator("main tr[data-row]").first).to_be_visible()
    pictures.take(page, "variant")
    assert not faults + serious_faults(page)


def test_a_wall_shows_what_comes_in(sign_in: SignIn, pictures: Pictures) -> None:
    page = sign_in("wangfang")
    page.goto("/insight")
    page.get_by_role("link", name="服务台概览").click()
    page.get_by_role("link", name="大屏展示").click()
    expect(page.locator(".is-wall")).to_be_visible()
    expect(page.locator(".ld-rail")).to_be_hidden()
    drawn(page)
    pictures.take(page, "wall", whole=True)
    with page.expect_response(re.compile("/wall/tiles")):
        page.evaluate(
            "document.body.dispatchEvent(new CustomEvent('live:tickets', {bubbles: true}))"
        )
    drawn(page)
    assert not serious_faults(page)


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [("en", "dark", 1440), ("zh_CN", "dark", 390), ("en", "light", 390)],
)
def test_in_every_language_and_light(
    sign_in: SignIn, pictures: Pictures, locale: str, theme: str, width: int
) -> None:
    page = sign_in("zhangwei")
    prefer(page, locale=locale, theme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    try:
        for name, number in (("desk", 0), ("process", 1)):
            page.goto("/insight")
            page.locator("main [data-row-link]").nth(number).click()
            expect(page.locator(".ld-board")).to_be_visible()
            drawn(page)
            pictures.take(page, name, whole=True)
            assert locale != "en" or chinese_on_frame(page) == []
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) == 0
        assert not serious_faults(page)
    finally:
        page.set_viewport_size({"width": 1440, "height": 900})
        prefer(page, locale="zh_CN", theme="system")
