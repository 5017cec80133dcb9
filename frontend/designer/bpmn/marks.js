// Marks on a diagram: problems, tokens of a dry run, what scenarios passed, differences. Each kind is drawn as a whole.
import { h } from "../dom.js";

export class Marks {
  constructor(viewer) {
    this.viewer = viewer;
    this.drawn = new Map(); // kind -> {classes: [[id, class]], overlays: [id]}
  }

  clear(kind) {
    const canvas = this.viewer.get("canvas");
    const overlays = this.viewer.get("overlays");
    const registry = this.viewer.get("elementRegistry");
    for (const [id, name] of this.drawn.get(kind)?.classes ?? []) if (registry.get(id)) canvas.removeMarker(id, name);
    for (const id of this.drawn.get(kind)?.overlays ?? []) overlays.remove(id);
    this.drawn.delete(kind);
  }

  // items: [{element, class?, sign?, title?, signClass?, onclick?, at? ("left" | "right")}]
  draw(kind, items) {
    this.clear(kind);
    const canvas = this.viewer.get("canvas");
    const registry = this.viewer.get("elementRegistry");
    const overlays = this.viewer.get("overlays");
    const drawn = { classes: [], overlays: [] };
    for (const item of items) {
      const element = registry.get(item.element);
      if (!element) continue;
      if (item.class) { canvas.addMarker(item.element, item.class); drawn.classes.push([item.element, item.class]); }
      if (!item.sign) continue;
      const tag = item.onclick ? "button" : "div";
      const html = h(tag, { class: `ldz-sign ${item.signClass ?? ""}`, title: item.title, type: item.onclick ? "button" : null, "aria-label": item.title, onclick: item.onclick, role: item.onclick ? null : "img" }, item.sign);
      const place = item.at === "right" ? { top: -11, right: 11 } : { top: -11, left: -11 };
      drawn.overlays.push(overlays.add(item.element, `ldz-${kind}`, { position: element.waypoints ? { top: -8, left: -8 } : place, html }));
    }
    this.drawn.set(kind, drawn);
  }
}
