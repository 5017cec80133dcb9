// The properties of what is selected: groups of fields, drawn anew when their set changes, else only refreshed.
import { h, icon } from "../dom.js";
import { both, t } from "../texts.js";
import { typeWords } from "../bpmn/kinds.js";
import { groupsOf } from "./groups.js";

const closed = new Set();

export class PropertiesPanel {
  constructor(context) {
    this.context = context;
    this.element = h("div", { class: "ldz-properties-body" });
    this.fields = [];
  }

  show(element, editor, problems) {
    this.flush();
    this.target = element;
    this.editor = editor;
    this.problems = problems;
    this.draw(true);
  }

  // The diagram changed: the same fields get their new values.
  refresh(problems = this.problems) {
    this.problems = problems;
    if (this.target) this.draw(false);
  }

  flush() {
    for (const field of this.fields) field.flush?.();
  }

  draw(anew) {
    const bo = this.target.businessObject;
    const groups = groupsOf({ ...this.context, element: this.target, bo, editor: this.editor, redraw: () => this.draw(true) });
    const shape = JSON.stringify(groups.map((group) => [group.key, group.fields.map((field) => field.key)]));
    if (!anew && shape === this.shape) {
      this.head.replaceWith(this.head = this.heading(bo));
      for (const field of this.fields) field.refresh();
      return;
    }
    const focused = this.element.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    this.shape = shape;
    this.fields = groups.flatMap((group) => group.fields);
    this.head = this.heading(bo);
    this.element.replaceChildren(this.head, ...groups.map((group) => this.group(group)));
    if (focused) this.element.querySelector(`[data-key="${CSS.escape(focused)}"] :is(input, select, textarea, button, [contenteditable])`)?.focus();
  }

  heading(bo) {
    const mine = (this.problems ?? []).filter((problem) => problem.element === bo.id);
    return h("header", { class: "ldz-properties-head" },
      h("p", { class: "ldz-properties-kind" }, typeWords(bo)),
      h("h2", {}, bo.name || t("Without a name")),
      mine.map((problem) => h("p", { class: `ldz-properties-problem is-${problem.severity}` }, icon("alert-circle", 16), h("span", {}, both(problem.message)))));
  }

  group({ key, title, fields, count, open = true }) {
    const details = h("details", { class: "ldz-group", open: open ? !closed.has(key) : closed.has(`+${key}`) },
      h("summary", {}, icon("chevron-down", 16), h("span", {}, title), count ? h("span", { class: "ld-count" }, count) : null),
      h("div", { class: "ldz-group-fields" }, fields.map((field) => field.element)));
    details.addEventListener("toggle", () => {
      const mark = open ? key : `+${key}`;
      if (details.open === open) closed.delete(mark); else closed.add(mark);
    });
    return details;
  }
}
