"""Places of the nodes of one process or sub-process: columns by the longest way from a start, rows within lanes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, Element, local

GAP_X, GAP_Y = 60.0, 50.0
BORDER = 30.0  # inside a sub-process and around a lane's content
EVENT, GATEWAY, TASK = (36.0, 36.0), (50.0, 50.0), (100.0, 80.0)
BESIDE = {
    "dataObjectReference": (36.0, 50.0),
    "dataStoreReference": (50.0, 50.0),
    "textAnnotation": (100.0, 40.0),
}
NEAR = 20.0  # between an element and what stands beside it, and for the name below that
SUBPROCESSES = {"subProcess", "adHocSubProcess", "transaction"}


@dataclass
class Box:
    """A rectangle on the page."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def moved(self, x: float, y: float) -> "Box":
        """The same, so much further."""
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass
class Placed:
    """A scope with its places, from (0, 0). `columns` holds the column of each node, `lanes` the bands of its lanes."""

    boxes: dict[str, Box] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, Box] = field(default_factory=dict)
    flows: list[tuple[str, str, str]] = field(default_factory=list)  # (id, source, target)
    width: float = 0.0
    height: float = 0.0


def place(scope: Element) -> Placed:
    """Lay a scope out, sub-processes inside it first."""
    nodes = {e.get("id"): e for e in scope if _is_node(e) and e.get("id")}
    inner = {key: place(e) for key, e in nodes.items() if local(e) in SUBPROCESSES}
    hosts = {
        key: e.get("attachedToRef")
        for key, e in nodes.items()
        if local(e) == "boundaryEvent" and e.get("attachedToRef") in nodes
    }
    placed = Placed(flows=_flows(scope, nodes))
    own = [key for key in nodes if key not in hosts]
    edges = [(hosts.get(a, a), hosts.get(b, b)) for _, a, b in placed.flows]
    edges += [(hosts.get(a, a), b) for a, b in _associated(scope, nodes) if b in own]
    placed.columns = _columns(own, edges)
    sizes = {key: _size(nodes[key], inner.get(key)) for key in own}
    bands = _bands(scope, own)
    apart = {key for key in own if nodes[key].get("triggeredByEvent") == "true"}
    beside = _belongings(scope, nodes, hosts)
    _rows(placed, own, edges, sizes, bands, apart, beside)
    _attach(placed, hosts)
    for key, one in inner.items():
        _nest(placed, key, one)
    _beside(placed, scope)
    return placed


def _is_node(element: Element) -> bool:
    return local(element) in ACTIVITIES | EVENTS | GATEWAYS | {
        "callChoreography",
        "subChoreography",
    }


def _flows(scope: Element, nodes: dict[str, Element]) -> list[tuple[str, str, str]]:
    return [
        (e.get("id"), e.get("sourceRef"), e.get("targetRef"))
        for e in scope
        if local(e) == "sequenceFlow"
        and e.get("id")
        and e.get("sourceRef") in nodes
        and e.get("targetRef") in nodes
    ]


def _associated(scope: Element, nodes: dict[str, Element]) -> Iterable[tuple[str, str]]:
    for element in scope:
        ends = element.get("sourceRef"), element.get("targetRef")
        if local(element) == "association" and ends[0] in nodes and ends[1] in nodes:
            yield ends


def _size(element: Element, inner: Placed | None) -> tuple[float, float]:
    if inner is not None:
        width = max(TASK[0], inner.width + 2 * BORDER)
        return width, max(TASK[1], inner.height + 2 * BORDER)
    kind = local(element)
    return EVENT if kind in EVENTS else GATEWAY if kind in GATEWAYS else TASK


def _belongings(
    scope: Element, nodes: dict[str, Element], hosts: dict[str, str]
) -> dict[str, tuple[str, tuple[float, float]]]:
    """Data and notes of the scope that belong to one of its nodes: (that node, the size) by id."""
    kinds = {e.get("id"): BESIDE[local(e)] for e in scope if local(e) in BESIDE and e.get("id")}
    found: dict[str, tuple[str, tuple[float, float]]] = {}

    def belongs(item: str | None, node: str | None) -> None:
        if item in kinds and node in nodes:
            found.setdefault(str(item), (hosts.get(str(node), str(node)), kinds[item]))

    for element in scope:
        if local(element) == "association":
            ends = element.get("sourceRef"), element.get("targetRef")
            belongs(*ends)
            belongs(*ends[::-1])
        for association in data_associations(element):
            for reference in association:
                belongs((reference.text or "").strip(), element.get("id"))
    return found


def data_associations(node: Element) -> list[Element]:
    """What an activity or event reads and writes, each with its ends as text."""
    return [e for e in node if local(e) in ("dataInputAssociation", "dataOutputAssociation")]


def _columns(own: list[str], edges: list[tuple[str, str]]) -> dict[str, int]:
    """The longest way to each node, loops cut where they come back. Iterative: diagrams may be long."""
    following: dict[str, list[str]] = {key: [] for key in own}
    led: set[str] = set()
    for source, target in edges:
        if source in following and target in following and source != target:
            following[source].append(target)
            led.add(target)
    order: list[str] = []
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    for root in [key for key in own if key not in led] + own:
        if root in state:
            continue
        stack = [(root, iter(following[root]))]
        state[root] = 1
        while stack:
            key, rest = stack[-1]
            following_one = next(rest, None)
            if following_one is None:
                state[key] = 2
                order.append(key)
                stack.pop()
            elif state.get(following_one) == 1:
                back.add((key, following_one))
            elif following_one not in state:
                state[following_one] = 1
                stack.append((following_one, iter(following[following_one])))
    columns = dict.fromkeys(own, 0)
    for key in reversed(order):
        for target in following[key]:
            if (key, target) not in back:
                columns[target] = max(columns[target], columns[key] + 1)
    return columns


def _bands(scope: Element, own: list[str]) -> list[tuple[str | None, list[str]]]:
    """(lane, its nodes) from top to bottom; nodes of no lane stand in a band of their own, below."""
    lanes = [e for e in scope.iter() if local(e) == "lane" and e.get("id")]
    lanes = [
        e for e in lanes if not any(local(c) == "childLaneSet" for c in e) and _belongs(e, scope)
    ]
    bands: list[tuple[str | None, list[str]]] = []
    left = set(own)
    for element in lanes:
        members = {(r.text or "").strip() for r in element if local(r) == "flowNodeRef"}
        bands.append((element.get("id"), [key for key in own if key in members and key in left]))
        left -= members
    rest = [key for key in own if key in left]
    if rest or not bands:
        bands.append((None, rest))
    return bands


def _belongs(lane: Element, scope: Element) -> bool:
    """Whether the lane is the scope's own, not one of a sub-process in it."""
    return (
        next((a for a in lane.iterancestors() if local(a) in {"process", *SUBPROCESSES}), None)
        is scope
    )


def _rows(
    placed: Placed,
    own: list[str],
    edges: list[tuple[str, str]],
    sizes: dict[str, tuple[float, float]],
    bands: list[tuple[str | None, list[str]]],
    apart: set[str],
    beside: dict[str, tuple[str, tuple[float, float]]],
) -> None:
    """Within a band a node keeps the row of who leads to it, where that is free in its column.

    What stands `apart` (event sub-processes: no flow leads to them) comes side by side in the band's last row.
    """
    columns = placed.columns
    widths = [0.0] * (max(columns.values(), default=-1) + 1)
    for key in own:
        if key not in apart:
            widths[columns[key]] = max(widths[columns[key]], sizes[key][0])
    lefts = [BORDER]
    for width in widths:
        lefts.append(lefts[-1] + width + GAP_X)
    y = 0.0
    for lane, everybody in bands:
        members = [key for key in everybody if key not in apart]
        rows = _row_of(members, columns, edges)
        heights = [0.0] * (max(rows.values(), default=-1) + 1)
        for key in members:
            heights[rows[key]] = max(heights[rows[key]], sizes[key][1])
        tops = [y + BORDER]
        for height in heights:
            tops.append(tops[-1] + max(height, EVENT[1]) + GAP_Y)
        for key in members:
            width, height = sizes[key]
            column = columns[key]
            placed.boxes[key] = Box(
                lefts[column] + (widths[column] - width) / 2,
                tops[rows[key]] + (max(heights[rows[key]], EVENT[1]) - height) / 2,
                width,
                height,
            )
        left = BORDER
        aside = [key for key in everybody if key in apart]
        for key in aside:
            placed.boxes[key] = Box(left, tops[-1], *sizes[key])
            left += sizes[key][0] + GAP_X
        placed.width = max(placed.width, left - GAP_X + BORDER)
        low = tops[-1] + max(sizes[k][1] for k in aside) if aside else tops[-1] - GAP_Y
        theirs = {key: one for key, one in beside.items() if one[0] in everybody}
        bottom = max(_stand_beside(placed, theirs, low) + BORDER, y + 120.0)
        if lane is not None:
            placed.lanes[lane] = Box(0, y, 0, bottom - y)
        y = bottom
    placed.width = max(placed.width, lefts[-1] - GAP_X + BORDER, 200.0)
    placed.height = y
    for band in placed.lanes.values():
        band.width = placed.width


def _stand_beside(
    placed: Placed, beside: dict[str, tuple[str, tuple[float, float]]], low: float
) -> float:
    """Data and notes below what they belong to: at once where nothing else stands, else at the end of the band.

    `low` is how far down that is; returns how far down it is then.
    """
    deepest, right = low, BORDER - NEAR
    for key, (host, (width, height)) in sorted(
        beside.items(), key=lambda item: placed.boxes[item[1][0]].x
    ):
        at = placed.boxes[host]
        # boundary events stand on the left of an edge
        x = at.right - width if at.width > width else at.x + (at.width - width) / 2
        box = Box(x, at.bottom + NEAR, width, height)
        others = (one for one in placed.boxes.values() if one is not at)
        if box.bottom + NEAR > low or any(_touch(box, one) for one in others):
            box = Box(max(x, right + NEAR), low + NEAR, width, height)
            right, deepest = box.right, max(deepest, box.bottom + NEAR)
        placed.boxes[key] = box
        placed.width = max(placed.width, box.right + BORDER)
    return deepest


def _touch(one: Box, other: Box) -> bool:
    """Whether less than the usual distance is between them."""
    return (
        one.x < other.right + NEAR
        and other.x < one.right + NEAR
        and one.y < other.bottom + NEAR
        and other.y < one.bottom + NEAR
    )


def _row_of(
    members: list[str], columns: dict[str, int], edges: list[tuple[str, str]]
) -> dict[str, int]:
    before: dict[str, list[str]] = {}
    for source, target in edges:
        before.setdefault(target, []).append(source)
    rows: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    inside = set(members)
    for key in sorted(members, key=lambda k: (columns[k], members.index(k))):
        wished = next((rows[s] for s in before.get(key, ()) if s in rows and s in inside), 0)
        row = wished
        while (columns[key], row) in taken:
            row += 1
        rows[key] = row
        taken.add((columns[key], row))
    return rows


def _attach(placed: Placed, hosts: dict[str, str]) -> None:
    """Boundary events sit on the lower edge of their host, from the left."""
    count: dict[str, int] = {}
    for key, host in hosts.items():
        box, number = placed.boxes[host], count.get(host, 0)
        x = min(box.x + 12 + number * (EVENT[0] + 8), box.right - EVENT[0] / 2)
        placed.boxes[key] = Box(x, box.bottom - EVENT[1] / 2, *EVENT)
        placed.columns[key] = placed.columns[host]
        count[host] = number + 1


def _nest(placed: Placed, key: str, inner: Placed) -> None:
    """What is inside a sub-process moves to where that stands."""
    box = placed.boxes[key]
    for name, one in inner.boxes.items():
        placed.boxes[name] = one.moved(box.x + BORDER, box.y + BORDER)
    for name, lane in inner.lanes.items():
        placed.lanes[name] = lane.moved(box.x + BORDER, box.y + BORDER)
    placed.columns |= inner.columns
    placed.flows += inner.flows


def _beside(placed: Placed, scope: Element) -> None:
    """Data and notes that belong to nothing stand in a row below."""
    x, top = BORDER, placed.height
    for element in scope:
        key, size = element.get("id"), BESIDE.get(local(element))
        if size is None or not key or key in placed.boxes:
            continue
        placed.boxes[key] = Box(x, top + NEAR, *size)
        x += size[0] + GAP_X
        placed.height = max(placed.height, top + NEAR + size[1] + BORDER)
        placed.width = max(placed.width, x)
