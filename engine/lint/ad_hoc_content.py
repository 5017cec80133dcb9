"""An ad-hoc sub-process offers activities and has no beginning or end of its own (BPMN 2.0, 10.3.5.2)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, children, local
from engine.lint import Context, Finding, at

ID = "ad-hoc-content"
SEVERITY = "error"

_FOREIGN = (
    "startEvent", "endEvent", "conversation", "subConversation", "callConversation",
    "conversationLink", "choreographyTask", "subChoreography", "callChoreography",
)  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """At least one activity; no start or end events, conversations or choreographies."""
    for scope in context.document.all("adHocSubProcess"):
        if not children(scope, *ACTIVITIES):
            yield at(
                scope,
                "An ad-hoc sub-process needs at least one activity.",
                "即席子流程至少需要一个活动。",
            )
        for element in children(scope, *_FOREIGN):
            yield at(
                element,
                f"An ad-hoc sub-process cannot hold a {local(element)}.",
                f"即席子流程不能包含 {local(element)}。",
            )
