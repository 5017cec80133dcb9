"""A typed message is exchanged through an operation (BPMN 2.0, table 10.98).

The standard asks for operationRef in every executable process. Modelers leave it out where messages have only a name,
and that is unambiguous here; where a message has a type, its file speaks of service interfaces and the rule holds.
"""

from collections.abc import Iterator

from engine.bpmn.document import EVENTS, child, local
from engine.lint import Context, Finding, at

ID = "message-operation"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Message events whose message has an item definition name the operation."""
    document = context.document
    for event in document.all(*EVENTS):
        for definition in document.event_definitions(event):
            if local(definition) != "messageEventDefinition":
                continue
            message = document.target(definition.get("messageRef"))
            typed = message is not None and message.get("itemRef")
            if typed and child(definition, "operationRef") is None:
                yield at(
                    event,
                    "The message has a type, but no operation is named that it belongs to.",
                    "消息定义了类型，但没有指定所属的操作（operationRef）。",
                )
