// Rows that people put in order: <tbody data-order="id of a form"> with an input of that form in each row. A row is
// dragged by its [data-order-grip], or moved by its [data-order-move="-1|1"] buttons, which keep the focus; the form is
// sent without a new page, and [data-order-said] in it says where the row is now. Without script the buttons send it.
import { fill } from "./words.js";

const places = (body) => [...body.children].filter((row) => row.querySelector("[data-order-grip]"));

async function save(body, row) {
  const form = document.getElementById(body.dataset.order);
  const list = places(body), said = form.querySelector("[data-order-said]");
  const name = row.querySelector("[data-row-link]").textContent;
  body.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (!answer?.ok) return location.reload(); // as it is kept, not as it was wished
  body.removeAttribute("aria-busy");
  said.textContent = fill(said.dataset.orderSaid, { name, n: list.indexOf(row) + 1, all: list.length });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-order] [data-order-move]");
  if (!button) return;
  event.preventDefault();
  const row = button.closest("tr"), body = row.parentElement, list = places(body);
  const other = list[list.indexOf(row) + Number(button.dataset.orderMove)];
  if (!other) return;
  if (Number(button.dataset.orderMove) < 0) other.before(row); else other.after(row);
  button.focus();
  save(body, row);
});

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.("[data-order] [data-order-grip]");
  if (!grip || event.button) return;
  event.preventDefault();
  const row = grip.closest("tr"), body = row.parentElement, before = places(body).indexOf(row);
  row.classList.add("is-dragged");
  const drag = (move) => {
    for (const other of places(body)) {
      const box = other.getBoundingClientRect(), above = move.clientY < box.top + box.height / 2;
      if (other === row || move.clientY < box.top || move.clientY > box.bottom) continue;
      if (above) other.before(row); else other.after(row);
    }
  };
  const listening = new AbortController(), { signal } = listening;
  const end = () => {
    listening.abort();
    row.classList.remove("is-dragged");
    if (places(body).indexOf(row) !== before) save(body, row);
  };
  document.addEventListener("pointermove", drag, { signal });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end, { signal });
});
