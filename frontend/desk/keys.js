// The keyboard. Single keys act only while nobody types and no dialog is open.
//   data-key="c"        on a link, button or field: pressing c opens, presses or focuses it ("Control+k" for chords)
//   data-rows / data-row / data-row-link: j and k move through the rows, Enter opens
//   data-row-key="a"    inside the chosen row: pressing a presses it
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], [role=textbox]");
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => row.offsetParent);
const chosen = () => document.querySelector("[data-row][aria-selected=true]");

function choose(row) {
  chosen()?.removeAttribute("aria-selected");
  row.setAttribute("aria-selected", "true");
  row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const list = rows();
  if (!list.length) return false;
  const at = list.indexOf(chosen() ?? document.activeElement.closest?.("[data-row]"));
  choose(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step))]);
  return true;
}

function press(element) {
  if (element.matches("input, textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
  return true;
}

function act(key) {
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "Enter" && document.activeElement === document.body && chosen()) {
    return press(chosen().querySelector("[data-row-link]"));
  }
  const quoted = CSS.escape(key);
  const inRow = chosen()?.querySelector(`[data-row-key="${quoted}"]`);
  const target = inRow ?? document.querySelector(`[data-key="${quoted}"]`);
  return target && !target.matches(":disabled") ? press(target) : false;
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.metaKey) return; // never while an input method composes
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) event.target.blur();
  if (event.key === "Enter" && event.ctrlKey) {
    const send = event.target.closest?.("form")?.querySelector("[data-send]");
    if (send) { event.preventDefault(); send.click(); }
    return;
  }
  if (event.ctrlKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (act(event.key)) event.preventDefault();
});

// A click chooses the row, too, so that keys go on from there.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row && row !== chosen()) {
    chosen()?.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
  }
});
