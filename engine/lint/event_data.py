"""An event's data inputs or outputs are those of its definitions, in their order (BPMN 2.0, 10.5.1)."""

from collections.abc import Iterator

from engine.bpmn.document import EVENTS, children, local
from engine.lint import Context, Finding, at

ID = "event-data"
SEVERITY = "error"

_TYPES = {
    "messageEventDefinition": ("messageRef", "itemRef"),
    "signalEventDefinition": ("signalRef", "structureRef"),
    "errorEventDefinition": ("errorRef", "structureRef"),
    "escalationEventDefinition": ("escalationRef", "structureRef"),
}


def check(context: Context) -> Iterator[Finding]:
    """As many as definitions that carry data, of the same types."""
    document = context.document
    for event in document.all(*EVENTS):
        data = children(event, "dataInput", "dataOutput")
        if not data:
            continue
        carried = []
        for definition in document.event_definitions(event):
            if local(definition) in _TYPES:
                reference, kind = _TYPES[local(definition)]
                carrier = document.target(definition.get(reference))
                carried.append(None if carrier is None else carrier.get(kind))
        if len(data) != len(carried):
            yield at(
                event,
                "The event needs one data input or output for each definition that carries data.",
                "事件的每个携带数据的定义都需要一个对应的数据输入/输出。",
            )
            continue
        for element, item in zip(data, carried, strict=True):
            if item and not document.equivalent(element.get("itemSubjectRef"), item):
                yield at(
                    element,
                    "The type of this data is not that of what the event carries.",
                    "该数据的类型与事件携带的数据类型不一致。",
                )
