// What forms of the server gain in the browser: the reply's draft is kept until it was sent; filters apply at
// once; the summary of errors takes the focus.
import { memory, onContent } from "./page.js";
import { words } from "./words.js";

const key = (form) => `ld-draft-${form.dataset.draft}`;
const text = (form) => form.querySelector("textarea");
const say = (form, message) => {
  const place = form.querySelector("[data-draft-state]");
  if (place) place.textContent = message;
};
const timers = new WeakMap();

function restore(form) {
  if (form.dataset.restored !== undefined) return;
  form.dataset.restored = "";
  const draft = memory.get(key(form));
  if (draft && !text(form).value) {
    text(form).value = draft;
    say(form, words().draft_restored);
  }
}

function save(form) {
  const value = text(form).value;
  if (value.trim()) {
    if (memory.set(key(form), value)) say(form, words().draft_saved);
  } else memory.remove(key(form));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-draft]:not([data-draft=''])");
  if (!form || event.target !== text(form)) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), 400));
});

// Sent and taken by the server: the draft has done its work.
document.addEventListener("htmx:after:request", (event) => {
  const form = event.detail.ctx.sourceElement.closest?.("form[data-draft]:not([data-draft=''])");
  if (!form || event.detail.ctx.response.status >= 400) return;
  clearTimeout(timers.get(form));
  memory.remove(key(form));
});

// A row was added to a list of the form (<button name="__action" value="add:list">), or picked for it from a catalogue
// ("pick:list.item"): go on typing in it, where nothing stands yet.
let grown = "";
document.addEventListener("submit", (event) => {
  const { name, value } = event.submitter ?? {};
  const [, added, picked] = (name === "__action" && /^(?:add:(.+)|pick:(.+)\.\d+)$/.exec(value)) || [];
  grown = added ?? picked ?? "";
}, true);

// Enter in the search of a catalogue searches; elsewhere in the form it sends the form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.dataset?.find === undefined) return;
  event.preventDefault();
  event.target.form.requestSubmit(event.target.parentElement.querySelector("button"));
});

document.addEventListener("change", (event) => {
  event.target.closest?.("form[data-autosubmit]")?.requestSubmit();
});

onContent(() => {
  document.querySelectorAll("form[data-draft]:not([data-draft=''])").forEach(restore);
  if (grown) {
    const list = document.querySelectorAll(`[data-ld-list="${CSS.escape(grown)}"] [data-ld-row]`);
    grown = "";
    const cells = [...(list[list.length - 1]?.querySelectorAll("input:not([type=hidden]), select, textarea") ?? [])];
    (cells.find((cell) => !cell.value) ?? cells[0])?.focus();
  }
  const summary = document.querySelector("[data-autofocus]:not([data-focused])");
  if (summary) {
    summary.dataset.focused = "";
    summary.focus();
  }
});
