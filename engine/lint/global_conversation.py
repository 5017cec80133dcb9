"""A global conversation holds conversations and nothing else (BPMN 2.0, 9.5.6)."""

from collections.abc import Iterator

from engine.bpmn.document import children, local
from engine.lint import Context, Finding, at

ID = "global-conversation"
SEVERITY = "error"

_FOREIGN = ("choreographyRef", "participantAssociation", "messageFlowAssociation", "artifact")


def check(context: Context) -> Iterator[Finding]:
    """No choreography in a global conversation."""
    for conversation in context.document.all("globalConversation"):
        for element in children(conversation, *_FOREIGN):
            yield at(
                element,
                f"A global conversation cannot hold a {local(element)}.",
                f"全局会话不能包含 {local(element)}。",
            )
