"""A reference names something that is there and is of the right kind (BPMN 2.0, 8.1)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, Element, children, local, text
from engine.lint import Context, Finding, at

ID = "reference"
SEVERITY = "error"

_FLOW_NODES = {*ACTIVITIES, *GATEWAYS, *EVENTS}
_CHOREOGRAPHY = {"choreographyTask", "subChoreography", "callChoreography"}
_DATA = {"dataInput", "dataOutput", "inputDataItem", "outputDataItem"}
_DEFINITIONS = {
    f"{kind}EventDefinition" for kind in ("message", "signal", "error", "escalation", "compensate")
}
# (element, attribute or child) -> what it may name
_KINDS: dict[tuple[str, str], set[str]] = {
    ("sequenceFlow", "sourceRef"): _FLOW_NODES | _CHOREOGRAPHY,
    ("sequenceFlow", "targetRef"): _FLOW_NODES | _CHOREOGRAPHY,
    ("boundaryEvent", "attachedToRef"): set(ACTIVITIES),
    ("messageEventDefinition", "messageRef"): {"message"},
    ("sendTask", "messageRef"): {"message"},
    ("receiveTask", "messageRef"): {"message"},
    ("sendTask", "operationRef"): {"operation"},
    ("receiveTask", "operationRef"): {"operation"},
    ("serviceTask", "operationRef"): {"operation"},
    ("messageEventDefinition", "operationRef"): {"operation"},
    ("messageFlow", "messageRef"): {"message"},
    ("signalEventDefinition", "signalRef"): {"signal"},
    ("errorEventDefinition", "errorRef"): {"error"},
    ("escalationEventDefinition", "escalationRef"): {"escalation"},
    ("compensateEventDefinition", "activityRef"): set(ACTIVITIES),
    ("linkEventDefinition", "source"): {"linkEventDefinition"},
    ("linkEventDefinition", "target"): {"linkEventDefinition"},
    ("participant", "processRef"): {"process"},
    ("process", "definitionalCollaborationRef"): {
        "collaboration",
        "choreography",
        "globalConversation",
    },
    ("participant", "interfaceRef"): {"interface"},
    ("participant", "partnerEntityRef"): {"partnerEntity"},
    ("partnerEntity", "participantRef"): {"participant"},
    ("partnerRole", "participantRef"): {"participant"},
    ("operation", "inMessageRef"): {"message"},
    ("operation", "outMessageRef"): {"message"},
    ("operation", "errorRef"): {"error"},
    ("message", "itemRef"): {"itemDefinition"},
    ("dataObjectReference", "dataObjectRef"): {"dataObject"},
    ("dataStoreReference", "dataStoreRef"): {"dataStore"},
    ("inputSet", "dataInputRefs"): _DATA,
    ("inputSet", "outputSetRefs"): {"outputSet"},
    ("outputSet", "dataOutputRefs"): _DATA,
    ("outputSet", "inputSetRefs"): {"inputSet"},
    ("lane", "flowNodeRef"): _FLOW_NODES,
    ("correlationKey", "correlationPropertyRef"): {"correlationProperty"},
    ("correlationSubscription", "correlationKeyRef"): {"correlationKey"},
    ("correlationPropertyBinding", "correlationPropertyRef"): {"correlationProperty"},
    ("correlationPropertyRetrievalExpression", "messageRef"): {"message"},
    ("multiInstanceLoopCharacteristics", "noneBehaviorEventRef"): _DEFINITIONS,
    ("multiInstanceLoopCharacteristics", "oneBehaviorEventRef"): _DEFINITIONS,
    ("conversationLink", "sourceRef"): set(),
}
_ELEMENTS = {element for element, _ in _KINDS}
_ANYWHERE = {"dataStoreRef", "processRef"}  # may lie in another file, or is left open by many tools


def check(context: Context) -> Iterator[Finding]:
    """Every reference of the table, unless it leads into an imported file."""
    document = context.document
    imports = {e.get("namespace") for e in document.all("import")}
    for element in document.all(*sorted(_ELEMENTS)):
        for (name, reference), kinds in _KINDS.items():
            if name != local(element) or not kinds:
                continue
            for value in _values(element, reference):
                prefix, _, _ = value.strip().rpartition(":")
                target = document.target(value)
                if target is None and (
                    element.nsmap.get(prefix or None) in imports or reference in _ANYWHERE
                ):
                    continue
                if target is None or local(target) not in kinds:
                    yield at(
                        element,
                        f"{reference} “{value}” names no {' or '.join(sorted(kinds)[:3])} of this file.",
                        f"{reference} 引用的“{value}”不存在或类型不符。",
                    )


def _values(element: Element, reference: str) -> list[str]:
    found = [text(c) for c in children(element, reference)]
    if element.get(reference):
        found.append(element.get(reference))
    return found
