"""Makes a process that failed smaller, as long as it still fails."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from time import monotonic
from typing import Any

from tests.faults.comparing import Databases, Unequal, play
from tests.faults.schedule import Endless
from tests.faults.structure import Branch, Circle, Gateway, Room, Script, Sequence, Sub

SECONDS = 60  # spent on one process
SCHEDULES = 3  # for each smaller process: another shape moves the choices


def shrink(seed: int, room: Room, databases: Databases, unequal: Unequal) -> Unequal:
    """The failure of the smallest process found."""
    numbers = count()
    until = monotonic() + SECONDS
    smaller = True
    while smaller:
        smaller = False
        for candidate in reductions(room):
            found = _fails(seed, candidate, databases, numbers)
            if monotonic() > until:
                return unequal
            if found is not None:
                room, unequal, smaller = candidate, found, True
                break
    return unequal


def _fails(seed: int, room: Room, databases: Databases, numbers: "count[int]") -> Unequal | None:
    for other in range(SCHEDULES):
        try:
            play(seed + other * 1_000_000, room, databases, f"p{seed}_{next(numbers)}")
        except Unequal as unequal:
            return None if "DeployRefused" in str(unequal) else unequal
        except (Endless, TypeError):  # a condition lost the step that sets its variable
            return None
    return None


def reductions(node: Any) -> Iterator[Any]:
    """The same structure with one part less, big parts first."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            least = 2 if isinstance(node, Gateway) or field.name == "arms" else 0
            for at, child in enumerate(value):
                rest = (value[:at], value[at + 1 :])
                spared = isinstance(child, Branch) and child.condition is None
                if len(value) > least and not spared and not _first(node, child):
                    yield replace(node, **{field.name: rest[0] + rest[1]})
                if isinstance(node, Sequence):
                    for inside in _inside(child):
                        yield replace(node, steps=rest[0] + inside + rest[1])
            for at, child in enumerate(value):
                for less in reductions(child):
                    yield replace(node, **{field.name: (*value[:at], less, *value[at + 1 :])})
        elif is_dataclass(value):
            for less in reductions(value):
                yield replace(node, **{field.name: less})


def _first(node: Any, child: Any) -> bool:
    """The script that a called process begins with has to stay: its counter is handed out."""
    return isinstance(node, Sequence) and isinstance(child, Script) and child.id.endswith("_first")


def _inside(step: Any) -> Iterator[tuple[Any, ...]]:
    """What a block holds, in its place."""
    match step:
        case Sub():
            yield step.room.body.steps
        case Circle():
            yield step.body.steps
        case Gateway():
            for branch in step.branches:
                yield branch.body.steps
