// button[data-copy="#field"]: copies what stands in a field. The button is hidden until there is a clipboard to copy to
// (pages that are not served over https have none).
function show(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  const field = button && document.querySelector(button.dataset.copy);
  if (!field) return;
  await navigator.clipboard.writeText(field.value);
  button.classList.add("is-done");
  button.addEventListener("blur", () => button.classList.remove("is-done"), { once: true });
});

document.addEventListener("DOMContentLoaded", () => show(document));
document.addEventListener("htmx:after:swap", () => show(document));
