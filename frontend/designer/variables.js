// What expressions of a diagram may read: variables that it sets, fields of its forms, records of the desk.
import { language } from "./texts.js";

export function variablesOf(editor, catalogue, forms) {
  const found = new Map();
  const add = (name, detail) => { if (name && /^[\p{L}_][\p{L}\p{N}_ ]*$/u.test(name) && !found.has(name)) found.set(name, { name, detail }); };
  for (const record of catalogue?.records ?? []) {
    found.set(record.name, { name: record.name, detail: "context", type: "Context", entries: record.fields.map((name) => ({ name })) });
  }
  const all = editor?.get("elementRegistry").getAll() ?? [];
  for (const { businessObject: bo } of all) {
    for (const value of bo?.extensionElements?.values ?? []) {
      if (value.$type === "lanedesk:Operator" || value.$type === "lanedesk:Decision") add(value.result ?? value.key, bo.name);
      if (value.$type === "lanedesk:Assign" || value.$type === "lanedesk:Output" || value.$type === "lanedesk:Input") add(value.name, bo.name);
      if (value.$type === "lanedesk:HumanTask") { add("outcome", bo.name); for (const { name } of forms.get(value.form) ?? []) add(name.split(".")[0], value.form); }
    }
    if (bo?.dataStoreRef) add(bo.dataStoreRef.name || bo.dataStoreRef.id, bo.name);
    const message = bo?.eventDefinitions?.[0]?.messageRef?.name;
    for (const field of catalogue?.events.find(({ name }) => name === message)?.payload ?? []) add(field.name, message);
  }
  for (const name of ["ticket_id", "correlation"]) add(name, "");
  return [...found.values()];
}

// Fields of a form as [{name, label}]: lists by their path, fields of a group with a path below it (engine/task_form.py).
export function formFields(schema) {
  const found = [];
  const walk = (components, base) => {
    for (const { type, key, path, label, properties, components: inner } of components ?? []) {
      const step = type === "group" || type === "dynamiclist" ? path : key;
      const name = [base, step].filter(Boolean).join(".");
      if (type === "group") walk(inner, name);
      else if (step) found.push({ name, label: (language() === "en" && properties?.["label:en"]) || label || name });
    }
  };
  walk(schema.components, "");
  return found;
}
