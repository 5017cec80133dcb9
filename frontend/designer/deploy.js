// Deploy: one dialog that says what will change, with a note for the records; refused with the list of problems.
import { call, Problem } from "./api.js";
import { button, h, icon, openDialog, toast } from "./dom.js";
import { labelled } from "./files.js";
import { both, t } from "./texts.js";
import { signOf } from "./tree.js";

export async function openDeploy(workspace, tab) {
  if (!tab) return;
  await workspace.saveAll();
  const folder = tab.file.path.slice(0, tab.file.path.lastIndexOf("/") + 1);
  const bundle = workspace.files.filter((file) => file.path.startsWith(folder) && !file.path.slice(folder.length).includes("/")); // the scenarios, too: they may be demanded
  const ids = bundle.map(({ id }) => id);
  const { body, foot, close } = openDialog(t("Deploy"), { wide: true, closeWords: t("Close") });
  const note = h("textarea", { class: "form-control", rows: 2, maxlength: 2000, placeholder: t("e.g. refunds above 500 need a second approval") });
  const demand = h("input", { class: "form-check-input", type: "checkbox", checked: workspace.files.some((file) => file.kind === "scenario" && file.path.startsWith(folder)) });
  const plan = h("div", { role: "status" }, h("p", { class: "ldz-empty" }, t("Looking at what will change…")));
  const fault = h("div", { role: "alert" });
  const go = button(t("Deploy"), { sign: icon("rocket", 16), kind: "primary", disabled: true, onclick: () => deploy() });
  body.append(plan, labelled(t("Why (for the records)"), note),
    h("label", { class: "form-check" }, demand, h("span", { class: "form-check-label" }, t("Only if all scenarios hold"))), fault);
  foot.append(button(t("Cancel"), { onclick: close }), go);
  note.focus();

  const problemsList = (problems) => h("ul", { class: "ldz-problems" }, problems.map((problem) => h("li", { class: `is-${problem.severity}` }, h("span", { class: "ldz-problem" },
    icon("alert-circle", 16), h("span", { class: "ldz-problem-where" }, tab.editor?.nameOf?.(problem.element) || problem.element), h("span", { class: "ldz-problem-words" }, both(problem.message))))));

  try {
    const { items, deployable } = await call("POST", "/deployments/plan", { files: ids });
    const rows = items.flatMap((item) => item.processes.filter(({ from, to }) => from !== to).map((process) => h("li", {}, signOf("bpmn"), h("strong", {}, both(process.names) || process.key),
      process.from ? t("version {from} becomes version {to}", process) : t("goes live as version {to}", process),
      h("span", { class: "ld-muted" }, process.running ? t("{n} running ones stay on their version until you move them", { n: process.running }) : t("nothing runs on it now")))));
    const changed = items.flatMap((item) => item.changed ?? []);
    const problems = items.flatMap((item) => item.problems ?? []);
    plan.replaceChildren(
      rows.length || changed.length ? h("ul", { class: "ldz-plan" }, rows, changed.filter((path) => /\.(dmn|form)$/.test(path)).map((path) => h("li", {}, signOf(path.endsWith(".dmn") ? "dmn" : "form"), path.split("/").pop(), h("span", { class: "ld-muted" }, t("changed"))))) : h("p", { class: "ldz-words" }, t("Nothing has changed since it was deployed last.")),
      deployable ? "" : h("p", { class: "ldz-verdict is-bad" }, icon("alert-circle", 16), t("It cannot be deployed before these are mended:")), problems.length ? problemsList(problems) : "");
    go.disabled = !deployable || !(rows.length || changed.length);
  } catch (error) {
    plan.replaceChildren(h("p", { class: "ldz-run-error" }, error.message));
    if (!(error instanceof Problem)) workspace.failed(error);
  }

  async function deploy() {
    go.disabled = true;
    fault.replaceChildren();
    try {
      const { items } = await call("POST", "/deployments", { files: ids, note: note.value, demand_scenarios: demand.checked });
      const created = items.flatMap((item) => item.created);
      close();
      toast(created.length ? t("Deployed: {what}", { what: created.join(", ") }) : t("Deployed."), "success", t("Dismiss"));
      await workspace.refreshFiles();
      workspace.catalogueSoon();
      workspace.showState();
      for (const key of created) offerMigration(workspace, key);
    } catch (error) {
      const scenarios = (error.body?.scenarios ?? []).filter(({ held }) => !held);
      fault.replaceChildren(h("p", { class: "ldz-run-error" }, error.message), (error.body?.problems ?? []).length ? problemsList(error.body.problems) : "",
        scenarios.length ? h("ul", { class: "ldz-run-list" }, scenarios.map((one) => h("li", {}, `${both(one.name)}: ${both(one.failure)}`))) : "");
      if (!(error instanceof Problem)) workspace.failed(error);
      go.disabled = false;
    }
  }
}

// Running instances stay where they are; who may move them is asked.
async function offerMigration(workspace, key) {
  if (!workspace.settings.mayMigrate) return;
  try {
    const { items } = await call("GET", `/processes/${encodeURIComponent(key)}/versions`);
    const older = items.filter((version) => !version.latest).reduce((sum, version) => sum + version.active + version.suspended, 0);
    if (!older) return;
    const { body, foot, close } = openDialog(t("Move running instances?"), { closeWords: t("Close") });
    body.append(h("p", {}, t("{n} run on older versions of “{name}”. They go on as they are; you can move them to the new version now or later.", { n: older, name: both(items[0].names) || key })));
    foot.append(button(t("Later"), { onclick: close }), button(t("Move them…"), { sign: icon("arrows-exchange", 16), kind: "primary", onclick: () => { close(); workspace.migrate(key); } }));
  } catch (error) { workspace.failed(error); }
}
