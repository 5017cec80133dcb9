// Whether a text is XML that may be drawn. The drawing editors read what is broken as well as they can, and what they
// write then is another file: the browser's own parser is strict, and says line and reason.
import { t } from "./texts.js";

// Refused with words of its own.
export class NotDrawn extends Error {
  words = true;
}

// The document. Throws where it may not be drawn.
export function checkXml(xml) {
  const read = new DOMParser().parseFromString(xml.replace(/^\ufeff/, ""), "application/xml");
  const fault = read.querySelector("parsererror div")?.textContent;
  if (fault) throw new Error(fault.trim());
  if (read.doctype) throw new NotDrawn(t("This file has a DOCTYPE, which is not allowed in a diagram. It is shown as text, so that nothing is lost."));
  return read;
}
