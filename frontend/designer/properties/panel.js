// The properties of what is selected: groups of fields. A field stays where it stands for as long as it is drawn from the
// same, so that what somebody is typing, and where, is never lost; only what differs is put in its place.
import { h, icon } from "../dom.js";
import { both, t } from "../texts.js";
import { typeWords } from "../bpmn/kinds.js";
import { groupsOf } from "./groups.js";

const FOCUSABLE = "input, select, textarea, button:not(:disabled), [contenteditable=true]";
const closed = new Set();

export class PropertiesPanel {
  constructor(context) {
    this.context = context;
    this.element = h("div", { class: "ldz-properties-body" });
    this.groups = [];
  }

  get fields() {
    return this.groups.flatMap(({ fields }) => fields);
  }

  show(element, editor, problems) {
    if (element !== this.target || editor !== this.editor) {
      for (const field of this.fields) field.flush?.();
      this.groups = [];
    }
    Object.assign(this, { target: element, editor, problems });
    this.draw();
  }

  draw() {
    const bo = this.target.businessObject;
    const standsAt = this.place();
    const head = this.heading(bo);
    if (!this.head?.isEqualNode(head)) this.head = head;
    this.groups = groupsOf({ ...this.context, element: this.target, bo, editor: this.editor }).map((group) => this.group(group));
    arrange(this.element, [this.head, ...this.groups.map(({ element }) => element)]);
    for (const field of this.fields) field.refresh();
    if (standsAt && !this.element.contains(document.activeElement)) this.goBack(standsAt);
  }

  // Where the focus is: which control of which field of which group.
  place() {
    const at = document.activeElement;
    const group = this.groups.find(({ element }) => element.contains(at));
    const field = group?.fields.find(({ element }) => element.contains(at));
    return group && { group: group.key, field: field?.key, number: field ? [...field.element.querySelectorAll(FOCUSABLE)].indexOf(at) : -1 };
  }

  // The control was taken away: to the one that has its place, else to its group.
  goBack({ group: key, field: fieldKey, number }) {
    const group = this.groups.find((one) => one.key === key);
    const field = group?.fields.find((one) => one.key === fieldKey);
    const controls = [...(field?.element.querySelectorAll(FOCUSABLE) ?? [])];
    (controls[Math.min(number, controls.length - 1)] ?? group?.element.querySelector("summary"))?.focus();
  }

  heading(bo) {
    const mine = (this.problems ?? []).filter((problem) => problem.element === bo.id);
    return h("header", { class: "ldz-properties-head" },
      h("p", { class: "ldz-properties-kind" }, typeWords(bo)),
      h("h2", {}, bo.name || t("Without a name")),
      mine.map((problem) => h("p", { class: `ldz-properties-problem is-${problem.severity}` }, icon("alert-circle", 16), h("span", {}, both(problem.message)))));
  }

  group({ key, title, fields, count, open = true }) {
    const shown = this.groups.find((group) => group.key === key) ?? newGroup(key, open);
    shown.opensItself = open;
    shown.title.textContent = title;
    shown.count.textContent = count ?? "";
    shown.count.hidden = !count;
    shown.fields = fields.map((field) => shown.fields.find((old) => old.key === field.key && old.drawn === field.drawn) ?? field);
    arrange(shown.box, shown.fields.map(({ element }) => element));
    return shown;
  }
}

// A group that somebody folded or opened stays so for all elements.
function newGroup(key, open) {
  const title = h("span", {});
  const count = h("span", { class: "ld-count" });
  const box = h("div", { class: "ldz-group-fields" });
  const element = h("details", { class: "ldz-group", open: open ? !closed.has(key) : closed.has(`+${key}`) }, h("summary", {}, icon("chevron-down", 16), title, count), box);
  const group = { key, title, count, box, element, fields: [], opensItself: open };
  element.addEventListener("toggle", () => {
    const mark = group.opensItself ? key : `+${key}`;
    if (element.open === group.opensItself) closed.delete(mark); else closed.add(mark);
  });
  return group;
}

// Puts the wanted elements into their parent in this order; those that are there and stay are not touched.
function arrange(parent, wanted) {
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove();
  for (const [index, element] of wanted.entries()) if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
}
