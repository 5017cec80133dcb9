"""Files of other tools in the real designer: untouched the same bytes, and after a move only the move."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.conformance.miwg.__main__ import examine
from tests.conformance.miwg.designer import designer
from tests.designer_api.foreign_files import FILES

CHOSEN = ("by-hand.bpmn", "pools.bpmn", "utf16.bpmn", "choreography.bpmn")


def test_a_move_is_all_that_changes(browser: Browser, tmp_path: Path) -> None:
    with designer(browser, tmp_path, locale="en") as page:
        for number, name in enumerate(CHOSEN):
            result = examine(page, number, name, FILES[name], None)
            assert result.faults == [], name
            assert result.sentence.startswith("It cannot run"), name
