// A box for a FEEL expression: completion of variables and functions, faults as one types. The editor comes when the
// first box is shown; until then, and without a line, a plain box does.
import { debounced, h, newId } from "../dom.js";
import { both } from "../texts.js";

const PAUSE = 400;
let builtins = null;
let variablesOf = () => [];

export function useFeel(catalogue, variables) {
  variablesOf = variables;
  builtins = (catalogue?.functions ?? []).map((one) => ({
    name: one.name, type: "function", detail: one.result ?? "",
    params: (one.signature.match(/\((.*)\)/)?.[1] ?? "").split(",").map((name) => ({ name: name.split(":")[0].replace(/[?=.].*$/, "").trim() })).filter(({ name }) => name),
    info: both(one.help) || both(one.title) || one.signature,
  }));
}

export function feelBox({ value, onchange, label, placeholder, readOnly = false }) {
  const host = h("div", { class: "ldz-feel" });
  const said = h("div", { class: "ldz-feel-fault", role: "status" });
  const id = newId("ldz-feel");
  const element = h("div", { class: "ldz-feel-box", id }, host, said);
  let text = value;
  let editor = null;
  const plain = h("input", { class: "form-control", value, "aria-label": label, oninput: () => changed(plain.value) });
  host.append(plain);
  const soon = debounced(() => onchange(text), PAUSE);
  const changed = (now) => { if (now !== text) { text = now; soon(); } };
  import("@bpmn-io/feel-editor").then(({ default: FeelEditor }) => {
    if (!element.isConnected) return;
    const focused = document.activeElement === plain;
    host.replaceChildren();
    editor = new FeelEditor({
      container: host, value: text, placeholder, readOnly, variables: variablesOf(), ...(builtins?.length ? { builtins } : {}),
      contentAttributes: { "aria-label": label, "aria-multiline": "true" },
      onChange: changed,
      onLint: ([fault]) => { said.textContent = text.trim() && fault ? fault.message : ""; },
    });
    if (focused) editor.focus();
  }, () => {}); // the line is lost: the plain box stays, and what is written there counts as much
  host.addEventListener("focusout", () => soon.now());
  return {
    element,
    focus: () => (editor ? editor.focus() : plain.focus()),
    flush: () => soon.now(),
    show: (now) => {
      if (now === text || element.contains(document.activeElement)) return;
      text = now;
      if (editor) editor.setValue(now); else plain.value = now;
    },
  };
}
