// Elements of the page. Text only ever becomes text nodes: nothing that a diagram says can turn into markup.
let sprite = "";

export function useSprite(address) {
  sprite = address;
}

// h("button", {class: "btn", onclick: f, disabled: true}, "text", node, null)
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name, size = 18) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ld-icon");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

// A button; `sign` is an icon made by icon("…"). With `quiet: "Undo"` the words are for the tooltip and readers only.
export function button(words, { sign, kind = "", quiet = false, key, ...attributes } = {}) {
  const title = key ? `${words} (${key})` : words;
  const label = quiet ? h("span", { class: "visually-hidden" }, words) : words;
  const classes = ["btn", kind && `btn-${kind}`, "btn-sm", quiet && "btn-icon"].filter(Boolean).join(" ");
  return h("button", { type: "button", class: classes, title: quiet || key ? title : null, ...attributes }, sign, label);
}

let numbered = 0;
export const newId = (stem) => `${stem}-${(numbered += 1)}`;

// A modal dialog that removes itself. Returns {dialog, body, foot, close}; `onclose` is called once.
export function openDialog(title, { wide = false, whole = false, closeWords, onclose } = {}) {
  const id = newId("ldz-dialog");
  const dialog = h("dialog", {
    class: `ld-dialog ldz-dialog${wide ? " is-wide" : ""}${whole ? " is-whole" : ""}`, id, "aria-labelledby": `${id}-title`,
  });
  const close = () => dialog.close();
  const body = h("div", { class: "ld-dialog-body" });
  const foot = h("footer", { class: "ldz-dialog-foot" });
  dialog.append(
    h("header", {}, h("h2", { id: `${id}-title` }, title), button(closeWords, { sign: icon("x"), kind: "quiet", quiet: true, onclick: close })),
    body,
    foot,
  );
  dialog.addEventListener("close", () => { dialog.remove(); onclose?.(); });
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body, foot, close };
}

// A choice of actions under a button. items: [{words, sign, act, danger, disabled}] or null for a line.
export function openMenu(anchor, items) {
  document.querySelector(".ldz-menu")?.remove();
  const menu = h("div", { class: "ldz-menu", role: "menu" });
  let open = true;
  const close = () => {
    if (!open) return;
    open = false; // taking it away moves the focus, which would close it again
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
  };
  for (const item of items) {
    menu.append(item === null ? h("hr") : h("button", {
      type: "button", role: "menuitem", class: item.danger ? "is-danger" : "", disabled: item.disabled,
      onclick: () => { close(); anchor.focus(); item.act(); },
    }, item.sign, item.words));
  }
  const box = anchor.getBoundingClientRect();
  document.body.append(menu);
  menu.style.top = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - menu.offsetWidth - 8))}px`;
  anchor.setAttribute("aria-expanded", "true");
  const buttons = [...menu.querySelectorAll("button:not(:disabled)")];
  buttons[0]?.focus();
  menu.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") { close(); anchor.focus(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) close(); });
}

// A message that goes away by itself; errors stay until dismissed.
export function toast(words, category = "message", dismissWords = "×") {
  const sign = { success: icon("check"), warning: icon("alert-triangle"), error: icon("alert-circle") }[category] ?? icon("info-circle");
  const note = h("div", { class: `ld-toast is-${category}`, role: category === "error" ? "alert" : null }, sign, h("span", {}, words));
  note.append(h("button", { class: "btn btn-quiet btn-icon btn-sm", type: "button", "data-dismiss": true, onclick: () => note.remove() },
    h("span", { class: "visually-hidden" }, dismissWords), icon("x", 16)));
  document.getElementById("flash")?.append(note);
  if (category !== "error") setTimeout(() => note.remove(), 6000);
}

// f is called once, `wait` ms after the last call; .now() calls it at once if a call is due.
export function debounced(f, wait) {
  let timer = null;
  const later = () => { clearTimeout(timer); timer = setTimeout(later.now, wait); };
  later.now = () => { if (timer !== null) { clearTimeout(timer); timer = null; return f(); } return undefined; };
  later.cancel = () => { clearTimeout(timer); timer = null; };
  return later;
}
