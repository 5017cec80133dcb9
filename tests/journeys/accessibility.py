"""axe-core on a page that is open."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")


def serious_faults(page: Page) -> list[tuple[str, str, str]]:
    """(rule, element, what is wrong) of each serious fault; empty when all is well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (fault["id"], str(node["target"]), node["failureSummary"])
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
