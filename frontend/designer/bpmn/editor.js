// A BPMN diagram in its editor: bpmn-js with our extension elements, words, palette and keys.
import Modeler from "bpmn-js/lib/Modeler";
import MinimapModule from "diagram-js-minimap";
import TokenSimulationModule from "bpmn-js-token-simulation";
import { call } from "../api.js";
import { h } from "../dom.js";
import { language, t } from "../texts.js";
import { checkXml, NotDrawn } from "../well-formed.js";
import { Adding, readingOrder } from "./adding.js";
import { Diagrams } from "./diagrams.js";
import { faithfulModule } from "./faithful.js";
import { typeWords } from "./kinds.js";
import { widenLabels } from "./labels.js";
import lanedesk from "./lanedesk.json";
import { Marks } from "./marks.js";
import { swapNames } from "./names.js";
import { paletteModule } from "./palette.js";
import { routingModule } from "./routing.js";
import { sharedClipboard } from "./clipboard.js";
import { translateModule } from "./translate.js";

export const MOST_ELEMENTS = 4000; // drawn shapes and lines; more take a browser many seconds for every step
const PALETTE = 60; // px on the left of the canvas that the palette covers
const DRAWN = /<(?:[\w.-]+:)?BPMN(?:Shape|Edge)[\s>]/g;

// What bpmn-js reads of our namespace; it would leave out anything else.
const KNOWN = new Set(lanedesk.types.map(({ name }) => name[0].toLowerCase() + name.slice(1)));

function unknownExtension(xml) {
  const prefix = /xmlns:(\w+)="urn:lanedesk:bpmn:1\.0"/.exec(xml)?.[1];
  return prefix ? [...xml.matchAll(new RegExp(`<${prefix}:(\\w+)`, "g"))].map(([, name]) => name).find((name) => !KNOWN.has(name)) : undefined;
}

export class BpmnEditor {
  constructor({ container, onchange, onselect, catalogueOf }) {
    this.canvasElement = h("div", { class: "ldz-canvas", role: "application", "aria-label": t("Diagram") });
    container.append(this.canvasElement);
    this.onchange = onchange;
    this.onselect = onselect;
    this.english = language() === "en";
    this.modeler = new Modeler({
      container: this.canvasElement,
      moddleExtensions: { lanedesk },
      additionalModules: [MinimapModule, TokenSimulationModule, translateModule, sharedClipboard, faithfulModule, routingModule, paletteModule(() => this.adding)],
      drilldown: {},
    });
    this.adding = new Adding(this.modeler, catalogueOf);
    this.marks = new Marks(this.modeler);
    this.listen();
  }

  get(name) {
    return this.modeler.get(name);
  }

  listen() {
    const { modeler } = this;
    modeler.on("import.parse.complete", 2000, ({ definitions }) => { if (this.english && definitions) swapNames(definitions); });
    // A pool is called as the flow that is drawn in it.
    modeler.on("commandStack.element.updateLabel.postExecute", ({ context: { element, newLabel } }) => {
      const { processRef } = element.businessObject;
      if (processRef) this.get("modeling").updateModdleProperties(element, processRef, { name: newLabel });
    });
    modeler.on("commandStack.changed", () => { if (this.loaded) this.onchange(); });
    modeler.on("selection.changed", ({ newSelection }) => this.onselect(newSelection));
    modeler.on("element.changed", ({ element }) => { if (this.get("selection").isSelected(element)) this.onselect(this.get("selection").get()); });
    modeler.on("tokenSimulation.toggleMode", ({ active }) => { this.simulating = active; this.canvasElement.classList.toggle("is-simulating", active); });
    // A name has been written: the keys are the diagram's again.
    for (const end of ["complete", "cancel"]) modeler.on(`directEditing.${end}`, 500, () => queueMicrotask(() => { if (document.activeElement === document.body) this.focus(); }));
    this.get("keyboard").addListener(1500, ({ keyEvent }) => this.key(keyEvent));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || this.get("directEditing").isActive() || this.simulating) return undefined;
    const acts = { a: () => this.adding.step(), n: () => this.adding.step(null), k: () => this.adding.connect(), "]": () => this.adding.walk(1), "[": () => this.adding.walk(-1), 0: () => this.fit() };
    if (!acts[event.key]) return undefined;
    event.preventDefault();
    acts[event.key]();
    return true;
  }

  async load(xml) {
    const drawn = xml.match(DRAWN)?.length ?? 0;
    if (drawn > MOST_ELEMENTS) throw new NotDrawn(t("This diagram has {n} drawn elements. More than {most} are not opened here: split it into called flows, or change the file as text.", { n: drawn, most: MOST_ELEMENTS }));
    const unknown = unknownExtension(xml);
    if (unknown) throw new NotDrawn(t("This file says “{name}”, which the designer does not know. It is shown as text, so that nothing is lost.", { name: `lanedesk:${unknown}` }));
    const read = await checkXml(xml, "drawn.bpmn");
    this.loaded = false;
    const laidOut = drawn ? xml : (await call("POST", "/import", { content: xml, path: "import.bpmn" })).content;
    const { warnings } = await this.modeler.importXML(laidOut);
    this.diagrams = new Diagrams(this, read);
    if (!(await this.diagrams.begin())) throw new NotDrawn(t("Nothing in this file is of a kind that is drawn here. It is shown as text, so that nothing is lost."));
    if (this.english) widenLabels(this.modeler);
    this.loaded = true;
    this.untouched = xml;
    this.exported = await this.written();
    this.warnings = warnings;
    this.look();
  }

  // The whole diagram where it can be read, else its beginning; beside the palette.
  look() {
    const canvas = this.get("canvas");
    canvas.zoom("fit-viewport");
    const { inner, outer } = canvas.viewbox();
    const free = outer.width - PALETTE;
    const whole = 0.94 * Math.min(free / inner.width, outer.height / inner.height);
    const scale = whole < 0.47 ? 0.75 : Math.min(whole, 1);
    const [x, y] = whole < 0.47
      ? [inner.x - (PALETTE + 20) / scale, inner.y - 30 / scale]
      : [inner.x + inner.width / 2 - (PALETTE + free / 2) / scale, inner.y + (inner.height - outer.height / scale) / 2];
    canvas.viewbox({ x, y, width: outer.width / scale, height: outer.height / scale });
  }

  // A name that is being written counts as written.
  settle() {
    const naming = this.get("directEditing");
    if (naming.isActive()) naming.complete();
  }

  // What is saved: the very text that was read, until something is drawn.
  async text() {
    if (this.untouched !== undefined && !this.canUndo && !this.changed) return this.untouched;
    return this.written();
  }

  // What bpmn-js writes. The server puts into the file only what differs from what it wrote before (files/grafting.py).
  async written() {
    const definitions = this.modeler.getDefinitions();
    if (this.english) swapNames(definitions);
    try {
      return (await this.modeler.saveXML({ format: true })).xml;
    } finally {
      if (this.english) swapNames(definitions);
    }
  }

  undo() { this.get("commandStack").undo(); }
  redo() { this.get("commandStack").redo(); }
  get canUndo() { return this.get("commandStack").canUndo(); }
  get canRedo() { return this.get("commandStack").canRedo(); }
  fit() { this.look(); }
  find() { this.get("searchPad").toggle(); }
  minimap() { this.get("minimap").toggle(); }
  simulate() { this.get("toggleMode").toggleMode(!this.simulating); }
  focus() { this.get("canvas").focus?.(); }
  resized() { this.get("canvas").resized(); }
  destroy() { this.modeler.destroy(); }

  select(id) {
    const element = this.get("elementRegistry").get(id);
    if (!element) return false;
    this.get("selection").select(element);
    this.get("canvas").scrollToElement(element, 120);
    return true;
  }

  nameOf(id) {
    const element = this.get("elementRegistry").get(id);
    return element ? element.businessObject.name || typeWords(element.businessObject) : "";
  }

  processKey() {
    const processes = this.modeler.getDefinitions().rootElements.filter((root) => root.$type === "bpmn:Process");
    return (processes.find((process) => process.isExecutable) ?? processes[0])?.id;
  }

  // Names of the operators that the diagram calls.
  operators() {
    const found = new Set();
    for (const { businessObject: bo } of this.get("elementRegistry").getAll()) {
      for (const value of bo?.extensionElements?.values ?? []) if (value.$type === "lanedesk:Operator" && value.name) found.add(value.name);
    }
    return [...found].sort();
  }

  outline() {
    // Of the flows: those with a name, and those that a gateway chooses among.
    const leads = (element) => (/Gateway$/.test(element.source?.businessObject.$type) ? `→ ${element.target.businessObject.name || typeWords(element.target.businessObject)}` : "");
    return readingOrder(this.get("elementRegistry"))
      .map((element) => ({ id: element.id, name: element.businessObject.name || (element.waypoints ? leads(element) : ""), kind: typeWords(element.businessObject), flow: Boolean(element.waypoints) }))
      .filter(({ flow, name }) => !flow || name);
  }
}
