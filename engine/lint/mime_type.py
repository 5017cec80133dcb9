"""Texts and scripts say their format as a MIME type (BPMN 2.0, 8.2.1, 8.3.14, 10.3.3)."""

import re
from collections.abc import Iterator

from engine.bpmn.document import text
from engine.lint import Context, Finding, at

ID = "mime-type"
SEVERITY = "error"

_TYPE = re.compile(r"^[\w.+-]+/[\w.+-]+(\s*;.*)?$")


def check(context: Context) -> Iterator[Finding]:
    """textFormat and scriptFormat are MIME types; a script says its format."""
    for attribute in ("textFormat", "scriptFormat"):
        for element in context.document.root.iterfind(f".//*[@{attribute}]"):
            if not _TYPE.match(element.get(attribute)):
                yield at(
                    element,
                    f"“{element.get(attribute)}” is no MIME type such as text/plain.",
                    f"“{element.get(attribute)}” 不是 MIME 类型，例如 text/plain。",
                )
    for script in context.document.all("script"):
        task = script.getparent()
        if text(script) and not task.get("scriptFormat"):
            yield at(task, "The script does not say its format.", "脚本没有说明 scriptFormat。")
