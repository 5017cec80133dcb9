// Light, dark or as the system. layout/desk.html sets it before the first paint; here the choice takes effect
// at once, while its form saves it with the person.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function apply(choice) {
  root.dataset.theme = choice;
  root.dataset.bsTheme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
}

system.addEventListener("change", () => { if (root.dataset.theme === "system") apply("system"); });
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-theme-choice]");
  if (!button) return;
  apply(button.dataset.themeChoice);
  for (const other of document.querySelectorAll("[data-theme-choice]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
});
