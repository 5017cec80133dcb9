// Names and values typed by hand. A value is JSON where it reads as JSON ("12", true, null, lists), else text.
import { button, h, icon } from "./dom.js";
import { t } from "./texts.js";

export function parseValue(text) {
  const said = text.trim();
  if (/^(-?\d+(\.\d+)?|true|false|null|[[{"].*)$/s.test(said)) {
    try { return JSON.parse(said); } catch { return text; }
  }
  return text;
}

export function keyValues(names, known = {}) {
  const rows = h("div", { class: "ldz-pairs" });
  const add = (name = "", value = "") => {
    const key = h("input", { class: "form-control", type: "text", value: name, "aria-label": t("Variable"), placeholder: t("Variable"), spellcheck: "false" });
    const entry = h("input", { class: "form-control", type: "text", value, "aria-label": name ? t("Value of {name}", { name }) : t("Value"), placeholder: t("Value") });
    const row = h("div", { class: "ldz-pair" }, key, entry, button(t("Remove {what}", { what: name || t("Variable") }), { sign: icon("x", 14), kind: "quiet", quiet: true, onclick: () => row.remove() }));
    rows.append(row);
  };
  for (const name of names) add(name, known[name] === undefined ? "" : typeof known[name] === "string" ? known[name] : JSON.stringify(known[name]));
  const element = h("div", {}, rows, button(t("Add a variable"), { sign: icon("plus", 16), kind: "quiet", onclick: () => { add(); rows.lastChild.querySelector("input").focus(); } }));
  const read = () => {
    const values = {};
    for (const row of rows.children) {
      const [key, entry] = row.querySelectorAll("input");
      if (key.value.trim() && entry.value !== "") values[key.value.trim()] = parseValue(entry.value);
    }
    return values;
  };
  return { element, read };
}
