// A running process on its diagram: where the tokens stand, what is done, what failed; and the same in words.
// Read from data-state-url: {"active": [{"element", "since"?, "who"?}], "done": ["element", …],
// "failed": [{"element", "text"?}], "heat": [{"element", "text", "level": 1…5}]}. Read again on the live event of
// data-live. A click on an element is told as the event "flow:pick" with its id and name.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { words } from "../desk/words.js";

const PAN = 60; // px a key press
const MARGIN = 16; // px around what is shown
const NEIGHBOURS = 100; // px of the drawing around the tokens
const READABLE = 0.45; // scale below which names in the drawing cannot be read

function names(registry, id) {
  const element = registry.get(id);
  return element?.businessObject?.name || id;
}

// Names in the reader's language, where the diagram has them (lanedesk:text).
function inWords({ elementsById }) {
  const language = document.documentElement.lang.slice(0, 2);
  for (const element of Object.values(elementsById ?? {})) {
    const texts = element.extensionElements?.values ?? [];
    const text = texts.find(({ $type, lang }) => $type.endsWith(":text") && lang?.slice(0, 2) === language);
    if (text?.name) element.name = text.name;
  }
}

function paint(viewer, marks, state) {
  const registry = viewer.get("elementRegistry");
  const canvas = viewer.get("canvas");
  const overlays = viewer.get("overlays");
  for (const [id, mark] of marks) canvas.removeMarker(id, mark);
  overlays.clear();
  marks.length = 0;
  const mark = (id, name) => {
    if (!registry.get(id)) return; // of another version: nothing to mark
    canvas.addMarker(id, name);
    marks.push([id, name]);
  };
  const token = (id, sign, name) => {
    if (!registry.get(id)) return;
    const html = document.createElement("div");
    html.className = `ld-token ${name}`;
    html.textContent = sign;
    overlays.add(id, { position: { top: -11, right: 11 }, html });
  };
  const heat = ({ element, text, level }) => {
    const shape = registry.get(element);
    if (!shape) return;
    mark(element, `ld-heat-${level}`);
    const html = document.createElement("div");
    html.className = `ld-heat ld-heat-${level}`;
    html.textContent = text;
    const middle = shape.waypoints && halfway(shape.waypoints);
    const box = middle && boxOf(shape.waypoints);
    const position = middle ? { left: middle.x - box.x - 12, top: middle.y - box.y + 2 } : { bottom: 9, left: -9 };
    overlays.add(element, { position, html });
  };
  for (const one of state.heat ?? []) heat(one);
  for (const id of state.done ?? []) mark(id, "ld-done");
  for (const { element } of state.active ?? []) { mark(element, "ld-active"); token(element, "●", ""); }
  for (const { element } of state.failed ?? []) { mark(element, "ld-failed"); token(element, "!", "is-failed"); }
}

const boxOf = (points) => ({ x: Math.min(...points.map(({ x }) => x)), y: Math.min(...points.map(({ y }) => y)) });

// The point halfway along a line.
function halfway(points) {
  const parts = points.slice(1).map((point, i) => ({ from: points[i], to: point, length: Math.hypot(point.x - points[i].x, point.y - points[i].y) }));
  let left = parts.reduce((sum, { length }) => sum + length, 0) / 2;
  for (const { from, to, length } of parts) {
    if (left <= length) return { x: from.x + ((to.x - from.x) * left) / (length || 1), y: from.y + ((to.y - from.y) * left) / (length || 1) };
    left -= length;
  }
  return points.at(-1);
}

function write(root, viewer, state) {
  const registry = viewer.get("elementRegistry");
  const said = words();
  const lines = [
    ...(state.failed ?? []).map(({ element, text }) => [element, [said.flow_failed, text].filter(Boolean).join(": ")]),
    ...(state.active ?? []).map(({ element, who }) => [element, [said.flow_now, who].filter(Boolean).join(", ")]),
    ...(state.heat ?? []).map(({ element, text }) => [element, text]),
    ...(state.done ?? []).filter((id) => registry.get(id) && !registry.get(id).waypoints).map((id) => [id, said.flow_done]),
  ];
  root.querySelector("[data-flow-words]")?.replaceChildren(...lines.map(([id, what]) => {
    const item = document.createElement("li");
    item.textContent = `${names(registry, id)} (${what})`;
    return item;
  }));
}

// Shows a box of the drawing with a little air around it, never larger than drawn. Returns the scale.
function show(canvas, box, smallest = 0) {
  const { outer } = canvas.viewbox();
  if (!outer.width || !outer.height) return 1; // not laid out: a hidden tab
  const fitting = Math.min(1, (outer.width - 2 * MARGIN) / box.width, (outer.height - 2 * MARGIN) / box.height);
  const scale = Math.max(fitting, smallest);
  const width = outer.width / scale;
  const height = outer.height / scale;
  canvas.viewbox({ x: box.x - (width - box.width) / 2, y: box.y - (height - box.height) / 2, width, height });
  return fitting;
}

const fitWhole = (canvas) => show(canvas, canvas.viewbox().inner);

// The whole diagram where its words can be read; else the place where the tokens stand.
function look(viewer, state) {
  const canvas = viewer.get("canvas");
  if (fitWhole(canvas) >= READABLE) return;
  const ids = [...(state.failed ?? []), ...(state.active ?? [])].map(({ element }) => element);
  const shapes = ids.map((id) => viewer.get("elementRegistry").get(id)).filter(Boolean);
  if (!shapes.length) return;
  const x = Math.min(...shapes.map((shape) => shape.x));
  const y = Math.min(...shapes.map((shape) => shape.y));
  const right = Math.max(...shapes.map((shape) => shape.x + shape.width));
  const bottom = Math.max(...shapes.map((shape) => shape.y + shape.height));
  const around = { x: x - NEIGHBOURS, y: y - NEIGHBOURS, width: right - x + 2 * NEIGHBOURS, height: bottom - y + 2 * NEIGHBOURS };
  show(canvas, around, READABLE);
}

function wholeScreen(root) {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen();
}

function listen(root, viewer, aim) {
  const canvas = viewer.get("canvas");
  const zoom = viewer.get("zoomScroll");
  const fit = () => fitWhole(canvas);
  const tools = { fit, in: () => zoom.stepZoom(1), out: () => zoom.stepZoom(-1), full: () => wholeScreen(root) };
  root.addEventListener("click", (event) => tools[event.target.closest("[data-flow]")?.dataset.flow]?.());
  const keys = {
    ArrowLeft: () => canvas.scroll({ dx: PAN, dy: 0 }), ArrowRight: () => canvas.scroll({ dx: -PAN, dy: 0 }),
    ArrowUp: () => canvas.scroll({ dx: 0, dy: PAN }), ArrowDown: () => canvas.scroll({ dx: 0, dy: -PAN }),
    "+": tools.in, "=": tools.in, "-": tools.out, 0: fit,
  };
  root.querySelector(".ld-flow-canvas").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
  viewer.get("eventBus").on("element.click", ({ element }) => {
    const { id, businessObject } = element;
    root.dispatchEvent(new CustomEvent("flow:pick", { bubbles: true, detail: { id, name: businessObject?.name || id } }));
  });
  let width = 0;
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width && entry.contentRect.width !== width) {
      width = entry.contentRect.width;
      canvas.resized();
      aim();
    }
  }).observe(root);
}

async function read(address, accept) {
  const response = await fetch(address, { headers: { Accept: accept }, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response;
}

export async function showFlow(root) {
  const place = root.querySelector(".ld-flow-canvas");
  try {
    const viewer = new NavigatedViewer({ container: place });
    viewer.get("eventBus").on("import.parse.complete", inWords);
    const marks = [];
    let state = {};
    let seen = "";
    let asked = 0;
    const aim = () => look(viewer, state);
    const refresh = async () => {
      const mine = ++asked;
      const answer = await (await read(root.dataset.stateUrl, "application/json")).json();
      if (mine !== asked) return; // something newer has been asked for meanwhile
      state = answer;
      paint(viewer, marks, state);
      write(root, viewer, state);
      // The token went on: follow it. Otherwise leave the view as the reader has moved it.
      const places = JSON.stringify([state.active, state.failed].map((list) => list?.map(({ element }) => element)));
      if (places !== seen) aim();
      seen = places;
    };
    await viewer.importXML(await (await read(root.dataset.xmlUrl, "application/xml")).text());
    // Before the first look: what happens while it is read is news, too.
    for (const topic of (root.dataset.live ?? "").split(" ").filter(Boolean)) {
      const onNews = () => (root.isConnected ? refresh() : document.body.removeEventListener(`live:${topic}`, onNews));
      document.body.addEventListener(`live:${topic}`, onNews);
    }
    await refresh();
    listen(root, viewer, aim);
    root.dataset.ready = "";
  } catch (error) {
    const note = document.createElement("p");
    note.className = "ld-flow-error";
    note.textContent = words().flow_error;
    place.replaceChildren(note);
    throw error; // to the console: the person has the words
  }
}
