"""docs/events.md, from the declarations."""

from collections.abc import Iterator

from desk.events.catalogue import EVENTS, Event

_HEAD = """# Events · 事件

What a diagram can start with or wait for: messages of these names. `=ticket_id` and the other entries of the payload
become data of the instance. An instance that waits names its own by the key under “found by”.

流程图可以由下列事件启动，也可以等待它们：均为同名消息。消息所带内容成为实例的数据。等待中的实例通过“匹配键”找到属于自己的事件。

<!-- written by `python -m desk.events`; change the declarations in desk/events/declared.py instead -->
"""

_KINDS = {
    "told": (
        "## What has happened · 已发生的事",
        "Any number of diagrams may start with these or wait for them.\n\n"
        "可由任意多个流程图监听：启动新实例或被等待。",
    ),
    "asked": (
        "## What is asked of a ticket's process · 对工单流程的请求",
        "The ticket's own process takes these and decides what follows.\n\n"
        "由工单自身的流程接收并决定后续处理。",
    ),
}


def page() -> str:
    """Markdown, both languages."""
    lines = [_HEAD]
    for kind, (title, words) in _KINDS.items():
        lines += [title, "", words, ""]
        for event in EVENTS.values():
            if event.kind == kind:
                lines += _event(event)
    return "\n".join(lines)


def _event(event: Event) -> Iterator[str]:
    yield f"### `{event.name}` {event.title.en} · {event.title.zh}\n"
    yield f"{event.help.en}\n\n{event.help.zh}\n"
    if event.correlation:
        yield f"Found by · 匹配键：`{event.correlation}`\n"
    yield "| | | |"
    yield "|---|---|---|"
    for field in event.payload:
        yield f"| `{field.name}` | {field.type} | {field.title.en} · {field.title.zh} |"
    yield ""
