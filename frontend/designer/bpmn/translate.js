// The words of bpmn-js and dmn-js themselves, in the reader's language.
import { language } from "../texts.js";
import { editorChinese } from "./editor-zh.js";

export function translate(template, replacements = {}) {
  const said = language() === "zh" ? (editorChinese[template.trim()] ?? template) : template;
  return said.replace(/{([^}]+)}/g, (all, name) => (name in replacements ? replacements[name] : all));
}

export const translateModule = { translate: ["value", translate] };
