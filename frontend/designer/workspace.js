// One window: the library on the left, tabs with their editors, properties on the right, problems below.
import { address, call, Problem, Unreachable, unreachable } from "./api.js";
import { debounced, h, toast } from "./dom.js";
import { forget, kept } from "./keeping.js";
import { frame } from "./frame.js";
import { askConflict, askDelete, askRename, newFileDialog } from "./files.js";
import { fileMenu } from "./menus.js";
import { countProblems, problemList } from "./problems.js";
import { Saver } from "./saving.js";
import { propertiesContext } from "./side.js";
import { SourceEditor } from "./source.js";
import { both, moment, t } from "./texts.js";
import { fileName, Tree } from "./tree.js";
import { NotDrawn } from "./well-formed.js";
import { formFields, variablesOf } from "./variables.js";

const LINT_PAUSE = 500;
const EDITORS = {
  // With its panel: a line that is lost later takes nothing from a diagram that is open.
  bpmn: () => Promise.all([import("./bpmn/editor.js"), panelParts()]).then(([{ BpmnEditor }]) => BpmnEditor),
  dmn: () => import("./dmn.js").then(({ DmnEditor }) => DmnEditor),
  form: () => import("./form.js").then(({ FormEditor }) => FormEditor),
  scenario: async () => SourceEditor,
};

const panelParts = () => Promise.all([import("./properties/panel.js"), import("./properties/feel.js")]);

const ended = (words) => (/[.!?。]$/.test(words) ? words : `${words}.`);

export class Workspace {
  constructor(root, settings) {
    this.root = root;
    this.settings = settings;
    this.files = [];
    this.tabs = [];
    this.opening = new Map(); // by file id: what ends when the file is open
    this.active = null;
    this.catalogue = null;
    this.forms = new Map();
    this.tree = new Tree({
      onopen: (file) => this.open(file), onmenu: (file, anchor) => fileMenu(this, file, anchor),
      onrename: (file) => askRename(this, file), ondelete: (file) => askDelete(this, file),
    });
    this.lintSoon = debounced(() => this.lint(this.active), LINT_PAUSE);
    this.ui = frame(this);
    root.replaceChildren(...this.ui.parts);
    root.addEventListener("keydown", (event) => this.key(event));
    this.onKey = (event) => this.anywhere(event);
    addEventListener("keydown", this.onKey, true);
    this.leaving = () => { for (const tab of this.tabs) { this.settle(tab); tab.saver?.soon.now(); } };
    addEventListener("pagehide", this.leaving);
    this.begin();
  }

  async begin() {
    try {
      await Promise.all([this.refreshFiles(), this.loadCatalogue()]);
    } catch (error) {
      this.failed(error);
    }
    const wanted = Number(location.hash.match(/^#files\/(\d+)/)?.[1]);
    const file = this.files.find(({ id }) => id === wanted);
    if (file) await this.open(file);
    this.root.dataset.ready = "";
  }

  async refreshFiles() {
    const { items } = await call("GET", "/files");
    const open = new Map(this.tabs.map((tab) => [tab.file.id, tab.file]));
    this.files = items.map((item) => (open.has(item.id) ? Object.assign(open.get(item.id), item) : item));
    this.showFiles();
  }

  showFiles() {
    this.tree.show(this.files, this.active?.file.id);
    this.ui.showWelcome(!this.tabs.length, this.files);
  }

  async loadCatalogue() {
    this.catalogue = await call("GET", "/catalogue");
  }

  failed(error) {
    if (error instanceof Problem || error instanceof Unreachable) toast(error.message, "error", t("Dismiss"));
    else { toast(t("Something went wrong in the page. Your work is kept."), "error", t("Dismiss")); throw error; }
  }

  // ── tabs ──
  async open(file) {
    const known = this.tabs.find((tab) => tab.file.id === file.id);
    if (known) { this.show(known); this.ui.focusStage(); return known; }
    if (!this.opening.has(file.id)) this.opening.set(file.id, this.openAnew(file).finally(() => this.opening.delete(file.id)));
    return this.opening.get(file.id);
  }

  async openAnew(file) {
    const region = this.ui.regionOfFocus();
    const started = performance.now();
    const tab = { file, element: h("div", { class: "ldz-editor", role: "tabpanel", "aria-label": fileName(file) }), selection: [] };
    try {
      const full = await call("GET", `/files/${file.id}`);
      Object.assign(tab.file, { ...full, content: undefined });
      Object.assign(tab, { content: full.content, etag: full.etag });
    } catch (error) {
      return this.failed(error);
    }
    this.tabs.push(tab);
    this.ui.stage.append(tab.element);
    this.show(tab);
    tab.saver = new Saver(tab, {
      onstate: () => this.saved(tab), onconflict: (theirs, mine) => askConflict(this, tab, theirs, mine), settle: () => this.settle(tab),
    });
    await this.load(tab, tab.content);
    await this.restoreKept(tab);
    this.show(tab);
    await this.showProperties(); // its panel takes room: the picture is fitted to what is left
    tab.editor?.resized();
    tab.editor?.look?.();
    // The keys are the drawing's, unless somebody has gone elsewhere meanwhile, or opened a menu or a dialog.
    const asked = document.activeElement.closest(".ldz-menu, dialog");
    if (tab === this.active && !asked && [null, region, this.ui.stage].includes(this.ui.regionOfFocus())) this.ui.focusStage();
    tab.opened = Math.round(performance.now() - started);
    return tab;
  }

  async load(tab, content) {
    tab.before = null;
    tab.editor?.destroy();
    tab.editor = null; // until it has the content nothing is asked of it
    tab.element.replaceChildren();
    const options = {
      container: tab.element, onchange: () => this.changed(tab), catalogueOf: () => this.catalogue,
      onselect: (selection) => { tab.selection = selection; if (tab === this.active) this.showProperties(); },
    };
    let editor = null;
    try {
      const Editor = await EDITORS[tab.file.kind]().catch(() => { throw new NotDrawn(t("The editor could not be fetched, so the file is shown as text. Load the page again to draw.")); });
      editor = new Editor(options);
      await editor.load(content);
      tab.editor = editor;
    } catch (error) {
      // It cannot be drawn: shown as text, with the reason; nothing is lost.
      editor?.destroy();
      tab.element.replaceChildren();
      editor = new SourceEditor(options);
      await editor.load(content);
      tab.editor = editor;
      const line = error.line || Number(/line: (\d+)|line (\d+)/.exec(error.message)?.slice(1).find(Boolean)) || (tab.file.kind === "form" ? lineOf(content, error.message) : 0);
      tab.editor.explain(error.words ? error.message : t("This file cannot be drawn: {reason} It is shown as text; mend it here and open it again.", { reason: ended(error.message.split("\n")[0]) }), line);
      tab.asText = true;
    }
  }

  async restoreKept(tab) {
    const mine = await kept(tab.file.id);
    if (!mine || mine.content === tab.content) return forget(tab.file.id);
    if (mine.etag !== tab.etag) return askConflict(this, tab, { etag: tab.etag, content: tab.content, at: tab.file.updated_at, by: tab.file.updated_by }, mine.content);
    await this.load(tab, mine.content);
    tab.before = mine.before ?? null;
    toast(t("Work of {when} that had not reached the server was restored.", { when: moment(mine.at) }), "success", t("Dismiss"));
    return tab.saver.save();
  }

  show(tab) {
    this.active = tab;
    for (const other of this.tabs) other.element.hidden = other !== tab;
    this.ui.showTabs(this.tabs, tab);
    this.showFiles();
    this.showState();
    this.showProperties();
    this.showOutline();
    if (tab) {
      history.replaceState(history.state, "", `#files/${tab.file.id}`);
      tab.editor?.resized();
      if (!tab.lint) this.lint(tab);
    } else history.replaceState(history.state, "", location.pathname);
    this.showProblems();
    this.ui.panelFor(tab);
    if (tab) this.ui.uncover();
  }

  async close(tab) {
    await tab.saver?.save();
    const at = this.tabs.indexOf(tab);
    this.tabs.splice(at, 1);
    tab.saver?.end();
    tab.editor?.destroy();
    tab.element.remove();
    if (tab === this.active) this.show(this.tabs[Math.max(0, at - 1)] ?? null);
    else this.ui.showTabs(this.tabs, this.active);
  }

  saved(tab) {
    if (tab.saver?.state === "saved") {
      this.showFiles(); // which have changed since their last version
      if (tab.file.kind === "form") this.readForm(tab.file.key, tab.content);
    }
    this.showState();
  }

  changed(tab) {
    tab.saver.changed();
    tab.editor.marks?.clear("backtest"); // of what was drawn before
    if (tab === this.active) { this.lintSoon(); this.showState(); this.showOutline(); }
  }

  // What is being typed becomes part of the file.
  settle(tab) {
    if (tab === this.active) for (const field of this.properties?.fields ?? []) field.flush?.();
    tab.editor?.settle?.();
  }

  // ── what is said about the open file ──
  async lint(tab) {
    if (!tab?.editor) return;
    try {
      const content = await tab.editor.text();
      const files = await this.neighbours(tab);
      const lint = await call("POST", "/lint", { path: tab.file.path, content, files });
      tab.lint = lint;
      if (tab === this.active) this.showProblems();
    } catch (error) {
      if (!(error instanceof Unreachable)) this.failed(error);
    }
  }

  // The files of the same folder as they are in open tabs, by path.
  async neighbours(tab, { own = false } = {}) {
    const folder = tab.file.path.slice(0, tab.file.path.lastIndexOf("/") + 1);
    const found = {};
    for (const other of this.tabs) {
      if (!other.editor || (!own && other === tab) || !other.file.path.startsWith(folder)) continue;
      this.settle(other);
      found[other.file.path] = await other.editor.text();
    }
    return found;
  }

  showProblems() {
    const tab = this.active;
    this.ui.problems.replaceChildren(tab ? problemList(tab.lint, {
      nameOf: (problem) => tab.editor?.nameOf?.(problem.element) ?? "",
      onchoose: (problem) => {
        if (problem.path && problem.path !== tab.file.path) { const other = this.files.find(({ path }) => path === problem.path); if (other) this.open(other); return; }
        if (tab.editor.select?.(problem.element)) tab.editor.focus();
        else if (problem.line) tab.editor.goTo?.(problem.line);
      },
    }) : "");
    this.ui.showCount(tab?.lint ? countProblems(tab.lint) : null);
    if (!tab?.editor?.marks) return;
    const byElement = new Map();
    for (const problem of own(tab)) byElement.set(problem.element, [...(byElement.get(problem.element) ?? []), problem]);
    tab.editor.marks.draw("problems", [...byElement].map(([element, problems]) => {
      const worst = problems.some(({ severity }) => severity === "error") ? "error" : "warning";
      return {
        element, class: `ldz-has-${worst}`, sign: worst === "error" ? "!" : "?", signClass: `is-${worst}`,
        title: problems.map(({ message }) => both(message)).join("\n"),
        onclick: () => { tab.editor.select(element); this.ui.openBottom("problems"); },
      };
    }));
    this.showProperties();
  }

  async showProperties() {
    const tab = this.active;
    if (!tab?.editor?.marks) { this.ui.showSide(null); return; }
    const [{ PropertiesPanel }, { useFeel }] = await panelParts();
    if (tab !== this.active || !tab.editor?.marks) return;
    this.properties ??= new PropertiesPanel(propertiesContext(this));
    this.properties.context.catalogue = this.catalogue;
    useFeel(this.catalogue, () => variablesOf(this.active?.editor, this.catalogue, this.forms));
    this.readForms().catch((error) => this.failed(error));
    const [one, another] = tab.selection;
    const root = tab.editor.get("canvas").getRootElement();
    let target = one && !another ? one.labelTarget ?? one : root;
    if (target.businessObject?.$type === "bpmn:Collaboration") target = tab.editor.get("elementRegistry").find(({ businessObject }) => businessObject?.$type === "bpmn:Participant" && businessObject.processRef) ?? target;
    this.ui.showSide(this.properties.element);
    this.properties.show(target, tab.editor, own(tab));
  }

  async catalogueSoon() {
    try { await this.loadCatalogue(); await this.showProperties(); } catch (error) { if (!(error instanceof Unreachable)) this.failed(error); }
  }

  // Fields of the folder's forms, for completion and for what a step shows of them.
  async readForms() {
    const folder = this.active.file.path.slice(0, this.active.file.path.lastIndexOf("/") + 1);
    const unread = this.files.filter((one) => one.kind === "form" && one.path.startsWith(folder) && !this.forms.has(one.key));
    for (const file of unread) this.forms.set(file.key, []);
    for (const file of unread) this.readForm(file.key, (await call("GET", `/files/${file.id}`)).content);
    if (unread.length) await this.showProperties();
  }

  readForm(key, content) {
    try { this.forms.set(key, formFields(JSON.parse(content))); } catch (error) { if (!(error instanceof SyntaxError)) throw error; }
  }

  showOutline() {
    this.ui.showOutline(this.active?.editor?.outline?.() ?? null, (id) => { this.active.editor.select(id); });
  }

  showState() {
    this.ui.showState(this.active);
    this.ui.showTabs(this.tabs, this.active);
  }

  // ── actions ──
  async download(file) {
    try {
      const tab = this.tabs.find((one) => one.file.id === file.id);
      if (tab) this.settle(tab);
      const unsaved = tab?.editor && tab.saver?.state !== "saved";
      const href = unsaved ? URL.createObjectURL(new Blob([await tab.editor.text()])) : address(`/files/${file.id}/content`);
      h("a", { href, download: file.path.split("/").pop(), "hx-boost": "false" }).click();
      if (unsaved) setTimeout(() => URL.revokeObjectURL(href), 10_000);
    } catch (error) { this.failed(error); }
  }

  async saveAll() {
    for (const tab of this.tabs) await tab.saver?.save();
  }

  create(options) { return newFileDialog(this, options); }
  // What opens something that comes when it is first asked for.
  async bring(load, open) {
    let part;
    try { part = await load(); } catch (error) { return this.failed(error instanceof TypeError ? unreachable() : error); }
    return open(part);
  }

  history(file = this.active?.file) { return this.bring(() => import("./history.js"), ({ openHistory }) => openHistory(this, file)); }
  deploy() { return this.bring(() => import("./deploy.js"), ({ openDeploy }) => openDeploy(this, this.active)); }
  dryRun() { return this.bring(() => import("./run.js"), ({ openRun }) => openRun(this, this.active)); }
  scenarios() { return this.bring(() => import("./scenarios.js"), ({ runScenarios }) => runScenarios(this, this.active)); }
  migrate(key) { return this.bring(() => import("./migrate.js"), ({ openMigrate }) => openMigrate(this, key)); }
  backtest() { return this.bring(() => import("./backtest.js"), ({ openBacktest }) => openBacktest(this, this.active)); }
  help() { return this.bring(() => import("./help.js"), ({ openHelp }) => openHelp()); }

  key(event) {
    const chord = event.ctrlKey || event.metaKey;
    if (event.key === "?" && !event.target.closest("input, textarea, select, [contenteditable]")) { this.help(); event.preventDefault(); }
    if (chord && event.key === "Enter") { event.preventDefault(); this.dryRun(); }
    // The desk's single keys (c, j, /) do not act in here; its chords do.
    if (!chord && !event.altKey) event.stopPropagation();
  }

  // Wherever the focus is on the page, also where an editor keeps keys to itself.
  anywhere(event) {
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "F6") this.ui.nextRegion(event.shiftKey ? -1 : 1);
    else if (event.key === "F1") this.help();
    else if (event.key === "s" && (event.ctrlKey || event.metaKey)) this.active?.saver?.save();
    else return;
    event.preventDefault();
  }

  end() {
    removeEventListener("pagehide", this.leaving);
    removeEventListener("keydown", this.onKey, true);
    for (const tab of this.tabs) { tab.saver?.soon.now(); tab.saver?.end(); tab.editor?.destroy(); }
  }
}

// Problems of the open file; those of its neighbours may name elements of the same id.
const own = (tab) => (tab.lint?.problems ?? []).filter(({ path }) => !path || path === tab.file.path);

function lineOf(content, message) {
  const at = Number(/position (\d+)/.exec(message)?.[1]);
  return at ? content.slice(0, at).split("\n").length : 0;
}
