// Adding, connecting and finding elements by keyboard or from the list of steps.
import { getNewShapePosition } from "bpmn-js/lib/features/auto-place/BpmnAutoPlaceUtil";
import { choose } from "./choose.js";
import { choices, typeWords } from "./kinds.js";
import { otherWords, t } from "../texts.js";

const GAP = 50; // px of the drawing between what is there and what is new
const LEAST_GAP = 20;
const BEFORE_GRID = 2500; // priority: bpmn-js answers at 2000, from its grid
const NO_STEPS_AFTER = ["bpmn:EndEvent", "bpmn:Lane", "bpmn:Participant", "bpmn:TextAnnotation", "bpmn:Process", "bpmn:Collaboration"];

export class Adding {
  constructor(modeler, catalogueOf) {
    this.get = (name) => modeler.get(name);
    this.catalogueOf = catalogueOf;
    modeler.on("autoPlace", BEFORE_GRID, ({ source, shape }) => this.placeAfter(source, shape));
  }

  selected() {
    const [element, other] = this.get("selection").get();
    return other ? null : element;
  }

  canAppendTo(element) {
    return element && !element.waypoints && element.type !== "label" && !NO_STEPS_AFTER.includes(element.businessObject.$type);
  }

  // Opens the list; what is chosen follows the selected element, or stands free.
  async step(source = this.selected()) {
    const after = this.canAppendTo(source) ? source : null;
    const host = after && /Task$|Activity$|SubProcess$/.test(after.businessObject.$type) ? after : null;
    const title = after ? t("What comes after “{name}”?", { name: after.businessObject.name || typeWords(after.businessObject) }) : t("What should be added?");
    const choice = await choose(title, choices(this.catalogueOf(), host));
    if (choice) this.add(choice, after);
    this.focus();
  }

  make(choice) {
    const factory = this.get("bpmnFactory");
    const options = { type: choice.type, ...choice.options };
    if (choice.operator) {
      const operator = factory.create("lanedesk:Operator", { name: choice.operator.name });
      const name = factory.create("lanedesk:Text", { lang: "en", name: otherWords(choice.operator.title) });
      const extensionElements = factory.create("bpmn:ExtensionElements", { values: [operator, name] });
      for (const value of extensionElements.values) value.$parent = extensionElements;
      options.businessObject = factory.create("bpmn:ServiceTask", { name: choice.words, extensionElements });
      extensionElements.$parent = options.businessObject;
    }
    return this.get("elementFactory").createShape(options);
  }

  add(choice, source) {
    const shape = this.make(choice);
    let added;
    if (choice.boundary) {
      const at = { x: source.x + source.width - 25, y: source.y + source.height };
      added = this.get("modeling").createShape(shape, at, source, { attach: true });
    } else if (source) added = this.get("autoPlace").append(source, shape);
    else added = this.get("modeling").createShape(shape, this.freePlace(shape), this.parentFor());
    this.get("selection").select(added);
    this.get("canvas").scrollToElement(added, 100);
    if (!choice.operator && !choice.type.endsWith("Gateway")) this.get("directEditing").activate(added);
    return added;
  }

  // The middle of a new step: where bpmn-js proposes it, further down where something stands or a flow runs already.
  placeAfter(source, shape) {
    const spot = getNewShapePosition(source, shape, this.get("elementRegistry"));
    const children = (source.parent?.children ?? []).filter((other) => other !== shape && !other.labelTarget && !other.host && other.type !== "bpmn:Lane");
    const others = children.flatMap((other) => (other.waypoints ? pieces(other) : [other]));
    const inTheWay = ({ x, y, width, height }) => Math.abs(x + width / 2 - spot.x) < (width + shape.width) / 2 + LEAST_GAP && Math.abs(y + height / 2 - spot.y) < (height + shape.height) / 2 + LEAST_GAP;
    for (let other = others.find(inTheWay); other; other = others.find(inTheWay)) spot.y = other.y + other.height + GAP + shape.height / 2;
    return spot;
  }

  parentFor() {
    const root = this.get("canvas").getRootElement();
    const pool = root.children?.find((child) => child.businessObject?.$type === "bpmn:Participant");
    return pool ?? root;
  }

  freePlace(shape) {
    const parent = this.parentFor();
    const shapes = (parent.children ?? []).filter((child) => !child.waypoints && child.type !== "bpmn:Lane" && !child.labelTarget);
    const right = Math.max(...shapes.map((child) => child.x + child.width), (parent.x ?? 100) + 30);
    const y = shapes.length ? shapes[shapes.length - 1].y + shapes[shapes.length - 1].height / 2 : (parent.y ?? 100) + 60;
    return { x: right + GAP + shape.width / 2, y };
  }

  // "Connect to…": a list of what the selected element may lead to.
  async connect(source = this.selected()) {
    if (!source || source.waypoints) return;
    const rules = this.get("rules");
    const items = this.get("elementRegistry").filter((other) => other !== source && !other.waypoints && !other.labelTarget && other.parent)
      .filter((other) => rules.allowed("connection.create", { source, target: other }))
      .map((other) => ({ words: other.businessObject.name || other.id, detail: typeWords(other.businessObject), target: other, near: Math.hypot(other.x - source.x, other.y - source.y) }))
      .sort((a, b) => a.near - b.near);
    const choice = await choose(t("Connect to…"), items);
    if (choice) {
      const connection = this.get("modeling").connect(source, choice.target);
      if (connection) this.get("selection").select(connection);
    }
    this.focus();
  }

  // The next or previous element in reading order.
  walk(step) {
    const all = readingOrder(this.get("elementRegistry"));
    if (!all.length) return;
    const at = all.indexOf(this.selected());
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
    this.get("selection").select(next);
    this.get("canvas").scrollToElement(next, 80);
  }

  focus() {
    if (!this.get("directEditing").isActive()) this.get("canvas").focus?.();
  }
}

// The straight pieces of a flow as boxes.
function pieces({ waypoints }) {
  return waypoints.slice(1).map((end, index) => {
    const begin = waypoints[index];
    return { x: Math.min(begin.x, end.x), y: Math.min(begin.y, end.y), width: Math.abs(begin.x - end.x), height: Math.abs(begin.y - end.y) };
  });
}

// Elements as one reads them: pools, then lanes, then what is in them from left to right; flows last.
export function readingOrder(registry) {
  const rank = (element) => {
    const type = element.businessObject.$type;
    return type === "bpmn:Participant" ? 0 : type === "bpmn:Lane" ? 1 : element.waypoints ? 3 : 2;
  };
  const x = (element) => element.x ?? element.waypoints?.[0].x ?? 0;
  const y = (element) => element.y ?? element.waypoints?.[0].y ?? 0;
  return registry.filter((element) => element.parent && !element.labelTarget && element.businessObject?.$type)
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? y(a) - y(b) : Math.round((x(a) - x(b)) / 40) || y(a) - y(b)));
}
