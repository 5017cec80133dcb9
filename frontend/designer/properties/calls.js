// Which flow a call activity calls, which decision a business rule task asks.
import { both, t } from "../texts.js";
import { selectField, textField, withActs } from "./fields.js";

export function callGroup({ element, bo, of, catalogue, openFile }) {
  if (bo.$type !== "bpmn:CallActivity") return null;
  const field = selectField({
    key: "called", label: t("Flow"), options: [["", t("(choose one)")], ...(catalogue?.processes ?? []).map((pick) => [pick.value, both(pick.names) || pick.value])],
    get: () => bo.calledElement, set: (calledElement) => of.set(element, { calledElement }),
  });
  const open = { words: t("Open"), sign: "pencil", act: () => openFile("bpmn", bo.calledElement), needed: () => bo.calledElement };
  const version = () => of.extension(bo, "lanedesk:Called")?.version;
  const setVersion = (value) => of.setExtension(element, bo, "lanedesk:Called", { version: value || undefined });
  const fixed = () => /^\d+$/.test(version() ?? "");
  const binding = selectField({
    key: "called-binding", label: t("Version"), help: t("An instance keeps the versions that it began with."), options: [...BINDINGS(), ["fixed", t("Always the same")]],
    get: () => (fixed() ? "fixed" : version() ?? "deployment"), set: (chosen) => setVersion({ deployment: "", fixed: "1" }[chosen] ?? chosen),
  });
  const number = textField({ key: "called-version", label: t("Number of the version"), get: version, set: setVersion });
  return { key: "call", title: t("Called flow"), fields: [withActs(field, [open]), binding, ...(fixed() ? [number] : [])] };
}

const BINDINGS = () => [["deployment", t("As deployed with this diagram")], ["latest", t("Always the newest")]];

export function decisionGroup({ element, bo, of, catalogue, folderDecisions, openFile, newDecision }) {
  if (bo.$type !== "bpmn:BusinessRuleTask") return null;
  const decision = () => of.extension(bo, "lanedesk:Decision");
  const set = (values) => of.setExtension(element, bo, "lanedesk:Decision", values);
  const picks = new Map([...folderDecisions(), ...(catalogue?.decisions ?? []).map((pick) => [pick.value, both(pick.names) || pick.value])]);
  const field = selectField({ key: "decision", label: t("Decision"), options: [["", t("(choose one)")], ...picks], get: () => decision()?.key, set: (key) => set({ key }) });
  const acts = [
    { words: t("Open"), sign: "pencil", act: () => openFile("dmn", decision()?.key), needed: () => decision()?.key },
    { words: t("New decision"), sign: "plus", act: async () => { const key = await newDecision(bo.id); if (key) set({ key, result: decision()?.result }); } }];
  return {
    key: "decision", title: t("Decision"), fields: [
      withActs(field, acts),
      textField({ key: "decision-result", label: t("Keep the result as"), placeholder: decision()?.key, get: () => decision()?.result, set: (result) => set({ result }) }),
      selectField({ key: "binding", label: t("Version"), options: BINDINGS(), get: () => decision()?.binding ?? "deployment", set: (binding) => set({ binding: binding === "deployment" ? undefined : binding }) }),
    ],
  };
}
