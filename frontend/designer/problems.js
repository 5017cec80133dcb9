// What the rules found in the open file: a list with words and links, and a sentence whether it can run.
import { h, icon } from "./dom.js";
import { both, t } from "./texts.js";

export function problemList(lint, { onchoose, nameOf }) {
  if (!lint) return h("p", { class: "ldz-empty" }, t("Checking…"));
  const sentence = h("p", { class: `ldz-verdict ${lint.executable ? "is-ok" : "is-bad"}` },
    lint.executable ? icon("circle-check", 16) : icon("alert-circle", 16), both(lint.sentence));
  if (!lint.problems.length) return h("div", {}, sentence);
  return h("div", {}, sentence, h("ul", { class: "ldz-problems", role: "list" }, lint.problems.map((problem) => h("li", { class: `is-${problem.severity}` },
    h("button", { type: "button", class: "ldz-problem", onclick: () => onchoose(problem) },
      problem.severity === "error" ? icon("alert-circle", 16) : icon("alert-triangle", 16),
      h("span", { class: "visually-hidden" }, problem.severity === "error" ? t("Error") : t("Warning")),
      h("span", { class: "ldz-problem-where" }, nameOf(problem) || problem.element || t("File")),
      h("span", { class: "ldz-problem-words" }, both(problem.message))),
    problem.page ? h("a", { href: problem.page, target: "_blank", rel: "noopener", class: "ldz-problem-page", "hx-boost": "false" }, t("Why?")) : null))));
}

export function countProblems(lint) {
  const errors = lint?.problems.filter((problem) => problem.severity === "error").length ?? 0;
  return { errors, warnings: (lint?.problems.length ?? 0) - errors };
}
