"""What an outcome needs must be asked by the step's form."""

from collections.abc import Iterator

from engine.lint import Context, Finding
from engine.task_form import field_names

ID = "outcome-needs"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """`needs` names keys of the form only."""
    for node, human, form in context.steps():
        keys = set(field_names(form)) - human.hidden
        for outcome in human.outcomes:
            for key in (key for group in outcome.needs or () for key in group):
                if key not in keys:
                    yield Finding(
                        node.id,
                        f"The outcome “{outcome.id}” needs “{key}”, which this step’s form does not ask.",
                        f"处理结果“{outcome.id}”需要填写“{key}”，但该步骤的表单中没有该字段。",
                        node.line,
                    )
