// Messages with their correlation, signals, errors, escalations, conditions, links; start conditions; conditions of flows.
import { both, t } from "../texts.js";
import { checkField, feelField, showing, textField } from "./fields.js";
import { h } from "../dom.js";

const definitionOf = (bo) => bo.eventDefinitions?.[0];
const kindOf = (bo) => definitionOf(bo)?.$type.replace("bpmn:", "").replace("EventDefinition", "");

// Messages and the like are shared: a name that exists is referred to, a new one is made.
function shared({ element, bo, of }, { holder, type, reference, property, label, suggestions, key, help }) {
  const current = () => holder[reference];
  return textField({
    key, label, suggestions, help, get: () => current()?.[property] ?? current()?.name,
    set: (value) => {
      if (value === undefined) return of.setIn(element, holder, { [reference]: undefined });
      const same = of.roots(type).find((root) => (root[property] ?? root.name) === value);
      const values = property === "name" ? { name: value } : { name: value, [property]: value };
      return of.setIn(element, holder, { [reference]: same ?? of.addRoot(element, type, values) });
    },
  });
}

function correlation({ element, of }, message) {
  const subscription = () => of.extension(message(), "lanedesk:Subscription");
  return feelField({
    key: "correlation", label: t("Which one is meant (correlation key)"), prefix: "=", placeholder: "correlation",
    help: t("The message finds the running flow whose value here is the same as the message's."),
    get: () => subscription()?.correlationKey, set: (correlationKey) => of.setExtension(element, message(), "lanedesk:Subscription", { correlationKey }),
  });
}

function eventWords(catalogue, name) {
  const event = catalogue?.events.find((one) => one.name === name);
  if (!event) return null;
  const fields = event.payload.map((field) => field.name).join(", ");
  return showing("event-words", h("p", { class: "ldz-words" }, both(event.title), fields ? h("code", {}, fields) : null));
}

function messageFields(context, holder) {
  const { bo, catalogue } = context;
  const suggestions = (catalogue?.events ?? []).filter(({ kind }) => kind === "message").map(({ name, title }) => ({ value: name, words: both(title) }));
  const fields = [shared(context, { holder, type: "bpmn:Message", reference: "messageRef", property: "name", label: t("Message"), suggestions, key: "message" })];
  const words = eventWords(catalogue, holder.messageRef?.name);
  if (words) fields.push(words);
  const starts = bo.$type === "bpmn:StartEvent" && !bo.$parent?.triggeredByEvent;
  const throws = /Throw|End|SendTask/.test(bo.$type);
  if (holder.messageRef && !starts && !throws) fields.push(correlation(context, () => holder.messageRef));
  return fields;
}

export function triggerGroup(context) {
  const { element, bo, of, catalogue } = context;
  const fields = [];
  const kind = kindOf(bo);
  const holder = definitionOf(bo);
  const signals = (catalogue?.events ?? []).filter((event) => event.kind === "signal").map(({ name, title }) => ({ value: name, words: both(title) }));
  if (bo.$type === "bpmn:ReceiveTask") fields.push(...messageFields(context, bo));
  if (kind === "Message") fields.push(...messageFields(context, holder));
  if (kind === "Signal") fields.push(shared(context, { holder, type: "bpmn:Signal", reference: "signalRef", property: "name", label: t("Signal"), suggestions: signals, key: "signal" }));
  if (kind === "Error") fields.push(shared(context, { holder, type: "bpmn:Error", reference: "errorRef", property: "errorCode", label: t("Error code"), key: "error", help: bo.$type === "bpmn:BoundaryEvent" ? t("Empty: any error.") : null }));
  if (kind === "Escalation") fields.push(shared(context, { holder, type: "bpmn:Escalation", reference: "escalationRef", property: "escalationCode", label: t("Escalation code"), key: "escalation" }));
  if (kind === "Conditional") fields.push(feelField({ key: "condition", label: t("Condition"), get: () => holder.condition?.body, set: (text) => of.setExpression(element, holder, "condition", text) }));
  if (bo.$type === "bpmn:BoundaryEvent" && kind !== "Error") {
    fields.push(checkField({ key: "interrupting", label: t("Ends the step it stands on"), get: () => bo.cancelActivity !== false, set: (cancelActivity) => of.set(element, { cancelActivity }) }));
  }
  if (bo.$type === "bpmn:StartEvent" && bo.$parent?.triggeredByEvent) {
    fields.push(checkField({ key: "interrupting", label: t("Ends everything else here"), get: () => bo.isInterrupting !== false, set: (isInterrupting) => of.set(element, { isInterrupting }) }));
  }
  return { key: "trigger", title: t("What happens"), fields };
}

export function linkGroup({ element, bo, of }) {
  if (kindOf(bo) !== "Link") return null;
  const holder = definitionOf(bo);
  return { key: "link", title: t("Link"), fields: [textField({ key: "link", label: t("Name of the link"), get: () => holder.name, set: (name) => of.setIn(element, holder, { name }) })] };
}

export function startGroup({ element, bo, of }) {
  if (bo.$type !== "bpmn:StartEvent" || bo.$parent?.$type !== "bpmn:Process" || !kindOf(bo)) return null;
  const condition = () => of.extension(bo, "lanedesk:StartCondition");
  return {
    key: "start", title: t("Start condition"), open: Boolean(condition()), fields: [feelField({
      key: "startCondition", label: t("Start only if"), placeholder: 'ticket.priority = "urgent"',
      help: t("Asked before anything is started, with what the event brings."),
      get: () => condition()?.body, set: (body) => of.setExtension(element, bo, "lanedesk:StartCondition", { body }),
    })],
  };
}

export function conditionGroup({ element, bo, of, editor }) {
  if (bo.$type !== "bpmn:SequenceFlow") return null;
  const source = bo.sourceRef;
  const branches = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:ComplexGateway"].includes(source?.$type);
  if (!branches && !bo.conditionExpression) return null;
  const from = editor.get("elementRegistry").get(source.id);
  const isDefault = () => source.default === bo;
  const fields = [checkField({
    key: "default", label: t("Otherwise (when no other condition holds)"), get: isDefault,
    set: (value) => { editor.get("modeling").updateProperties(from, { default: value ? bo : undefined }); if (value) of.setExpression(element, bo, "conditionExpression", undefined); },
  })];
  if (!isDefault()) {
    fields.push(feelField({
      key: "conditionExpression", label: t("Condition"), placeholder: 'outcome = "approve"',
      get: () => bo.conditionExpression?.body, set: (text) => of.setExpression(element, bo, "conditionExpression", text),
    }));
  }
  return { key: "condition", title: t("Condition"), fields };
}
