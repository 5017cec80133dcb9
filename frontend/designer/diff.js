// What differs between two versions of a file: diagrams side by side with colours, signs and words; tables cell by cell.
import { call } from "./api.js";
import { h } from "./dom.js";
import { both, t } from "./texts.js";

const KINDS = () => ({ added: ["+", t("added")], removed: ["−", t("removed")], changed: ["≠", t("changed")], moved: ["↔", t("moved")] });

function changeList(diff, goTo) {
  if (!diff.changes.length && !diff.cells.length) return h("p", { class: "ldz-empty" }, t("There is no difference."));
  return h("ul", { class: "ldz-changes", role: "list", "aria-label": t("Differences") }, diff.changes.map((change) => {
    const [sign, words] = KINDS()[change.kind];
    return h("li", {}, h("button", { type: "button", onclick: () => goTo(change) }, h("span", { class: `ldz-kind is-${change.kind}` }, `${sign} ${words}`), h("span", {}, both(change.words))));
  }));
}

async function diagrams(place, diff, leftName, rightName) {
  const { TwoDiagrams } = await import("./two-diagrams.js");
  const two = new TwoDiagrams(leftName, rightName);
  place.replaceChildren(two.element, changeList(diff, ({ element }) => two.goTo(element)));
  await two.show(diff.left, diff.right);
  const marks = (kinds) => {
    const found = new Map();
    for (const change of diff.changes) if (kinds.includes(change.kind) && (!found.has(change.element) || change.kind === "changed")) found.set(change.element, change.kind);
    return [...found].map(([element, kind]) => ({ element, class: `ldz-${kind}`, sign: KINDS()[kind][0], signClass: `is-${kind}`, title: KINDS()[kind][1] }));
  };
  two.sides[0].marks.draw("diff", marks(["removed", "changed", "moved"]));
  two.sides[1].marks.draw("diff", marks(["added", "changed", "moved"]));
  return two;
}

function cells(diff) {
  const tables = Map.groupBy ? Map.groupBy(diff.cells, ({ decision }) => decision) : new Map([["", diff.cells]]);
  return [...tables].map(([decision, rows]) => h("section", {}, h("h3", {}, decision), h("table", { class: "ldz-cells" },
    h("thead", {}, h("tr", {}, [t("Rule"), t("Column"), t("Before"), t("After")].map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, rows.map((cell) => h("tr", {}, h("td", {}, cell.row_number ?? t("head")), h("td", {}, cell.column ?? ""), h("td", {}, cell.old ? h("del", {}, cell.old) : ""), h("td", {}, cell.new ? h("ins", {}, cell.new) : "")))))));
}

// Draws the difference into `place`; gives something with destroy(), or null.
export async function showDiff(place, file, left, right, leftName, rightName) {
  const diff = await call("GET", `/diff?${new URLSearchParams({ file: file.id, left, right })}`);
  if (file.kind === "bpmn") return diagrams(place, diff, leftName, rightName);
  place.replaceChildren(...(diff.cells.length ? cells(diff) : []), changeList(diff, () => {}));
  if (file.kind === "scenario") place.append(lines(diff.left, diff.right));
  return null;
}

// Lines of two texts: those that only one of them has.
function lines(left, right) {
  const a = left.split("\n");
  const b = right.split("\n");
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin += 1;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const rows = [...a.slice(begin, a.length - end).map((line) => ["del", line]), ...b.slice(begin, b.length - end).map((line) => ["ins", line])];
  return h("pre", { class: "ldz-lines" }, rows.map(([tag, line]) => [h(tag, {}, `${tag === "del" ? "− " : "+ "}${line}`), "\n"]));
}
