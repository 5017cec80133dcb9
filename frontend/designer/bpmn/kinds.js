// What can be added to a diagram, in the words of the desk, with its class of the BPMN font.
import { both, t } from "../texts.js";

// type, words, sign, options of elementFactory
const STEPS = () => [
  [t("People"), "bpmn:UserTask", t("Human task"), "bpmn-icon-user-task"],
  [t("People"), "bpmn:ManualTask", t("Manual step (only noted)"), "bpmn-icon-manual-task"],
  [t("Decide and calculate"), "bpmn:BusinessRuleTask", t("Decision table"), "bpmn-icon-business-rule"],
  [t("Decide and calculate"), "bpmn:ScriptTask", t("Set variables"), "bpmn-icon-script-task"],
  [t("Decide and calculate"), "bpmn:ServiceTask", t("Action of the system"), "bpmn-icon-service-task"],
  [t("Branch"), "bpmn:ExclusiveGateway", t("Either – or"), "bpmn-icon-gateway-xor"],
  [t("Branch"), "bpmn:ParallelGateway", t("At the same time"), "bpmn-icon-gateway-parallel"],
  [t("Branch"), "bpmn:InclusiveGateway", t("One or several"), "bpmn-icon-gateway-or"],
  [t("Branch"), "bpmn:EventBasedGateway", t("Whatever happens first"), "bpmn-icon-gateway-eventbased"],
  [t("Wait"), "bpmn:IntermediateCatchEvent", t("Wait for time"), "bpmn-icon-intermediate-event-catch-timer", { eventDefinitionType: "bpmn:TimerEventDefinition" }],
  [t("Wait"), "bpmn:IntermediateCatchEvent", t("Wait for a message"), "bpmn-icon-intermediate-event-catch-message", { eventDefinitionType: "bpmn:MessageEventDefinition" }],
  [t("Wait"), "bpmn:IntermediateCatchEvent", t("Wait for a signal"), "bpmn-icon-intermediate-event-catch-signal", { eventDefinitionType: "bpmn:SignalEventDefinition" }],
  [t("Wait"), "bpmn:IntermediateCatchEvent", t("Wait for a condition"), "bpmn-icon-intermediate-event-catch-condition", { eventDefinitionType: "bpmn:ConditionalEventDefinition" }],
  [t("Tell"), "bpmn:IntermediateThrowEvent", t("Send a message"), "bpmn-icon-intermediate-event-throw-message", { eventDefinitionType: "bpmn:MessageEventDefinition" }],
  [t("Tell"), "bpmn:IntermediateThrowEvent", t("Send a signal"), "bpmn-icon-intermediate-event-throw-signal", { eventDefinitionType: "bpmn:SignalEventDefinition" }],
  [t("Tell"), "bpmn:IntermediateThrowEvent", t("Escalate"), "bpmn-icon-intermediate-event-throw-escalation", { eventDefinitionType: "bpmn:EscalationEventDefinition" }],
  [t("Begin"), "bpmn:StartEvent", t("Start"), "bpmn-icon-start-event-none"],
  [t("Begin"), "bpmn:StartEvent", t("Start with a message"), "bpmn-icon-start-event-message", { eventDefinitionType: "bpmn:MessageEventDefinition" }],
  [t("Begin"), "bpmn:StartEvent", t("Start at a time"), "bpmn-icon-start-event-timer", { eventDefinitionType: "bpmn:TimerEventDefinition" }],
  [t("Begin"), "bpmn:StartEvent", t("Start with a signal"), "bpmn-icon-start-event-signal", { eventDefinitionType: "bpmn:SignalEventDefinition" }],
  [t("End"), "bpmn:EndEvent", t("End"), "bpmn-icon-end-event-none"],
  [t("End"), "bpmn:EndEvent", t("End everything"), "bpmn-icon-end-event-terminate", { eventDefinitionType: "bpmn:TerminateEventDefinition" }],
  [t("End"), "bpmn:EndEvent", t("End with an error"), "bpmn-icon-end-event-error", { eventDefinitionType: "bpmn:ErrorEventDefinition" }],
  [t("Parts"), "bpmn:CallActivity", t("Call another flow"), "bpmn-icon-call-activity"],
  [t("Parts"), "bpmn:SubProcess", t("Sub-process"), "bpmn-icon-subprocess-expanded", { isExpanded: true }],
  [t("Parts"), "bpmn:SubProcess", t("Whenever something happens (event sub-process)"), "bpmn-icon-event-subprocess-expanded", { isExpanded: true, triggeredByEvent: true }],
];

const BOUNDARY = () => [
  ["bpmn:TimerEventDefinition", t("When time is over"), "bpmn-icon-intermediate-event-catch-timer"],
  ["bpmn:MessageEventDefinition", t("When a message comes"), "bpmn-icon-intermediate-event-catch-message"],
  ["bpmn:ErrorEventDefinition", t("When it fails"), "bpmn-icon-intermediate-event-catch-error"],
  ["bpmn:EscalationEventDefinition", t("When it escalates"), "bpmn-icon-intermediate-event-catch-escalation"],
  ["bpmn:SignalEventDefinition", t("When a signal comes"), "bpmn-icon-intermediate-event-catch-signal"],
];

const GROUPS = () => ({
  article: t("Knowledge"), assign: t("Assignment"), company: t("Customers"), contact: t("Customers"), form: t("Page of a ticket"), insight: t("Insight"), mail: t("Mail"), notify: t("Notices"),
  payment: t("Payments"), rule: t("Rules"), sla: t("Service levels"), survey: t("Surveys"), ticket: t("Tickets"), vendor: t("Other desks"),
});

// An action of the registry, as the list of steps and the picker of actions show it.
export const operatorChoice = (operator) => ({
  group: `${t("Actions of the system")} · ${GROUPS()[operator.group] ?? operator.group}`, type: "bpmn:ServiceTask", words: both(operator.title), detail: both(operator.help),
  icon: operator.icon, operator,
});

// All choices for the list of steps: {group, type, words, detail, sign, options, operator, boundary}.
export function choices(catalogue, host) {
  const steps = STEPS().map(([group, type, words, sign, options]) => ({ group, type, words, sign, options }));
  const boundary = host ? BOUNDARY().map(([eventDefinitionType, words, sign]) => ({
    group: t("On this step"), type: "bpmn:BoundaryEvent", words, sign, options: { eventDefinitionType }, boundary: true,
  })) : [];
  return [...boundary, ...steps, ...(catalogue?.operators ?? []).map(operatorChoice)];
}

const TYPES = () => ({
  UserTask: t("Human task"), ServiceTask: t("Action of the system"), SendTask: t("Send task"), ReceiveTask: t("Receive task"), ScriptTask: t("Set variables"),
  BusinessRuleTask: t("Decision table"), ManualTask: t("Manual step (only noted)"), Task: t("Step without a kind"), CallActivity: t("Call another flow"),
  SubProcess: t("Sub-process"), Transaction: t("Transaction"), AdHocSubProcess: t("Ad-hoc sub-process"), ExclusiveGateway: t("Either – or"),
  ParallelGateway: t("At the same time"), InclusiveGateway: t("One or several"), EventBasedGateway: t("Whatever happens first"), ComplexGateway: t("Complex gateway"),
  StartEvent: t("Start"), EndEvent: t("End"), IntermediateCatchEvent: t("Wait"), IntermediateThrowEvent: t("Tell"), BoundaryEvent: t("Event on a step"),
  SequenceFlow: t("Sequence flow"), MessageFlow: t("Message flow"), Lane: t("Lane"), Participant: t("Pool"), Process: t("Flow as a whole"), Collaboration: t("Diagram"),
  TextAnnotation: t("Note"), DataObjectReference: t("Data object"), DataStoreReference: t("Data store"), Group: t("Group"), Association: t("Association"),
  DataInputAssociation: t("Association"), DataOutputAssociation: t("Association"),
});
const TRIGGERS = () => ({
  Timer: t("time"), Message: t("message"), Signal: t("signal"), Error: t("error"), Escalation: t("escalation"), Conditional: t("condition"),
  Terminate: t("ends everything"), Compensate: t("compensation"), Link: t("link"), Cancel: t("cancel"),
});

// "Wait: time", "Human task"
export function typeWords(bo) {
  const name = TYPES()[bo.$type.replace("bpmn:", "")] ?? bo.$type.replace("bpmn:", "");
  const trigger = bo.eventDefinitions?.[0]?.$type.replace("bpmn:", "").replace("EventDefinition", "");
  return trigger ? t("{kind}: {trigger}", { kind: name, trigger: TRIGGERS()[trigger] ?? trigger }) : name;
}
