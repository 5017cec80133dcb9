"""One round: a random process, its oracle, and the engine twice; all three must tell the same."""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from engine.bpmn.tokens import Instance
from engine.history import PASSES
from tests.faults.drawing import readable
from tests.faults.generating import Generator
from tests.faults.oracle import Record
from tests.faults.running import Fault, Run, Seen, kept_in_memory
from tests.faults.schedule import Expected, Schedule, plan
from tests.faults.structure import Room, start_data

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOLD = {"submitted", "cancelled", "received", "fired"}


@dataclass(frozen=True)
class Figures:
    """What a round took."""

    steps: int
    reloads: int


class Unequal(Exception):
    """The round failed; `str()` says how, with all that is needed to look into it."""


@dataclass(frozen=True)
class Databases:
    """Where the two runs live: one that is never read back, one that is read back after every step."""

    kept: str
    reloaded: str


def generate(seed: int, size: int) -> Room:
    """The process of a seed."""
    return Generator(Random(seed), size).process()


def play(seed: int, room: Room, databases: Databases, key: str) -> Figures:
    """Run a process both ways with the schedule of the seed. Raises Unequal."""
    data = start_data(room)
    schedule = plan(room, data, BEGIN, Random(seed))
    done = 0
    memory: dict[bytes, Instance] = {}
    kept, reloaded = Run(databases.kept, reload=False), Run(databases.reloaded, reload=True)
    with ExitStack() as stack:
        try:
            for run in (kept, reloaded):
                with nullcontext() if run.reload else kept_in_memory(memory):
                    seen = run.start(room, key, data, BEGIN)
                stack.callback(run.close)
                _compare(schedule.expected[0], seen, run)
            for done, act in enumerate(schedule.acts, 1):
                expected = schedule.expected[done]
                with kept_in_memory(memory):
                    first = kept.act(act)
                _compare(expected, first, kept)
                second = reloaded.act(act)
                _compare(expected, second, reloaded)
                if first != second:
                    raise Fault(f"kept in memory: {first}\n  read back: {second}")
            for run in (kept, reloaded):
                if (told := run.told()) != schedule.told:
                    raise Fault(
                        f"{_name(run)}: the history tells {told}\n  expected {schedule.told}"
                    )
        except Exception as error:
            raise Unequal(_report(seed, room, schedule, done, error)) from error
    return Figures(kept.acts + reloaded.acts, reloaded.reloads)


def _name(run: Run) -> str:
    return "read back" if run.reload else "kept in memory"


def _compare(expected: Expected, seen: Seen, run: Run) -> None:
    """The engine against the oracle."""
    rows = [line for event, element, _ in seen.rows for line in _lines(event, element or "")]
    wanted = [(r.event, r.element) for r in expected.records]
    if sorted(rows) != sorted(wanted):
        extra, missing = list(rows), []
        for line in wanted:
            if line in extra:
                extra.remove(line)
            else:
                missing.append(line)
        raise Fault(f"{_name(run)}: too much {extra}, too little {missing}")
    if not fits(rows, expected.records, expected.first):
        raise Fault(f"{_name(run)}: the order {rows} is none that {expected.records} allow")
    if seen.status != expected.status:
        raise Fault(f"{_name(run)}: is {seen.status}, not {expected.status}")
    if seen.incidents != expected.incidents:
        raise Fault(f"{_name(run)}: {seen.incidents} incidents, not {expected.incidents}")
    if seen.stored != expected.stored:
        raise Fault(f"{_name(run)}: {seen.stored} stored, not {expected.stored}")
    if seen.status == "active":
        if seen.standing != expected.standing:
            raise Fault(
                f"{_name(run)}: too many wait at {dict(seen.standing - expected.standing)}, "
                f"too few at {dict(expected.standing - seen.standing)}"
            )
        if seen.data != expected.data:
            raise Fault(f"{_name(run)}: data {seen.data}\n  expected {expected.data}")


def _lines(event: str, element: str) -> list[tuple[str, str]]:
    """What a row of the history tells, as the oracle has it: the work of a person apart from the pass it ends in."""
    if element.endswith("#listener"):
        return []
    told = [(event, element)] if event in TOLD else []
    return [*told, ("completed", element)] if event in PASSES and element else told


def fits(rows: Sequence[tuple[str, str]], records: Sequence[Record], first: int) -> bool:
    """Whether the rows, in their order, are the records in an order that these allow.

    Where several records read the same, any of them may be meant: they are tried one after the other.
    """
    done: set[int] = set()
    tried: list[list[int]] = []
    while len(done) < len(rows):
        if len(tried) == len(done):
            tried.append(_next(rows[len(done)], records, first, done))
        while tried and not tried[-1]:
            tried.pop()
            if not tried:
                return False
            done.discard(tried[-1].pop(0))
        if tried[-1]:
            done.add(tried[-1][0])
    return True


def _next(
    row: tuple[str, str], records: Sequence[Record], first: int, done: set[int]
) -> list[int]:  # fmt: skip
    """The numbers of the records that may come now; of those with the same past one is enough."""
    found: dict[frozenset[int], int] = {}
    for number, record in enumerate(records):
        past = frozenset(a - first for a in record.after if a >= first)
        if (record.event, record.element) == row and number not in done and past <= done:
            found.setdefault(past, number)
    return list(found.values())


def _report(seed: int, room: Room, schedule: Schedule, done: int, error: Exception) -> str:
    acts = "\n".join(
        f"  {'*' if n == done else ' '} {n}. {act}" for n, act in enumerate(schedule.acts, 1)
    )
    words = str(error) if isinstance(error, Fault) else f"{type(error).__name__}: {error}"
    return f"seed {seed}, act {done}: {words}\n{readable(room)}\nschedule:\n{acts}"
