"""What this engine does not run as drawn is refused, not passed over."""

from collections.abc import Iterator

from engine.bpmn.document import children
from engine.bpmn.model import Node, ScopeModel
from engine.lint import Context, Finding, at

ID = "not-executable"
SEVERITY = "error"

_STARTS = {"none", "message", "signal", "timer"}
_ANNOUNCED = {"message", "signal", "escalation"}


def check(context: Context) -> Iterator[Finding]:
    """Forms whose semantics are missing."""
    for process in context.document.all("process"):
        if process.get("isExecutable") == "true":
            for subscription in children(process, "correlationSubscription"):
                yield at(
                    subscription,
                    "Correlation properties are not read: give the message itself a key.",
                    "不支持关联属性（correlationSubscription），请在消息上设置关联键。",
                )
    for executable in context.executable:
        for node in executable.scope.entries:
            yield from _process_start(node)
    for _, node in context.nodes():
        if node.loop is not None:
            yield from _loop(node)


def _process_start(node: Node) -> Iterator[Finding]:
    if any(t.kind not in _STARTS for t in node.triggers):
        yield Finding(
            node.id,
            "A process can be started by a message, a signal, a timer or by a call, not in this way.",
            "流程只能由消息、信号、定时器或调用启动，不支持这种方式。",
            node.line,
        )
    if node.tag == "startEvent" and node.parallel_multiple:
        yield Finding(
            node.id,
            "A process cannot wait for several events before it exists; start with one and wait for the others.",
            "流程不能在启动前等待多个事件；请由其中一个事件启动，再等待其余事件。",
            node.line,
        )


def _loop(node: Node) -> Iterator[Finding]:
    if node.scope is not None and node.scope.tag == "transaction" and _cancels(node.scope):
        yield Finding(
            node.id,
            "A transaction that can be cancelled cannot be repeated; put it into a repeated sub-process.",
            "可取消的事务不能循环执行；请将其放入循环子流程中。",
            node.line,
        )
    assert node.loop is not None
    for announcement in node.loop.announcements:
        if any(t.kind not in _ANNOUNCED for t in announcement.triggers):
            yield Finding(
                node.id,
                "Instances can report with a message, a signal or an escalation only.",
                "多实例只能用消息、信号或升级事件报告进度。",
                node.line,
            )


def _cancels(scope: ScopeModel) -> bool:
    return any(t.kind == "cancel" for _, node in scope.walk() for t in node.triggers)
