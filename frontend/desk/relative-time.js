// Keeps <time data-time="ago|due"> true while the page stands open. The server writes the same words first
// (macro ui.ago, ui.due), so nothing moves when this takes over.
import { onContent } from "./page.js";
import { fill, words } from "./words.js";

const MONTH = 2592000;

export function timeWords(seconds, kind, dictionary) {
  const size = Math.abs(seconds);
  if (size < 60) return kind === "due" ? dictionary.due_now : dictionary.now;
  const [unit, length] = size < 3600 ? ["m", 60] : size < 86400 ? ["h", 3600] : ["d", 86400];
  const family = seconds > 0 ? dictionary.in : kind === "due" ? dictionary.late : dictionary.ago;
  return fill(family[unit], { n: Math.floor(size / length) });
}

function refresh() {
  const dictionary = words();
  if (!dictionary.now) return;
  for (const element of document.querySelectorAll("time[data-time]")) {
    const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
    if (!(Math.abs(seconds) < MONTH)) continue;
    const text = timeWords(seconds, element.dataset.time, dictionary);
    if (element.textContent !== text) element.textContent = text;
    if (element.dataset.time === "due") {
      element.classList.toggle("is-late", seconds < 0);
      element.classList.toggle("is-soon", seconds >= 0 && seconds < Number(element.dataset.warn) * 60);
    }
  }
}

// The reader's own zone on hover: the server knows only the desk's.
document.addEventListener("pointerover", (event) => {
  const element = event.target.closest?.("time[data-time]");
  if (!element) return;
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" });
  element.title = format.format(new Date(element.dateTime));
});

onContent(refresh);
setInterval(refresh, 20000);
