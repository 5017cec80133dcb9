"""A business rule task must name a decision that comes in the bundle, or one that is deployed when it says latest."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "called-decision"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Known decision ids."""
    for _, node in context.nodes():
        if node.tag != "businessRuleTask":
            continue
        if node.decision is None or not node.decision.key:
            yield Finding(
                node.id, "The task names no decision.", "业务规则任务没有选择决策。", node.line
            )
        elif node.decision.key not in context.bundle.decision_keys(node.decision.binding):
            yield Finding(
                node.id,
                f"There is no decision “{node.decision.key}”.",
                f"不存在决策“{node.decision.key}”。",
                node.line,
            )
