"""Every scope has to begin somewhere (BPMN 2.0, 10.5.2)."""

from collections.abc import Iterator

from engine.lint import Context, Finding

ID = "start-event"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A process needs a start; an event sub-process exactly one, with a trigger; other sub-processes none with one."""
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
        else:
            for start in starts:
                if start.trigger.kind != "none":
                    yield Finding(
                        start.id,
                        "A sub-process starts with its token: its start event takes no trigger.",
                        "子流程由令牌进入而开始，其开始事件不能带触发器。",
                        start.line,
                    )
