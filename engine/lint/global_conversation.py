"""A global conversation is an empty collaboration (BPMN 2.0, 9.5.6), and a choreography names no other (11.4)."""

from collections.abc import Iterator

from engine.bpmn.document import children, local
from engine.lint import Context, Finding, at

ID = "global-conversation"
SEVERITY = "error"

_FOREIGN = (
    "choreographyRef", "participantAssociation", "messageFlowAssociation", "conversationAssociation",
    "conversation", "subConversation", "callConversation", "group", "textAnnotation", "association",
)  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """No conversation, association, artifact or choreography in a global conversation; no choreographyRef in a
    choreography."""
    for conversation in context.document.all("globalConversation"):
        for element in children(conversation, *_FOREIGN):
            yield at(
                element,
                f"A global conversation cannot hold a {local(element)}.",
                f"全局会话不能包含 {local(element)}。",
            )
    for choreography in context.document.all("choreography", "globalChoreographyTask"):
        for element in children(choreography, "choreographyRef"):
            yield at(
                element,
                "A choreography cannot refer to another choreography.",
                "编排不能引用另一个编排。",
            )
