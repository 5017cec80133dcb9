// Decisions of two versions as one picture: each table with every rule and column of both, cell by cell; expressions
// of other kinds side by side.
import { h } from "./dom.js";
import { kindSign, oldAndNew } from "./diff-kinds.js";
import { both, t } from "./texts.js";

// What is drawn of a decision that is no table.
const EXPRESSIONS = ["expression", "context", "invocation", "relation", "list", "encapsulatedLogic", "functionDefinition"];

export function decisions({ tables, changes }, leftName, rightName) {
  const written = changes.filter(({ property }) => EXPRESSIONS.includes(property));
  return [...tables.map(table), ...written.map((change) => expression(change, leftName, rightName))];
}

function table({ decision, name, hit_policy: policy, columns, rules }) {
  return h("section", { "data-element": decision }, h("h3", {}, both(name)), h("div", { class: "ldz-cells-frame" }, h("table", { class: "ldz-cells" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col", title: t("Hit policy") }, oldAndNew(policy.old, policy.new)), columns.map(head))),
    h("tbody", {}, rules.map((rule) => row(rule, columns))))));
}

const kindOf = (old, now) => (old === null ? "added" : now === null ? "removed" : null);

function head({ kind, old, new: now }) {
  const only = kindOf(old, now);
  const words = { input: t("Input"), output: t("Output"), annotation: t("Annotation") }[kind];
  return h("th", { scope: "col", class: `is-${kind}${only ? ` is-${only}` : ""}` }, h("small", {}, only ? kindSign(only) : null, words), oldAndNew(old && both(old), now && both(now)));
}

function row({ old_number: before, new_number: number, moved, cells }, columns) {
  const only = kindOf(before, number);
  const kind = only ?? (moved ? "moved" : null);
  return h("tr", { class: kind ? `is-${kind}` : null },
    h("th", { scope: "row" }, kind ? kindSign(kind) : null, ` ${moved ? `${before} → ${number}` : number ?? before}`),
    cells.map(({ old, new: now }, index) => cell(old, now, only ?? kindOf(columns[index].old, columns[index].new))));
}

// Of a rule or column that only one side has, that side's text; else both where they differ.
function cell(old, now, only) {
  if (only) return h("td", { class: `is-${only}` }, only === "added" ? h("ins", {}, now ?? "") : h("del", {}, old ?? ""));
  return h("td", { class: old === now ? null : "is-changed" }, old === now ? null : kindSign("changed"), oldAndNew(old || t("(any)"), now || t("(any)")));
}

function expression({ element, name, old, new: now }, leftName, rightName) {
  const side = (tag, words, text) => h("div", {}, h("small", {}, words), h("pre", {}, h(tag, {}, text ?? "")));
  return h("section", { "data-element": element }, h("h3", {}, both(name)), h("div", { class: "ldz-expressions" }, side("del", leftName, old), side("ins", rightName, now)));
}
