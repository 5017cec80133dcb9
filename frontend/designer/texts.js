// The designer's words: the English is the key, zh.js has the Chinese of each (tests/frontend checks that none lacks).
import { chinese } from "./zh.js";

let locale = "en";

export function useLocale(tag) {
  locale = tag.startsWith("zh") ? "zh" : "en";
}

export const language = () => locale;

// t("{n} instances", {n: 3})
export function t(words, values = {}) {
  const said = locale === "zh" ? (chinese[words] ?? words) : words;
  return said.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

// Words that the server gives in both languages: {en, zh}, or plain text.
export function both(words) {
  if (words === null || words === undefined) return "";
  return typeof words === "string" ? words : (words[locale] || words.en || words.zh || "");
}

// The same in the language in which nobody reads here now.
export const otherWords = (words) => words[locale === "zh" ? "en" : "zh"];

export function moment(iso) {
  if (!iso) return "";
  const tag = locale === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
