"""Which names may stand in an expression: needed to read names with spaces and operators in them.

FEEL lets a name hold spaces and `+ - * / . '`, so `a - b` is a name where such a name is in scope and
a subtraction elsewhere (DMN 1.5 §10.3.1.4): the longest name in scope wins.
"""

from collections.abc import Iterable, Sequence

from engine.feel.lexer import NAME, Token, name_parts


class KnownNames:
    """An index of names by their first token."""

    __slots__ = ("_by_first", "_single", "_parent")

    def __init__(self, names: Iterable[str] = (), parent: "KnownNames | None" = None) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._single: set[str] = set()
        self._parent = parent
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        parts = name_parts(name)
        if len(parts) == 1:
            self._single.add(parts[0])
            return
        if not parts:
            return
        same_start = self._by_first.setdefault(parts[0], [])
        if (parts, name) not in same_start:
            same_start.append((parts, name))
            same_start.sort(key=lambda known: -len(known[0]))

    def has(self, name: str) -> bool:
        known = name in self._single
        return known or (self._parent is not None and self._parent.has(name))

    def longest(self, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
        """(name, number of tokens) of the longest known name of two or more tokens at `at`."""
        best = self._parent.longest(tokens, at) if self._parent is not None else None
        for parts, name in self._by_first.get(tokens[at].text, ()):
            if best is not None and len(parts) <= best[1]:
                break
            if len(parts) <= len(tokens) - at and all(
                tokens[at + i].text == part for i, part in enumerate(parts)
            ):
                return name, len(parts)
        return best


def joined(text: str, tokens: Sequence[Token]) -> str:
    """The name that tokens spell: spaces between them count once, wherever there are any."""
    spelled = tokens[0].text
    for before, token in zip(tokens, tokens[1:], strict=False):
        gap = before.end < token.start
        both_words = before.kind == NAME and token.kind == NAME
        spelled += (" " if gap or both_words else "") + token.text
    return spelled
