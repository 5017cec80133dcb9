"""A task that sends, receives or calls takes the data of its message (BPMN 2.0, 10.3.3)."""

from collections.abc import Iterator

from engine.bpmn.document import Document, Element, child, children, local, text
from engine.lint import Context, Finding, at

ID = "message-data"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Tasks with an operation or message have at most one set and one datum a direction, of the message's type."""
    document = context.document
    for task in document.all("serviceTask", "sendTask", "receiveTask"):
        operation = document.target(task.get("operationRef"))
        message = document.target(task.get("messageRef"))
        incoming = outgoing = None
        if local(task) == "serviceTask":
            if operation is None or local(operation) != "operation":
                continue
            incoming, outgoing = (
                document.target(text(child(operation, name)))
                for name in ("inMessageRef", "outMessageRef")
            )
            if child(task, "ioSpecification") is None:
                yield at(
                    task,
                    "A service task with an operation needs a data input for its message.",
                    "引用操作的服务任务需要声明对应消息的数据输入。",
                )
        elif local(task) == "sendTask":
            incoming = message
        else:
            outgoing = message
        data = child(task, "ioSpecification")
        if data is not None:
            yield from _side(document, data, "Input", incoming)
            yield from _side(document, data, "Output", outgoing)


def _side(
    document: Document, data: Element, side: str, message: Element | None
) -> Iterator[Finding]:
    if message is None:
        return
    found = children(data, f"data{side}")
    if len(children(data, f"{side.lower()}Set")) > 1 or len(found) != 1:
        yield at(
            data,
            f"The message needs exactly one data {side.lower()} in one set.",
            "消息需要且只能有一个集合中的一个数据输入/输出。",
        )
    elif not document.equivalent(found[0].get("itemSubjectRef"), message.get("itemRef")):
        yield at(
            found[0],
            "The type of this data is not that of the message.",
            "该数据的类型与消息的类型不一致。",
        )
