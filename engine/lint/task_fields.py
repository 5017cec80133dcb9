"""What a person's step hides, or only shows, is a field of its form."""

from collections.abc import Iterator

from engine.lint import Context, Finding
from engine.task_form import field_names

ID = "task-fields"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """`readonly` and `hidden` name keys of the form only."""
    for node, human, form in context.steps():
        for key in sorted((human.readonly | human.hidden) - set(field_names(form))):
            yield Finding(
                node.id,
                f"The step hides or only shows “{key}”, which its form does not have.",
                f"该步骤隐藏或只显示字段“{key}”，但表单中没有该字段。",
                node.line,
            )
