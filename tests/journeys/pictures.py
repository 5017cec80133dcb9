"""Pictures of pages as people meet them, numbered in the order of the journey."""

from pathlib import Path

from playwright.sync_api import Page


class Pictures:
    """The pictures of one journey."""

    def __init__(self, folder: Path) -> None:
        """Empty the folder: what is in it afterwards is of this run."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        self._taken = 0

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Keep what the window shows, or the `whole` page."""
        self._taken += 1
        page.evaluate("document.fonts.ready")
        path = self.folder / f"{self._taken:02}-{name}.png"
        page.screenshot(path=path, full_page=whole, animations="disabled")
