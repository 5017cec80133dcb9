// A list to choose from by typing: steps to add, elements to connect to. Arrow keys move, Enter takes, Escape leaves.
import { h, icon, newId } from "../dom.js";
import { t } from "../texts.js";

const MOST = 60;

// items: [{group, words, detail, sign (class) or icon (name), ...}]; resolves to the chosen item or null.
export function choose(title, items) {
  return new Promise((resolve) => {
    const id = newId("ldz-choose");
    let shown = [];
    let at = 0;
    const list = h("div", { class: "ldz-choices", role: "listbox", id: `${id}-list`, "aria-label": title });
    const field = h("input", {
      class: "form-control", type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": `${id}-list`, "aria-label": title,
      placeholder: title, autocomplete: "off",
    });
    const dialog = h("dialog", { class: "ld-dialog ldz-choose", "aria-label": title }, field, list,
      h("p", { class: "ldz-choose-keys" }, t("↑ ↓ move, Enter takes, Esc leaves")));
    const finish = (item) => { dialog.close(); dialog.remove(); resolve(item); };
    const mark = () => {
      [...list.querySelectorAll("[role=option]")].forEach((option, index) => {
        option.setAttribute("aria-selected", String(index === at));
        if (index === at) { option.scrollIntoView({ block: "nearest" }); field.setAttribute("aria-activedescendant", option.id); }
      });
    };
    const draw = () => {
      const words = field.value.trim().toLowerCase().split(/\s+/);
      const fits = (item) => words.every((word) => `${item.words} ${item.detail ?? ""} ${item.group ?? ""} ${item.operator?.name ?? ""} ${item.type ?? ""}`.toLowerCase().includes(word));
      shown = items.filter(fits).slice(0, MOST);
      at = 0;
      const rows = [];
      let group = null;
      for (const [index, item] of shown.entries()) {
        if (item.group && item.group !== group) rows.push(h("div", { class: "ldz-choices-group", role: "presentation" }, group = item.group));
        rows.push(h("div", { role: "option", id: `${id}-${index}`, "aria-selected": "false", onclick: () => finish(item) },
          h("span", { class: `ldz-choice-sign ${item.sign ?? ""}`, "aria-hidden": "true" }, item.icon ? icon(item.icon) : null),
          h("span", { class: "ldz-choice-words" }, item.words), item.detail ? h("span", { class: "ldz-choice-detail" }, item.detail) : null));
      }
      list.replaceChildren(...(rows.length ? rows : [h("p", { class: "ldz-empty" }, t("Nothing fits."))]));
      mark();
    };
    field.addEventListener("input", draw);
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.isComposing) return;
      if (step && shown.length) { at = (at + step + shown.length) % shown.length; mark(); event.preventDefault(); }
      if (event.key === "Enter" && shown[at]) { event.preventDefault(); finish(shown[at]); }
    });
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); finish(null); });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) finish(null); });
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
    draw();
  });
}
