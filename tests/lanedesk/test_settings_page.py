"""The manual's table of settings is the settings."""

from pathlib import Path

from lanedesk.settings_table import settings_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_the_page_is_what_the_command_prints() -> None:
    assert PAGE.read_text() == settings_table(), "run `lanedesk settings > docs/settings.md`"
