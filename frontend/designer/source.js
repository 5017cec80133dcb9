// A file as text: scenarios, and whatever the drawing editors cannot open. Says line and reason.
import { h, icon } from "./dom.js";
import { t } from "./texts.js";

export class SourceEditor {
  constructor({ container, onchange }) {
    this.notice = h("p", { class: "ldz-source-notice", role: "alert", hidden: true });
    this.area = h("textarea", { class: "ldz-source-text", spellcheck: "false", wrap: "off", "aria-label": t("Content of the file"), oninput: onchange });
    this.element = h("div", { class: "ldz-source" }, this.notice, this.area);
    this.area.addEventListener("keydown", (event) => {
      if (event.key !== "Tab" || event.shiftKey || event.ctrlKey) return;
      event.preventDefault(); // as editors do; Shift Tab leaves the field
      document.execCommand("insertText", false, "  ");
    });
    container.append(this.element);
  }

  async load(text) {
    this.area.value = text;
    this.loaded = text;
  }

  // Why the file is shown as text; the line is chosen where it is known.
  explain(words, line) {
    this.notice.hidden = false;
    this.notice.replaceChildren(icon("alert-triangle", 16), h("span", {}, words));
    if (line) this.goTo(line);
  }

  goTo(line) {
    const lines = this.area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    this.area.scrollTop = Math.max(0, (line - 4) * 20);
  }

  // A textarea turns line ends into \n: an untouched file is given back as it came.
  async text() {
    const unified = this.loaded.replace(/\r\n?/g, "\n");
    if (this.area.value === unified) return this.loaded;
    return this.loaded.includes("\r\n") ? this.area.value.replace(/\n/g, "\r\n") : this.area.value;
  }

  undo() { this.area.focus(); document.execCommand("undo"); }
  redo() { this.area.focus(); document.execCommand("redo"); }
  get canUndo() { return true; }
  get canRedo() { return true; }
  focus() { this.area.focus(); }
  resized() {}
  destroy() { this.element.remove(); }
}
