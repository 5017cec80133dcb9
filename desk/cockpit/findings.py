"""What the figures of a diagram say: where people would point to, where the time goes, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.cockpit.durations import Durations
from engine.bpmn.program import Program


def standing(program: Program, waiting: Mapping[str, int]) -> dict[str, int]:
    """Where tokens wait (queries.live) as a person sees it.

    What waits beside (boundary events, event sub-processes) is no work; what waits at the arms of an event-based
    gateway stands once, at the gateway.
    """
    found: dict[str, int] = {}
    for element, count in waiting.items():
        node = program.nodes.get(element)
        if node is None or node.tag in ("boundaryEvent", "startEvent"):
            continue
        gateway = next(
            (
                flow.source for flow in node.incoming
                if flow.source in program.nodes
                and program.nodes[flow.source].tag == "eventBasedGateway"
            ),
            None,
        )  # fmt: skip
        if gateway is None:
            found[element] = found.get(element, 0) + count
        else:
            found[gateway] = max(found.get(gateway, 0), count)
    return found


@dataclass(frozen=True)
class Bottleneck:
    """A step that takes a large share of all time spent; `share` of 1."""

    element: str
    share: float
    durations: Durations
    waiting: int


def bottlenecks(
    program: Program, heat: Mapping[str, Durations], waiting: Mapping[str, int], most: int = 5
) -> list[Bottleneck]:
    """The steps in which most time is spent, the worst first: those that take at least a twentieth of it all."""
    steps = {
        element: found for element, found in heat.items()
        if element in program.nodes and program.nodes[element].scope is None
        and program.nodes[element].tag != "boundaryEvent" and found.total
    }  # fmt: skip
    whole = sum(found.total for found in steps.values())
    ranked = sorted(steps.items(), key=lambda pair: -pair[1].total)[:most]
    return [
        Bottleneck(element, found.total / whole, found, waiting.get(element, 0))
        for element, found in ranked
        if found.total >= 0.05 * whole
    ]


@dataclass(frozen=True)
class Rework:
    """A way back: `flow` leads from `source` to `target`, which was passed before, `count` times.

    `share`: of all passes of the target.
    """

    flow: str
    source: str
    target: str
    count: int
    share: float


def rework(program: Program, heat: Mapping[str, Durations], most: int = 5) -> list[Rework]:
    """The loops that were really taken, the most frequent first."""
    found = []
    for scope in program.scope_list:
        for flow in scope.model.flows.values():
            taken = heat.get(flow.id)
            if taken is None or not _leads_back(scope.model.nodes, flow.source, flow.target):
                continue
            passed = heat.get(flow.target)
            share = taken.count / passed.count if passed and passed.count else 0.0
            found.append(Rework(flow.id, flow.source, flow.target, taken.count, min(share, 1.0)))
    return sorted(found, key=lambda r: -r.count)[:most]


def _leads_back(nodes: Mapping[str, Any], source: str, target: str) -> bool:
    """Whether the flow closes a loop: its source can be reached from its target, and comes later in the diagram.

    "Later": farther from what nothing leads to, counted in flows.
    """
    depth = _depths(nodes)
    if depth.get(target, 0) > depth.get(source, 0):
        return False
    seen, stack = set(), [target]
    while stack:
        current = stack.pop()
        if current == source:
            return True
        if current in seen or current not in nodes:
            continue
        seen.add(current)
        stack += [flow.target for flow in nodes[current].outgoing]
        stack += [b.id for b in nodes[current].boundary]
    return False


def _depths(nodes: Mapping[str, Any]) -> dict[str, int]:
    """How many flows each node is away from a beginning, by the shortest way."""
    starts = [n.id for n in nodes.values() if not n.incoming and n.attached_to is None]
    depth = dict.fromkeys(starts, 0)
    queue = list(starts)
    for current in queue:
        following = [flow.target for flow in nodes[current].outgoing]
        following += [b.id for b in nodes[current].boundary]
        for node in following:
            if node in nodes and node not in depth:
                depth[node] = depth[current] + 1
                queue.append(node)
    return depth
