// Dialogs about files: new (empty, from the gallery, imported, a copy), rename, delete, and two people at one file.
import { call, Problem } from "./api.js";
import { button, h, icon, newId, openDialog, toast } from "./dom.js";
import { keyFrom, newDecision, newDiagram, newForm, newScenario } from "./starters.js";
import { both, moment, t } from "./texts.js";
import { fileName } from "./tree.js";

const ENDINGS = { bpmn: ".bpmn", dmn: ".dmn", form: ".form", scenario: ".scenario.yaml" };
const KINDS = () => [["bpmn", t("Flow"), t("A process: who does what, and when"), icon("sitemap", 20)], ["dmn", t("Decision"), t("Tables that decide"), icon("table", 20)], ["form", t("Form"), t("What people fill in"), icon("forms", 20)], ["scenario", t("Scenarios"), t("What a flow should do, tried at every change"), icon("list-check", 20)]];

export function labelled(words, control, help) {
  control.id ||= newId("ldz-input");
  return h("div", { class: "ld-field" }, h("label", { class: "form-label", for: control.id }, words), control, help ? h("span", { class: "form-hint" }, help) : null);
}

const folderOf = (workspace) => {
  const path = workspace.active?.file.path ?? "";
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
};

async function makeFiles(workspace, files) {
  const made = [];
  for (const [path, content] of Object.entries(files)) made.push(await call("POST", "/files", typeof content === "string" ? { path, content } : { path, ...content }));
  await workspace.refreshFiles();
  workspace.catalogueSoon();
  const first = made.find((file) => file.path.endsWith(".bpmn")) ?? made[0];
  return workspace.files.find(({ id }) => id === first.id) ?? first;
}

// A file's name with the ending of its kind.
function nameFor(name, text) {
  if (/\.(bpmn|dmn|form|scenario\.yaml)$/.test(name)) return name;
  const kind = text.includes("MODEL") && /<([\w.-]+:)?decision/.test(text) ? ".dmn" : text.trimStart().startsWith("{") ? ".form" : ".bpmn";
  return name.replace(/\.\w+$/, "") + kind;
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

export function newFileDialog(workspace, { kind, gallery, copyOf } = {}) {
  const { body, foot, close, dialog } = openDialog(copyOf ? t("Duplicate") : t("New"), { wide: true, closeWords: t("Close") });
  let chosen = copyOf?.kind ?? kind ?? (gallery ? "gallery" : "bpmn");
  const name = h("input", { class: "form-control", type: "text", maxlength: 120, autocomplete: "off" });
  const folder = h("input", { class: "form-control", type: "text", maxlength: 150, value: copyOf ? copyOf.path.split("/").slice(0, -1).join("/") : folderOf(workspace), list: "ldz-folders" });
  const key = h("input", { class: "form-control", type: "text", maxlength: 80, pattern: "[A-Za-z_][A-Za-z0-9_.\\-]*", spellcheck: "false" });
  const folders = h("datalist", { id: "ldz-folders" }, [...new Set(workspace.files.map(({ path }) => path.split("/").slice(0, -1).join("/")))].filter(Boolean).map((path) => h("option", { value: path })));
  const source = h("input", { class: "form-control", type: "file", accept: ".bpmn,.dmn,.form,.xml,.yaml,.yml,.json" });
  const fault = h("p", { class: "invalid-feedback ldz-dialog-fault", role: "alert" });
  let keyTouched = false;
  key.addEventListener("input", () => { keyTouched = true; });
  name.addEventListener("input", () => {
    if (keyTouched) return;
    key.value = keyFrom(name.value) || (name.value ? `flow-${Date.now().toString(36).slice(-5)}` : "");
    if (chosen === "bpmn" && !folderOf(workspace)) folder.value = key.value;
  });
  const fields = h("div", { class: "ldz-new-fields" });
  const picker = h("div", { class: "ldz-cards", role: "radiogroup", "aria-label": t("What kind?") });
  const templates = h("div", { class: "ldz-gallery" });
  const go = button(t("Create"), { kind: "primary", onclick: () => create() });
  let template = null;

  function drawPicker() {
    const cards = [...KINDS(), ["gallery", t("Template"), t("A whole behaviour to start from"), icon("template", 20)], ["import", t("Import"), t("A BPMN, DMN or form file"), icon("upload", 20)]];
    picker.replaceChildren(...cards.map(([value, words, help, sign]) => h("button", { type: "button", role: "radio", class: "ldz-card", "aria-checked": String(chosen === value), onclick: () => { chosen = value; draw(); } }, sign, h("strong", {}, words), h("span", {}, help))));
  }
  function draw() {
    if (!copyOf) drawPicker();
    const parts = [];
    if (chosen === "import") parts.push(labelled(t("File"), source, t("It is kept byte for byte; a diagram without a layout gets one.")));
    else if (chosen === "gallery") parts.push(templates);
    if (chosen !== "import" && chosen !== "gallery") parts.push(labelled(t("Name"), name));
    if (chosen !== "import") parts.push(labelled(t("Key"), key, t("Letters, digits, - and _. It is the file's name, too.")));
    parts.push(labelled(chosen === "gallery" ? t("Into the folder") : t("Folder"), folder, t("What belongs together stands in one folder: a flow, its forms, decisions and scenarios.")), folders, fault);
    fields.replaceChildren(...parts);
    (chosen === "import" ? source : chosen === "gallery" ? templates.querySelector("button") ?? folder : name).focus();
    go.disabled = chosen === "gallery" && !template;
  }
  async function drawGallery() {
    const { items } = await call("GET", `/${workspace.settings.gallery}`);
    templates.replaceChildren(...(items.length ? items.map((one) => h("button", {
      type: "button", class: "ldz-card is-wide", "aria-pressed": "false", onclick: (event) => {
        template = one;
        go.disabled = false;
        folder.value = one.name;
        key.value = one.name;
        for (const card of templates.children) card.setAttribute("aria-pressed", String(card === event.currentTarget));
      },
    }, icon("template", 20), h("strong", {}, both(one.title)), h("span", {}, both(one.help)), h("span", { class: "ldz-card-files" }, Object.keys(one.files).join(" · ")))) : [h("p", { class: "ldz-empty" }, t("There are no templates."))]));
  }
  async function contents() {
    const prefix = folder.value.trim().replace(/^\/+|\/+$/g, "");
    const at = (file) => (prefix ? `${prefix}/${file}` : file);
    if (chosen === "gallery") {
      // The bundle's name is the key of its flow and begins those of its decisions.
      if (!key.checkValidity() || !key.value) throw badKey();
      return Object.fromEntries(Object.entries(template.files).map(([file, content]) => [at(file.replace(template.name, key.value)), content.replaceAll(template.name, key.value)]));
    }
    if (chosen === "import") {
      const [file] = source.files;
      if (!file) throw new Problem(422, { detail: t("Choose a file first.") });
      const bytes = new Uint8Array(await file.arrayBuffer());
      return { [at(nameFor(file.name, await file.text()))]: { bytes: base64(bytes) } };
    }
    if (!key.value || !key.checkValidity()) throw badKey();
    const path = at(key.value + ENDINGS[chosen]);
    if (copyOf) {
      const { content } = await call("GET", `/files/${copyOf.id}`);
      return { [path]: copyOf.key && copyOf.kind !== "form" ? content.replaceAll(`"${copyOf.key}"`, `"${key.value}"`) : content };
    }
    const make = { bpmn: newDiagram, dmn: newDecision, form: newForm, scenario: newScenario }[chosen];
    return { [path]: make(key.value, name.value || key.value) };
  }
  async function create() {
    fault.textContent = "";
    go.disabled = true;
    try {
      const file = await makeFiles(workspace, await contents());
      close(); // before it is opened: the drawing takes the focus
      await workspace.open(file);
    } catch (error) {
      fault.textContent = error.message;
      if (!(error instanceof Problem)) throw error;
    } finally { go.disabled = false; }
  }
  if (copyOf) { name.value = fileName(copyOf); key.value = `${copyOf.key ?? keyFrom(fileName(copyOf))}-2`; keyTouched = true; }
  dialog.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input:not([type=file])") && !event.isComposing) { event.preventDefault(); if (!go.disabled) create(); } });
  body.append(copyOf ? "" : picker, fields);
  foot.append(button(t("Cancel"), { onclick: close }), go);
  draw();
  drawGallery().then(() => { if (chosen === "gallery") draw(); }).catch((error) => workspace.failed(error));
}

const badKey = () => new Problem(422, { detail: t("The key needs letters, digits, - or _, and begins with a letter.") });

export function askRename(workspace, file) {
  const { body, foot, close } = openDialog(t("Rename or move"), { closeWords: t("Close") });
  const path = h("input", { class: "form-control", type: "text", value: file.path, maxlength: 255, spellcheck: "false" });
  const fault = h("p", { class: "invalid-feedback ldz-dialog-fault", role: "alert" });
  const go = button(t("Move"), { kind: "primary", onclick: async () => {
    try {
      Object.assign(file, await call("PATCH", `/files/${file.id}`, { path: path.value.trim() }));
      await workspace.refreshFiles();
      workspace.showState();
      close();
    } catch (error) { fault.textContent = error.message; if (!(error instanceof Problem)) throw error; }
  } });
  body.append(labelled(t("Folder and name"), path), fault);
  foot.append(button(t("Cancel"), { onclick: close }), go);
  path.focus();
  path.setSelectionRange(file.path.lastIndexOf("/") + 1, file.path.length - (ENDINGS[file.kind] ?? "").length);
}

export function askDelete(workspace, file) {
  const { body, foot, close } = openDialog(t("Delete “{name}”?", { name: fileName(file) }), { closeWords: t("Close") });
  body.append(h("p", {}, t("It leaves the library. Its versions stay in the records; what is deployed goes on running.")), h("p", { class: "ld-muted" }, file.path));
  const go = button(t("Delete"), { sign: icon("trash", 16), kind: "danger", onclick: async () => {
    try {
      const tab = workspace.tabs.find((one) => one.file.id === file.id);
      await call("DELETE", `/files/${file.id}`);
      close();
      if (tab) await workspace.close(tab);
      await workspace.refreshFiles();
      toast(t("Deleted."), "success", t("Dismiss"));
    } catch (error) { workspace.failed(error); }
  } });
  const cancel = button(t("Cancel"), { onclick: close });
  foot.append(cancel, go);
  cancel.focus();
}

// Two people at one file: whose content is kept. The other one stays as a version where it was saved.
export function askConflict(workspace, tab, theirs, mine) {
  const { body, foot, close } = openDialog(t("Somebody else changed this file"), { closeWords: t("Decide later"), onclose: () => {} });
  const by = typeof theirs.by === "object" ? theirs.by?.name : theirs.by;
  body.append(
    h("p", {}, by ? t("{name} saved “{file}” at {when}, after you had opened it.", { name: by, file: fileName(tab.file), when: moment(theirs.at) }) : t("“{file}” was changed after you had opened it.", { file: fileName(tab.file) })),
    h("p", {}, t("Nothing is lost: your work is kept in this browser until you decide.")));
  const decide = async (etag, content, keepMine) => {
    close();
    if (!keepMine) { tab.content = content; tab.etag = etag; await workspace.load(tab, content); workspace.show(tab); }
    await tab.saver.resolved(etag, content);
    workspace.lint(tab);
  };
  foot.append(
    button(t("Download mine"), { sign: icon("download", 16), kind: "quiet", onclick: () => h("a", { href: URL.createObjectURL(new Blob([mine])), download: tab.file.path.split("/").pop() }).click() }),
    button(t("Take theirs"), { onclick: () => decide(theirs.etag, theirs.content, false) }),
    button(t("Keep mine"), { kind: "primary", onclick: () => decide(theirs.etag, theirs.content, true) }));
}

