"""Two lists of keys that have much in common: one list that shows both, and what changed its place."""

from bisect import bisect_left
from collections.abc import Sequence


def merged(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """All keys in the new order; what was removed stands after what it stood after."""
    left = [key for key in old if key not in set(new)]
    found = list(new)
    for key in left:
        at = old.index(key)
        found.insert(found.index(old[at - 1]) + 1 if at else 0, key)
    return found


def moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest keys of both that changed places: all but the longest run that kept its order."""
    places = {key: place for place, key in enumerate(old)}
    both = [key for key in new if key in places]
    ends: list[
        int
    ] = []  # of the best run of each length, its last place; `last` is the key it ends with
    last: list[str] = []
    before: dict[str, str | None] = {}
    for key in both:
        length = bisect_left(ends, places[key])
        before[key] = last[length - 1] if length else None
        ends[length : length + 1] = [places[key]]
        last[length : length + 1] = [key]
    stayed: set[str] = set()
    key_or_none = last[-1] if last else None
    while key_or_none is not None:
        stayed.add(key_or_none)
        key_or_none = before[key_or_none]
    return set(both) - stayed
