"""The size of a result as a whole: a small expression can make a value that is endless when written out."""

from typing import Any

from engine.feel.errors import depth_exceeded
from engine.feel.runtime import Run
from engine.feel.values import Context

# Deeper than this, a result could not be turned into JSON and back.
MAX_DEPTH = 100


def check_result(value: Any, run: Run) -> None:
    """Raises FeelBudgetError for a list or context that is too large or too deep, shared parts counted
    as often as they stand in it. A host's mapping counts as one value, and 8 characters as one item.
    """
    size = 0
    todo = [(value, 0)]
    while todo:
        part, depth = todo.pop()
        if part.__class__ is list:
            inner: Any = part
        elif part.__class__ is Context:
            inner = part.values()
        else:
            size += len(part) // 8 if part.__class__ is str else 0
            continue
        size += len(inner)
        run.check_size(size)
        if depth >= MAX_DEPTH:
            raise depth_exceeded()
        todo.extend((one, depth + 1) for one in inner)
    run.check_size(size)
