// Two diagrams side by side that move together, with marks on both.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { h } from "./dom.js";
import { language } from "./texts.js";
import { Marks } from "./bpmn/marks.js";
import { swapNames } from "./bpmn/names.js";
import lanedesk from "./bpmn/lanedesk.json";

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
      side.viewer = new NavigatedViewer({ container: side.element, moddleExtensions: { lanedesk } });
      if (language() === "en") side.viewer.on("import.parse.complete", 2000, ({ definitions }) => { if (definitions) swapNames(definitions); });
      await side.viewer.importXML(xml);
      side.marks = new Marks(side.viewer);
      side.viewer.get("canvas").zoom("fit-viewport", "auto");
    }
    this.together();
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
