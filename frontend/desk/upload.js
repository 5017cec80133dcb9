// Files of a form: shown before they are sent, added by pasting an image, taken away one by one, and refused
// in words when all together are over the form's limit (data-max-mb). The server checks again.
import { showToast } from "./toasts.js";
import { fill, words } from "./words.js";

const megabytes = (bytes) => (bytes / 1048576).toFixed(1);

function setFiles(input, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  input.files = transfer.files;
}

function withinLimit(form, files) {
  const limit = Number(form.dataset.maxMb || Infinity);
  const kept = [];
  let total = 0;
  for (const file of files) {
    if (total + file.size > limit * 1048576) {
      showToast(fill(words().too_big, { name: file.name, size: megabytes(file.size), max: limit }), "error");
    } else {
      kept.push(file);
      total += file.size;
    }
  }
  return kept;
}

function show(form, input) {
  const list = form.querySelector("[data-file-list]");
  if (!list) return;
  list.replaceChildren(...[...input.files].map((file) => {
    const item = document.createElement("li");
    item.className = "ld-file";
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      picture.onload = () => URL.revokeObjectURL(picture.src);
      item.append(picture);
    }
    const name = document.createElement("span");
    name.className = "ld-cut";
    name.textContent = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-quiet btn-icon btn-sm";
    remove.textContent = "×";
    remove.setAttribute("aria-label", fill(words().remove, { name: file.name }));
    remove.onclick = () => {
      setFiles(input, [...input.files].filter((other) => other !== file));
      show(form, input);
    };
    item.append(name, remove);
    return item;
  }));
}

document.addEventListener("change", (event) => {
  if (event.target.type !== "file" || !event.target.form) return;
  const { form, files } = event.target;
  if (form.dataset.maxMb) setFiles(event.target, withinLimit(form, files));
  show(form, event.target);
});

document.addEventListener("paste", (event) => {
  const form = event.target.closest?.("form[data-paste-images]");
  const input = form?.querySelector("input[type=file]");
  const pasted = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  if (!input || !pasted.length) return;
  event.preventDefault();
  setFiles(input, withinLimit(form, [...input.files, ...pasted]));
  show(form, input);
});
