"""A backtracking machine that never tries the same place of the pattern at the same place of the text twice.

That bounds its work by pattern times text, and still finds the match a backtracking matcher finds first
(the BitState method of RE2). Patterns with back references cannot be cut short so: they remember the groups too,
and the run's budget ends them.
"""

from collections.abc import Callable
from typing import Any

from engine.feel.runtime import Run
from engine.feel.xpath_regex import syntax

MAX_PROGRAM = 20_000
# What one step of the machine costs in steps of the budget (more where groups are remembered), and how
# many are charged at once.
_COST = 8
_COST_REMEMBERING = 24
_AT_ONCE = 250

CHAR, SPLIT, JUMP, SAVE, ASSERT, BACK, DONE = range(7)
Step = tuple[int, Any, Any]
Place = Callable[[str, int], bool]


def _at_start(text: str, at: int) -> bool:
    return at == 0


def _at_end(text: str, at: int) -> bool:
    return at == len(text)


def _at_line_start(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


def _at_line_end(text: str, at: int) -> bool:
    return at == len(text) or text[at] == "\n"


class Machine:
    """A pattern as a program."""

    def __init__(self, tree: syntax.Tree, groups: int, flags: str) -> None:
        self.groups = groups
        self.fold = "i" in flags
        self.all = "s" in flags
        self.start = _at_line_start if "m" in flags else _at_start
        self.end = _at_line_end if "m" in flags else _at_end
        self.back_references = False
        self.program: list[Step] = []
        self.compile(tree)
        self.emit(DONE)

    def emit(self, operation: int, a: Any = None, b: Any = None) -> int:
        if len(self.program) >= MAX_PROGRAM:
            raise syntax.InvalidPattern("too large")
        self.program.append((operation, a, b))
        return len(self.program) - 1

    def compile(self, tree: syntax.Tree) -> None:
        match tree:
            case syntax.Chars(set):
                self.emit(CHAR, set.has_any_case if self.fold else set.has)
            case syntax.Any():
                self.emit(CHAR, _anything if self.all else _no_line_end)
            case syntax.Start():
                self.emit(ASSERT, self.start)
            case syntax.End():
                self.emit(ASSERT, self.end)
            case syntax.BackReference(group):
                self.back_references = True
                self.emit(BACK, group)
            case syntax.Sequence(parts):
                for part in parts:
                    self.compile(part)
            case syntax.Either(branches):
                self.either(branches)
            case syntax.Group(number, inner):
                if number:
                    self.emit(SAVE, 2 * number)
                self.compile(inner)
                if number:
                    self.emit(SAVE, 2 * number + 1)
            case syntax.Repeat():
                self.repeat(tree)

    def either(self, branches: tuple[syntax.Tree, ...]) -> None:
        jumps = []
        for branch in branches[:-1]:
            split = self.emit(SPLIT)
            self.compile(branch)
            jumps.append(self.emit(JUMP))
            self.program[split] = (SPLIT, split + 1, len(self.program))
        self.compile(branches[-1])
        for jump in jumps:
            self.program[jump] = (JUMP, len(self.program), None)

    def repeat(self, tree: syntax.Repeat) -> None:
        for _ in range(tree.least):
            self.compile(tree.inner)
        if tree.most is None:
            split = self.emit(SPLIT)
            self.compile(tree.inner)
            self.emit(JUMP, split)
            self.branch(split, len(self.program), tree.lazy)
            return
        splits = []
        for _ in range(tree.most - tree.least):
            splits.append(self.emit(SPLIT))
            self.compile(tree.inner)
        for split in splits:
            self.branch(split, len(self.program), tree.lazy)

    def branch(self, split: int, out: int, lazy: bool) -> None:
        into = split + 1
        self.program[split] = (SPLIT, out, into) if lazy else (SPLIT, into, out)

    def search(self, text: str, start: int, run: Run) -> tuple[int | None, ...] | None:
        """The leftmost match from `start`: positions of its groups."""
        seen: set[object] = set()
        empty: tuple[int | None, ...] = (None,) * (2 * self.groups + 2)
        for at in range(start, len(text) + 1):
            run.spend(_COST)
            found = self.match(text, at, (at, *empty[1:]), seen, run)
            if found is not None:
                return found
        return None

    def match(
        self,
        text: str,
        start: int,
        groups: tuple[int | None, ...],
        seen: set[object],
        run: Run,
    ) -> tuple[int | None, ...] | None:
        program, size, remember = self.program, len(text), self.back_references
        stride = size + 1
        cost = _COST_REMEMBERING if remember else _COST
        steps = 0
        todo = [(0, start, groups)]
        while todo:
            pc, at, groups = todo.pop()
            while True:
                key: object = (pc, at, groups) if remember else pc * stride + at
                if key in seen:
                    break
                seen.add(key)
                steps += 1
                if steps >= _AT_ONCE:
                    run.spend(cost * steps)
                    steps = 0
                operation, a, b = program[pc]
                if operation == CHAR:
                    if at >= size or not a(text[at]):
                        break
                    at += 1
                    pc += 1
                elif operation == SPLIT:
                    todo.append((b, at, groups))
                    pc = a
                elif operation == JUMP:
                    pc = a
                elif operation == SAVE:
                    groups = (*groups[:a], at, *groups[a + 1 :])
                    pc += 1
                elif operation == ASSERT:
                    if not a(text, at):
                        break
                    pc += 1
                elif operation == BACK:
                    low, high = groups[2 * a], groups[2 * a + 1]
                    again = "" if low is None or high is None else text[low:high]
                    if not self.repeats(text, at, again):
                        break
                    at += len(again)
                    pc += 1
                else:
                    run.spend(cost * steps)
                    return (groups[0], at, *groups[2:])
        run.spend(cost * steps)
        return None

    def repeats(self, text: str, at: int, again: str) -> bool:
        here = text[at : at + len(again)]
        return here == again or (self.fold and here.lower() == again.lower())


def _anything(char: str) -> bool:
    return True


def _no_line_end(char: str) -> bool:
    return char not in "\n\r"
