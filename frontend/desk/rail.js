// The rail: icons, or icons with words. Remembered in this browser; "[" folds.
import { memory } from "./page.js";

const root = document.documentElement;
function toggle() {
  root.dataset.rail = root.dataset.rail === "wide" ? "narrow" : "wide";
  memory.set("ld-rail", root.dataset.rail);
}
document.addEventListener("click", (event) => { if (event.target.closest?.("[data-rail-toggle]")) toggle(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "[" && !event.ctrlKey && !event.target.closest?.("input, textarea, select, dialog")) toggle();
});
