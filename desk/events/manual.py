"""The manual's pages of events (docs/manual/events*.md), from the declarations."""

from collections.abc import Iterator
from typing import Final

from desk.events.catalogue import EVENTS, Event
from engine.operators import Text

_HEAD: Final = Text(
    """# Events

[中文](events.zh-CN.md)

What a diagram can start with or wait for: messages of these names. For whoever draws flows.

- To begin an instance each time, draw a **message start event** with the event's name. Its *start condition* (FEEL, over the payload and the records) is asked before there is an instance.
- To wait inside an instance, draw a **catching message event** with a correlation key, such as `="ticket:" + string(ticket_id)`.
- What the event brings, such as `ticket_id`, becomes data of the instance.
- A new event: `declare` it in `desk/events/declared.py` and `emit` it where it happens.
""",
    """# 事件

[English](events.md)

流程图可以由下列事件启动，也可以等待它们：均为同名消息。供绘制流程的人查阅。

- 每次发生都启动一个实例：画一个**消息开始事件**，填写事件名称。“启动条件”（FEEL，可用事件数据和各类记录）在启动之前判断。
- 在实例中等待：画一个**消息等待事件**，并填写关联键，例如 `="ticket:" + string(ticket_id)`。
- 事件所带的内容（如 `ticket_id`）成为实例的数据。
- 新增事件：在 `desk/events/declared.py` 中 `declare`，在发生处 `emit`。
""",
)
_WRITTEN: Final = "<!-- written by `python -m desk.events`; change the declarations in desk/events/declared.py instead -->\n"
_KINDS: Final = {
    "told": Text(
        "## What has happened\n\nAny number of diagrams may start with these or wait for them.\n",
        "## 已发生的事\n\n可由任意多个流程图监听：启动新实例或被等待。\n",
    ),
    "asked": Text(
        "## What is asked of a ticket's process\n\nThe ticket's own process takes these and decides what follows.\n",
        "## 对工单流程的请求\n\n由工单自身的流程接收并决定后续处理。\n",
    ),
}
_KEY: Final = Text("Correlation key: `{}`\n", "关联键：`{}`\n")
_COLUMNS: Final = Text("| brings | type | what it is |", "| 数据 | 类型 | 含义 |")


def page(locale: str) -> str:
    """Markdown, in the language of a locale such as `zh_CN` or `en`."""
    lines = [_HEAD.in_(locale), _WRITTEN]
    for kind, words in _KINDS.items():
        lines.append(words.in_(locale))
        for event in EVENTS.values():
            if event.kind == kind:
                lines += _event(event, locale)
    return "\n".join(lines)


def _event(event: Event, locale: str) -> Iterator[str]:
    yield f"### `{event.name}` {event.title.in_(locale)}\n"
    yield f"{event.help.in_(locale)}\n"
    if event.correlation:
        yield _KEY.in_(locale).format(event.correlation)
    yield _COLUMNS.in_(locale)
    yield "|---|---|---|"
    for field in event.payload:
        yield f"| `{field.name}` | `{field.type}` | {field.title.in_(locale)} |"
    yield ""
