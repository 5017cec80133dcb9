"""A call must lead to a process that is deployed, or comes in the same bundle."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "called-process"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Known process keys."""
    for _, node in context.nodes():
        if node.tag == "callActivity" and node.called_element not in context.bundle.process_keys:
            yield Finding(
                node.id,
                f"There is no process “{node.called_element or ''}” to call.",
                f"不存在可调用的流程“{node.called_element or ''}”。",
                node.line,
            )
