// Runs the scenarios of a folder and shows what they passed, on the diagram and as a list.
import { call, Problem } from "./api.js";
import { button, h, icon } from "./dom.js";
import { both, t } from "./texts.js";

export async function runScenarios(workspace, tab) {
  if (!tab) return;
  workspace.ui.showResults(h("p", { class: "ldz-empty", role: "status" }, t("The scenarios are run…")));
  try {
    const files = await workspace.neighbours(tab, { own: true });
    const results = await call("POST", "/scenarios", { files });
    show(workspace, tab, results);
  } catch (error) {
    workspace.ui.showResults(h("p", { class: "ldz-run-error", role: "alert" }, error.message));
    if (!(error instanceof Problem)) workspace.failed(error);
  }
}

function show(workspace, tab, { results, coverage, error }) {
  const failed = results.filter(({ held }) => !held).length;
  const untouched = coverage?.untouched ?? [];
  const total = coverage?.total ?? 0;
  const passed = total - untouched.length;
  const words = error ? both(error) : !results.length ? t("There are no scenarios in this folder yet. Try the flow and keep the run.")
    : failed ? t("{failed} of {all} scenarios do not hold.", { failed, all: results.length }) : t("All {all} scenarios hold.", { all: results.length });
  const picture = h("label", { class: "form-check ldz-coverage-switch" },
    h("input", { class: "form-check-input", type: "checkbox", checked: true, onchange: (event) => mark(tab, event.target.checked ? coverage : null) }), h("span", { class: "form-check-label" }, t("Show on the diagram")));
  workspace.ui.showResults(h("div", { class: "ldz-scenarios" },
    h("div", { class: "ldz-scenarios-head" },
      h("p", { class: `ldz-verdict ${failed || error ? "is-bad" : "is-ok"}` }, failed || error ? icon("alert-circle", 16) : icon("circle-check", 16), words),
      total ? h("p", { class: "ldz-coverage" }, h("meter", { min: 0, max: total, value: passed, "aria-label": t("Coverage") }), t("{passed} of {total} elements and flows passed", { passed, total })) : null,
      total && tab.editor?.marks ? picture : null,
      button(t("Run again"), { sign: icon("player-play", 16), onclick: () => runScenarios(workspace, tab) })),
    h("ul", { class: "ldz-results", role: "list" }, results.map((one) => h("li", { class: one.held ? "is-held" : "is-failed" },
      one.held ? icon("check", 16) : icon("x", 16), h("span", { class: "visually-hidden" }, one.held ? t("Holds:") : t("Does not hold:")), h("span", {}, both(one.name)), one.failure ? h("p", {}, both(one.failure)) : null))),
    untouched.length ? h("div", { class: "ldz-untouched" }, h("span", {}, t("Not passed:")), untouched.map((id) => h("button", { type: "button", onclick: () => tab.editor?.select?.(id) }, tab.editor?.nameOf?.(id) || id))) : null));
  mark(tab, coverage);
}

function mark(tab, coverage) {
  if (!tab.editor?.marks) return;
  if (!coverage) { tab.editor.marks.clear("coverage"); return; }
  const untouched = (coverage.untouched ?? []).map((element) => ({ element, class: "ldz-untouched", sign: "–", signClass: "is-error", title: t("No scenario passes here"), at: "right" }));
  const passed = [...coverage.elements, ...coverage.flows].map((element) => ({ element, class: "ldz-passed" }));
  tab.editor.marks.draw("coverage", [...passed, ...untouched]);
}
