// The `name` of an element is in its first language, further ones are lanedesk:text; so is the label of a column of a
// decision table. Who reads English draws in English: both change places when a file is opened, and back when it is written.
const EMPTY = [];

export function textOf(bo, lang = "en") {
  return bo.get?.("extensionElements")?.values?.find((value) => /^lanedesk:text$/i.test(value.$type) && value.lang === lang);
}

function swap(bo, seen) {
  const text = textOf(bo);
  if (!text || seen.has(text) || bo.variable) return; // the editor calls a decision's variable as the decision, and expressions say it
  seen.add(text);
  const said = /^dmn:(In|Out)putClause$/.test(bo.$type) ? "label" : "name";
  const first = bo[said];
  bo[said] = text.name ?? text.body;
  text.name = first;
}

function* within(element, seen = new Set()) {
  if (!element || seen.has(element)) return;
  seen.add(element);
  yield element;
  for (const property of element.$descriptor?.properties ?? EMPTY) {
    if (property.isReference || property.isAttr || property.isBody) continue;
    const value = element[property.ns.localName] ?? element.get(property.name);
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child?.$descriptor && !child.$descriptor.isGeneric && child.$parent === element) yield* within(child, seen);
    }
  }
}

export function swapNames(definitions) {
  const seen = new Set();
  for (const element of within(definitions)) if ("name" in element || textOf(element)) swap(element, seen);
}
