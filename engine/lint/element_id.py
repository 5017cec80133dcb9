"""An element that flows lead to needs an id to be named by (BPMN 2.0, 8.2.1), and names have an end."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, local
from engine.lint import Context, Finding, at

ID = "element-id"
SEVERITY = "error"

LONGEST = 255  # characters
NAMED = (*ACTIVITIES, *GATEWAYS, *EVENTS, "process", "message", "signal", "dataStore")


def check(context: Context) -> Iterator[Finding]:
    """Flow nodes and flows have ids; these, and what messages and signals are called, are not endless."""
    for element in context.document.all(*ACTIVITIES, *GATEWAYS, *EVENTS, "sequenceFlow", "process"):
        if not element.get("id"):
            yield at(
                element, f"This {local(element)} has no id.", f"此 {local(element)} 元素没有 id。"
            )
    for element in context.document.all(*NAMED):
        called = [element.get("id") or ""]
        if local(element) in ("message", "signal"):
            called.append(element.get("name") or "")
        if any(len(text) > LONGEST for text in called):
            yield at(
                element,
                f"What this {local(element)} is called is over {LONGEST} characters.",
                f"此 {local(element)} 元素的标识超过 {LONGEST} 个字符。",
            )
