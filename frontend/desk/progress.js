// Busy states. After 300 ms of waiting a line runs along the top and the pressed button is marked; what is
// faster shows nothing. A request that fails says so and keeps what was typed.
import { showToast } from "./toasts.js";
import { words } from "./words.js";

const PATIENCE = 300; // ms
const waiting = new Map(); // request context -> timer
let line = null;
let pressed = null;

function show() {
  if (line) return;
  line = document.createElement("div");
  line.className = "ld-busy";
  line.setAttribute("role", "progressbar");
  line.setAttribute("aria-label", words().working ?? "");
  document.documentElement.append(line);
  pressed?.classList.add("is-busy");
  pressed?.setAttribute("aria-busy", "true");
}

function hide() {
  line?.remove();
  line = null;
  pressed?.classList.remove("is-busy");
  pressed?.removeAttribute("aria-busy");
  pressed = null;
}

document.addEventListener("submit", (event) => { pressed = event.submitter; }, true);
document.addEventListener("htmx:before:request", (event) => {
  waiting.set(event.detail.ctx, setTimeout(show, PATIENCE));
});
document.addEventListener("htmx:finally:request", (event) => {
  clearTimeout(waiting.get(event.detail.ctx));
  waiting.delete(event.detail.ctx);
  if (!waiting.size) hide();
});

// A fault answers with an error page. That is right for a page that was asked for; a fragment must not be replaced by
// one, nor a page that was typed in.
// 401 (sign in again), 409 (somebody was faster) and 422 (look at the fields) bring what is to be shown.
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  const { status } = ctx.response;
  const leaves = ctx.hx?.redirect || ctx.hx?.refresh || ctx.hx?.location;
  const fault = status >= 500 || status === 403 || status === 404;
  const typed = status >= 500 && ctx.request.method !== "GET";
  if (fault && (typed || ctx.target !== document.body) && !leaves) {
    event.preventDefault();
    showToast(words().failed, "error");
  }
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.response) throw event.detail.error;
  showToast(words().no_connection, "error");
});

// Forms that leave the page without htmx.
document.addEventListener("submit", (event) => {
  if (event.target.closest("[hx-boost=false]") && !event.defaultPrevented) setTimeout(show, PATIENCE);
});
addEventListener("pageshow", hide);
