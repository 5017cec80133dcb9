"""The real designer in Chromium, on a desk of its own: opens a file, saves it, moves something, reads what is kept."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright
from werkzeug.serving import make_server

from desk.people import operations, passwords
from desk.settings import Settings
from engine.actors import SYSTEM
from engine.database import Database
from lanedesk.app import create_app
from lanedesk.build import build_desk
from lanedesk.models import metadata
from lanedesk.private_redis import free_port
from tests.fixtures import chromium

PASSWORD = "a pond full of frogs"
API = "/api/v1/designer"
UNSAVED = ".ldz-state.is-dirty, .ldz-state.is-saving"
PATIENCE = 30_000  # ms; a large diagram on a busy machine


class NoChromium(Exception):
    """There is no browser on this machine."""


@contextmanager
def own_browser() -> Iterator[Browser]:
    """A browser that ends with the context. Raises NoChromium."""
    program = chromium.program()
    if program is None:
        raise NoChromium("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.FLAGS)
        yield browser
        browser.close()


@contextmanager
def designer(browser: Browser, folder: Path, *, locale: str) -> Iterator["Designer"]:
    """A desk in `folder`, an implementer signed in, and the designer's page before them."""
    port = free_port()
    url = f"sqlite:///{folder / 'lanedesk.db'}"
    settings = Settings(
        data_dir=folder,
        database_url=url,
        secret_key="only for this run of the conformance pack",
        public_url=f"http://127.0.0.1:{port}",
        locale=locale,
    )
    database = Database(url)
    metadata.create_all(database.engine)
    desk = build_desk(settings)
    with desk.database.transaction() as session:
        operations.create_user(
            session, login="implementer", name="Implementer", roles=["implementer"], locale=locale,
            password_hash=passwords.hash_password(PASSWORD), must_change_password=False, actor=SYSTEM,
        )  # fmt: skip
    server = make_server("127.0.0.1", port, create_app(desk), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        context = browser.new_context(
            base_url=settings.public_url,
            locale=locale.replace("_", "-"),
            viewport={"width": 1600, "height": 1000},
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/designer/")
        page.locator("#login").fill("implementer")
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_selector("#designer[data-ready]")
        yield Designer(page)
        context.close()
    finally:
        server.shutdown()
        thread.join()
        desk.database.dispose()
        database.dispose()


class Designer:
    """The page, used as a person would; what is kept is read by the API."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)

    def _note(self, said: ConsoleMessage) -> None:
        # this desk has no live events, and what the server refuses is said there, too
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.faults.append(said.text)

    def add(self, path: str, content: bytes) -> int:
        """Put a file into the library as a file from elsewhere comes; its number."""
        answer = self._api(
            "POST", "/files", {"path": path, "bytes": b64encode(content).decode("ascii")}
        )
        return int(answer["id"])

    def kept(self, file: int) -> bytes:
        """What the library holds of it, byte for byte."""
        response = self.page.context.request.get(f"{API}/files/{file}/content")
        assert response.ok, response.text()
        return response.body()

    def sentence(self, path: str, content: str) -> tuple[bool, str]:
        """Whether it can run, and why or why not."""
        answer = self._api("POST", "/lint", {"path": path, "content": content})
        return bool(answer["executable"]), str(answer["sentence"]["en"])

    def open(self, file: int) -> str | None:
        """Open it in the designer; None, or the words by which the page says why it is shown as text."""
        self.page.goto("about:blank")
        self.page.goto(f"/designer/#files/{file}")
        self.page.wait_for_selector("#designer[data-ready]")
        drawn = self.page.locator(".djs-container:visible .djs-shape").first
        as_text = self.page.locator(".ldz-source:visible, .ldz-editor:visible textarea").first
        drawn.or_(as_text).first.wait_for(state="attached")
        if drawn.count():
            return None
        return self.page.locator(".ldz-editor:visible").first.inner_text()[:300] or "shown as text"

    def save(self) -> None:
        """Save with the keyboard, and wait until nothing is under way."""
        self.page.keyboard.press("Control+s")
        self._settled()

    def move(self) -> str | None:
        """Select something that is drawn and move it with the arrow keys; its id, None where nothing can be moved."""
        for element in self._movable():
            shape = self.page.locator(
                f'.djs-container:visible .djs-shape[data-element-id="{element}"]'
            ).first
            box = shape.bounding_box()
            if box is None:
                continue
            self.page.mouse.click(
                box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 12)
            )
            if not self.page.locator(f'.djs-shape.selected[data-element-id="{element}"]').count():
                continue
            place = shape.get_attribute("transform")
            try:
                with self.page.expect_response(_is_draft):
                    for key in ("Shift+ArrowDown", "Shift+ArrowDown", "ArrowRight"):
                        self.page.keyboard.press(key)
                    if shape.get_attribute("transform") == place:
                        raise _Stays
                    self.page.keyboard.press("Control+s")
            except _Stays:
                continue
            self._settled()
            return element
        return None

    def _movable(self) -> list[str]:
        """Ids of drawn flow nodes in the middle of the view, tasks first."""
        script = """() => {
          const found = [];
          for (const shape of document.querySelectorAll('.djs-container .djs-shape')) {
            const id = shape.dataset.elementId;
            if (!id || id.endsWith('_label')) continue;
            const box = shape.querySelector('.djs-visual')?.getBoundingClientRect();
            if (!box || box.width < 4 || box.width > 260 || box.height > 200) continue;
            const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 12));
            if (at?.closest('.djs-shape')?.dataset.elementId !== id) continue;
            found.push([Math.abs(box.width / box.height - 1.25), id]);
          }
          return found.sort((a, b) => a[0] - b[0]).map(([, id]) => id);
        }"""
        return [str(one) for one in self.page.evaluate(script)][:8]

    def _settled(self) -> None:
        """Until the page says that all is saved."""
        self.page.wait_for_selector(UNSAVED, state="detached")

    def _api(self, method: str, path: str, body: dict[str, Any]) -> Any:
        token = self.page.locator("#designer").get_attribute("data-csrf") or ""
        response = self.page.context.request.fetch(
            f"{API}{path}",
            method=method,
            headers={"X-CSRFToken": token, "Content-Type": "application/json"},
            data=json.dumps(body),
        )
        assert response.ok, response.text()
        return response.json()


class _Stays(Exception):
    """The rules of BPMN keep an element where it is."""


def _is_draft(response: Response) -> bool:
    return response.request.method == "PUT" and response.url.endswith("/draft") and response.ok
