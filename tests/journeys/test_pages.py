"""Every main page in both languages, both appearances and three widths: seen, checked by axe-core, and timed."""

from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.accessibility import serious_faults
from tests.journeys.conftest import SignIn
from tests.journeys.pages import chinese_on_frame, desk_pages, first_paint
from tests.journeys.pictures import Pictures

FIRST_PAINT_MS = 300  # of any page, on a machine that does nothing else
BUSY = 2  # how much slower a machine is that runs other tests, too

WINDOWS = {
    "chinese-light-1440": ("zh_CN", "light", 1440, 900),
    "english-dark-1440": ("en", "dark", 1440, 900),
    "english-light-1024": ("en", "light", 1024, 768),
    "chinese-dark-390": ("zh_CN", "dark", 390, 844),
}


def prefer(page: Page, **preferences: str) -> None:
    """Choose language and appearance, as the person menu does."""
    for name, value in preferences.items():
        page.evaluate("document.getElementById('me').showPopover()")
        with page.expect_navigation():
            page.evaluate(
                "([name, value]) => document.querySelector(`#me button[name=${name}][value=${value}]`)"
                ".closest('form').setAttribute('hx-boost', 'false')",
                [name, value],
            )
            page.locator(f"#me button[name={name}][value={value}]").click()


@pytest.fixture
def admin(sign_in: SignIn) -> Iterator[Page]:
    """The administrator, who may see every page; their preferences are put back."""
    page = sign_in("admin")
    yield page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/tasks")
    prefer(page, locale="zh_CN", theme="system")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page(admin: Page, pictures: Pictures, window: str) -> None:
    locale, theme, width, height = WINDOWS[window]
    page = admin
    prefer(page, locale=locale, theme=theme)
    pages = desk_pages(page)
    page.set_viewport_size({"width": width, "height": height})
    faults: list[tuple[str, ...]] = []
    paints: dict[str, float] = {}
    for name, address in pages.items():
        page.goto(address, wait_until="load")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        pictures.take(page, name)
        paints[name] = first_paint(page)
        faults += [(name, *fault) for fault in serious_faults(page)]
        faults += [
            (name, "wider than the window", str(wide))
            for wide in [page.evaluate("document.scrollingElement.scrollWidth")]
            if wide > width
        ]
        if locale == "en":
            faults += [(name, "Chinese", text) for text in chinese_on_frame(page)]
    assert not faults, "\n".join(map(str, faults))
    typical = median(paints.values())
    slowest = max(paints, key=lambda name: paints[name])
    print(f"first paint: median {typical:.0f} ms, slowest {slowest} {paints[slowest]:.0f} ms")
    assert typical < FIRST_PAINT_MS * BUSY
