"""The pages of the manual about lint rules, as they are in docs/manual/lint."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "manual" / "lint"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,60}")


@cache
def exists(rule: str) -> bool:
    """Whether the rule has a page; an installation may come without the manual."""
    return _NAME.fullmatch(rule) is not None and (FOLDER / f"{rule}.md").is_file()


def text(rule: str, language: str) -> str | None:
    """The part of a rule's page in a language ("en", "zh"), None where there is no page."""
    if not exists(rule):
        return None
    english, _, chinese = (FOLDER / f"{rule}.md").read_text("utf-8").partition("\n## 中文\n")
    english = english.partition("\n")[2]
    if language != "zh" or not chinese:
        return english.strip()
    drawn = english[english.find("```") - 20 :] if "```" in english else ""
    drawn = "\n".join(
        {"Wrong:": "错误：", "Right:": "正确："}.get(line, line)
        for line in drawn[drawn.find("Wrong:") :].splitlines()
    )
    words = chinese.replace("错误与正确的画法见上。", "").strip()
    return f"{words}\n\n{drawn}".strip()
