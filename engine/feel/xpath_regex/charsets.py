"""Sets of characters: ranges, classes such as \\d and \\p{Lu}, negation and subtraction.

A set is kept as sorted ranges of code points that neither touch nor overlap.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from engine.feel.xpath_regex.blocks import BLOCKS

Ranges = tuple[tuple[int, int], ...]
LAST = 0x10FFFF
# Beyond these planes all that is assigned is private use, tags and variation selectors.
_TABLED = 0x32400
_BEYOND: dict[str, Ranges] = {
    "Cf": ((0xE0001, 0xE0001), (0xE0020, 0xE007F)),
    "Mn": ((0xE0100, 0xE01EF),),
    "Co": ((0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)),
}


@dataclass(frozen=True, slots=True)
class CharSet:
    ranges: Ranges

    @staticmethod
    def one(char: str) -> "CharSet":
        return CharSet(((ord(char), ord(char)),))

    @staticmethod
    def of(ranges: Iterable[tuple[int, int]]) -> "CharSet":
        """The union of ranges in any order."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(ranges):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return CharSet(tuple(merged))

    def negation(self) -> "CharSet":
        gaps, after = [], 0
        for low, high in self.ranges:
            if after < low:
                gaps.append((after, low - 1))
            after = high + 1
        if after <= LAST:
            gaps.append((after, LAST))
        return CharSet(tuple(gaps))

    def less(self, other: "CharSet") -> "CharSet":
        """What is in this set and not in the other: not (not this or other)."""
        return CharSet.of((*self.negation().ranges, *other.ranges)).negation()

    def single(self) -> str | None:
        """The only character, when there is only one."""
        if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]:
            return chr(self.ranges[0][0])
        return None

    def has(self, char: str) -> bool:
        code = ord(char)
        place = bisect_right(self.ranges, (code, LAST + 1)) - 1
        return place >= 0 and code <= self.ranges[place][1]

    def has_any_case(self, char: str) -> bool:
        """As has, for flag i."""
        return any(self.has(form) for form in {char, char.lower(), char.upper()} if len(form) == 1)

    def python(self) -> str:
        """The set for Python's re."""
        single = self.single()
        if single is not None:
            return re.escape(single)
        inverse = self.negation()
        if not inverse.ranges:
            return r"[\s\S]"
        if len(inverse.ranges) < len(self.ranges):
            return f"[^{_in_class(inverse.ranges)}]"
        return f"[{_in_class(self.ranges)}]" if self.ranges else r"[^\s\S]"


def _in_class(ranges: Ranges) -> str:
    return "".join(
        f"\\U{low:08x}" if low == high else f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges
    )


@lru_cache(maxsize=1)
def _by_category() -> dict[str, list[tuple[int, int]]]:
    """The ranges of each general category; made when first needed, in about 20 ms."""
    found: dict[str, list[tuple[int, int]]] = {name: [*more] for name, more in _BEYOND.items()}
    categories = map(unicodedata.category, map(chr, range(_TABLED)))
    start = 0
    for name, same in groupby(categories):
        end = start + sum(1 for _ in same)
        found.setdefault(name, []).append((start, end - 1))
        start = end
    return found


@lru_cache(maxsize=64)
def _categories(*prefixes: str) -> CharSet:
    """All characters whose general category begins so. Unassigned code points are Cn."""
    ranges = (
        part
        for name, parts in _by_category().items()
        if name.startswith(prefixes)
        for part in parts
    )
    return CharSet.of(ranges)


@lru_cache(maxsize=1)
def _word() -> CharSet:
    return _categories("L", "M", "N", "S")


@lru_cache(maxsize=1)
def _name_start() -> CharSet:
    return CharSet.of((*_categories("L", "Nl").ranges, (0x3A, 0x3A), (0x5F, 0x5F)))


@lru_cache(maxsize=1)
def _name() -> CharSet:
    more = _categories("Nd", "Mn", "Mc").ranges
    return CharSet.of((*_name_start().ranges, *more, (0x2D, 0x2E), (0xB7, 0xB7)))


_SPACE = CharSet.of(((0x9, 0xA), (0xD, 0xD), (0x20, 0x20)))


def escape_class(letter: str) -> CharSet | None:
    """The set of `\\d` and its like; capitals are their negations."""
    match letter.lower():
        case "s":
            found = _SPACE
        case "d":
            found = _categories("Nd")
        case "w":
            found = _word()
        case "i":
            found = _name_start()
        case "c":
            found = _name()
        case _:
            return None
    return found.negation() if letter.isupper() else found


@lru_cache(maxsize=128)
def category(name: str, *, negated: bool) -> CharSet | None:
    """`\\p{Lu}`, `\\p{L}`, or a block as in `\\p{IsGreek}`."""
    if name.startswith("Is"):
        block = BLOCKS.get(name[2:])
        if block is None:
            return None
        found = CharSet((block,))
    elif name == "C":
        found = _categories("L", "M", "N", "P", "Z", "S").negation()
    elif name == "Cn":
        found = _categories("L", "M", "N", "P", "Z", "S", "Cc", "Cf", "Co", "Cs").negation()
    elif name in _CATEGORIES:
        found = _categories(name)
    else:
        return None
    return found.negation() if negated else found


_CATEGORIES = frozenset(
    {
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No",
        "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp",
        "S", "Sm", "Sc", "Sk", "So", "Cc", "Cf", "Co",
    }
)  # fmt: skip
