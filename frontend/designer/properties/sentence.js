// What a timer or a due date means, in words of the server: "4 hours later, next on Monday 09:00".
import { call } from "../api.js";
import { h } from "../dom.js";
import { both, moment, t } from "../texts.js";

const known = new Map();

async function ask(kind, text) {
  const key = `${kind} ${text}`;
  if (!known.has(key)) known.set(key, call("POST", "/words", { kind, text }).catch((error) => { known.delete(key); throw error; }));
  return known.get(key);
}

// An element that says it, and says it again when `read()` gives something new.
export function sentenceOf(key, read, kind) {
  const element = h("p", { class: "ldz-sentence", role: "status", "data-sentence": key });
  let said = null;
  const look = async () => {
    if (!element.isConnected && said !== null) { clearInterval(timer); return; }
    const text = read() ?? "";
    if (text === said) return;
    said = text;
    if (!text) { element.textContent = ""; return; }
    try {
      const words = await ask(typeof kind === "function" ? kind() : kind, text);
      if (said !== text) return;
      element.classList.toggle("is-fault", Boolean(words.error));
      const next = words.next?.[0] ? ` · ${t("Next: {when}", { when: moment(words.next[0]) })}` : "";
      element.textContent = both(words.error) || `${both(words.sentence)}${next}`;
    } catch {
      element.textContent = ""; // without the server there are no words; the field itself is whole
    }
  };
  const timer = setInterval(look, 500);
  look();
  return element;
}
