"""axe-core finds nothing serious on any sample page, in both modes, on desk and phone widths."""

from pathlib import Path

import pytest

from frontend.samples.app import PAGES
from tests.frontend.conftest import Open

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light")])
@pytest.mark.parametrize("page_name", PAGES)
def test_no_serious_fault(open_page: Open, page_name: str, width: int, theme: str) -> None:
    page = open_page(page_name, lang="zh_CN", theme=theme, width=width)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [
        (fault["id"], node["target"], node["failureSummary"])
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert not faults
