"""What an outcome needs must be asked by the step's form."""

from collections.abc import Iterator

from engine.lint import Context, Finding
from engine.task_form import field_names

ID = "outcome-needs"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """`needs` names keys of the form only."""
    for _, node in context.nodes():
        if node.human is None:
            continue
        form = context.bundle.forms.get(node.human.form or "")
        if node.human.form and form is None:
            continue  # human-task-form says so
        keys = set(field_names(form or {})) - node.human.hidden
        for outcome in node.human.outcomes:
            for key in (key for group in outcome.needs or () for key in group):
                if key not in keys:
                    yield Finding(
                        node.id,
                        f"The outcome “{outcome.id}” needs “{key}”, which this step’s form does not ask.",
                        f"处理结果“{outcome.id}”需要填写“{key}”，但该步骤的表单中没有该字段。",
                        node.line,
                    )
