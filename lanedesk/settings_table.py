"""The tables of settings for the manual, written from the settings themselves (`lanedesk settings`)."""

from dataclasses import fields

from desk.settings import Settings
from engine.operators import Text

HEAD = Text(
    """# Settings

[中文](settings.zh-CN.md)

Every setting is an environment variable, read when a process starts; none has to be set. This page is written by `lanedesk settings`.

| variable | default | what it is |
|---|---|---|
""",
    """# 配置项

[English](settings.md)

每个配置项都是一个环境变量，在进程启动时读取，均可不设置。本页由 `lanedesk settings zh_CN` 生成。

| 变量 | 默认值 | 含义 |
|---|---|---|
""",
)


def settings_table(locale: str) -> str:
    """The whole page in Markdown, in the language of a locale such as `zh_CN` or `en`."""
    rows = []
    for field in fields(Settings):
        default = "" if field.default in ("", None) else f"`{_shown(field.default)}`"
        words = field.metadata["help"].in_(locale)
        rows.append(f"| `{field.metadata['variable']}` | {default} | {words} |\n")
    return HEAD.in_(locale) + "".join(rows)


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
