// Who else has this ticket open: <div data-presence="/tickets/12/presence" data-beat="20" data-live="presence:12">.
// The page says that it is there, every beat and at once when one begins or stops to write or leaves; what comes back
// is shown in the place, and read again when the topic has news.
// And whoever writes a reply is told when somebody else has sent one meanwhile.
import { fill } from "./words.js";
import { onContent } from "./page.js";

const STILL_WRITING = 15000; // ms after the last key
const tab = Math.random().toString(36).slice(2, 12);

let address = "";
let topic = "";
let shown = "";
let timer = 0;
let pause = 0;
let doing = "looking";

const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRFToken"] ?? "";

function show() {
  const place = document.querySelector("[data-presence]");
  if (place && place.innerHTML !== shown) place.innerHTML = shown;
}

async function ask(options) {
  const asked = address;
  try {
    const response = await fetch(asked, options);
    if (!response.ok || asked !== address) return;
    shown = (await response.text()).trim();
    show();
  } catch { /* offline: the next beat will do */ }
}

const tell = (state) => ask({
  method: "POST", headers: { "X-CSRFToken": token() }, body: new URLSearchParams({ tab, doing: state }), keepalive: true,
});
const beat = () => tell(doing);
const look = () => ask();

function arrive(place) {
  address = place.dataset.presence;
  topic = `live:${place.dataset.live}`;
  shown = "";
  doing = "looking";
  document.addEventListener(topic, look);
  timer = setInterval(beat, Number(place.dataset.beat) * 1000);
  beat();
}

function leave() {
  if (!address) return;
  clearInterval(timer);
  clearTimeout(pause);
  document.removeEventListener(topic, look);
  tell("gone");
  address = "";
}

function writes(now) {
  clearTimeout(pause);
  if (now) pause = setTimeout(() => writes(false), STILL_WRITING);
  const state = now ? "writing" : "looking";
  if (state === doing) return;
  doing = state;
  if (address) beat();
}

// Replies that were there when one began to write; those of others that come later are told.
let known = null;
const replies = () => [...document.querySelectorAll(".ld-message.is-reply")];

function tellOfReplies() {
  const note = document.querySelector("[data-replied]");
  if (!note || !known) return;
  const news = replies().find((reply) => !known.has(reply.id) && reply.dataset.by !== note.dataset.me);
  if (!news) return;
  note.querySelector("span").textContent = fill(note.dataset.replied, { name: news.querySelector("strong").textContent });
  note.hidden = false;
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "editor-text") return;
  const written = event.target.value.trim() !== "";
  writes(written);
  if (!written) known = null;
  else known ??= new Set(replies().map((reply) => reply.id));
});

onContent(() => {
  const place = document.querySelector("[data-presence]");
  if ((place?.dataset.presence ?? "") !== address) {
    leave();
    known = null;
    if (place) arrive(place);
  } else show(); // a step of one's own has drawn the page anew
  const text = document.getElementById("editor-text");
  if (text && !text.value.trim()) {
    known = null;
    writes(false);
  } else if (text) known ??= new Set(replies().map((reply) => reply.id)); // a draft that was restored
  tellOfReplies();
});
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  const place = document.querySelector("[data-presence]");
  if (event.persisted && place) arrive(place);
});
