"""The table of settings for the manual, written from the settings themselves (`lanedesk settings`)."""

from dataclasses import fields

from desk.settings import Settings

HEAD = """# Settings

Every setting is an environment variable; none has to be set. This page is written by `lanedesk settings`.

| variable | default | what it is |
|---|---|---|
"""


def settings_table() -> str:
    """The whole page, in Markdown."""
    rows = []
    for field in fields(Settings):
        default = "" if field.default in ("", None) else f"`{_shown(field.default)}`"
        rows.append(f"| `{field.metadata['variable']}` | {default} | {field.metadata['help']} |\n")
    return HEAD + "".join(rows)


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
