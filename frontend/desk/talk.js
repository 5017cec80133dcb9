// A conversation (data-keep-end) opens at its newest message and stays there as more arrive; who has scrolled up
// to read is not moved, but told. An address with #message-… goes to that message instead.
import { onContent } from "./page.js";

const NEAR = 120; // px from the end that still count as "at the end"
const page = document.scrollingElement;

// Where the page must stand to show the newest message: above the editor where that sticks to the bottom.
function end() {
  const talk = document.querySelector("[data-keep-end]");
  const editor = talk.parentElement.querySelector(".ld-work, .ld-editor, .ld-claim");
  const bar = document.querySelector(".ld-rail").getBoundingClientRect(); // at the bottom on a phone
  const covered = editor && getComputedStyle(editor).position === "sticky" ? editor.offsetHeight : bar.top > 0 ? innerHeight - bar.top : 0;
  return page.scrollTop + talk.getBoundingClientRect().bottom + covered - innerHeight;
}
const atEnd = () => Boolean(document.querySelector("[data-keep-end]")) && end() - page.scrollTop < NEAR;
const toEnd = () => page.scrollTo({ top: end(), behavior: "instant" });
const newest = (talk) => talk.querySelector(":scope > :last-child")?.id ?? "";

let wasAtEnd = false;
let shown = "";

document.addEventListener("htmx:before:swap", () => { wasAtEnd = atEnd(); });
document.addEventListener("click", (event) => {
  const pill = event.target.closest?.("[data-to-end]");
  if (!pill) return;
  pill.hidden = true;
  toEnd();
});
addEventListener("scroll", () => {
  const pill = document.querySelector("[data-to-end]");
  if (pill && atEnd()) pill.hidden = true;
}, { passive: true });

onContent(() => {
  const talk = document.querySelector("[data-keep-end]");
  if (!talk) { shown = ""; return; }
  const key = `${location.pathname} ${newest(talk)}`;
  const opened = !shown.startsWith(`${location.pathname} `);
  const news = key !== shown;
  shown = key;
  if (opened) {
    if (!location.hash.startsWith("#message-")) toEnd();
  } else if (wasAtEnd) {
    if (news || !atEnd()) toEnd(); // after a step of one's own htmx has gone to the top
  } else if (news) {
    const pill = document.querySelector("[data-to-end]");
    if (pill) pill.hidden = false;
  }
});
