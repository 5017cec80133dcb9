// Two diagrams side by side that move together, with marks on both.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { h } from "./dom.js";
import { language } from "./texts.js";
import { widenLabels } from "./bpmn/labels.js";
import { Marks } from "./bpmn/marks.js";
import { swapNames } from "./bpmn/names.js";
import lanedesk from "./bpmn/lanedesk.json";

const LEAST_ZOOM = 0.45; // smaller cannot be read: then their beginning is shown, at READABLE
const READABLE = 0.65;
const MARGIN = 30; // px of the drawing

export class TwoDiagrams {
  constructor(leftName, rightName) {
    this.sides = [leftName, rightName].map((name) => {
      const element = h("div", { class: "ldz-side", role: "img", "aria-label": name }, h("span", { class: "ldz-side-name" }, name));
      return { element };
    });
    this.element = h("div", { class: "ldz-sides" }, this.sides.map(({ element }) => element));
  }

  async show(left, right) {
    for (const [index, xml] of [left, right].entries()) {
      const side = this.sides[index];
      // At once, not after a pause: the other side follows every step.
      side.viewer = new NavigatedViewer({ container: side.element, canvas: { deferUpdate: false }, moddleExtensions: { lanedesk } });
      const english = language() === "en";
      if (english) side.viewer.on("import.parse.complete", 2000, ({ definitions }) => { if (definitions) swapNames(definitions); });
      await side.viewer.importXML(xml);
      if (english) widenLabels(side.viewer);
      side.marks = new Marks(side.viewer);
    }
    this.together();
    this.look();
  }

  // Both at one zoom and one place, with all that either shows where that can be read.
  look() {
    const canvas = this.sides[0].viewer.get("canvas");
    const inner = this.sides.map(({ viewer }) => viewer.get("canvas").viewbox().inner).filter(({ width }) => width);
    const { outer } = canvas.viewbox();
    if (!inner.length || !outer.width) return;
    const x = Math.min(...inner.map((box) => box.x)) - MARGIN;
    const y = Math.min(...inner.map((box) => box.y)) - MARGIN;
    const width = Math.max(...inner.map((box) => box.x + box.width)) + MARGIN - x;
    const height = Math.max(...inner.map((box) => box.y + box.height)) + MARGIN - y;
    const fitting = Math.min(outer.width / width, outer.height / height, 1);
    const scale = fitting < LEAST_ZOOM ? READABLE : fitting;
    const below = Math.max(0, outer.height / scale - height);
    canvas.viewbox({ x, y: y - below / 2, width: outer.width / scale, height: outer.height / scale });
  }

  together() {
    let moving = false;
    for (const [index, side] of this.sides.entries()) {
      side.viewer.on("canvas.viewbox.changed", ({ viewbox }) => {
        if (moving) return;
        moving = true;
        const other = this.sides[1 - index].viewer.get("canvas");
        const { outer } = other.viewbox();
        other.viewbox({ x: viewbox.x, y: viewbox.y, width: outer.width / viewbox.scale, height: outer.height / viewbox.scale });
        moving = false;
      });
    }
  }

  nameOf(id) {
    for (const { viewer } of [...this.sides].reverse()) {
      const name = viewer?.get("elementRegistry").get(id)?.businessObject.name;
      if (name) return name;
    }
    return "";
  }

  goTo(id) {
    for (const { viewer, marks } of this.sides) {
      const element = viewer.get("elementRegistry").get(id);
      marks.draw("chosen", element ? [{ element: id, class: "ldz-chosen" }] : []);
      if (element) viewer.get("canvas").scrollToElement(element, 60);
    }
  }

  destroy() {
    for (const { viewer } of this.sides) viewer?.destroy();
  }
}
