// Macros of a page's form: after a field has changed, the server says what to fill in, hide and show.
// The form carries its CSRF token itself.
const timers = new WeakMap();

document.addEventListener("change", (event) => {
  const place = event.target.closest?.("[data-macros]");
  const form = event.target.form;
  if (!place?.dataset.macros || !form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => ask(place, form), 150));
});

async function ask(place, form) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  const answer = await fetch(place.dataset.macros, { method: "POST", body: data });
  if (answer.ok && place.isConnected) obey(place, await answer.json());
}

function obey(place, effects) {
  for (const field of place.querySelectorAll("[data-ld-field]")) {
    field.hidden = has(effects.hidden, field);
    for (const control of field.querySelectorAll("input, select, textarea")) {
      lock(control, effects.view_only || has(effects.read_only, field));
      require(control, field.hidden);
    }
  }
  for (const [name, value] of Object.entries(effects.values)) fill(place, name, value);
  const form = place.closest("form");
  for (const button of form.querySelectorAll(".ld-outcomes button, [data-send]")) button.disabled = effects.view_only;
}

// A field by its name, or by that of what it is a part of: an address of its position.
const has = (names, field) => names.some((name) => `${field.dataset.ldField}.`.startsWith(`${name}.`));

// What is read only is not sent either; the server would not take it. What was so from the start stays so.
function lock(control, on) {
  if (on === control.disabled || (control.disabled && !("macroLocked" in control.dataset))) return;
  control.disabled = on;
  control.toggleAttribute("data-macro-locked", on);
}

// A browser must not ask for what nobody sees.
function require(control, hidden) {
  if (hidden && control.required) control.dataset.macroRequired = "";
  if ("macroRequired" in control.dataset) control.required = !hidden;
}

function fill(place, name, value) {
  const values = [value ?? []].flat().map(String);
  for (const control of place.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else if (control.type === "datetime-local") control.value = (values[0] ?? "").slice(0, 16);
    else if (control.type !== "file") control.value = values[0] ?? "";
  }
}
