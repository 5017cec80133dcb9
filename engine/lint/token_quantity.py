"""An activity starts with at least one token and sends on at least one (BPMN 2.0, table 10.3)."""

from collections.abc import Iterator

from engine.bpmn.document import identity, line
from engine.lint import Context, Finding

ID = "token-quantity"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """startQuantity and completionQuantity are 1 or more."""
    for attribute in ("startQuantity", "completionQuantity"):
        for element in context.document.root.iterfind(f".//*[@{attribute}]"):
            if int(element.get(attribute)) < 1:
                yield Finding(
                    identity(element),
                    f"{attribute} must be 1 or more.",
                    f"{attribute} 必须大于或等于 1。",
                    line(element),
                )
