"""Ways of flows round steps: on the lines beside them, short, with few corners, seldom on another flow.

The designer's page does the same while somebody draws (frontend/designer/bpmn/routing.js).
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from designer_api.layout.scopes import Box

GAP = 20.0  # between a step and a flow that passes it
CLEAR = 8.0  # what a flow keeps from a step at least
INSIDE = 3.0  # what a flow may touch a step's edge without running through it
CORNER = 40.0  # what a corner costs, in detour
ALONG = 3.0  # how many times dearer it is to run on another flow
MOST_STEPS = 40  # the nearest ones; the search grows with their square

Point = tuple[float, float]


@dataclass(frozen=True)
class Door:
    """A way out of a shape: the point before one of its sides, and whether one leaves across or up and down."""

    x: float
    y: float
    across: bool


def runs_through(way: Sequence[Point], box: Box) -> bool:
    """Whether a way of straight pieces leads through a box."""
    return any(_cuts(a, b, box, -INSIDE) for a, b in zip(way, way[1:], strict=False))


def way_round(
    source: Box,
    target: Box,
    steps: Iterable[Box],
    *,
    hosts: tuple[Box | None, Box | None] = (None, None),
    within: Box | None = None,
    others: Iterable[Sequence[Point]] = (),
) -> list[Point] | None:
    """A way from edge to edge that runs through none of the steps, or None.

    `hosts` are the activities on which the ends sit; `within` is what the way must not leave; `others` are the ways of
    other flows.
    """
    middle = ((_middle(source)[0] + _middle(target)[0]) / 2, (source.middle + target.middle) / 2)
    near = sorted(
        steps,
        key=lambda box: abs(_middle(box)[0] - middle[0]) + abs(box.middle - middle[1]),
    )[:MOST_STEPS]
    walls = [*near, source, target]
    starts = [door for door in _doors(source) if _leads_out(source, door, walls, hosts[0])]
    ends = [door for door in _doors(target) if _leads_out(target, door, walls, hosts[1])]
    doors = [*starts, *ends]
    xs = {x for w in walls for x in (w.x - GAP, w.right + GAP)} | {d.x for d in doors}
    ys = {y for w in walls for y in (w.y - GAP, w.bottom + GAP)} | {d.y for d in doors}
    if within is not None:
        xs = {x for x in xs if within.x < x < within.right}
        ys = {y for y in ys if within.y < y < within.bottom}
        starts, ends = ([d for d in some if d.x in xs and d.y in ys] for some in (starts, ends))
    found = _Search(sorted(xs), sorted(ys), walls, others).cheapest(starts, ends)
    if found is None:
        return None
    return _straightened([_edge(source, found[0]), *found, _edge(target, found[-1])])


def _middle(box: Box) -> Point:
    return box.x + box.width / 2, box.middle


def _cuts(a: Point, b: Point, box: Box, more: float) -> bool:
    """Whether the piece from a to b touches the box, grown by `more`."""
    return (
        max(a[0], b[0]) > box.x - more
        and min(a[0], b[0]) < box.right + more
        and max(a[1], b[1]) > box.y - more
        and min(a[1], b[1]) < box.bottom + more
    )


def _doors(box: Box) -> list[Door]:
    x, y = _middle(box)
    return [
        Door(box.right + GAP, y, True),
        Door(box.x - GAP, y, True),
        Door(x, box.y - GAP, False),
        Door(x, box.bottom + GAP, False),
    ]


def _leads_out(box: Box, door: Door, walls: Sequence[Box], host: Box | None) -> bool:
    """Whether one gets through the door: an event on the edge of its host leads away from that."""
    inside, outside = _middle(box), (door.x, door.y)
    if host is not None and (
        _cuts(inside, outside, host, -INSIDE) or _cuts(outside, outside, host, CLEAR)
    ):
        return False
    return not any(_cuts(inside, outside, wall, CLEAR) for wall in walls if wall not in (box, host))


def _edge(box: Box, door: Point) -> Point:
    """Where the straight line from the box's middle to the door leaves the box."""
    x, y = _middle(box)
    if door[1] == y:
        return (box.right if door[0] > x else box.x), y
    return x, (box.bottom if door[1] > y else box.y)


class _Search:
    """Dijkstra on the crossings of the lines; a place counts once for each direction in which it is reached."""

    def __init__(
        self,
        xs: list[float],
        ys: list[float],
        walls: Sequence[Box],
        others: Iterable[Sequence[Point]],
    ) -> None:
        self.xs, self.ys, self.walls = xs, ys, walls
        self.pieces = [piece for way in others for piece in zip(way, way[1:], strict=False)]
        self.costs: dict[tuple[int, int, bool], float | None] = {}

    def cheapest(self, starts: Sequence[Door], ends: Sequence[Door]) -> list[Point] | None:
        """The points from a start to an end."""
        goals = {self._key(door) for door in ends}
        known: dict[tuple[int, int, bool], float] = {}
        before: dict[tuple[int, int, bool], tuple[int, int, bool] | None] = {}
        queue: list[tuple[float, tuple[int, int, bool]]] = []

        def reach(
            key: tuple[int, int, bool], cost: float, origin: tuple[int, int, bool] | None
        ) -> None:
            if cost < known.get(key, float("inf")):
                known[key], before[key] = cost, origin
                heappush(queue, (cost, key))

        for door in starts:
            reach(self._key(door), 0.0, None)
        while queue:
            cost, now = heappop(queue)
            if cost > known[now]:
                continue
            if now in goals:
                way = []
                place: tuple[int, int, bool] | None = now
                while place is not None:
                    way.append((self.xs[place[0]], self.ys[place[1]]))
                    place = before[place]
                return way[::-1]
            column, row, across = now
            reach((column, row, not across), cost + CORNER, now)
            for step in (1, -1):
                to = (column + step, row, True) if across else (column, row + step, False)
                length = self._cost(min(column, to[0]), min(row, to[1]), across)
                if length is not None:
                    reach(to, cost + length, now)
        return None

    def _key(self, door: Door) -> tuple[int, int, bool]:
        return bisect_left(self.xs, door.x), bisect_left(self.ys, door.y), door.across

    def _cost(self, column: int, row: int, across: bool) -> float | None:
        """Of the piece from there to the right, or down; None where there is none or a step stands."""
        key = column, row, across
        if key not in self.costs:
            self.costs[key] = self._counted(column, row, across)
        return self.costs[key]

    def _counted(self, column: int, row: int, across: bool) -> float | None:
        right, below = column + across, row + (not across)
        if column < 0 or row < 0 or right >= len(self.xs) or below >= len(self.ys):
            return None
        a, b = (self.xs[column], self.ys[row]), (self.xs[right], self.ys[below])
        if any(_cuts(a, b, wall, CLEAR) for wall in self.walls):
            return None
        length = b[0] - a[0] + b[1] - a[1]
        along = 1 if across else 0  # the coordinate that both ends of a piece along this one share
        for c, d in self.pieces:
            low, high = sorted((c[1 - along], d[1 - along]))
            if abs(c[along] - d[along]) < 1 > abs(c[along] - a[along]) and (
                low < b[1 - along] and high > a[1 - along]
            ):
                return length * ALONG
        return length


def _straightened(way: list[Point]) -> list[Point]:
    """Without the points at which nothing turns; one at which the search turned on the spot is there twice."""
    once = [point for index, point in enumerate(way) if not index or point != way[index - 1]]
    return [
        point
        for index, point in enumerate(once)
        if not 0 < index < len(once) - 1
        or not any(once[index - 1][n] == point[n] == once[index + 1][n] for n in (0, 1))
    ]
