"""Every scope has to begin somewhere (BPMN 2.0, 10.5.2)."""

from collections.abc import Iterator

from engine.bpmn.document import unprefixed
from engine.bpmn.model import Node, ScopeModel
from engine.expressions import names_in
from engine.feel.errors import FeelError
from engine.lint import Context, Finding, at

ID = "start-event"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A process needs a start; an event sub-process exactly one, with a trigger; other sub-processes one without.

    What starts the process by itself follows nothing.
    """
    for task in context.document.all("receiveTask"):
        led_to = any(
            unprefixed(flow.get("targetRef", "")) == task.get("id")
            for flow in context.document.all("sequenceFlow")
        )
        if task.get("instantiate") == "true" and led_to:
            yield at(
                task,
                "A receive task that starts the process (instantiate) cannot follow another element.",
                "用于启动流程的接收任务（instantiate）不能有流入连线。",
            )
    for scope in context.scopes():
        starts = scope.starts
        if scope.triggered_by_event:
            if len(starts) != 1 or starts[0].trigger.kind == "none":
                yield Finding(
                    scope.id,
                    "An event sub-process needs exactly one start event, and it needs a trigger.",
                    "事件子流程必须有且仅有一个带触发器的开始事件。",
                    scope.line,
                )
        elif scope.tag == "process":
            if not scope.entries and not scope.unled:
                yield Finding(
                    scope.id,
                    "Nothing in the process can begin: every element waits for another.",
                    "流程中没有任何元素可以作为开始。",
                    scope.line,
                )
            for entry in scope.entries:
                if _asks_stores(scope, entry):
                    yield Finding(
                        entry.id,
                        "A start condition sees what the message brings and the desk's records, no data stores.",
                        "启动条件只能读取消息内容和业务记录，不能读取数据存储。",
                        entry.line,
                    )
                if any(t.kind == "conditional" for t in entry.triggers):
                    yield Finding(
                        entry.id,
                        "Nobody asks a condition before there is an instance with data: "
                        "begin with a message, and ask by its start condition.",
                        "流程实例产生之前没有数据可供判断条件：请以消息开始，并填写启动条件。",
                        entry.line,
                    )
        else:
            if len(scope.plain_starts) > 1:
                yield Finding(
                    scope.id,
                    "A sub-process begins at one start event: several would leave open at which.",
                    "子流程只能有一个开始事件，否则无法确定从哪里开始。",
                    scope.line,
                )
            for start in starts:
                if start.trigger.kind != "none":
                    yield Finding(
                        start.id,
                        "A sub-process starts with its token: its start event takes no trigger.",
                        "子流程由令牌进入而开始，其开始事件不能带触发器。",
                        start.line,
                    )


def _asks_stores(scope: ScopeModel, entry: Node) -> bool:
    try:
        names = names_in((entry.start_condition or "null").removeprefix("="))
    except FeelError:  # expression-syntax says so
        return False
    return not names.isdisjoint(scope.stores)
