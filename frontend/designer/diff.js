// What differs between two versions of a file, as a picture and in words: diagrams side by side, tables cell by cell,
// forms field by field, scenarios line by line.
import { call } from "./api.js";
import { decisions } from "./diff-decisions.js";
import { formOfBoth } from "./diff-forms.js";
import { KINDS } from "./diff-kinds.js";
import { h } from "./dom.js";
import { both, t } from "./texts.js";

function changeList(diff, goTo) {
  if (!diff.changes.length) return h("p", { class: "ldz-empty" }, t("There is no difference."));
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

// Draws the difference into `place`; gives something with destroy(), or null.
export async function showDiff(place, file, left, right, leftName, rightName) {
  const diff = await call("GET", `/diff?${new URLSearchParams({ file: file.id, left, right })}`);
  if (file.kind === "bpmn") return diagrams(place, diff, leftName, rightName);
  const picture = h("div", { class: "ldz-diff-picture" }, pictureOf(file.kind, diff, leftName, rightName));
  place.replaceChildren(picture, changeList(diff, ({ element }) => goTo(picture, element)));
  return null;
}

function pictureOf(kind, diff, leftName, rightName) {
  if (!diff.changes.length) return "";
  if (kind === "dmn") return decisions(diff, leftName, rightName);
  return kind === "form" ? formOfBoth(diff.form_fields, leftName, rightName) : lines(diff.left, diff.right);
}

function goTo(picture, element) {
  for (const chosen of picture.querySelectorAll(".is-chosen")) chosen.classList.remove("is-chosen");
  const found = picture.querySelector(`[data-element="${CSS.escape(element)}"]`);
  found?.classList.add("is-chosen");
  found?.scrollIntoView({ block: "nearest" });
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
