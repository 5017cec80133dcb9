// The frame of the page: bars, regions, the state of saving. Regions fold; F6 goes from one to the next.
import { button, h, icon } from "./dom.js";
import { memory } from "../desk/page.js";
import { moreMenu } from "./menus.js";
import { t } from "./texts.js";
import { fileName, signOf } from "./tree.js";

const STATES = () => ({
  saved: [icon("cloud-check", 16), t("Saved")], dirty: [icon("cloud-up", 16), t("Not saved yet")], saving: [icon("cloud-up", 16), t("Saving…")],
  offline: [icon("cloud-off", 16), t("No connection: your work is kept in this browser and saved when the line is back")],
  conflict: [icon("alert-triangle", 16), t("Somebody else changed this file")], refused: [icon("alert-circle", 16), t("The server did not take it")],
});

// "1 error, 3 warnings": what there is none of is not said.
const counted = ({ errors, warnings }) => [
  errors && (errors === 1 ? t("1 error") : t("{n} errors", { n: errors })), warnings && (warnings === 1 ? t("1 warning") : t("{n} warnings", { n: warnings })),
].filter(Boolean).join(t(", "));

const NARROW = matchMedia("(max-width: 800px)");

export function frame(workspace) {
  const { settings, tree } = workspace;
  const remembered = (name, usual) => (memory.get(`ldz-${name}`) ?? usual) === "open";
  const folds = { left: remembered("left", innerWidth >= 900 ? "open" : "closed"), right: remembered("right", innerWidth >= 1100 ? "open" : "closed"), bottom: remembered("bottom", "closed") };

  // left: library and outline
  const outline = h("ul", { class: "ldz-outline", role: "listbox", "aria-label": t("Elements of the diagram") });
  const outlineNote = h("p", { class: "ldz-empty" }, t("Open a diagram to see its elements."));
  const leftTabs = tabStrip(t("Library and outline"), [["library", t("Library")], ["outline", t("Outline")]], (key) => {
    tree.element.hidden = key !== "library";
    outlineBox.hidden = key !== "outline";
  });
  const outlineBox = h("div", { class: "ldz-outline-box", hidden: true }, outlineNote, outline);
  const left = h("section", { class: "ldz-left", "aria-label": t("Library"), "data-region": true, tabindex: -1 },
    h("div", { class: "ldz-left-head" }, leftTabs.element, button(t("New"), { sign: icon("plus", 16), kind: "primary", id: "ldz-new", onclick: () => workspace.create() })),
    tree.element, outlineBox);

  // middle: tabs, tools, editors
  const tabBar = h("div", { class: "ldz-tabs", role: "tablist", "aria-label": t("Open files") });
  const tools = toolbar(workspace, { fold });
  const stage = h("div", { class: "ldz-stage", "data-region": true, tabindex: -1 });
  const welcome = h("div", { class: "ldz-welcome" });
  stage.append(welcome);

  // below: problems, results
  const problems = h("div", { class: "ldz-bottom-body" });
  const results = h("div", { class: "ldz-bottom-body", hidden: true });
  const bottomTabs = tabStrip(t("Problems and results"), [["problems", t("Problems")], ["results", t("Scenarios")]], (key) => { problems.hidden = key !== "problems"; results.hidden = key !== "results"; });
  const bottom = h("section", { class: "ldz-bottom", "aria-label": t("Problems and results"), "data-region": true, tabindex: -1 },
    h("div", { class: "ldz-bottom-head" }, bottomTabs.element, button(t("Close"), { sign: icon("x", 16), kind: "quiet", quiet: true, onclick: () => fold("bottom", false) })), problems, results);
  const state = h("span", { class: "ldz-state", role: "status" });
  const count = h("button", { type: "button", class: "ldz-count", onclick: () => openBottom("problems"), hidden: true });
  const keys = h("button", { type: "button", class: "ldz-count", onclick: () => workspace.help() }, icon("keyboard", 16), t("Keys (F1)"));
  const status = h("footer", { class: "ldz-status" }, state, h("span", { class: "ldz-gap" }), count, keys);
  const middle = h("div", { class: "ldz-middle" }, h("div", { class: "ldz-head" }, tabBar, tools.element), stage, bottom, status);

  // right: properties, or the dry run
  const rightBody = h("div", { class: "ldz-right-body" });
  const right = h("section", { class: "ldz-right", "aria-label": t("Properties"), "data-region": true, tabindex: -1 }, rightBody);

  const root = workspace.root;
  function fold(side, open = !folds[side]) {
    folds[side] = open;
    if (open && NARROW.matches && side !== "bottom") folds[side === "left" ? "right" : "left"] = false; // they lie over the drawing
    memory.set(`ldz-${side}`, open ? "open" : "closed");
    apply();
  }
  function apply() {
    root.dataset.left = folds.left ? "open" : "closed";
    root.dataset.right = folds.right && hasSide ? "open" : "closed";
    root.dataset.bottom = folds.bottom && workspace.active ? "open" : "closed";
    tools.pressed(folds);
    queueMicrotask(() => workspace.active?.editor?.resized());
  }
  let hasSide = false;
  let properties = null;
  let taken = null; // what has taken the place of the properties, by tab
  function drawSide() {
    const shown = (taken && taken.tab === workspace.active && taken.element) || properties;
    hasSide = Boolean(shown);
    if (shown && rightBody.firstChild !== shown) rightBody.replaceChildren(shown);
    right.setAttribute("aria-label", taken && shown === taken.element ? t("Dry run") : t("Properties"));
    apply();
  }
  function openBottom(key) {
    bottomTabs.choose(key);
    fold("bottom", true);
  }
  apply();
  tools.show(null);

  return {
    parts: [left, middle, right], stage, problems, results, openBottom,
    fold,
    uncover() { if (NARROW.matches && folds.left) fold("left", false); },
    panelFor: drawSide,
    showSide(element) { properties = element; drawSide(); },
    takeSide(tab, element) { taken = element ? { tab, element } : null; if (element) folds.right = true; drawSide(); },
    showResults(element) { results.replaceChildren(element); openBottom("results"); },
    showCount(counts) {
      count.hidden = !counts;
      if (!counts) return;
      count.className = `ldz-count${counts.errors ? " is-error" : counts.warnings ? " is-warning" : " is-fine"}`;
      count.replaceChildren(counts.errors || counts.warnings ? icon("alert-circle", 16) : icon("circle-check", 16),
        counted(counts) || t("No problems"));
    },
    showState(tab) {
      const [sign, words] = STATES()[tab?.saver?.state ?? "saved"];
      const problem = tab?.saver?.state === "refused" ? `: ${tab.saver.problem?.message ?? ""}` : "";
      state.className = `ldz-state is-${tab?.saver?.state ?? "saved"}`;
      if (tab) state.replaceChildren(sign, `${words}${problem}`); else state.replaceChildren();
      tools.show(tab);
    },
    showTabs(tabs, active) {
      const focused = tabBar.contains(document.activeElement);
      tabBar.replaceChildren(...tabs.map((tab) => tabButton(workspace, tab, tab === active)));
      if (focused) tabBar.querySelector("[aria-selected=true]")?.focus();
    },
    showOutline(items, onchoose) {
      outlineNote.hidden = Boolean(items);
      if (outlineBox.hidden || !items) { if (!items) outline.replaceChildren(); outline.pending = items ? () => this.showOutline(items, onchoose) : null; if (outlineBox.hidden) return; }
      outline.pending = null;
      drawOutline(outline, items ?? [], onchoose);
    },
    showWelcome(visible, files) {
      welcome.hidden = !visible;
      if (visible) welcome.replaceChildren(...welcomeWords(workspace, files));
    },
    regionOfFocus: () => document.activeElement.closest("[data-region]"),
    nextRegion(step) {
      const regions = [...root.querySelectorAll("[data-region]")].filter((region) => region.offsetParent);
      const at = regions.indexOf(this.regionOfFocus());
      const next = regions.at(at < 0 && step < 0 ? -1 : (at + step) % regions.length);
      if (next === stage) this.focusStage(); else next?.focus();
    },
    // What is drawn in it where that takes the focus, else the place itself.
    focusStage() {
      workspace.active?.editor?.focus();
      if (!stage.contains(document.activeElement)) stage.focus();
    },
  };

  function tabStrip(label, items, onchoose) {
    const buttons = items.map(([key, words], index) => h("button", { type: "button", role: "tab", "aria-selected": String(index === 0), tabindex: index ? -1 : 0, "data-tab": key, onclick: () => choose(key) }, words));
    const element = h("div", { class: "ldz-strip", role: "tablist", "aria-label": label }, buttons);
    element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
      choose(next.dataset.tab);
      next.focus();
    });
    function choose(key) {
      for (const one of buttons) { const mine = one.dataset.tab === key; one.setAttribute("aria-selected", String(mine)); one.tabIndex = mine ? 0 : -1; }
      onchoose(key);
      if (key === "outline") outline.pending?.();
    }
    return { element, choose };
  }
}

function tabButton(workspace, tab, selected) {
  const unsaved = tab.saver && tab.saver.state !== "saved";
  // A list of tabs holds tabs only: the cross is for the mouse, Delete closes by key.
  const cross = h("span", { class: "ldz-tab-close", title: t("Close {name}", { name: fileName(tab.file) }), "aria-hidden": "true", onclick: (event) => { event.stopPropagation(); workspace.close(tab); } }, icon("x", 14));
  const element = h("button", {
    type: "button", class: `ldz-tab${selected ? " is-selected" : ""}`, role: "tab", "aria-selected": String(selected), tabindex: selected ? 0 : -1, title: tab.file.path, onclick: () => workspace.show(tab),
  }, signOf(tab.file.kind), h("span", { class: "ldz-tab-name" }, fileName(tab.file)), unsaved ? h("span", { class: "ldz-dot", role: "img", "aria-label": t("Not saved yet") }) : null, cross);
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Delete") { workspace.close(tab); return; }
    if (!step) return;
    const { tabs } = workspace;
    workspace.show(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]);
  });
  element.addEventListener("auxclick", (event) => { if (event.button === 1) workspace.close(tab); });
  return element;
}

function toolbar(workspace, { fold }) {
  const editor = () => workspace.active?.editor;
  const tool = (words, sign, act, key) => button(words, { sign, kind: "quiet", quiet: true, key, onclick: act });
  const undo = tool(t("Undo"), icon("arrow-back-up"), () => { editor()?.undo(); }, "Ctrl Z");
  const redo = tool(t("Redo"), icon("arrow-forward-up"), () => { editor()?.redo(); }, "Ctrl Y");
  const drawing = [
    tool(t("Find in the diagram"), icon("search"), () => { editor().focus(); editor().find(); }, "Ctrl F"),
    tool(t("Show all"), icon("focus-2"), () => editor().fit(), "0"),
    tool(t("Overview map"), icon("map"), () => editor().minimap()),
    tool(t("Play tokens in the picture"), icon("player-play"), () => editor().simulate()),
  ];
  const run = button(t("Try it"), { sign: icon("test-pipe", 16), onclick: () => workspace.dryRun(), title: t("A dry run on the engine: nothing is sent or written") });
  const more = button(t("More"), { sign: icon("dots", 16), kind: "quiet", quiet: true, "aria-haspopup": "menu", onclick: () => moreMenu(workspace, more) });
  const versions = button(t("Versions"), { sign: icon("history", 16), onclick: () => workspace.history() });
  const deploy = workspace.settings.mayDeploy ? button(t("Deploy…"), { sign: icon("rocket", 16), kind: "primary", id: "ldz-deploy", onclick: () => workspace.deploy() }) : null;
  const left = tool(t("Library"), icon("layout-sidebar"), () => fold("left"));
  const right = tool(t("Properties"), icon("layout-sidebar-right"), () => fold("right"));
  const bottom = tool(t("Problems"), icon("layout-bottombar"), () => fold("bottom"));
  const line = () => h("span", { class: "ldz-line" });
  const element = h("div", { class: "ldz-tools", role: "toolbar", "aria-label": t("Tools") }, left, line(), undo, redo, ...drawing, h("span", { class: "ldz-gap" }), run, versions, deploy, more, line(), bottom, right);
  return {
    element,
    pressed(folds) { for (const [side, one] of Object.entries({ left, right, bottom })) one.setAttribute("aria-pressed", String(folds[side])); },
    show(tab) {
      const ready = Boolean(tab?.editor);
      undo.disabled = !ready || !tab.editor.canUndo;
      redo.disabled = !ready || !tab.editor.canRedo;
      for (const one of drawing) one.hidden = !ready || !tab.editor.marks;
      for (const one of [run, versions, deploy, more]) if (one) one.disabled = !ready;
    },
  };
}

function drawOutline(list, items, onchoose) {
  const at = list.dataset.at;
  list.replaceChildren(...items.map((item) => {
    const row = h("li", { role: "option", tabindex: -1, "aria-selected": String(item.id === at), "data-id": item.id, onclick: () => pick(row) },
      h("span", { class: "ldz-outline-name" }, item.name || t("Without a name")), h("span", { class: "ldz-outline-kind" }, item.kind));
    return row;
  }));
  const pick = (row) => {
    for (const other of list.children) { other.setAttribute("aria-selected", String(other === row)); other.tabIndex = other === row ? 0 : -1; }
    list.dataset.at = row.dataset.id;
    onchoose(row.dataset.id);
    row.focus();
  };
  const rows = [...list.children];
  (rows.find((row) => row.dataset.id === at) ?? rows[0])?.setAttribute("tabindex", "0");
  list.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const now = rows.indexOf(document.activeElement);
    if (step && rows[now + step]) { event.preventDefault(); pick(rows[now + step]); }
  };
}

function welcomeWords(workspace, files) {
  const recent = [...files].sort((a, b) => (b.updated_at ?? "").localeCompare(a.updated_at ?? "")).filter(({ kind }) => kind !== "scenario").slice(0, 6);
  return [
    h("h2", {}, t("What should your desk do?")),
    h("p", { class: "ldz-welcome-words" }, t("Every behaviour of the desk is a diagram. Open one on the left, or begin a new one; you can try it here before anybody works with it.")),
    h("div", { class: "ldz-welcome-acts" },
      button(t("New from a template"), { sign: icon("template", 16), kind: "primary", onclick: () => workspace.create({ gallery: true }) }),
      button(t("New flow"), { sign: icon("sitemap", 16), onclick: () => workspace.create({ kind: "bpmn" }) }),
      button(t("Import a file"), { sign: icon("upload", 16), onclick: () => workspace.create({ kind: "import" }) })),
    recent.length ? h("h3", {}, t("Changed last")) : null,
    recent.length ? h("ul", { class: "ldz-recent", role: "list" }, recent.map((file) => h("li", {}, h("button", { type: "button", onclick: () => workspace.open(file) }, signOf(file.kind), h("span", {}, fileName(file)), h("span", { class: "ldz-recent-path" }, file.path))))) : null,
  ].filter(Boolean);
}
