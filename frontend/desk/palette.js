// The command palette: the links of the page that carry data-palette, filtered as one types, and below them
// what the server finds (a fragment of links from /search). Arrows choose, Enter opens.
const palette = () => document.getElementById("palette");
const options = () => [...palette().querySelectorAll("[role=listbox] a")].filter((link) => !link.hidden);

function offerLinks() {
  const list = palette().querySelector("[data-palette-links]");
  list.replaceChildren(...[...document.querySelectorAll("a[data-palette]")].map((link) => {
    const option = document.createElement("a");
    option.href = link.href;
    const icon = link.querySelector("svg")?.cloneNode(true);
    const text = document.createElement("span");
    text.textContent = (link.querySelector(".ld-rail-word") ?? link).textContent.trim();
    option.append(...[icon, text].filter(Boolean));
    return option;
  }));
}

function dress() {
  for (const [index, option] of options().entries()) {
    option.setAttribute("role", "option");
    option.id ||= `palette-option-${index}-${Math.random().toString(36).slice(2, 7)}`;
    option.tabIndex = -1;
  }
}

function choose(option) {
  palette().querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
  const input = palette().querySelector("input");
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function refilter() {
  const sought = palette().querySelector("input").value.trim().toLowerCase();
  for (const link of palette().querySelectorAll("[data-palette-links] a")) {
    link.hidden = sought !== "" && !link.textContent.toLowerCase().includes(sought);
  }
  if (!sought) palette().querySelector("#palette-found").replaceChildren();
  dress();
  choose(options()[0]);
}

document.addEventListener("ld:open", (event) => {
  if (event.target !== palette()) return;
  const input = palette().querySelector("input");
  input.value = "";
  offerLinks();
  refilter();
  input.focus();
});
document.addEventListener("input", (event) => { if (palette()?.open && palette().contains(event.target)) refilter(); });
document.addEventListener("htmx:after:swap", () => {
  if (!palette()?.open) return;
  dress();
  if (!palette().querySelector("[aria-selected=true]")) choose(options()[0]);
});
document.addEventListener("keydown", (event) => {
  if (!palette()?.open || event.isComposing) return;
  const list = options();
  const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(list[Math.min(at + 1, list.length - 1)]);
  else if (event.key === "ArrowUp") choose(list[Math.max(at - 1, 0)]);
  else if (event.key === "Enter" && list[at]) {
    palette().close();
    list[at].click();
  } else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (palette()?.open && event.target.closest?.("#palette [role=option]")) palette().close();
});
