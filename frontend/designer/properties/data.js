// Assignments of a script task, inputs and outputs of a step, and steps that are done for each of several.
import { both, t } from "../texts.js";
import { checkField, feelField, listField, selectField, textField, valueField, WHEN_LEFT } from "./fields.js";

const ACTIVITY = /(Task|Activity|SubProcess|Transaction)$/;

function pairs({ element, bo, of }, type, { key, addWords, name, value, feel }) {
  const all = () => of.extensions(bo, type);
  return listField({
    key, flat: true, items: all, addWords, add: () => of.addExtension(element, bo, type, { name: "", value: feel ? "" : "=" }), titleOf: (one) => one.name || name,
    remove: (one) => of.removeExtension(element, bo, one),
    fieldsOf: (one, index) => [
      textField({ key: `${key}${index}-name`, label: name, get: () => one.name, set: (text) => of.setIn(element, one, { name: text ?? "" }) }),
      (feel ? feelField : valueField)({ key: `${key}${index}-value`, label: value, get: () => one.value, set: (text) => of.setIn(element, one, { value: text ?? "" }) }),
    ],
  });
}

export function assignGroup(context) {
  if (context.bo.$type !== "bpmn:ScriptTask") return null;
  return { key: "assign", title: t("Set variables"), fields: [pairs(context, "lanedesk:Assign", { key: "assign", addWords: t("Add a variable"), name: t("Variable"), value: t("becomes"), feel: true })] };
}

function mapping(type, key, titleOf, addOf) {
  return (context) => {
    const { bo, of } = context;
    if (!ACTIVITY.test(bo.$type) && !/Event$/.test(bo.$type)) return null;
    const count = of.extensions(bo, type).length;
    return { key, title: titleOf(), count: count || null, open: count > 0, fields: [pairs(context, type, { key, addWords: addOf(), name: t("Variable"), value: t("becomes") })] };
  };
}

export const mappingGroups = [
  mapping("lanedesk:Input", "inputs", () => t("Inputs"), () => t("Add an input")),
  mapping("lanedesk:Output", "outputs", () => t("Outputs"), () => t("Add an output")),
];

// The store is named by its id; a file that names one declares it, too.
export function storeGroup({ element, bo, of, editor, catalogue, openStores }) {
  if (bo.$type !== "bpmn:DataStoreReference") return null;
  const used = (store) => editor.get("elementRegistry").some(({ businessObject }) => businessObject?.dataStoreRef === store);
  const set = (id) => {
    if (id && !/^[A-Za-z_][\w.-]*$/.test(id)) return;
    const before = bo.dataStoreRef;
    const known = of.roots("bpmn:DataStore").find((store) => store.id === id);
    if (id && !known && editor.modeler.getDefinitions().$model.ids?.assigned(id)) return; // something else is called so
    of.set(element, { dataStoreRef: id && (known ?? of.addRoot(element, "bpmn:DataStore", { id })) });
    if (before && !before.name && !used(before)) of.removeRoot(element, before);
  };
  const names = new Map([...(catalogue?.stores ?? []).map((pick) => [pick.value, both(pick.names)]), ...openStores().map((store) => [store.id, store.name])]);
  const suggestions = [...names].map(([value, words]) => ({ value, words: words || value }));
  return { key: "store", title: t("Data store"), fields: [textField({
    key: "store", label: t("Id of the store"), help: t("All flows that name the same id share what is in it. Without one each instance has its own."), suggestions, pause: WHEN_LEFT,
    get: () => bo.dataStoreRef?.id, set,
  })] };
}

const KINDS = () => [["", t("Once")], ["parallel", t("For each, at the same time")], ["sequential", t("For each, one after the other")], ["loop", t("Again while a condition holds")]];

export function loopGroup({ element, bo, of }) {
  if (!ACTIVITY.test(bo.$type)) return null;
  const loop = () => bo.loopCharacteristics;
  const ours = () => of.extension(loop(), "lanedesk:Loop");
  const kind = () => (!loop() ? "" : loop().$type === "bpmn:StandardLoopCharacteristics" ? "loop" : loop().isSequential ? "sequential" : "parallel");
  const choose = (value) => {
    if (!value) return of.set(element, { loopCharacteristics: undefined });
    if (value === "loop") return of.set(element, { loopCharacteristics: of.make("bpmn:StandardLoopCharacteristics", {}, bo) });
    if (loop()?.$type === "bpmn:MultiInstanceLoopCharacteristics") return of.setIn(element, loop(), { isSequential: value === "sequential" });
    return of.set(element, { loopCharacteristics: of.make("bpmn:MultiInstanceLoopCharacteristics", { isSequential: value === "sequential" }, bo) });
  };
  const set = (values) => of.setExtension(element, loop(), "lanedesk:Loop", values);
  const fields = [selectField({ key: "loop-kind", label: t("How often"), options: KINDS(), get: kind, set: choose })];
  if (kind() === "loop") {
    fields.push(feelField({ key: "loop-condition", label: t("Again while"), get: () => loop().loopCondition?.body, set: (text) => of.setExpression(element, loop(), "loopCondition", text) }));
    fields.push(textField({ key: "loop-most", label: t("At most (times)"), type: "number", get: () => loop().loopMaximum, set: (value) => of.setIn(element, loop(), { loopMaximum: value === undefined ? undefined : Number(value) }) }));
    fields.push(checkField({ key: "loop-before", label: t("Ask before the first time, too"), get: () => loop().testBefore, set: (testBefore) => of.setIn(element, loop(), { testBefore }) }));
  } else if (kind()) {
    fields.push(valueField({ key: "collection", label: t("For each of"), placeholder: "=approvers", get: () => ours()?.collection, set: (collection) => set({ collection }) }));
    fields.push(textField({ key: "loop-element", label: t("Called"), placeholder: "approver", get: () => ours()?.element, set: (value) => set({ element: value }) }));
    fields.push(textField({ key: "output-collection", label: t("Collect into"), get: () => ours()?.outputCollection, set: (outputCollection) => set({ outputCollection }) }));
    fields.push(valueField({ key: "output-element", label: t("What is collected of each"), get: () => ours()?.outputElement, set: (outputElement) => set({ outputElement }) }));
    fields.push(feelField({ key: "completion", label: t("Enough when"), get: () => loop().completionCondition?.body, set: (text) => of.setExpression(element, loop(), "completionCondition", text) }));
  }
  return { key: "loop", title: t("Repeat"), open: kind() !== "", fields };
}
