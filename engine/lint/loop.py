"""A repeated activity must say how often, or over what."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "loop"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Standard loops end; multi-instance has a number or a collection."""
    for _, node in context.nodes():
        loop = node.loop
        if loop is None:
            continue
        if node.scope is not None and node.scope.triggered_by_event:
            yield Finding(
                node.id,
                "An event sub-process runs once for each event; repeat an activity inside it.",
                "事件子流程每次触发只执行一次；如需重复，请在其内部设置循环活动。",
                node.line,
            )
        if loop.kind == "standard" and loop.condition is None and loop.maximum is None:
            yield Finding(
                node.id,
                "The loop has neither a condition nor a maximum: it would never end.",
                "循环既没有条件也没有最大次数，将无法结束。",
                node.line,
            )
        if loop.maximum is not None and loop.maximum < 0:
            yield Finding(
                node.id,
                "A loop cannot have a negative maximum.",
                "循环的最大次数不能为负数。",
                node.line,
            )
        if loop.kind != "standard" and bool(loop.cardinality) == bool(loop.collection):
            yield Finding(
                node.id,
                "Give the multi-instance either a number or a collection.",
                "多实例必须且只能设置次数或集合之一。",
                node.line,
            )
