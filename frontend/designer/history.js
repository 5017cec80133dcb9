// Versions of a file: who, when, why; any two compared; an older one restored.
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog, toast } from "./dom.js";
import { labelled } from "./files.js";
import { showDiff } from "./diff.js";
import { moment, t } from "./texts.js";
import { fileName } from "./tree.js";

export async function openHistory(workspace, file) {
  if (!file) return;
  await workspace.saveAll();
  let diff = null;
  const { body, foot, close } = openDialog(t("Versions of “{name}”", { name: fileName(file) }), { whole: true, closeWords: t("Close"), onclose: () => diff?.destroy?.() });
  const list = h("ul", { class: "ldz-revisions", role: "list" });
  const panel = h("div", { class: "ldz-diff" });
  body.append(h("div", { class: "ldz-history" }, list, panel));
  let revisions = [];

  const sides = () => [...(file.drafted ? [["draft", t("Draft (now)")]] : []), ...revisions.map((revision) => [String(revision.number), revision.deployed ? t("Version {n} (deployed)", { n: revision.number }) : t("Version {n}", { n: revision.number })])];

  async function compare(left, right) {
    diff?.destroy?.();
    const pick = (value, act, label) => h("select", { class: "form-select", "aria-label": label, onchange: (event) => act(event.target.value) }, sides().map(([key, words]) => h("option", { value: key, selected: key === value }, words)));
    const place = h("div", { class: "ldz-diff is-filling" }, h("p", { class: "ldz-empty" }, t("Comparing…")));
    panel.replaceChildren(h("div", { class: "ldz-diff-head" }, t("Compare"), pick(left, (value) => compare(value, right), t("Left")), t("with"), pick(right, (value) => compare(left, value), t("Right"))), place);
    for (const item of list.children) item.classList.toggle("is-shown", item.dataset.number === left || item.dataset.number === right);
    try {
      const names = Object.fromEntries(sides());
      diff = await showDiff(place, file, left, right, names[left], names[right]);
    } catch (error) {
      place.replaceChildren(h("p", { class: "ldz-run-error", role: "alert" }, error.message));
      if (!(error instanceof Problem)) workspace.failed(error);
    }
  }

  async function restore(number) {
    try {
      await call("POST", `/files/${file.id}/restore`, { revision: number });
      const tab = workspace.tabs.find((one) => one.file.id === file.id);
      if (tab) { await workspace.close(tab); }
      await workspace.refreshFiles();
      close();
      await workspace.open(workspace.files.find(({ id }) => id === file.id));
      toast(t("Version {n} is the draft now.", { n: number }), "success", t("Dismiss"));
    } catch (error) { workspace.failed(error); }
  }

  async function draw() {
    const [kept, now] = await Promise.all([call("GET", `/files/${file.id}/revisions`), call("GET", `/files/${file.id}`)]);
    revisions = kept.items;
    const draft = file.drafted ? [h("li", { "data-number": "draft" }, h("button", { type: "button", onclick: () => revisions[0] && compare(String(revisions[0].number), "draft") },
      h("div", { class: "ldz-revision-title" }, h("span", { class: "ldz-dot" }), t("Draft (now)")), h("div", { class: "ldz-revision-who" }, `${now.updated_by?.name ?? ""} · ${moment(now.updated_at)}`)))] : [];
    list.replaceChildren(...draft, ...revisions.map((revision, index) => h("li", { "data-number": String(revision.number) },
      h("button", { type: "button", onclick: () => compare(String(revisions[index + 1]?.number ?? revision.number), String(revision.number)) },
        h("div", { class: "ldz-revision-title" }, t("Version {n}", { n: revision.number }), revision.deployed ? h("span", { class: "ld-badge is-working" }, t("deployed")) : null),
        h("div", { class: "ldz-revision-note" }, revision.note || t("without a note")),
        h("div", { class: "ldz-revision-who" }, `${revision.actor?.name ?? ""} · ${moment(revision.at)}`)),
      index > 0 || file.drafted ? button(t("Restore"), { sign: icon("arrow-back-up", 16), kind: "quiet", onclick: () => restore(revision.number) }) : null)));
    if (!revisions.length) list.append(h("li", { class: "ldz-empty" }, t("There is no version yet: keep one, or deploy.")));
    const [newest, before] = revisions;
    if (newest && (file.drafted || before)) await compare(String(file.drafted ? newest.number : before.number), file.drafted ? "draft" : String(newest.number));
    else panel.replaceChildren(h("p", { class: "ldz-empty" }, t("There is nothing to compare with yet.")));
  }

  const note = h("input", { class: "form-control", type: "text", maxlength: 2000 });
  foot.append(labelled(t("Note"), note), button(t("Keep as a version"), { sign: icon("device-floppy", 16), disabled: !file.drafted, onclick: async (event) => {
    try {
      event.currentTarget.disabled = true;
      await call("POST", `/files/${file.id}/revisions`, { note: note.value });
      await workspace.refreshFiles();
      file.drafted = false;
      await draw();
    } catch (error) { workspace.failed(error); }
  } }), button(t("Close"), { onclick: close }));
  try { await draw(); } catch (error) { workspace.failed(error); }
}
