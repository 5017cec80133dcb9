"""The sample pages in a real browser. Needs the built front end (`make setup`) and Chromium."""

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import make_server

from frontend.samples.app import create_samples

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def samples_url() -> Iterator[str]:
    """The address of the sample pages, served in this process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_samples(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def open_page(browser: Browser, samples_url: str) -> Iterator[Open]:
    """open_page("tasks", lang="en", theme="light", width=1440): the page, loaded; fails on errors of its scripts."""
    faults: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def open_it(
        path: str, *, lang: str = "en", theme: str = "light", width: int = 1440, height: int = 900,
        script: bool = True, before: Callable[[Page], None] | None = None,
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        if before:
            before(page)
        joiner = "&" if "?" in path else "?"
        page.goto(f"{samples_url}/{path}{joiner}lang={lang}&theme={theme}")
        if script:  # htmx wires the page in a timer of its own, and keys or clicks may overtake a timer
            page.evaluate("new Promise(done => setTimeout(done))")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not faults, faults
