// The page of an instance: a click on a token in the diagram and one on a step fill the form that moves it; a click on a
// step alone offers to put a token there. Whoever uses no mouse has the same choices in the dialogs.
import { onContent } from "./page.js";

let token = null; // the option of the token that was clicked first

function choose(select, value) {
  const option = [...select.options].find((one) => one.value === value);
  if (option) select.value = value;
  return Boolean(option);
}

document.addEventListener("flow:pick", (event) => {
  const place = event.target.closest("[data-pick-move]");
  const tokens = document.getElementById("move-token");
  if (!place || !tokens) return;
  const { id } = event.detail;
  const standing = [...tokens.options].find((option) => option.dataset.element === id);
  if (standing && token !== standing) {
    token = standing;
    place.dataset.picked = event.detail.name;
    return;
  }
  const move = Boolean(token);
  const select = document.getElementById(move ? "move-to" : "add-to");
  if (!choose(select, id)) return;
  if (move) tokens.value = token.value;
  token = null;
  delete place.dataset.picked;
  document.querySelector(`[data-dialog="${move ? "move" : "add"}"]`)?.click();
});

// A dialog that came back with words at its fields is open again.
onContent(() => {
  const wanted = document.querySelector("[data-open-dialog]");
  if (!wanted) return;
  const dialog = document.getElementById(wanted.dataset.openDialog);
  wanted.remove();
  if (dialog && !dialog.open) dialog.showModal();
});
