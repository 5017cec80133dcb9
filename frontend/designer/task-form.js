// A human task's form inside the dry run, drawn by form-js; without a form, names and values.
import { h } from "./dom.js";
import { keyValues } from "./key-values.js";
import { language, t } from "./texts.js";

// English words of a form stand in its custom properties "label:en", "description:en", "values:en".
function inLanguage(schema) {
  if (language() !== "en") return schema;
  const copy = structuredClone(schema);
  const walk = (components) => {
    for (const component of components ?? []) {
      const words = component.properties ?? {};
      for (const name of ["label", "description", "text", "dateLabel", "timeLabel"]) if (words[`${name}:en`]) component[name] = words[`${name}:en`];
      if (words["label:en"] && component.dateLabel) component.dateLabel = words["label:en"];
      const values = new Map((words["values:en"] ?? "").split(";").map((pair) => pair.split("=")));
      for (const option of component.values ?? []) option.label = values.get(option.value) ?? option.label;
      walk(component.components);
    }
  };
  walk(copy.components);
  return copy;
}

// Pickers of teams and people are filled by the desk; here they take a typed value.
function withoutSources(schema) {
  const copy = structuredClone(schema);
  const walk = (components) => {
    for (const component of components ?? []) {
      if (component.properties?.source && component.type === "select") { component.type = "textfield"; delete component.values; component.description = t("e.g. team:1 or user:7"); }
      walk(component.components);
    }
  };
  walk(copy.components);
  return copy;
}

export function taskForm(schema, data) {
  if (!schema) {
    const pairs = keyValues([], {});
    return { element: pairs.element, values: async () => pairs.read() };
  }
  const element = h("div", { class: "ldz-task-form" });
  const ready = import("@bpmn-io/form-js-viewer").then(async ({ Form }) => {
    const form = new Form({ container: element });
    const given = Object.fromEntries(Object.entries(data ?? {}).filter(([, value]) => value !== null));
    await form.importSchema(withoutSources(inLanguage(schema)), given);
    return form;
  });
  const values = async () => {
    const { data: entered } = (await ready).submit();
    // The server holds the form to its rules for the chosen button; empty fields are not sent.
    return Object.fromEntries(Object.entries(entered).filter(([, value]) => value !== null && value !== "" && value !== undefined));
  };
  return { element, values };
}
