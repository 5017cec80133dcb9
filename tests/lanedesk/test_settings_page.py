"""The manual's tables of settings are the settings."""

from pathlib import Path

import pytest

from lanedesk.settings_table import settings_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "locale"), [("settings.md", "en"), ("settings.zh-CN.md", "zh_CN")]
)
def test_the_page_is_what_the_command_prints(name: str, locale: str) -> None:
    assert (DOCS / name).read_text() == settings_table(locale), (
        f"run `lanedesk settings {locale} > docs/{name}`"
    )
