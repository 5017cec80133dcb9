"""An element that flows lead to needs an id to be named by (BPMN 2.0, 8.2.1)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, local
from engine.lint import Context, Finding, at

ID = "element-id"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Flow nodes and flows have ids."""
    for element in context.document.all(*ACTIVITIES, *GATEWAYS, *EVENTS, "sequenceFlow", "process"):
        if not element.get("id"):
            yield at(
                element, f"This {local(element)} has no id.", f"此 {local(element)} 元素没有 id。"
            )
