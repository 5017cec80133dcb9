"""A call must lead to a process that is deployed, or comes in the same bundle; a number to a version that is there."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "called-process"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Known process keys, and versions."""
    for _, node in context.nodes():
        if node.tag != "callActivity":
            continue
        version = node.called_version
        if not node.called_element:
            yield Finding(
                node.id, "The call names no process.", "调用活动未指定流程。", node.line
            )
        elif node.called_element not in context.bundle.process_keys:
            yield Finding(
                node.id,
                f"There is no process “{node.called_element}” to call.",
                f"不存在可调用的流程“{node.called_element}”。",
                node.line,
            )
        elif version is not None and not version.isdigit() and version != "latest":
            yield Finding(
                node.id,
                f"“{version}” is no version: write a number, or “latest”.",
                f"“{version}”不是版本：请写数字或“latest”。",
                node.line,
            )
        elif version not in (None, "latest") and (
            (node.called_element, version) not in context.bundle.numbered
        ):
            yield Finding(
                node.id,
                f"The process “{node.called_element}” has no version {version}.",
                f"流程“{node.called_element}”没有版本 {version}。",
                node.line,
            )
