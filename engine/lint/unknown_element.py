"""An element that the engine does not understand would silently do nothing."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "unknown-element"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Elements outside BPMN's flow elements."""
    for tag, element, line in context.definitions.unknown:
        yield Finding(
            element or tag,
            f"“{tag}” is not understood here; take it out or draw it with other elements.",
            f"无法识别元素“{tag}”，请删除或改用其他元素。",
            line,
        )
