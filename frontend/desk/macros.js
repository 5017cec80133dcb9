// Macros of a step's form: after a field has changed, the server says what to fill in, hide and show.
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
    field.hidden = effects.hidden.includes(field.dataset.ldField);
  }
  for (const [name, value] of Object.entries(effects.values)) fill(place, name, value);
  const buttons = place.closest("form").querySelectorAll(".ld-outcomes button");
  for (const button of buttons) button.disabled = effects.view_only;
}

function fill(place, name, value) {
  for (const control of place.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (control.type === "checkbox" || control.type === "radio") control.checked = control.value === String(value);
    else control.value = value ?? "";
  }
}
