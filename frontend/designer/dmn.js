// Decisions: dmn-js with its graph, tables and expressions; a bar of the decisions in the file.
import DmnModeler from "dmn-js/lib/Modeler";
import { h, icon } from "./dom.js";
import { language, t } from "./texts.js";
import { Typing } from "./typing.js";
import { checkXml } from "./well-formed.js";
import { swapNames } from "./bpmn/names.js";
import { translateModule } from "./bpmn/translate.js";

const signOf = (type) => ({ drd: icon("sitemap", 16), decisionTable: icon("table", 16) }[type] ?? icon("math-function", 16));

export class DmnEditor {
  constructor({ container, onchange }) {
    this.bar = h("div", { class: "ldz-views", role: "tablist", "aria-label": t("Decisions in this file") });
    this.canvas = h("div", { class: "ldz-dmn" });
    this.element = h("div", { class: "ldz-dmn-editor" }, this.bar, this.canvas);
    container.append(this.element);
    this.onchange = onchange;
    this.typing = new Typing();
    const shared = { additionalModules: [translateModule, { debounceInput: ["value", (act) => this.typing.after(act)] }] };
    this.modeler = new DmnModeler({ container: this.canvas, drd: shared, decisionTable: shared, literalExpression: shared, boxedExpression: shared, common: {} });
    this.english = language() === "en";
    this.modeler.on("import.parse.complete", ({ definitions }) => { if (this.english && definitions) swapNames(definitions); });
    this.modeler.on("views.changed", ({ views, activeView }) => this.showViews(views, activeView));
    this.listened = new Set();
  }

  showViews(views, active) {
    this.bar.replaceChildren(...views.map((view) => h("button", {
      type: "button", role: "tab", "aria-selected": String(view === active), onclick: () => this.modeler.open(view),
    }, signOf(view.type), view.type === "drd" ? t("Graph") : view.element.name || view.id)));
    const viewer = this.modeler.getActiveViewer();
    if (viewer && !this.listened.has(viewer)) {
      this.listened.add(viewer);
      viewer.on("commandStack.changed", () => { if (this.loaded) { this.dirty = true; this.onchange(); } });
    }
  }

  async load(xml) {
    this.loaded = false;
    await checkXml(xml, "drawn.dmn");
    const { warnings } = await this.modeler.importXML(xml);
    this.untouched = xml;
    this.exported = await this.written();
    this.dirty = false;
    const views = this.modeler.getViews();
    const table = views.find(({ type }) => type !== "drd");
    if (table && views.length <= 2) await this.modeler.open(table);
    this.loaded = true;
    this.warnings = warnings;
  }

  // What is being typed counts as written. Boxes of a knowledge model hand it over when they are left.
  settle() {
    this.typing.settle();
    const naming = this.modeler.getActiveViewer()?.get("directEditing", false);
    if (naming?.isActive()) naming.complete();
    const box = document.activeElement;
    if (this.modeler.getActiveView()?.type === "boxedExpression" && this.canvas.contains(box)) { box.blur(); box.focus(); }
  }

  async text() {
    return this.dirty ? this.written() : this.untouched;
  }

  // What dmn-js writes. The server puts into the file only what differs from what it wrote before.
  async written() {
    const definitions = this.modeler.getDefinitions();
    if (this.english) swapNames(definitions);
    try {
      return (await this.modeler.saveXML({ format: true })).xml;
    } finally {
      if (this.english) swapNames(definitions);
    }
  }

  stack() { return this.modeler.getActiveViewer()?.get("commandStack"); }
  undo() { this.stack()?.undo(); }
  redo() { this.stack()?.redo(); }
  get canUndo() { return this.stack()?.canUndo() ?? false; }
  get canRedo() { return this.stack()?.canRedo() ?? false; }
  fit() { if (this.modeler.getActiveView()?.type === "drd") this.modeler.getActiveViewer().get("canvas").zoom("fit-viewport", "auto"); }
  focus() { this.canvas.querySelector("[contenteditable], .djs-container")?.focus(); }
  resized() {}
  destroy() { this.modeler.destroy(); this.element.remove(); }
}
