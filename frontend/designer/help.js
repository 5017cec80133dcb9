// The sheet of keys.
import { h, openDialog } from "./dom.js";
import { t } from "./texts.js";

const SHEET = () => [
  [t("Anywhere"), [["F6", t("Next region: library, diagram, problems, properties")], ["Ctrl S", t("Save now (it is saved by itself, too)")], ["Ctrl Enter", t("Try it: a dry run")], ["F1", t("This sheet")]]],
  [t("In lists and tabs"), [["↑ ↓", t("Move")], ["Enter", t("Open or take")], ["F2", t("Rename a file")], ["Delete", t("Delete a file, close a tab")]]],
  [t("In the diagram"), [
    ["] / [", t("Next or previous element")], ["N", t("Add a step")], ["A", t("Append a step after the selected one")], ["K", t("Connect to…")], ["E", t("Write the name")], ["R", t("Change the kind")],
    ["Delete", t("Delete")], ["← ↑ → ↓", t("Move what is selected; with Shift further")], ["Ctrl C / Ctrl V", t("Copy and paste, also into another tab")], ["Ctrl Z / Ctrl Y", t("Undo and redo")],
    ["Ctrl A", t("Select all")], ["Ctrl F", t("Find an element")], ["0", t("Show all")], ["Ctrl + / Ctrl −", t("Larger and smaller")], ["H / L / S / C", t("Tools: hand, lasso, space, connect")],
  ]],
];

export function openHelp() {
  const { body } = openDialog(t("Keys of the designer"), { wide: true, closeWords: t("Close") });
  body.append(h("div", { class: "ldz-keys" }, SHEET().map(([title, rows]) => h("section", {}, h("h3", {}, title),
    h("dl", {}, rows.map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words))))))),
  h("p", {}, h("a", { href: "/help/designer", target: "_blank", rel: "noopener", "hx-boost": "false" }, t("The designer’s manual"))));
}
