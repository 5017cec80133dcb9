"""Input mappings stand where the engine reads them: at call activities, and at what throws an event."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "input-mapping"
SEVERITY = "error"
READS_THEM = frozenset({"callActivity", "intermediateThrowEvent", "endEvent"})


def check(context: Context) -> Iterator[Finding]:
    """No `input` elsewhere: it would be left out without a word."""
    for _, node in context.nodes():
        throws = node.tag == "sendTask" and node.call is None
        if node.inputs and node.tag not in READS_THEM and not throws:
            yield Finding(
                node.id,
                "Input mappings are for called processes and for what events carry. This step sees all data as it is.",
                "输入映射只用于调用活动和抛出事件的内容；此步骤可直接看到全部数据。",
                node.line,
            )
