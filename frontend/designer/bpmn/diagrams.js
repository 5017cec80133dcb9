// A file may hold several diagrams, and things that are not drawn here: a bar above the canvas to choose, and to say so.
import { h } from "../dom.js";
import { t } from "../texts.js";

const SHOWN = 4; // names of what is not drawn
const own = (reference) => (reference ?? "").split(":").pop();

export class Diagrams {
  // `xml`: the file as the browser's parser has read it.
  constructor(editor, xml) {
    this.editor = editor;
    this.drawn = [...xml.getElementsByTagNameNS("*", "BPMNDiagram")].map((diagram) => [...diagram.getElementsByTagNameNS("*", "*")].filter(({ localName }) => /^BPMN(Shape|Edge)$/.test(localName)).map((one) => own(one.getAttribute("bpmnElement"))));
    this.named = new Map([...xml.querySelectorAll("[id]")].map((one) => [one.id, one]));
    this.bar = h("div", { class: "ldz-diagrams" });
    editor.canvasElement.append(this.bar);
  }

  // The first diagram in which something can be drawn. False: there is none, though the file has diagrams.
  async begin() {
    const { diagrams = [] } = this.editor.modeler.getDefinitions();
    const first = diagrams.find((diagram) => this.shows(diagram)) ?? diagrams[0];
    if (first && first !== diagrams[0]) await this.editor.modeler.open(first);
    this.show(first);
    return this.drawn.every((ids) => !ids.length) || this.editor.get("elementRegistry").getAll().some(({ parent }) => parent);
  }

  shows(diagram) {
    const { bpmnElement: of, planeElement = [] } = diagram.plane ?? {};
    return of?.$type !== "bpmn:Choreography" && planeElement.some(({ bpmnElement }) => bpmnElement && !bpmnElement.$type.endsWith("Conversation"));
  }

  show(current) {
    const { modeler } = this.editor;
    const all = modeler.getDefinitions().diagrams ?? [];
    // The diagram of a collapsed sub-process is reached through the sub-process.
    const apart = all.filter((diagram) => diagram === current || (this.shows(diagram) && !this.editor.get("elementRegistry").get(`${diagram.plane.bpmnElement?.id}_plane`)));
    const chosen = h("select", { class: "form-select form-select-sm", "aria-label": t("Diagram"), onchange: () => this.open(all[Number(chosen.value)]) },
      apart.map((diagram) => h("option", { value: all.indexOf(diagram), selected: diagram === current ? "" : null }, diagram.name || diagram.plane?.bpmnElement?.name || t("Diagram {n}", { n: all.indexOf(diagram) + 1 }))));
    const words = this.missing(all.filter((diagram) => diagram === current || !this.shows(diagram)).map((diagram) => all.indexOf(diagram)));
    this.bar.replaceChildren(apart.length > 1 ? chosen : "", words ? h("span", { role: "status" }, words) : "");
    this.bar.hidden = !this.bar.textContent;
  }

  // Of the open diagram, and of those that cannot be opened.
  missing(places) {
    const registry = this.editor.get("elementRegistry");
    const ids = [...new Set(places.flatMap((at) => this.drawn[at] ?? []))].filter((id) => id && !registry.get(id));
    if (!ids.length) return "";
    const names = ids.slice(0, SHOWN).map((id) => { const one = this.named.get(id); return one ? `${one.getAttribute("name") || id} (${one.localName})` : id; });
    return t("Kept in the file, not drawn here: {names}", { names: names.join(", ") + (ids.length > SHOWN ? ` … (${ids.length})` : "") });
  }

  async open(diagram) {
    const { editor } = this;
    editor.changed ||= editor.canUndo; // what was drawn there can no longer be undone, and is saved
    editor.loaded = false;
    await editor.modeler.open(diagram);
    editor.loaded = true;
    this.show(diagram);
    editor.look();
  }
}
