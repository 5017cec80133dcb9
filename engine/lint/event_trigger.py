"""An event must say what it waits for or throws."""

from collections.abc import Iterator

from engine.bpmn.model import Node, Trigger
from engine.bpmn.schedule import arm_timer
from engine.lint import Context, Finding
from engine.timestamps import utc_now

ID = "event-trigger"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Names, conditions and times that can be read."""
    for scope, node in context.nodes():
        for trigger in node.triggers:
            yield from _complete(node, trigger)
            computed = trigger.kind == "timer" and (trigger.expression or "").startswith("=")
            if computed and scope.tag == "process" and node in scope.entries:
                yield Finding(
                    node.id,
                    "A timer that starts a process is written out: there is no data yet to compute it from.",
                    "启动流程的定时器必须直接写出时间：此时还没有可用于计算的数据。",
                    node.line,
                )
        if node.tag == "receiveTask" and not node.triggers:
            yield Finding(
                node.id, "The task waits for no message.", "接收任务没有指定消息。", node.line
            )
        if node.tag == "sendTask" and not node.triggers and node.call is None:
            yield Finding(
                node.id, "The task sends nothing.", "发送任务没有指定消息或操作。", node.line
            )


def _complete(node: Node, trigger: Trigger) -> Iterator[Finding]:
    if trigger.kind in ("message", "signal") and not trigger.name:
        yield Finding(
            node.id,
            f"The {trigger.kind} has no name.",
            f"{trigger.kind} 事件没有名称。",
            node.line,
        )
    if trigger.kind == "conditional" and not trigger.expression:
        yield Finding(node.id, "The condition is missing.", "缺少条件表达式。", node.line)
    if trigger.kind == "timer":
        if trigger.timer is None or not trigger.expression:
            yield Finding(node.id, "The timer has no time.", "定时器没有设置时间。", node.line)
        elif not trigger.expression.startswith("="):
            try:
                arm_timer(trigger.timer, trigger.expression, utc_now())
            except ValueError as error:
                yield Finding(
                    node.id, f"The timer: {error}.", f"定时器设置有误：{error}。", node.line
                )
