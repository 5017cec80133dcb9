// Fields of the properties panel. Each is {key, drawn, element, refresh()}: `get` reads the diagram, `set` writes it as
// one undoable step; `drawn` says what the element was made from besides the diagram, so that one made from the same
// stays. Typing is written after a pause and when the field is left.
import { button, debounced, h, icon, newId } from "../dom.js";
import { t } from "../texts.js";
import { feelBox } from "./feel.js";

const PAUSE = 400; // ms of not typing
export const WHEN_LEFT = 2 ** 31 - 1; // as `pause`: half of what is typed would name another thing

const drawnFrom = (options) => JSON.stringify(options, (name, value) => (value instanceof Node ? undefined : value));

function framed({ label, help, key }, control) {
  const id = control.id || newId("ldz-field");
  control.id = id;
  const hint = help ? h("span", { class: "form-hint", id: `${id}-help` }, help) : null;
  if (hint) control.setAttribute("aria-describedby", hint.id);
  const head = h("div", { class: "ldz-field-head" }, h("label", { class: "form-label", for: id }, label));
  return h("div", { class: "ldz-field", "data-key": key }, head, control, hint);
}

function typed(control, options) {
  const write = () => { if (control.value !== (options.get() ?? "")) options.set(control.value === "" ? undefined : control.value); };
  const soon = debounced(write, options.pause ?? PAUSE);
  control.addEventListener("input", soon);
  control.addEventListener("change", () => { soon.cancel(); write(); });
  const refresh = () => { if (document.activeElement !== control) control.value = options.get() ?? ""; };
  refresh();
  return { refresh, flush: () => soon.now() };
}

function suggested(control, suggestions) {
  if (!suggestions?.length) return null;
  const list = h("datalist", { id: newId("ldz-list") }, suggestions.map((item) => h("option", { value: item.value ?? item }, item.words ?? "")));
  control.setAttribute("list", list.id);
  return list;
}

export function textField(options) {
  const control = h("input", { class: "form-control", type: options.type ?? "text", placeholder: options.placeholder, spellcheck: "false" });
  const { refresh, flush } = typed(control, options);
  const element = framed(options, control);
  const list = suggested(control, options.suggestions);
  if (list) element.append(list);
  return { key: options.key, drawn: drawnFrom(options), element, refresh, flush };
}

export function areaField(options) {
  const control = h("textarea", { class: "form-control", rows: options.rows ?? 3 });
  const { refresh, flush } = typed(control, options);
  return { key: options.key, drawn: drawnFrom(options), element: framed(options, control), refresh, flush };
}

// options.options: [[value, words]]; a value that is none of them is shown as it is.
export function selectField(options) {
  const control = h("select", { class: "form-select", onchange: () => options.set(control.value === "" ? undefined : control.value) });
  const offer = (value, words) => control.append(h("option", { value }, words));
  for (const [value, words] of options.options) offer(value, words);
  const refresh = () => {
    const value = options.get() ?? "";
    if (![...control.options].some((option) => option.value === value)) offer(value, value || t("(nothing)"));
    control.value = value;
  };
  refresh();
  return { key: options.key, drawn: drawnFrom(options), element: framed(options, control), refresh };
}

export function checkField(options) {
  const control = h("input", { class: "form-check-input", type: "checkbox", id: newId("ldz-check"), onchange: () => options.set(control.checked) });
  const refresh = () => { control.checked = Boolean(options.get()); };
  refresh();
  const hint = options.help ? h("span", { class: "form-hint" }, options.help) : null;
  const element = h("div", { class: "ldz-field", "data-key": options.key },
    h("label", { class: "form-check" }, control, h("span", { class: "form-check-label" }, options.label)), hint);
  return { key: options.key, drawn: drawnFrom(options), element, refresh };
}

// Buttons under a field. acts: [{words, sign, act, needed()}]; one that is not needed now cannot be pressed.
export function withActs(field, acts) {
  const buttons = acts.map(({ words, sign, act }) => button(words, { sign: icon(sign, 16), kind: "quiet", onclick: act }));
  const refresh = () => {
    field.refresh();
    for (const [index, { needed }] of acts.entries()) buttons[index].disabled = Boolean(needed && !needed());
  };
  field.element.append(h("div", { class: "ldz-field-acts" }, buttons));
  refresh();
  return { ...field, refresh };
}

// Always FEEL. `prefix: "="` is kept outside of what is typed.
export function feelField(options) {
  // "=" may stand before FEEL everywhere; where it does it stays.
  const prefix = options.prefix ?? ((options.get() ?? "").startsWith("=") ? "=" : "");
  const read = () => {
    const value = options.get() ?? "";
    return prefix && value.startsWith(prefix) ? value.slice(prefix.length) : value;
  };
  const box = feelBox({ ...options, value: read(), onchange: (text) => options.set(text.trim() === "" ? undefined : prefix + text) });
  const element = framed(options, box.element);
  element.querySelector("label").addEventListener("click", () => box.focus());
  return { key: options.key, drawn: drawnFrom(options), element, refresh: () => box.show(read()), flush: box.flush };
}

// Text, or FEEL after the ƒ button: what begins with "=" in the diagram. options.options: choices for the text.
export function valueField(options) {
  const holder = h("div", { class: "ldz-value" });
  const element = h("div", { class: "ldz-field", "data-key": options.key });
  let inner = null;
  let formula = null;
  const isFormula = () => (options.get() ?? "").startsWith("=");
  const toggle = h("button", {
    type: "button", class: "ldz-formula", title: t("Formula"), onclick: () => { build(!formula); inner.element.querySelector("input, select, textarea, [contenteditable]")?.focus(); },
  }, "ƒx");
  function build(asFormula) {
    formula = asFormula;
    toggle.setAttribute("aria-pressed", String(formula));
    toggle.setAttribute("aria-label", `ƒx ${formula ? t("{label}: a formula. Change to plain text", { label: options.label }) : t("{label}: plain text. Change to a formula", { label: options.label })}`);
    const text = { ...options, help: null, get: () => { const value = options.get() ?? ""; return value.startsWith("=") ? "" : value; } };
    const make = options.options ? selectField : textField;
    inner = formula ? feelField({ ...options, help: null, prefix: "=" }) : make(text);
    const label = inner.element.querySelector("label");
    label.after(toggle);
    holder.replaceChildren(inner.element);
  }
  build(isFormula());
  element.append(holder);
  if (options.help) element.append(h("span", { class: "form-hint" }, options.help));
  if (options.below) element.append(options.below);
  const refresh = () => {
    if (element.contains(document.activeElement)) { if (isFormula() === formula) inner.refresh(); return; }
    if (options.get() && isFormula() !== formula) build(isFormula());
    else inner.refresh();
  };
  return { key: options.key, drawn: drawnFrom(options), element, refresh, flush: () => inner.flush?.() };
}

// A number for each thing of the diagram that has rows of its own.
const numbers = new WeakMap();
let counted = 0;

function numberOf(thing) {
  if (!numbers.has(thing)) numbers.set(thing, counted += 1);
  return numbers.get(thing);
}

// Rows with fields of their own. options: {items: () => [], fieldsOf(item, index), titleOf(item, index), add, remove(item), addWords}
export function listField(options) {
  const items = options.items();
  const fields = [];
  const rows = items.map((item, index) => {
    const inner = options.fieldsOf(item, index);
    fields.push(...inner);
    const title = options.flat ? null : h("div", { class: "ldz-item-title" });
    const remove = button("", { sign: icon("x", 14), kind: "quiet", quiet: true, onclick: () => options.remove(item) });
    const row = h("div", { class: `ldz-item${options.flat ? " is-flat" : ""}`, role: "group" },
      title, h("div", { class: "ldz-item-fields" }, inner.map((field) => field.element)), remove);
    const refresh = () => {
      const words = options.titleOf(item, index);
      row.setAttribute("aria-label", words);
      if (title) title.textContent = words;
      remove.title = t("Remove {what}", { what: words });
      remove.querySelector(".visually-hidden").textContent = remove.title;
    };
    refresh();
    fields.push({ refresh });
    return row;
  });
  const add = options.add ? button(options.addWords, { sign: icon("plus", 16), kind: "quiet", onclick: options.add, "data-key": `${options.key}-add` }) : null;
  const element = h("div", { class: "ldz-list", "data-key": options.key }, rows, add);
  return {
    key: options.key, element, drawn: JSON.stringify(items.map(numberOf)),
    refresh: () => fields.forEach((field) => field.refresh()), flush: () => fields.forEach((field) => field.flush?.()),
  };
}

// Words, a picture, a button: anything that is not edited.
export const showing = (key, element) => ({ key, element, drawn: element.textContent, refresh: () => {} });
