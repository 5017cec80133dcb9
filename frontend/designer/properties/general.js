// Names in both languages, the id, notes, and what a process as a whole says.
import { language, t } from "../texts.js";
import { textOf } from "../bpmn/names.js";
import { areaField, checkField, showing, textField } from "./fields.js";
import { h } from "../dom.js";

const NAMED = /(Task|Event|Gateway|Activity|SubProcess|Transaction|Lane|Participant|SequenceFlow|MessageFlow|Process|DataObjectReference|DataStoreReference|Group)$/;

function nameOther({ element, of }, named, value) {
  const text = textOf(named);
  if (text && value === undefined) of.removeExtension(element, named, text);
  else if (text) of.setIn(element, text, { name: value });
  else if (value !== undefined) of.addExtension(element, named, "lanedesk:Text", { lang: "en", name: value });
}

function names(context) {
  const { element, bo, editor, of } = context;
  const name = textField({
    key: "name", label: t("Name"), get: () => bo.name,
    set: (value) => {
      if (bo.$type === "bpmn:Process") of.set(element, { name: value });
      else editor.get("modeling").updateLabel(element, value ?? "");
    },
  });
  const other = textField({
    key: "name-other", label: language() === "en" ? t("Chinese name") : t("English name"),
    get: () => textOf(bo)?.name,
    set: (value) => {
      // A pool is called as the flow that is drawn in it.
      for (const named of [bo, bo.processRef].filter(Boolean)) nameOther(context, named, value);
    },
  });
  return [name, other];
}

export function generalGroup(context) {
  const { element, bo, of } = context;
  if (bo.$type === "bpmn:TextAnnotation") {
    return { key: "general", title: t("General"), fields: [areaField({ key: "text", label: t("Note"), get: () => bo.text, set: (text) => context.editor.get("modeling").updateLabel(element, text ?? "") })] };
  }
  const fields = NAMED.test(bo.$type) && bo.$type !== "bpmn:Collaboration" ? names(context) : [];
  if (bo.$type === "bpmn:Participant" && bo.processRef) return { key: "general", title: t("General"), fields };
  if (bo.$type === "bpmn:Process") return { key: "general", title: t("General"), fields };
  fields.push(textField({
    key: "id", label: t("Id"), get: () => bo.id, help: t("Used in scenarios and in the history."),
    set: (id) => { if (id && /^[A-Za-z_][\w.-]*$/.test(id) && !context.editor.get("elementRegistry").get(id)) of.set(element, { id }); },
  }));
  return { key: "general", title: t("General"), fields };
}

export function processGroup(context) {
  const { element, bo, of } = context;
  const process = bo.$type === "bpmn:Process" ? bo : bo.$type === "bpmn:Participant" ? bo.processRef : null;
  if (!process) return null;
  return {
    key: "process", title: t("Flow"), fields: [
      textField({
        key: "process-id", label: t("Key"), help: t("By this key it is started, called and deployed. A new key is a new flow."),
        get: () => process.id, set: (id) => { if (id && /^[A-Za-z_][\w.-]*$/.test(id)) of.setIn(element, process, { id }); },
      }),
      checkField({ key: "executable", label: t("Can be run"), get: () => process.isExecutable, set: (value) => of.setIn(element, process, { isExecutable: value }) }),
    ],
  };
}

export function documentationGroup({ element, bo, of }) {
  if (bo.$type === "bpmn:Collaboration" || bo.$type === "bpmn:TextAnnotation") return null;
  const read = () => bo.documentation?.[0]?.text;
  return {
    key: "documentation", title: t("Notes"), open: Boolean(read()), fields: [areaField({
      key: "documentation", label: t("Notes"), rows: 4, get: read,
      set: (text) => of.set(element, { documentation: text === undefined ? [] : [of.make("bpmn:Documentation", { text }, bo)] }),
    })],
  };
}

export const words = (key, text, kind = "") => showing(key, h("p", { class: `ldz-words ${kind}` }, text));
