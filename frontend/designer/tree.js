// The library: folders by behaviour and their files. Arrow keys move, Enter opens, F2 renames, Delete deletes.
import { h, icon } from "./dom.js";
import { both, t } from "./texts.js";

const FOLDERS = {
  tickets: "Tickets", sla: "Service levels", assignment: "Assignment", triggers: "Triggers", macros: "Macros",
  surveys: "Surveys", ivr: "Voice menus", robots: "Robots", gallery: "Templates", outbound: "Outbound", insight: "Insight",
};
const signOf = (kind) => ({
  bpmn: icon("sitemap", 16), dmn: icon("table", 16), form: icon("forms", 16), scenario: icon("list-check", 16),
}[kind] ?? icon("file", 16));

export const fileName = (file) => {
  const own = file.path.split("/").pop();
  return both(file.names) || (file.kind === "scenario" ? t("Scenarios of {key}", { key: own.replace(/\.scenario\.yaml$/, "") }) : own);
};

export class Tree {
  constructor({ onopen, onmenu, onrename, ondelete }) {
    this.folded = new Set();
    this.act = { onopen, onmenu, onrename, ondelete };
    this.filter = "";
    this.list = h("ul", { class: "ldz-tree", role: "tree", "aria-label": t("Library") });
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.search = h("input", {
      class: "form-control ldz-tree-search", type: "search", placeholder: t("Find a file"), "aria-label": t("Find a file"),
      oninput: () => { this.filter = this.search.value.trim().toLowerCase(); this.draw(); },
    });
    this.element = h("div", { class: "ldz-library" }, this.search, this.list);
  }

  show(files, activeId) {
    this.files = files;
    this.activeId = activeId;
    this.draw();
  }

  matches(file) {
    return !this.filter || `${file.path} ${Object.values(file.names ?? {}).join(" ")}`.toLowerCase().includes(this.filter);
  }

  draw() {
    const top = { folders: new Map(), files: [] };
    for (const file of this.files ?? []) {
      if (!this.matches(file)) continue;
      let at = top;
      const parts = file.path.split("/").slice(0, -1);
      for (const [depth, part] of parts.entries()) {
        if (!at.folders.has(part)) at.folders.set(part, { path: parts.slice(0, depth + 1).join("/"), folders: new Map(), files: [] });
        at = at.folders.get(part);
      }
      at.files.push(file);
    }
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.path : null;
    this.list.replaceChildren(...this.rows(top, 1));
    if (!this.list.children.length) {
      this.list.append(h("li", { class: "ldz-empty", role: "none" }, this.filter ? t("No file is called so.") : t("The library is empty. Create a flow with “New”.")));
    }
    const rows = [...this.list.querySelectorAll("[role=treeitem]")];
    const one = rows.find((row) => row.dataset.path === focused) ?? rows.find((row) => row.getAttribute("aria-selected") === "true") ?? rows[0];
    if (one) one.tabIndex = 0;
    if (focused && one) one.focus();
  }

  rows(node, level) {
    const folders = [...node.folders].sort(([a], [b]) => a.localeCompare(b)).map(([name, child]) => this.folder(name, child, level));
    const files = [...node.files].sort((a, b) => a.path.localeCompare(b.path)).map((file) => this.file(file, level));
    return [...folders, ...files];
  }

  folder(name, node, level) {
    // A folder that holds one bundle is called as its diagram.
    const diagram = node.files.filter((file) => file.kind === "bpmn");
    const words = level > 1 && diagram.length === 1 && both(diagram[0].names) ? both(diagram[0].names) : t(FOLDERS[name] ?? name);
    const closed = this.folded.has(node.path) && !this.filter;
    const fold = () => { if (closed) this.folded.delete(node.path); else this.folded.add(node.path); this.draw(); };
    const row = h("li", { role: "treeitem", "aria-expanded": String(!closed), "aria-level": level, "data-path": node.path, tabindex: -1, class: "ldz-folder", title: node.path },
      h("span", { class: "ldz-row", onclick: fold }, h("span", { class: "ldz-fold" }, icon("chevron-down", 14)), icon("folder", 16), h("span", { class: "ldz-row-name" }, words)));
    row.style.setProperty("--level", level);
    if (!closed) row.append(h("ul", { role: "group" }, this.rows(node, level + 1)));
    row.fold = fold;
    return row;
  }

  file(file, level) {
    const marks = [];
    if (file.drafted) marks.push(h("span", { class: "ldz-dot", title: t("Changed since the last version"), role: "img", "aria-label": t("Changed since the last version") }));
    if (file.deployed_version) marks.push(h("span", { class: "ldz-mark", title: t("Deployed as version {n}", { n: file.deployed_version }) }, `v${file.deployed_version}`));
    const more = h("button", {
      type: "button", class: "ldz-more", tabindex: -1, title: t("Actions"), "aria-haspopup": "menu",
      onclick: (event) => { event.stopPropagation(); this.act.onmenu(file, more); },
    }, h("span", { class: "visually-hidden" }, t("Actions")), icon("dots", 16));
    const row = h("li", {
      role: "treeitem", "aria-level": level, "aria-selected": String(file.id === this.activeId), "data-path": file.path, tabindex: -1, title: file.path,
    }, h("span", { class: "ldz-row", onclick: () => this.act.onopen(file) }, h("span", { class: "ldz-fold" }), signOf(file.kind), h("span", { class: "ldz-row-name" }, fileName(file)), marks, more));
    row.style.setProperty("--level", level);
    row.file = file;
    return row;
  }

  key(event) {
    const rows = [...this.list.querySelectorAll("[role=treeitem]")];
    const row = event.target.closest("[role=treeitem]");
    const at = rows.indexOf(row);
    if (at < 0) return;
    const go = (to) => { if (rows[to]) { row.tabIndex = -1; rows[to].tabIndex = 0; rows[to].focus(); } };
    const acts = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (row.getAttribute("aria-expanded") === "false" ? row.fold() : go(at + 1)),
      ArrowLeft: () => (row.getAttribute("aria-expanded") === "true" ? row.fold() : go(rows.indexOf(row.parentElement.closest("[role=treeitem]")))),
      Enter: () => (row.file ? this.act.onopen(row.file) : row.fold()),
      " ": () => (row.file ? this.act.onopen(row.file) : row.fold()),
      F2: () => row.file && this.act.onrename(row.file),
      Delete: () => row.file && this.act.ondelete(row.file),
      ContextMenu: () => row.file && this.act.onmenu(row.file, row.querySelector(".ldz-more")),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }
}

export { signOf };
