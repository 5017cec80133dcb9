// Live pages. One EventSource for the topics on the page: <body data-live-topics="tasks:17"> and any element
// with data-live="ticket:12" (several: joined by spaces). News on a topic becomes the DOM event `live:<topic>` on <body>, so that
//   <div data-live="ticket:12" hx-get="…" hx-trigger="live:ticket:12 from:body">
// reads itself again. An event is JSON {"id", "topic", "kind", "data", "at"}, which the listener gets as detail.
// data-live-since on <body> is the id of the last event that the page already shows. A server that refuses one
// more stream (429: too many tabs) is asked by long poll instead, at the same address. A tab that nobody sees lets go of
// its stream, because a browser opens six to a server at most (HTTP/1.1), and asks for what it missed when it is seen.
import { onContent } from "./page.js";

const SHOW_OFFLINE_AFTER = 3000; // ms; a reconnect is usually faster than anyone needs to know

const WAIT = 25; // s of a long poll
const PAUSE = 5000; // ms before the next try after a failure
const HIDDEN = 10000; // ms after which a tab counts as one that nobody sees

let source = null;
let polling = null; // AbortController of the long poll
let connected = ""; // the address without `after`
let lastId = "";
let shownSince = ""; // data-live-since of the page that is shown
let offlineTimer = 0;
let hiddenTimer = 0;

export function topicsOnPage(root = document) {
  const listed = (root.body.dataset.liveTopics ?? "").split(/[\s,]+/);
  const marked = [...root.querySelectorAll("[data-live]")].flatMap((element) => element.dataset.live.split(" "));
  return [...new Set([...listed, ...marked].filter(Boolean))].sort();
}

function announce(detail) {
  document.body.dispatchEvent(new CustomEvent(`live:${detail.topic}`, { detail, bubbles: true }));
}

function since() {
  const id = lastId || document.body.dataset.liveSince;
  return id ? `&after=${encodeURIComponent(id)}` : "";
}

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

function offline(is) {
  clearTimeout(offlineTimer);
  const note = document.querySelector("[data-offline]");
  if (!note) return;
  if (is) offlineTimer = setTimeout(() => { note.hidden = false; }, SHOW_OFFLINE_AFTER);
  else note.hidden = true;
}

function connect() {
  if (document.hidden) return;
  // Another page came in the place of this one, from before the news that this one has heard: ask from there.
  const pageSince = document.body.dataset.liveSince ?? "";
  if (pageSince !== shownSince) {
    shownSince = pageSince;
    lastId = "";
    hangUp();
  }
  const topics = topicsOnPage();
  const address = topics.length
    ? `${document.body.dataset.liveUrl ?? "/events/stream"}?topics=${topics.map(encodeURIComponent).join(",")}`
    : "";
  if (address === connected) return;
  hangUp();
  connected = address;
  offline(false);
  if (!address) return;
  source = new EventSource(address + since(), { withCredentials: true });
  source.onopen = () => offline(false);
  source.onmessage = (event) => {
    lastId = event.lastEventId || lastId;
    announce(JSON.parse(event.data));
  };
  // The browser reconnects by itself with Last-Event-ID; only a refusal (401, 429, 5xx) closes for good.
  source.onerror = () => {
    offline(true);
    if (source?.readyState === EventSource.CLOSED) poll(address);
  };
}

async function poll(address) {
  hangUp();
  connected = address;
  polling = new AbortController();
  const { signal } = polling;
  while (!signal.aborted) {
    try {
      const response = await fetch(`${address}&wait=${WAIT}${since()}`, { credentials: "include", signal });
      if (!response.ok) throw new Error(`${response.status}`);
      const { events, last } = await response.json();
      offline(false);
      lastId = last;
      events.forEach(announce);
    } catch {
      if (signal.aborted) return;
      offline(true);
      await sleep(PAUSE);
    }
  }
}

function hangUp() {
  source?.close();
  polling?.abort();
  source = polling = null;
  connected = "";
}

onContent(connect);
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(hangUp, HIDDEN);
  else connect();
});
addEventListener("pagehide", hangUp);
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
