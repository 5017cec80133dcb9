// Rows that came with news are marked for a moment (class is-new), so that a glance finds them; the row one reads
// stays where it is, by the browser's scroll anchoring and because lists are morphed, not replaced.
const ids = (list) => new Set([...list.querySelectorAll("[data-row][id]")].map((row) => row.id));
const before = new Map();

document.addEventListener("htmx:before:swap", () => {
  before.clear();
  for (const list of document.querySelectorAll("[data-rows][id]")) before.set(list.id, ids(list));
});
document.addEventListener("htmx:after:swap", () => {
  for (const [id, known] of before) {
    const list = document.getElementById(id);
    for (const row of list?.querySelectorAll("[data-row][id]") ?? []) {
      if (!known.has(row.id)) {
        row.classList.add("is-new");
        row.addEventListener("animationend", () => row.classList.remove("is-new"), { once: true });
      }
    }
  }
  before.clear();
});
