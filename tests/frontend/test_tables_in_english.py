"""A decision table in the real designer, for somebody who reads English."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from lanedesk.deploying import LIBRARY
from tests.conformance.miwg.designer import designer

TABLE = LIBRARY / "sla" / "ticket-sla" / "sla-effect.dmn"


def test_an_english_heading_is_all_that_changes(browser: Browser, tmp_path: Path) -> None:
    content = TABLE.read_bytes()
    with designer(browser, tmp_path, locale="en") as opened:
        file, page = opened.add("sla/effect.dmn", content), opened.page
        page.goto("about:blank")
        page.goto(f"/designer/#files/{file}")
        table = page.locator(".ldz-editor:visible")
        for heading in ("State before", "New state", "Effect on the clock"):
            expect(table.get_by_text(heading, exact=True)).to_be_visible()
        name = table.locator(".decision-table-name")
        expect(name).to_have_text("What a state does to the clock")
        name.click()
        with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.ok):
            page.keyboard.press("Control+a")
            page.keyboard.insert_text("What a state means")
            page.keyboard.press("Enter")  # the editor tells a moment later, and it is saved by itself
        assert opened.faults == []
        changed = content.replace(b"What a state does to the clock", b"What a state means")
        assert opened.kept(file) == changed != content
