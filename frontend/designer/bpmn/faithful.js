// A diagram drawn elsewhere stays as it was drawn: bpmn-js rounds places, lays labels out anew and corrects references
// of whatever a change comes near. Here only what a person has changed is changed.
import AdaptiveLabels from "bpmn-js/lib/features/modeling/behavior/AdaptiveLabelPositioningBehavior";
import DataInputAssociations from "bpmn-js/lib/features/modeling/behavior/DataInputAssociationBehavior";
import HorizontalPools from "bpmn-js/lib/features/modeling/behavior/IsHorizontalFix";
import { getBusinessObject, getDi, is } from "bpmn-js/lib/util/ModelUtil";
import { getEnclosedElements } from "diagram-js/lib/util/Elements";

const SIDES = ["x", "y", "width", "height"];
const pick = (bounds) => Object.fromEntries(SIDES.map((side) => [side, bounds[side]]));
const equal = (one, other) => SIDES.every((side) => one[side] === other[side]);
const isLabel = (element) => Boolean(element.labelTarget);

// The behaviour, deaf to some commands: those that come when something beside it is moved.
function deafTo(Behavior, commands) {
  function Deaf(...parts) { Behavior.apply(this, parts); }
  Deaf.$inject = Behavior.$inject;
  Deaf.prototype = Object.create(Behavior.prototype);
  for (const hook of ["executed", "reverted", "postExecuted"]) {
    Deaf.prototype[hook] = function listen(events, ...rest) {
      return Behavior.prototype[hook].call(this, events.filter((one) => !commands.includes(one)), ...rest);
    };
  }
  return ["type", Deaf];
}

export const faithfulModule = {
  __init__: ["faithful"],
  adaptiveLabelPositioningBehavior: deafTo(AdaptiveLabels, ["connection.layout", "connection.updateWaypoints"]),
  dataInputAssociationBehavior: deafTo(DataInputAssociations, ["connection.move"]),
  isHorizontalFix: deafTo(HorizontalPools, ["shape.move", "shape.resize"]),
  faithful: ["type", Faithful],
};

Faithful.$inject = ["eventBus", "elementRegistry", "bpmnUpdater", "modeling"];

function Faithful(eventBus, elementRegistry, bpmnUpdater, modeling) {
  keepPlaces(eventBus, elementRegistry, bpmnUpdater);
  keepParents(eventBus, elementRegistry, bpmnUpdater);
  keepReferences(eventBus, elementRegistry, modeling);
  keepContainers(eventBus);
}

// Places are rounded when they are drawn. What is written is what was read, moved by as much as the person moved it.
function keepPlaces(eventBus, elementRegistry, bpmnUpdater) {
  const read = new Map(); // element → how it was drawn and what the file said
  eventBus.on("import.render.complete", () => {
    read.clear();
    for (const element of elementRegistry.getAll()) {
      const di = getDi(element);
      if (element.waypoints || !element.parent || !di) continue;
      const { bounds } = isLabel(element) ? di.label ?? {} : di;
      const inner = isLabel(element) ? null : di.label?.bounds;
      read.set(element, { drawn: pick(element), label: di.label, bounds: bounds && pick(bounds), inner: inner && pick(inner) });
    }
  });
  const update = bpmnUpdater.updateBounds;
  bpmnUpdater.updateBounds = function updateBounds(shape) {
    const { drawn, label, bounds, inner } = read.get(shape) ?? {};
    const di = getDi(shape);
    if (drawn && !bounds && equal(drawn, shape)) { di.label = label; return; } // its label has no place of its own
    update.call(this, shape);
    if (!bounds) return;
    const target = (isLabel(shape) ? di.label : di).bounds;
    for (const side of SIDES) target[side] = bounds[side] + (shape[side] - drawn[side]);
    if (inner && di.label?.bounds && is(shape, "bpmn:Activity")) Object.assign(di.label.bounds, inner, { x: inner.x + (shape.x - drawn.x), y: inner.y + (shape.y - drawn.y) });
  };
}

// What stays where it is drawn stays what it belongs to. And what is drawn on the collaboration itself, because its pool
// is not drawn or it stands beside it, still belongs to its process; an association to whatever it belonged to.
function keepParents(eventBus, elementRegistry, bpmnUpdater) {
  const homes = new WeakMap(); // element of the file → what it stood in when it was read
  eventBus.on("import.render.complete", () => { for (const { businessObject } of elementRegistry.getAll()) homes.set(businessObject, businessObject.$parent); });
  const updateParent = bpmnUpdater.updateParent;
  bpmnUpdater.updateParent = function keepParent(element, before) {
    if (!before || before !== element.parent) updateParent.call(this, element, before);
  };
  const updateSemantic = bpmnUpdater.updateSemanticParent;
  bpmnUpdater.updateSemanticParent = function keepSemantic(element, parent, visual) {
    const beside = parent?.$type === "bpmn:Collaboration";
    if (beside && element.$instanceOf("bpmn:FlowElement")) return;
    const stays = parent && (element.$type === "bpmn:Association" || (beside && element.$instanceOf("bpmn:Artifact")));
    updateSemantic.call(this, element, (stays && homes.get(element)) || parent, visual);
  };
}

// Lanes and groups say what is in them. That changes for what has crossed a border, and for nothing else.
function keepReferences(eventBus, elementRegistry, modeling) {
  let before = null;
  const drawn = (type) => elementRegistry.filter((element) => is(element, type) && !isLabel(element) && element.parent);
  const look = () => ({
    lanes: drawn("bpmn:Lane").map((lane) => ({ id: lane.id, root: rootOf(lane), ...pick(lane) })),
    groups: drawn("bpmn:Group").map((group) => ({ id: group.id, root: rootOf(group), ...pick(group) })),
  });
  const inLanes = (element, { lanes }) => {
    const [x, y] = [element.x + element.width / 2, element.y + element.height / 2];
    const around = lanes.filter((lane) => lane.root === rootOf(element) && x > lane.x && x < lane.x + lane.width && y > lane.y && y < lane.y + lane.height);
    return [element.parent?.id, ...around.map(({ id }) => id)].join(" ");
  };
  const inGroups = (element, { groups }) => (element.parent ? groups.filter((group) => group.root === rootOf(element) && getEnclosedElements([element], group)[element.id]).map(({ id }) => id).join(" ") : "");
  eventBus.on("commandStack.preExecute", 10_000, () => {
    if (before) return;
    before = { lane: new Map(), group: new Map() };
    const seen = look();
    if (seen.lanes.length) for (const node of drawn("bpmn:FlowNode")) before.lane.set(node, inLanes(node, seen));
    if (seen.groups.length) for (const element of drawn("bpmn:FlowElement")) before.group.set(element, inGroups(element, seen));
  });
  eventBus.on("commandStack.changed", () => { before = null; });
  const updateLanes = modeling.updateLaneRefs;
  modeling.updateLaneRefs = function updateLaneRefs(nodes, lanes) {
    const seen = look();
    const affected = lanes.length ? new Set([...nodes, ...drawn("bpmn:FlowNode")]) : new Set(nodes);
    const crossed = [...affected].filter((node) => !node.parent || (node.parent.businessObject.$type !== "bpmn:Collaboration" && before?.lane.get(node) !== inLanes(node, seen)));
    updateLanes.call(this, crossed, lanes.filter(({ parent }) => !parent));
  };
  const updateGroups = modeling.updateCategoryValueRefs;
  modeling.updateCategoryValueRefs = function updateCategoryValueRefs(elements, entries) {
    const seen = look();
    const affected = entries.length ? new Set([...elements, ...drawn("bpmn:FlowElement")]) : new Set(elements);
    const crossed = [...affected].filter((element) => (before?.group.get(element) ?? "") !== inGroups(element, seen));
    const renamed = entries.filter(({ groupShape, categoryValue }) => !groupShape.parent || getBusinessObject(groupShape).categoryValueRef !== categoryValue);
    updateGroups.call(this, crossed, renamed);
  };
}

function rootOf(element) {
  let root = element;
  while (root.parent) root = root.parent;
  return root;
}

// A pool or a sub-process grows for what is dragged over its border: not for what comes near it or stood over it before,
// and not for what is moved a little with the keys.
function keepContainers(eventBus) {
  eventBus.on("commandStack.elements.move.postExecuted", 2000, ({ context }) => {
    const { closure, delta, hints } = context;
    const over = hints?.primaryShape && Object.values(closure.topLevel).flat().some((element) => {
      const { parent } = element;
      if (!parent?.width || is(parent, "bpmn:Lane")) return false;
      const out = (dx, dy) => [element.x - dx < parent.x, element.y - dy < parent.y, element.x - dx + element.width > parent.x + parent.width, element.y - dy + element.height > parent.y + parent.height];
      const was = out(delta.x, delta.y);
      return out(0, 0).some((now, side) => now && !was[side]);
    });
    if (!over) context.hints = { ...hints, autoResize: false };
  });
}
