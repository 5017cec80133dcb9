// Tabs inside a page (macro ui.panel_tabs): click or arrow keys; the chosen one is kept for this browser tab.
// Of tabs that are links (macro ui.tabs) the one of this page is in sight, however narrow the row is.
import { onContent } from "./page.js";

const shown = new WeakSet(); // rows whose tab was brought into sight

function choose(tab, focus) {
  const group = tab.closest("[data-tabs]");
  for (const other of group.querySelectorAll("[role=tab]")) {
    const is = other === tab;
    other.setAttribute("aria-selected", String(is));
    other.tabIndex = is ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !is;
  }
  if (focus) tab.focus();
  sessionStorage.setItem(`ld-tab-${group.dataset.tabs}`, tab.id);
  tab.dispatchEvent(new CustomEvent("ld:tab", { bubbles: true }));
}

function bringIntoSight() {
  for (const tab of document.querySelectorAll(".ld-tabs > [aria-current]")) {
    const row = tab.parentElement;
    if (shown.has(row)) continue; // whoever has moved the row since wants it so
    shown.add(row);
    row.scrollLeft += tab.getBoundingClientRect().right - row.getBoundingClientRect().right + row.clientWidth / 4;
  }
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  if (tab) choose(tab);
});
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const all = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  choose(all[(all.indexOf(tab) + step + all.length) % all.length], true);
  event.preventDefault();
});
onContent(() => {
  requestAnimationFrame(bringIntoSight); // not before the page has its own place again
  for (const group of document.querySelectorAll("[data-tabs]")) {
    const kept = document.getElementById(sessionStorage.getItem(`ld-tab-${group.dataset.tabs}`));
    if (kept?.closest("[data-tabs]") === group && kept.getAttribute("aria-selected") !== "true") choose(kept);
  }
});
