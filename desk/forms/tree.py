"""Nested values (JSON objects and lists) addressed by paths such as ("items", 0, "name")."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""None, bool, int, float, str, or lists and string-keyed dicts of these."""
Path: TypeAlias = tuple[str | int, ...]


class _Missing:
    """The answer when nothing stands at a path; None is a value of its own."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


def dotted(path: Path) -> str:
    """("items", 0, "name") -> "items.0.name", the name of the control on the page."""
    return ".".join(map(str, path))


def get(values: Json, path: Path) -> Json:
    """The value at `path`, or MISSING."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(values, list) or step >= len(values):
                return MISSING
            values = values[step]
        else:
            if not isinstance(values, Mapping) or step not in values:
                return MISSING
            values = values[step]
    return values


def put(values: dict[str, Json], path: Path, value: Json) -> None:
    """Set the value at `path`, making objects on the way; rows of lists must exist."""
    *way, last = path
    node: Json = values
    for step in way:
        if isinstance(step, int):
            node = node[step]
        else:
            if not isinstance(node.get(step), (dict, list)):
                node[step] = {}
            node = node[step]
    node[last] = value


def merged(base: Mapping[str, Json], over: Mapping[str, Json]) -> dict[str, Json]:
    """`base` with `over` laid on top: objects are merged, everything else (lists too) replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = merged(below, value)
        else:
            result[key] = value
    return result


def deeper_than(value: Json, limit: int) -> bool:
    """Whether objects and lists stand more than `limit` deep in one another."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


Shape: TypeAlias = dict[str, Any]
"""What a form may write: a key leads to None (a field), a Shape (an object) or [Shape] (rows)."""
