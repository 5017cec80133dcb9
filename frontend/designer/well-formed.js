// Whether a text is XML that may be drawn. The drawing editors read what is broken as well as they can, and what they
// write then is another file: the browser's own parser is strict, and the server says line and reason.
import { call } from "./api.js";
import { both, t } from "./texts.js";

// Refused with words of its own.
export class NotDrawn extends Error {
  words = true;
}

const DECLARATION = /^\ufeff?<\?xml\s[^>]*\?>/;

// The document, below an element of ours. Throws where it may not be drawn. `path`: its kind is what matters.
export async function checkXml(xml, path) {
  const before = xml.slice(0, Math.max(0, xml.search(/<[\p{L}_]/u)));
  if (before.includes("<!DOCTYPE")) throw new NotDrawn(t("This file has a DOCTYPE, which is not allowed in a diagram. It is shown as text, so that nothing is lost."));
  const read = document.implementation.createDocument(null, "file");
  try {
    // DOMParser would answer with a page of its own, whose styles the policy of ours forbids.
    read.documentElement.innerHTML = xml.replace(DECLARATION, "");
  } catch {
    const { problems: [problem] } = await call("POST", "/lint", { path, content: xml, files: {} });
    throw Object.assign(new Error(both(problem.message)), { line: problem.line });
  }
  return read;
}
