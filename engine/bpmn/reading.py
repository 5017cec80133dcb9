"""Reads BPMN 2.0 XML into `engine.bpmn.model`.

XML from outside is hostile until shown otherwise: no DOCTYPE, no entities, no network, a size limit. The schema of the
standard is checked with the XSD that SpiffWorkflow ships.
"""

import re
from functools import cache

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.bpmn.document import (
    ACTIVITIES,
    BPMN,
    EVENTS,
    GATEWAYS,
    Document,
    Element,
    compensates,
    identity,
    local,
    unprefixed,
)
from engine.bpmn.extensions import (
    NS,
    assignments_of,
    call_of,
    extension,
    human_work_of,
    text_of,
    words_of,
)
from engine.bpmn.model import (
    Announcement,
    DecisionCall,
    Definitions,
    EventKind,
    Flow,
    Loop,
    Node,
    ProcessModel,
    ScopeModel,
    TimerKind,
    Trigger,
    Words,
)
from engine.bpmn.reading_data import collection, item, read_data, store_of, variable

SIZE_LIMIT = 10 * 1024 * 1024

# Elements that hold information about the diagram but never a token.
SILENT = {
    "sequenceFlow", "dataObject", "dataObjectReference", "dataStoreReference", "textAnnotation",
    "association", "group", "documentation", "extensionElements", "laneSet", "incoming", "outgoing",
    "ioSpecification", "property", "multiInstanceLoopCharacteristics", "auditing", "monitoring",
    "standardLoopCharacteristics", "completionCondition", "dataInputAssociation", "supportedInterfaceRef",
    "dataOutputAssociation", "correlationSubscription", "resourceRole", "performer", "humanPerformer",
    "potentialOwner", "categoryValueRef", "artifact", "ioBinding", "resourceAssignmentExpression",
    "supports",
}  # fmt: skip
# Global tasks are called like processes; a global task with an operator is the service task that BPMN lacks.
GLOBAL_TASKS = {
    "globalTask": "task", "globalManualTask": "manualTask", "globalUserTask": "userTask",
    "globalScriptTask": "scriptTask", "globalBusinessRuleTask": "businessRuleTask",
}  # fmt: skip
_NAMESPACE = re.compile(r"\{[^}]*\}")
_TRIGGERS: dict[str, EventKind] = {
    "messageEventDefinition": "message",
    "signalEventDefinition": "signal",
    "timerEventDefinition": "timer",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "terminateEventDefinition": "terminate",
    "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensate",
    "cancelEventDefinition": "cancel",
}


class UnreadableDiagram(Exception):
    """The file is not BPMN that may be read. `line` is 1-based, 0 where none is known; `rule` is `schema` where the
    standard's schema says so, and `element` the id next to the fault."""

    def __init__(
        self, en: str, zh: str, line: int = 0, *, rule: str = "unreadable", element: str = ""
    ) -> None:
        super().__init__(en)
        self.message = {"en": en, "zh": zh}
        self.line, self.rule, self.element = line, rule, element


def read_xml(content: bytes) -> Element:
    """The root element of untrusted XML. Raises UnreadableDiagram."""
    if len(content) > SIZE_LIMIT:
        size = SIZE_LIMIT // 1024 // 1024
        raise UnreadableDiagram(f"The file is larger than {size} MB.", f"文件超过 {size} MB。")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise UnreadableDiagram(
            f"Not well-formed XML: {error.msg}", f"XML 格式错误：{error.msg}", line
        ) from error
    if root.getroottree().docinfo.doctype:
        raise UnreadableDiagram("A DOCTYPE is not accepted.", "不接受含 DOCTYPE 的文件。", 1)
    return root


def _element_at(root: Element, line: int) -> Element:
    """The element that stands on a line, the outermost where there are several."""
    return next((e for e in root.iter() if e.sourceline == line and local(e)), root)


@cache
def _validator() -> BpmnValidator:
    return BpmnValidator()


def read_definitions(content: bytes, *, validate: bool = True) -> Definitions:
    """Read one BPMN file. Raises UnreadableDiagram with words and the line."""
    root = read_xml(content)
    if root.tag != f"{{{BPMN}}}definitions":
        raise UnreadableDiagram(
            "The file holds no BPMN definitions.", "该文件不是 BPMN 定义。", root.sourceline or 0
        )
    if validate:
        try:
            _validator().validate(root)
        except ValidationException as error:
            words = _NAMESPACE.sub("", str(error))
            fault = _element_at(root, error.line_number or 0)
            raise UnreadableDiagram(
                f"Not valid BPMN 2.0: {words}",
                f"不符合 BPMN 2.0：{words}",
                error.line_number or 0,
                rule="schema",
                element=identity(fault),
            ) from error
    _spell_out(root)
    return _Reader(root).read()


# XML Schema lets a boolean be 1 or 0, and stand between spaces.
_BOOLEANS = (
    "cancelActivity", "cancelRemainingInstances", "instantiate", "isCollection", "isExecutable",
    "isForCompensation", "isImmediate", "isInterrupting", "isSequential", "isUnlimited",
    "parallelMultiple", "testBefore", "triggeredByEvent", "waitForCompletion",
)  # fmt: skip
_SPELLINGS = {"1": "true", "0": "false"}


def _spell_out(root: Element) -> None:
    """Booleans become "true" or "false": whoever reads the file need not know of the other spellings."""
    for element in root.iter(f"{{{BPMN}}}*"):
        for name in _BOOLEANS:
            if (value := element.get(name)) is not None:
                element.set(name, _SPELLINGS.get(value.strip(), value.strip()))


class _Reader:
    def __init__(self, root: Element) -> None:
        self.root = root
        self.by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
        self.document = Document(root)
        self.definitions = Definitions({}, {}, [], self.document)
        self.lanes: dict[str, Words] = {}
        for lane in root.iterfind(".//b:lane", NS):
            if lane.find("b:childLaneSet", NS) is None or not lane.get("name"):
                words = words_of(lane)
                for reference in lane.iterfind("b:flowNodeRef", NS):
                    self.lanes[(reference.text or "").strip()] = words
        for message in root.iterfind("b:message", NS):
            self.definitions.messages[message.get("id")] = message.get("name") or message.get("id")

    def read(self) -> Definitions:
        names = {
            unprefixed(p.get("processRef")): words_of(p)
            for p in self.root.iterfind("b:collaboration/b:participant", NS)
            if p.get("processRef")
        }
        for element in self.root.iterfind("b:process", NS):
            scope = self._scope(element)
            title = (
                words_of(element) if element.get("name") else names.get(scope.id, words_of(element))
            )
            self.definitions.processes[scope.id] = ProcessModel(
                scope, element.get("isExecutable") == "true", element.sourceline or 0, title
            )
        for tag, kind in GLOBAL_TASKS.items():
            for element in self.root.iterfind(f"b:{tag}", NS):
                task = self._node(element, "serviceTask" if call_of(element) else kind)
                scope = ScopeModel(task.id, task.name, tag, nodes={task.id: task}, line=task.line)
                process = ProcessModel(scope, True, task.line, task.name)
                self.definitions.processes[task.id] = process
        return self.definitions

    def _scope(self, element: Element) -> ScopeModel:
        tag = local(element)
        scope = ScopeModel(
            element.get("id"),
            words_of(element),
            tag,
            triggered_by_event=element.get("triggeredByEvent") == "true",
            completion_condition=text_of(element.find("b:completionCondition", NS)),
            sequential=element.get("ordering") == "Sequential",
            cancel_remaining=element.get("cancelRemainingInstances") != "false",
            line=element.sourceline or 0,
        )
        for child in element:
            kind = local(child)
            if kind in ACTIVITIES or kind in GATEWAYS or kind in EVENTS:
                scope.nodes[child.get("id")] = self._node(child, kind)
            elif kind == "sequenceFlow":
                condition = child.find("b:conditionExpression", NS)
                flow = Flow(
                    child.get("id"),
                    child.get("sourceRef"),
                    child.get("targetRef"),
                    text_of(condition),
                    child.get("name"),
                    child.sourceline or 0,
                )
                scope.flows[flow.id] = flow
            elif kind in ("property", "dataObject", "dataStoreReference"):
                name = variable(self.document, child.get("id")) or ""
                if (store := store_of(self.document, child)) is not None:
                    scope.stores[name] = store
                else:
                    scope.variables.append(name)
            elif kind not in SILENT and isinstance(child.tag, str):
                self.definitions.unknown.append(
                    (kind, child.get("id") or "", child.sourceline or 0)
                )
        for flow in scope.flows.values():
            if flow.source in scope.nodes and flow.target in scope.nodes:
                scope.nodes[flow.source].outgoing.append(flow)
                scope.nodes[flow.target].incoming.append(flow)
        for node in list(scope.nodes.values()):
            if node.attached_to in scope.nodes:
                scope.nodes[node.attached_to].boundary.append(node)
            if node.tag == "boundaryEvent" and node.trigger.kind == "compensate":
                node.compensation_handler = self._handler(node.id)
        return scope

    def _handler(self, boundary: str) -> str | None:
        """The activity that an association ties to a compensation boundary event, drawn in either direction."""
        for association in self.root.iter(f"{{{BPMN}}}association"):
            ends = [association.get("sourceRef") or "", association.get("targetRef") or ""]
            for here, there in (ends, ends[::-1]):
                target = self.by_id.get(unprefixed(there))
                if unprefixed(here) != boundary or target is None:
                    continue
                if compensates(target):
                    return str(target.get("id"))
        return None

    def _node(self, e: Element, tag: str) -> Node:
        node = Node(
            e.get("id"),
            tag,
            words_of(e),
            e.sourceline or 0,
            lane=self.lanes.get(e.get("id")),
            default_flow=e.get("default"),
            triggers=self._triggers(e),
            parallel_multiple=e.get("parallelMultiple") == "true",
            interrupting=e.get("cancelActivity", e.get("isInterrupting", "true")) == "true",
            attached_to=e.get("attachedToRef"),
            for_compensation=compensates(e),
            start_quantity=int(e.get("startQuantity", "1")),
            completion_quantity=int(e.get("completionQuantity", "1")),
            loop=self._loop(e),
            call=call_of(e),
            assignments=assignments_of(e, "assign"),
            inputs=assignments_of(e, "input"),
            outputs=assignments_of(e, "output"),
            human=human_work_of(e) if tag == "userTask" else None,
            script=text_of(e.find("b:script", NS)),
            called_element=unprefixed(e.get("calledElement") or "") or None,
            activation_condition=text_of(e.find("b:activationCondition", NS)),
            instantiate=e.get("instantiate") == "true",
            all_arms=e.get("eventGatewayType") == "Parallel",
            start_condition=text_of(extension(e, "startCondition")),
            documentation=text_of(e.find("b:documentation", NS)),
        )
        called = extension(e, "called")
        if called is not None:
            node.called_version = called.get("version")
        decision = extension(e, "decision")
        if decision is not None:
            key = decision.get("key") or ""
            node.decision = DecisionCall(
                key,
                decision.get("result") or key,
                "latest" if decision.get("binding") == "latest" else "deployment",
            )
        read_data(self.document, e, node)
        if tag in ("receiveTask", "sendTask"):
            message = e.get("messageRef") or self._message_of(e.get("operationRef"))
            node.triggers = (self._message(message),) if message else ()
        if tag in ("subProcess", "transaction", "adHocSubProcess"):
            node.scope = self._scope(e)
        return node

    def _message_of(self, operation: str | None) -> str | None:
        """The message that an operation takes: what a task sends into it, or receives through it."""
        element = self.by_id.get(unprefixed(operation or ""))
        return None if element is None else text_of(element.find("b:inMessageRef", NS))

    def _message(self, reference: str | None) -> Trigger:
        if not reference:
            return Trigger("message")
        reference = unprefixed(reference)
        message = self.by_id.get(reference)
        correlation = None if message is None else extension(message, "subscription")
        return Trigger(
            "message",
            self.definitions.messages.get(reference),
            correlation=None if correlation is None else correlation.get("correlationKey"),
            reference=reference,
        )

    def _triggers(self, event: Element) -> tuple[Trigger, ...]:
        found = [self._trigger(c) for c in event if local(c) in _TRIGGERS]
        for reference in event.iterfind("b:eventDefinitionRef", NS):
            target = self.by_id.get((reference.text or "").strip().rpartition(":")[2])
            if target is not None and local(target) in _TRIGGERS:
                found.append(self._trigger(target))
        return tuple(found)

    def _trigger(self, e: Element) -> Trigger:
        kind = _TRIGGERS[local(e)]
        if kind == "message":
            return self._message(e.get("messageRef"))
        if kind == "timer":
            kinds: tuple[TimerKind, ...] = ("date", "duration", "cycle")
            for timer in kinds:
                text = text_of(e.find(f"b:time{timer.capitalize()}", NS))
                if text is not None:
                    return Trigger("timer", expression=text, timer=timer)
            return Trigger("timer")
        if kind == "conditional":
            return Trigger("conditional", expression=text_of(e.find("b:condition", NS)))
        if kind == "link":
            return Trigger("link", name=e.get("name"))
        if kind == "compensate":
            activity = unprefixed(e.get("activityRef") or "") or None
            wait = e.get("waitForCompletion") != "false"
            return Trigger("compensate", activity=activity, wait=wait, reference=activity)
        for attribute, code in (
            ("signalRef", "name"), ("errorRef", "errorCode"), ("escalationRef", "escalationCode"),
        ):  # fmt: skip
            if reference := e.get(attribute):
                target = self.by_id.get(reference.rpartition(":")[2])
                name = None if target is None else target.get(code) or target.get("name")
                return Trigger(kind, name=name, reference=reference)
        return Trigger(kind)

    def _loop(self, e: Element) -> Loop | None:
        standard = e.find("b:standardLoopCharacteristics", NS)
        if standard is not None:
            maximum = standard.get("loopMaximum")
            return Loop(
                "standard",
                condition=text_of(standard.find("b:loopCondition", NS)),
                maximum=int(maximum) if maximum else None,
                test_before=standard.get("testBefore") == "true",
            )
        multiple = e.find("b:multiInstanceLoopCharacteristics", NS)
        if multiple is None:
            return None
        ours = extension(multiple, "loop")
        settings = {} if ours is None else dict(ours.attrib)
        return Loop(
            "sequential" if multiple.get("isSequential") == "true" else "parallel",
            cardinality=text_of(multiple.find("b:loopCardinality", NS)),
            collection=settings.get("collection")
            or collection(self.document, multiple, "loopDataInputRef"),
            element=settings.get("element") or item(multiple, "inputDataItem"),
            output_collection=settings.get("outputCollection")
            or collection(self.document, multiple, "loopDataOutputRef"),
            output_element=settings.get("outputElement") or item(multiple, "outputDataItem"),
            completion=text_of(multiple.find("b:completionCondition", NS)),
            behavior=multiple.get("behavior", "All"),
            announcements=self._announcements(multiple),
        )

    def _announcements(self, multiple: Element) -> tuple[Announcement, ...]:
        behavior = multiple.get("behavior", "All")
        if behavior == "Complex":
            return tuple(
                Announcement(self._triggers(event), text_of(complex_.find("b:condition", NS)))
                for complex_ in multiple.iterfind("b:complexBehaviorDefinition", NS)
                for event in complex_.iterfind("b:event", NS)
            )
        reference = multiple.get(f"{behavior.lower()}BehaviorEventRef")
        definition = self.by_id.get(unprefixed(reference)) if reference else None
        if definition is None or local(definition) not in _TRIGGERS:
            return ()
        return (Announcement((self._trigger(definition),)),)
