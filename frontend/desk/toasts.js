// Toasts leave by hand or by their time; errors stay three times as long, and none leaves under the pointer.
import { onContent } from "./page.js";

const STAY = 6000; // ms

export function showToast(text, category = "message") {
  const region = document.getElementById("flash");
  if (!region || !text) return;
  const toast = document.createElement("div");
  toast.className = `ld-toast is-${category}`;
  if (category === "error") toast.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  region.append(toast);
  expire();
}

function expire() {
  for (const toast of document.querySelectorAll("#flash .ld-toast:not([data-expires])")) {
    toast.dataset.expires = "";
    const stay = toast.classList.contains("is-error") ? STAY * 3 : STAY;
    setTimeout(function leave() {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, 1000);
      else toast.remove();
    }, stay);
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-dismiss]")) event.target.closest(".ld-toast")?.remove();
});
onContent(expire);
