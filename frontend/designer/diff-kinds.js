// The kinds of differences: a sign and a word for each, never a colour alone.
import { h } from "./dom.js";
import { t } from "./texts.js";

export const KINDS = () => ({ added: ["+", t("added")], removed: ["−", t("removed")], changed: ["≠", t("changed")], moved: ["↔", t("moved")] });

// A sign with its word for readers of screens.
export function kindSign(kind) {
  const [sign, words] = KINDS()[kind];
  return h("span", { class: `ldz-kind is-${kind}`, title: words, role: "img", "aria-label": words }, sign);
}

// A text as it was and as it is; null where there was or is none.
export function oldAndNew(old, now) {
  if (old === now) return [old ?? ""];
  return [old ? h("del", {}, old) : null, old && now ? " " : null, now ? h("ins", {}, now) : null];
}
