// Forms: the form-js editor with its palette and properties.
import { FormEditor as FormJs } from "@bpmn-io/form-js-editor";
import { h } from "./dom.js";
import { sayInChinese } from "./form-words.js";
import { language } from "./texts.js";
import { Typing } from "./typing.js";

export class FormEditor {
  constructor({ container, onchange }) {
    this.element = h("div", { class: "ldz-form-editor" });
    container.append(this.element);
    this.onchange = onchange;
    this.typing = new Typing();
    this.editor = new FormJs({ container: this.element, additionalModules: [{ debounce: ["value", (act) => this.typing.after(act)] }] });
    this.quiet = language() === "zh" ? sayInChinese(this.element) : () => {};
    this.editor.on("commandStack.changed", () => { if (this.loaded) { this.dirty = true; this.onchange(); } });
  }

  async load(text) {
    this.loaded = false;
    await this.editor.importSchema(JSON.parse(text.replace(/^\ufeff/, "")));
    this.untouched = text;
    this.exported = this.written();
    this.dirty = false;
    this.loaded = true;
  }

  settle() { this.typing.settle(); }

  async text() {
    return this.dirty ? this.written() : this.untouched;
  }

  // What form-js writes. The server puts into the file only what differs from what it wrote before.
  written() {
    const { exporter, ...schema } = this.editor.saveSchema();
    return `${JSON.stringify(schema, null, 2)}\n`;
  }

  stack() { return this.editor.get("commandStack"); }
  undo() { this.stack().undo(); }
  redo() { this.stack().redo(); }
  get canUndo() { return this.stack().canUndo(); }
  get canRedo() { return this.stack().canRedo(); }
  focus() { this.element.querySelector(".fjs-form-container, .fjs-editor-container")?.focus(); }
  resized() {}
  destroy() { this.quiet(); this.editor.destroy(); this.element.remove(); }
}
