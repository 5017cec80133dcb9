"""Whoever throws an escalation says which (BPMN 2.0, 10.5.5, table 10.93)."""

from collections.abc import Iterator

from engine.bpmn.document import local
from engine.lint import Context, Finding, at

ID = "escalation-code"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Throwing escalation events name an escalation that has a code."""
    for event in context.document.all("endEvent", "intermediateThrowEvent"):
        for definition in context.document.event_definitions(event):
            if local(definition) != "escalationEventDefinition":
                continue
            escalation = context.document.target(definition.get("escalationRef"))
            if escalation is None or not escalation.get("escalationCode"):
                yield at(
                    event,
                    "The escalation that is thrown has no code.",
                    "抛出的升级事件没有升级代码。",
                )
