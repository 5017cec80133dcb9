"""A person's step must show a form that exists and outcomes that can be told apart."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "human-task-form"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Forms of the bundle, outcomes once each."""
    for _, node in context.nodes():
        if node.human is None:
            continue
        if node.human.form and node.human.form not in context.bundle.forms:
            yield Finding(
                node.id,
                f"There is no form “{node.human.form}” beside the diagram.",
                f"流程旁没有表单“{node.human.form}”。",
                node.line,
            )
        ids = [o.id for o in node.human.outcomes]
        for outcome in sorted({i for i in ids if ids.count(i) > 1 or not i}):
            yield Finding(
                node.id,
                f"The outcome “{outcome}” must be named, and once only.",
                f"处理结果“{outcome}”必须有标识且不能重复。",
                node.line,
            )
