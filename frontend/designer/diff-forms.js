// Two versions of a form side by side, field beside field, with what nobody sees on the form itself: keys and conditions.
import { h } from "./dom.js";
import { kindSign } from "./diff-kinds.js";
import { fieldWords } from "./form-words.js";
import { language, t } from "./texts.js";

export function formOfBoth(fields, leftName, rightName) {
  return h("div", { class: "ldz-forms" },
    h("div", { class: "ldz-forms-head" }, h("span", {}, leftName), h("span", {}, rightName)),
    fields.map(pair));
}

function pair({ old, new: now, level, moved, changed }) {
  const kind = old === null ? "added" : now === null ? "removed" : changed.length ? "changed" : null;
  const signs = [kind, moved ? "moved" : null].filter(Boolean).map(kindSign);
  const side = (field, own) => h("div", { class: `ldz-form-side is-level-${Math.min(level, 3)}` }, field ? drawn(field, changed, own ? signs : []) : null);
  return h("div", { class: `ldz-form-pair${kind ?? moved ? ` is-${kind ?? "moved"}` : ""}`, "data-element": (now ?? old).key ?? (now ?? old).id ?? "" }, side(old, now === null), side(now, true));
}

function drawn(field, changed, signs) {
  const english = language() === "en" ? field.properties ?? {} : {};
  const label = english["label:en"] || field.label || field.dateLabel || field.text || "";
  const facts = [
    ["key", t("Key"), field.key],
    ["conditional.hide", t("Hidden if"), field.conditional?.hide],
    ["defaultValue", t("Default value"), field.defaultValue],
    ["values", t("Options"), field.values?.map((option) => option.label ?? option.value).join(" · ")],
  ].filter(([, , value]) => value !== undefined && value !== null && value !== "");
  const mark = (name) => (changed.some((one) => one === name || one.startsWith(`${name}.`) || one === `properties.${name}:en`) ? "is-different" : null);
  return [
    h("div", { class: "ldz-form-label" }, signs, h("strong", { class: mark("label") ?? mark("text") }, label || t("(no label)")), field.validate?.required ? h("span", { class: mark("validate.required"), title: t("Required") }, "*") : null,
      h("span", { class: `ldz-form-type ${mark("type") ?? ""}` }, fieldWords(field.type))),
    field.description ? h("p", { class: mark("description") }, english["description:en"] || field.description) : null,
    h("dl", {}, facts.map(([name, words, value]) => h("div", { class: mark(name) }, h("dt", {}, words), h("dd", {}, String(value))))),
  ];
}
