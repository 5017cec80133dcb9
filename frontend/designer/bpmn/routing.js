// Flows go round steps: bpmn-js lays a flow between its two ends and looks at nothing else. Where that would lead
// through another step, the way is searched on the lines beside the steps: short, with few corners, seldom over others.
import BpmnLayouter from "bpmn-js/lib/features/modeling/BpmnLayouter";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { getMid } from "diagram-js/lib/layout/LayoutUtil";

const GAP = 20; // px of the drawing between a step and a flow that passes it
const CLEAR = 8; // px that a flow keeps from a step at least
const INSIDE = 3; // px that a flow may touch a step's edge without running through it
const CORNER = 40; // what a corner costs, in px of detour
const OVER = 30; // what it costs to cross another flow
const ALONG = 3; // how many times dearer it is to run on another flow
const MOST_STEPS = 60; // the nearest ones; the search grows with their square

class RoundSteps extends BpmnLayouter {
  constructor(elementRegistry) {
    super(elementRegistry);
    this.registry = elementRegistry;
  }

  layoutConnection(connection, hints = {}) {
    const way = super.layoutConnection(connection, hints);
    const source = hints.source ?? connection.source;
    const target = hints.target ?? connection.target;
    if (!is(connection, "bpmn:SequenceFlow") || source === target) return way;
    const steps = stepsBeside(this.registry, source, target);
    if (!steps.some((step) => runsThrough(way, step))) return way;
    return wayRound(source, target, steps, segmentsOf(this.registry, connection, source)) ?? way;
  }
}
RoundSteps.$inject = ["elementRegistry"];

export const routingModule = { layouter: ["type", RoundSteps] };

// Whether a way of straight pieces leads through a box.
export function runsThrough(way, box) {
  return way.slice(1).some((end, index) => cuts(way[index], end, box, -INSIDE));
}

// Whether the piece from a to b touches the box, grown by `more`. Slanted pieces are taken for the box they span.
function cuts(a, b, box, more) {
  return Math.max(a.x, b.x) > box.x - more && Math.min(a.x, b.x) < box.x + box.width + more
    && Math.max(a.y, b.y) > box.y - more && Math.min(a.y, b.y) < box.y + box.height + more;
}

function parents(element) {
  const found = [];
  for (let one = element; one; one = one.parent) found.push(one);
  return found;
}

function stepsBeside(registry, source, target) {
  const around = new Set([...parents(source), ...parents(target)]);
  const root = parents(source).at(-1);
  const middle = { x: (getMid(source).x + getMid(target).x) / 2, y: (getMid(source).y + getMid(target).y) / 2 };
  const far = (step) => Math.hypot(getMid(step).x - middle.x, getMid(step).y - middle.y);
  return registry.filter((one) => !one.waypoints && !one.labelTarget && !around.has(one) && is(one, "bpmn:FlowNode") && parents(one).at(-1) === root)
    .sort((a, b) => far(a) - far(b)).slice(0, MOST_STEPS);
}

// Pieces of the other flows in the same picture.
function segmentsOf(registry, connection, source) {
  const root = parents(source).at(-1);
  return registry.filter((one) => one.waypoints && one !== connection && parents(one).at(-1) === root)
    .flatMap(({ waypoints }) => waypoints.slice(1).map((end, index) => [waypoints[index], end]));
}

// The four ways out of a shape: the point before each side, and the direction there.
function doors(shape) {
  const { x, y } = getMid(shape);
  return [
    { x: shape.x + shape.width + GAP, y, across: true }, { x: shape.x - GAP, y, across: true },
    { x, y: shape.y - GAP, across: false }, { x, y: shape.y + shape.height + GAP, across: false },
  ];
}

function wayRound(source, target, steps, flows) {
  const walls = [...steps, source, target];
  const free = (a, b, but = []) => !walls.some((wall) => !but.includes(wall) && cuts(a, b, wall, CLEAR));
  // An event on the edge of its host leads away from that.
  const offHost = (a, b, host) => !host || (!cuts(a, b, host, -INSIDE) && !cuts(b, b, host, CLEAR));
  const open = (shape) => doors(shape).filter((door) => free(getMid(shape), door, [shape, shape.host]) && offHost(getMid(shape), door, shape.host));
  const [starts, ends] = [open(source), open(target)];
  const sorted = (values) => [...new Set(values)].sort((a, b) => a - b);
  const xs = sorted([...walls.flatMap(({ x, width }) => [x - GAP, x + width + GAP]), ...[...starts, ...ends].map(({ x }) => x)]);
  const ys = sorted([...walls.flatMap(({ y, height }) => [y - GAP, y + height + GAP]), ...[...starts, ...ends].map(({ y }) => y)]);
  const found = cheapest(starts, ends, xs, ys, (a, b) => (free(a, b) ? price(a, b, flows) : Infinity));
  return found && straightened([getMid(source), ...found, getMid(target)]);
}

function price(a, b, flows) {
  const length = Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
  const across = a.y === b.y;
  let cost = length;
  for (const [from, to] of flows) {
    if (!cuts(a, b, { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y) }, 2)) continue;
    cost += (across ? Math.abs(from.y - to.y) < 1 : Math.abs(from.x - to.x) < 1) ? length * (ALONG - 1) : OVER;
  }
  return cost;
}

// Dijkstra on the crossings of the lines; a place counts once for each direction in which it is reached.
function cheapest(starts, ends, xs, ys, costOf) {
  const key = (column, row, across) => (column * ys.length + row) * 2 + (across ? 1 : 0);
  const known = new Map(); // key → {cost, from}
  const open = new Heap();
  const reach = (column, row, across, cost, from) => {
    const at = key(column, row, across);
    if (cost >= (known.get(at)?.cost ?? Infinity)) return;
    known.set(at, { cost, from });
    open.push({ at, column, row, across, cost });
  };
  for (const { x, y, across } of starts) reach(xs.indexOf(x), ys.indexOf(y), across, 0, null);
  const goals = new Map(ends.map(({ x, y, across }) => [key(xs.indexOf(x), ys.indexOf(y), across), true]));
  for (let now = open.pop(); now; now = open.pop()) {
    if (now.cost > known.get(now.at).cost) continue;
    if (goals.has(now.at)) return traced(now.at);
    for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const column = now.column + right;
      const row = now.row + down;
      if (column < 0 || row < 0 || column >= xs.length || row >= ys.length) continue;
      const cost = costOf({ x: xs[now.column], y: ys[now.row] }, { x: xs[column], y: ys[row] });
      if (cost < Infinity) reach(column, row, Boolean(right), now.cost + cost + (Boolean(right) === now.across ? 0 : CORNER), now.at);
    }
    reach(now.column, now.row, !now.across, now.cost + CORNER, now.at); // turned on the spot, to go in by a door
  }
  return null;

  function traced(end) {
    const way = [];
    for (let at = end; at !== null; at = known.get(at).from) {
      const place = Math.floor(at / 2);
      way.unshift({ x: xs[Math.floor(place / ys.length)], y: ys[place % ys.length] });
    }
    return way;
  }
}

// Without the points at which nothing turns; one at which the search turned on the spot is there twice.
function straightened(way) {
  const once = way.filter((point, index) => !index || point.x !== way[index - 1].x || point.y !== way[index - 1].y);
  return once.filter((point, index) => {
    const before = once[index - 1];
    const after = once[index + 1];
    if (!before || !after) return true;
    return !((before.x === point.x && point.x === after.x) || (before.y === point.y && point.y === after.y));
  });
}

class Heap {
  constructor() { this.items = []; }

  push(item) {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at) {
      const above = (at - 1) >> 1;
      if (items[above].cost <= items[at].cost) return;
      [items[above], items[at]] = [items[at], items[above]];
      at = above;
    }
  }

  pop() {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (!items.length) return first;
    items[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < items.length && items[left].cost < items[least].cost) least = left;
      if (right < items.length && items[right].cost < items[least].cost) least = right;
      if (least === at) return first;
      [items[at], items[least]] = [items[least], items[at]];
      at = least;
    }
  }
}
