"""XPath regular expression text to a tree, and that tree to Python's syntax where Python means the same."""

import re
from dataclasses import dataclass

from engine.feel.xpath_regex.charsets import CharSet, category, escape_class

MAX_PATTERN = 4_000
MAX_REPEAT = 1_000
MAX_DEPTH = 60
_SINGLE = {"n": "\n", "r": "\r", "t": "\t"}
_ESCAPABLE = frozenset("\\|.-^?*+{}()[]$")


class InvalidPattern(Exception):
    """The text is no XPath regular expression."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    set: CharSet


@dataclass(frozen=True, slots=True)
class Any:
    """`.`"""


@dataclass(frozen=True, slots=True)
class Start:
    """`^`"""


@dataclass(frozen=True, slots=True)
class End:
    """`$`"""


@dataclass(frozen=True, slots=True)
class BackReference:
    group: int


@dataclass(frozen=True, slots=True)
class Group:
    """`number` 0 does not capture."""

    number: int
    inner: "Tree"


@dataclass(frozen=True, slots=True)
class Repeat:
    inner: "Tree"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Either:
    branches: tuple["Tree", ...]


Tree = Chars | Any | Start | End | BackReference | Group | Repeat | Sequence | Either


def parse_pattern(pattern: str, flags: str) -> tuple[Tree, int]:
    """(tree, number of groups). Raises InvalidPattern."""
    if "q" in flags:
        return Sequence(tuple(Chars(CharSet.one(char)) for char in pattern)), 0
    if "x" in flags:
        pattern = _without_blanks(pattern)
    reader = _Reader(pattern)
    tree = reader.either(0)
    if reader.at < len(pattern):
        raise InvalidPattern(pattern)
    return tree, reader.groups


def _without_blanks(pattern: str) -> str:
    """Flag x: whitespace outside of character classes does not count, nor after a backslash (F&O §5.6.2)."""
    kept, depth, escaped = [], 0, False
    for char in pattern:
        if not depth and char in " \t\n\r":
            continue
        kept.append(char)
        if not escaped:
            depth += (char == "[") - (char == "]" and depth > 0)
        escaped = char == "\\" and not escaped
    return "".join(kept)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups = 0
        self.closed: set[int] = set()

    @property
    def char(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def accept(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def need(self, text: str) -> None:
        if not self.accept(text):
            raise InvalidPattern(self.pattern)

    def either(self, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise InvalidPattern(self.pattern)
        branches = [self.sequence(depth)]
        while self.accept("|"):
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def sequence(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.char and self.char not in "|)":
            parts.append(self.quantified(self.atom(depth)))
        return Sequence(tuple(parts))

    def atom(self, depth: int) -> Tree:
        char = self.char
        if char in "?*+{":
            raise InvalidPattern(self.pattern)
        self.at += 1
        if char == "(":
            return self.group(depth)
        if char == "[":
            return Chars(self.char_class(depth))
        if char == ".":
            return Any()
        if char == "^":
            return Start()
        if char == "$":
            return End()
        if char == "\\":
            return self.escape()
        return Chars(CharSet.one(char))

    def group(self, depth: int) -> Tree:
        number = 0
        if not self.accept("?:"):
            if self.char == "?":
                raise InvalidPattern(self.pattern)
            self.groups += 1
            number = self.groups
        inner = self.either(depth + 1)
        self.need(")")
        self.closed.add(number)
        return Group(number, inner)

    def quantified(self, atom: Tree) -> Tree:
        bounds = self.bounds()
        if bounds is None:
            return atom
        if isinstance(atom, (Start, End)):
            raise InvalidPattern(self.pattern)
        repeat = Repeat(atom, *bounds, lazy=self.accept("?"))
        if self.bounds() is not None:
            raise InvalidPattern(self.pattern)
        return repeat

    def bounds(self) -> tuple[int, int | None] | None:
        for mark, bounds in (("?", (0, 1)), ("*", (0, None)), ("+", (1, None))):
            if self.accept(mark):
                return bounds
        if not self.accept("{"):
            return None
        least = self.count()
        most: int | None = least
        if self.accept(","):
            most = None if self.char == "}" else self.count()
        self.need("}")
        if least > MAX_REPEAT or (most is not None and not least <= most <= MAX_REPEAT):
            raise InvalidPattern(self.pattern)
        return least, most

    def count(self) -> int:
        start = self.at
        while self.char and self.char in "0123456789":
            self.at += 1
        if not 0 < self.at - start <= 6:
            raise InvalidPattern(self.pattern)
        return int(self.pattern[start : self.at])

    def escape(self) -> Tree:
        """After a backslash, outside of a class."""
        if self.char and self.char in "123456789":
            return self.back_reference()
        return Chars(self.escaped_set())

    def back_reference(self) -> Tree:
        start = self.at
        self.at += 1
        while self.char.isdecimal() and int(self.pattern[start : self.at + 1]) <= self.groups:
            self.at += 1
        number = int(self.pattern[start : self.at])
        if number not in self.closed:
            raise InvalidPattern(self.pattern)
        return BackReference(number)

    def escaped_set(self) -> CharSet:
        char = self.char
        self.at += 1
        if char in _SINGLE:
            return CharSet.one(_SINGLE[char])
        if char and char in _ESCAPABLE:
            return CharSet.one(char)
        if char and char in "pP":
            self.need("{")
            end = self.pattern.find("}", self.at)
            if end < 0:
                raise InvalidPattern(self.pattern)
            found = category(self.pattern[self.at : end], negated=char == "P")
            self.at = end + 1
        else:
            found = escape_class(char)
        if found is None:
            raise InvalidPattern(self.pattern)
        return found

    def char_class(self, depth: int) -> CharSet:
        """After `[`: a group of characters, perhaps negated, perhaps less another class."""
        if depth > MAX_DEPTH:
            raise InvalidPattern(self.pattern)
        negated = self.accept("^")
        ranges: list[tuple[int, int]] = []
        less: CharSet | None = None
        while not self.accept("]"):
            if not self.char:
                raise InvalidPattern(self.pattern)
            if ranges and self.accept("-["):
                less = self.char_class(depth + 1)
                self.need("]")
                break
            self.class_item(ranges)
        if not ranges:
            raise InvalidPattern(self.pattern)
        found = CharSet.of(ranges)
        found = found.negation() if negated else found
        return found if less is None else found.less(less)

    def class_item(self, ranges: list[tuple[int, int]]) -> None:
        first = self.class_part()
        low = first.single()
        rest = self.pattern[self.at : self.at + 2]
        if low is None or len(rest) < 2 or rest[0] != "-" or rest[1] in "[]":
            ranges.extend(first.ranges)
            return
        self.at += 1
        high = self.class_part().single()
        if high is None or high < low:
            raise InvalidPattern(self.pattern)
        ranges.append((ord(low), ord(high)))

    def class_part(self) -> CharSet:
        """One character of a class, or an escape for a set."""
        char = self.char
        if char in ("", "["):
            raise InvalidPattern(self.pattern)
        self.at += 1
        return self.escaped_set() if char == "\\" else CharSet.one(char)


# --- Python's re --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A pattern for `re`; `repeats` counts the quantifiers that may backtrack."""

    text: str
    flags: int
    repeats: int


class _NotPython(Exception):
    """Python's re means something else, or might take for ever."""


def python_source(tree: Tree, flags: str) -> PythonSource | None:
    """The same pattern for `re`; None where that has no such thing, or could backtrack without end."""
    value = (re.IGNORECASE if "i" in flags else 0) | (re.MULTILINE if "m" in flags else 0)
    writer = _PythonWriter(flags)
    try:
        text = writer.write(tree, repeated=False)
    except _NotPython:
        return None
    return PythonSource(text, value | (re.DOTALL if "s" in flags else 0), writer.repeats)


class _PythonWriter:
    def __init__(self, flags: str) -> None:
        self.multiline = "m" in flags
        self.all = "s" in flags
        self.repeats = 0

    def write(self, tree: Tree, *, repeated: bool) -> str:
        """`repeated`: inside of a quantifier, where a choice would multiply with itself."""
        match tree:
            case Chars(set):
                return set.python()
            case Any():
                return "." if self.all else r"[^\n\r]"
            case Start():
                return "^" if self.multiline else r"\A"
            case End():
                return "$" if self.multiline else r"\Z"
            case Sequence(parts):
                return "".join(self.write(part, repeated=repeated) for part in parts)
            case Either(branches) if not repeated:
                return "|".join(self.write(branch, repeated=False) for branch in branches)
            case Group(number, inner):
                return ("(" if number else "(?:") + self.write(inner, repeated=repeated) + ")"
            case Repeat() if not repeated:
                return self.repeat(tree)
        raise _NotPython

    def repeat(self, tree: Repeat) -> str:
        if tree.least != tree.most:
            self.repeats += 1
        inner = self.write(tree.inner, repeated=True)
        most = "" if tree.most is None else str(tree.most)
        return f"{inner}{{{tree.least},{most}}}{'?' if tree.lazy else ''}"
