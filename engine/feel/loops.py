"""`for`, `some` and `every` (DMN 1.5 §10.3.2.14)."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from engine.feel.compare import less
from engine.feel.numbers import DIGITS
from engine.feel.runtime import TURN, Run, Scope
from engine.feel.temporal import Date, date_from_epoch_day
from engine.feel.types import type_of
from engine.feel.values import Range

Code = Callable[[Scope], Any]
# (name, domain, end of `domain..end` or None, offset in the text)
Iterations = tuple[tuple[str, Code, Code | None, int], ...]


def items_of(domain: Any, run: Run, at: int) -> Iterator[Any] | list[Any] | None:
    """What an iteration runs over: a list, a bounded range, or the one value given."""
    if isinstance(domain, list):
        return domain
    if domain is None:
        run.warn(at, "null cannot be iterated", "null 无法遍历")
        return None
    if not isinstance(domain, Range):
        return [domain]
    if not _countable(domain.start, domain.end) or less(domain.end, domain.start):
        kind = type_of(domain.start)
        run.warn(at, f"this range of {kind} cannot be iterated", f"该 {kind} 区间无法遍历")
        return None
    if isinstance(domain.start, Decimal):
        first, last = int(domain.start), int(domain.end)
    else:
        first, last = domain.start.epoch_day, domain.end.epoch_day
    steps = range(first + (not domain.start_included), last + domain.end_included)
    return _numbers(steps) if isinstance(domain.start, Decimal) else _dates(steps, run)


def span(start: Any, end: Any, run: Run, at: int) -> Iterator[Any] | None:
    """`start..end` of an iteration, which may also run downwards."""
    if not _countable(start, end):
        a, b = type_of(start), type_of(end)
        run.warn(at, f"{a}..{b} cannot be iterated", f"{a}..{b} 无法遍历")
        return None
    if isinstance(start, Decimal):
        return _numbers(_steps(int(start), int(end)))
    return _dates(_steps(start.epoch_day, end.epoch_day), run)


def _steps(first: int, last: int) -> range:
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _countable(start: Any, end: Any) -> bool:
    """Whole numbers that 34 digits can count through, or dates."""
    if start.__class__ is Decimal and end.__class__ is Decimal:
        return all(
            number.adjusted() < DIGITS and number == number.to_integral_value()
            for number in (start, end)
        )
    return start.__class__ is Date and end.__class__ is Date


def _numbers(steps: range) -> Iterator[Decimal]:
    return (Decimal(number) for number in steps)


def _dates(steps: range, run: Run) -> Iterator[Date | None]:
    for day in steps:
        run.spend(TURN)  # making a date costs as much time as a turn itself
        yield date_from_epoch_day(day)


def _scopes(iterations: Iterations, scope: Scope) -> Iterator[Scope | None]:
    """One scope for each combination, the last iteration turning fastest; None where one has no items."""
    name, domain, end, at = iterations[0]
    run = scope.run
    first = domain(scope)
    items = items_of(first, run, at) if end is None else span(first, end(scope), run, at)
    if items is None:
        yield None
        return
    rest = iterations[1:]
    for item in items:
        inner = Scope({name: item}, scope, run)
        if rest:
            run.spend(TURN)
            yield from _scopes(rest, inner)
        else:
            yield inner


def iterate(iterations: Iterations, body: Code, nodes: int) -> Code:
    """`for`; `nodes` is the size of the body, for the budget."""
    cost = nodes + TURN

    def loop(scope: Scope) -> list[Any] | None:
        run = scope.run
        results: list[Any] = []
        # `partial` hides nothing that an iteration names, and is seen by every iteration.
        outer = Scope(_Partial(results, run), scope, run)
        for inner in _scopes(iterations, outer):
            if inner is None:
                return None
            run.spend(cost)
            results.append(body(inner))
        run.check_size(len(results))
        return results

    return loop


class _Partial(dict[str, Any]):
    """The names of a loop's own scope: `partial`, a copy of the results so far."""

    __slots__ = ("results", "run")

    def __init__(self, results: list[Any], run: Run) -> None:
        super().__init__()
        self.results = results
        self.run = run

    def get(self, key: str, default: Any = None) -> Any:
        if key != "partial":
            return default
        self.run.spend(1 + len(self.results))
        return self.results.copy()


def quantify(iterations: Iterations, condition: Code, nodes: int, some: bool) -> Code:
    """`some` is an `or` over all combinations, `every` an `and`."""
    cost = nodes + TURN

    def decide(scope: Scope) -> bool | None:
        run = scope.run
        result: bool | None = not some
        for inner in _scopes(iterations, scope):
            if inner is None:
                return None
            run.spend(cost)
            answer = condition(inner)
            if answer is some:
                return bool(some)
            if answer is not (not some):
                result = run.warn(0, "a condition is not boolean", "有一个条件不是布尔值")
        return result

    return decide
