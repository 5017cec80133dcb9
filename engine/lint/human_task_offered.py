"""A step that is offered to nobody is found by nobody."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "human-task-offered"
SEVERITY = "warning"


def check(context: Context) -> Iterator[Finding]:
    """Somebody is named."""
    for _, node in context.nodes():
        if node.human is not None and not (node.human.assignee or node.human.candidates):
            yield Finding(
                node.id,
                "Nobody is named who may do this step; only supervisors will find it.",
                "此步骤未指定任何处理人，只有主管能看到。",
                node.line,
            )
