"""What an outcome needs must be asked by the step's form."""

from collections.abc import Iterator
from typing import Any

from engine.lint import Context, Finding

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
        keys = set(_keys((form or {}).get("components"), ""))
        for outcome in node.human.outcomes:
            for key in (key for group in outcome.needs or () for key in group):
                if key not in keys:
                    yield Finding(
                        node.id,
                        f"The outcome “{outcome.id}” needs “{key}”, which the form does not ask.",
                        f"处理结果“{outcome.id}”需要填写“{key}”，但表单中没有该字段。",
                        node.line,
                    )


def _keys(components: Any, base: str) -> Iterator[str]:
    """Where a form-js form writes: keys of fields, paths of lists; groups with a path lead deeper."""
    for component in components if isinstance(components, list) else ():
        if not isinstance(component, dict):
            continue
        path = component.get("path")
        here = f"{base}{path}." if isinstance(path, str) and path else base
        if component.get("type") == "group":
            yield from _keys(component.get("components"), here)
        elif component.get("type") == "dynamiclist":
            yield here.removesuffix(".")
        elif isinstance(component.get("key"), str):
            yield base + component["key"]
