"""Choreographies and conversations stand beside processes, not in them (BPMN 2.0, 10.3, 11.3)."""

from collections.abc import Iterator

from engine.bpmn.document import local
from engine.lint import Context, Finding, at

ID = "foreign-activity"
SEVERITY = "error"

_CHOREOGRAPHY = ("choreographyTask", "subChoreography", "callChoreography")
_CONVERSATION = ("conversation", "subConversation", "callConversation", "conversationLink")


def check(context: Context) -> Iterator[Finding]:
    """Nothing of a choreography or conversation in a process."""
    for element in context.document.all(*_CHOREOGRAPHY, *_CONVERSATION):
        if any(local(around) == "process" for around in element.iterancestors()):
            yield at(
                element,
                f"A {local(element)} cannot stand in a process.",
                f"流程中不能包含 {local(element)}。",
            )
