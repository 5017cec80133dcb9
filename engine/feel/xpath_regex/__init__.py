"""XPath regular expressions (XQuery and XPath Functions 3.1 §5.6.1), for matches, replace and split.

Simple patterns run on Python's `re`, where they cannot backtrack for long; the others on a machine of our own whose
work is bounded by pattern times text (`machine.py`). Both give the leftmost match, alternatives in order.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.feel.runtime import Run
from engine.feel.xpath_regex.machine import Machine
from engine.feel.xpath_regex.syntax import (
    MAX_PATTERN,
    InvalidPattern,
    parse_pattern,
    python_source,
)

# How often `re` may touch a character before the machine takes over; about 30 ms.
MAX_BACKTRACKING = 2_000_000
Match = tuple[int | None, ...]  # start and end of the whole match, then of each group
_REPLACEMENT = re.compile(r"\\([\\$])|\$(\d+)|([\\$])|([^\\$]+)", re.ASCII)


class Pattern:
    """A compiled pattern."""

    def __init__(self, pattern: str, flags: str) -> None:
        tree, self.groups = parse_pattern(pattern, flags)
        self.literal_replacement = "q" in flags
        self.machine = Machine(tree, self.groups, flags)
        source = python_source(tree, flags)
        self.compiled = None if source is None else re.compile(source.text, source.flags)
        self.power = 1 + (0 if source is None else source.repeats)
        self.matches_nothing = self.machine.search("", 0, Run()) is not None

    def search(self, text: str, run: Run, start: int = 0) -> Match | None:
        """The leftmost match from `start`. Raises FeelBudgetError."""
        run.spend(1 + (len(text) - start) // 10)
        size = len(text) - start + 1
        if self.compiled is not None and size**self.power <= MAX_BACKTRACKING:
            found = self.compiled.search(text, start)
            if found is None:
                return None
            return tuple(
                None if at < 0 else at
                for group in range(self.groups + 1)
                for at in found.span(group)
            )
        return self.machine.search(text, start, run)

    def all(self, text: str, run: Run) -> Iterator[Match]:
        """All matches, none of which overlap. The pattern must not match the empty text."""
        start = 0
        while (found := self.search(text, run, start)) is not None:
            yield found
            start = found[1] or 0

    def replace(self, text: str, replacement: str, run: Run) -> str | None:
        """None where XPath has an error: a pattern that matches nothing, a replacement that is none."""
        if self.matches_nothing:
            return None
        parts: list[str] = []
        end = size = 0
        for found in self.all(text, run):
            new = replacement
            if not self.literal_replacement:
                expanded = self.expand(replacement, text, found)
                if expanded is None:
                    return None
                new = expanded
            size += len(new)
            run.check_size(size)
            parts += (text[end : found[0]], new)
            end = found[1] or 0
        if not parts and not self.literal_replacement:
            empty: Match = (0, 0) * (self.groups + 1)
            if self.expand(replacement, text, empty) is None:
                return None
        result = "".join(parts) + text[end:]
        run.check_size(len(result))
        return result

    def expand(self, replacement: str, text: str, found: Match) -> str | None:
        """The replacement with `$1` filled in; None when it holds a lone `$` or backslash."""
        made: list[str] = []
        for part in _REPLACEMENT.finditer(replacement):
            escaped, digits, stray, plain = part.groups()
            if stray:
                return None
            if digits:
                group, rest = self.group_of(digits)
                start, end = found[2 * group : 2 * group + 2] if group is not None else (0, 0)
                made += (text[start:end] if start is not None else "", rest)
            else:
                made.append(escaped or plain)
        return "".join(made)

    def group_of(self, digits: str) -> tuple[int | None, str]:
        """The group that `$digits` names: as many digits as make an existing group."""
        for length in range(len(digits), 0, -1):
            if int(digits[:length]) <= self.groups:
                return int(digits[:length]), digits[length:]
        return None, digits[1:]

    def split(self, text: str, run: Run) -> list[str] | None:
        if self.matches_nothing:
            return None
        parts, end = [], 0
        for found in self.all(text, run):
            parts.append(text[end : found[0]])
            end = found[1] or 0
        return [*parts, text[end:]]


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern | None:
    """The compiled pattern; None when pattern or flags are no XPath regular expression."""
    if len(pattern) > MAX_PATTERN or not set(flags) <= set("smixq"):
        return None
    try:
        return Pattern(pattern, flags)
    except (InvalidPattern, re.error, RecursionError):
        return None
