"""What happens to a process from outside: chosen at random among what the oracle says is possible."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.faults.oracle import Oracle, Record, Stand
from tests.faults.structure import Human, Leave, Repeat, Room, walk

TIMERS = ("timer", "cycle")
Standing = Counter[tuple[str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Act:
    """One event from outside, for the oldest token at `element` with this `identity`.

    `verb`: complete, message, fire, work, retry, cancel. `how` a job goes: done, fail, crash, error.
    """

    verb: str
    element: str = ""
    identity: tuple[Any, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    how: str = ""

    def __str__(self) -> str:
        parts = [self.verb, self.element, self.how, str(self.identity[1:] or ""),
                 str(self.values or ""), f"{self.at:%H:%M:%S}" if self.at else ""]  # fmt: skip
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Expected:
    """What must be so after an act: the lines written in it, who waits, the process's data, the status."""

    records: tuple[Record, ...]
    first: int  # number of the first of them
    standing: Standing
    data: dict[str, Any]
    status: str
    incidents: int
    stored: int


@dataclass
class Schedule:
    """A run foretold: the acts, and what is expected after the start and after each of them."""

    acts: list[Act]
    expected: list[Expected]
    told: dict[str, Any]


class Endless(Exception):
    """The process does not end, though everything that can happen did: the generator or the oracle is wrong."""


def plan(
    room: Room, data: dict[str, Any], now: datetime, random: Random, *, free: int = 25, most: int = 150
) -> Schedule:  # fmt: skip
    """Let the oracle run to the end: `free` acts of any kind, then only those that bring it forward."""
    return _Planner(room, data, now, random).plan(free, most)


class _Planner:
    def __init__(self, room: Room, data: dict[str, Any], now: datetime, random: Random) -> None:
        self.random = random
        self.oracle = Oracle(room, data, now)
        self.serial = 0
        self.collect = {n.id: n.collect for n in walk(room) if isinstance(n, Human) and n.collect}
        self.leaves = {n.id: n for n in walk(room) if isinstance(n, Leave)}
        self.repeats = {n.id for n in walk(room) if isinstance(n, Repeat)}

    def plan(self, free: int, most: int) -> Schedule:
        acts: list[Act] = []
        expected = [self.expect(0)]
        while self.oracle.status == "active":
            if len(acts) > most:
                raise Endless(f"no end after {most} acts")
            first = len(self.oracle.records)
            act = self.choose(hurry=len(acts) >= free)
            self.play(act)
            acts.append(act)
            expected.append(self.expect(first))
        return Schedule(acts, expected, dict(self.oracle.told))

    def expect(self, first: int) -> Expected:
        oracle = self.oracle
        standing = Counter((s.element, s.identity) for s in oracle.stands())
        records = tuple(oracle.records[first:])
        return Expected(records, first, standing, oracle.data, oracle.status, oracle.incidents,
                        oracle.stored)  # fmt: skip

    def choose(self, hurry: bool) -> Act:
        """An act that is possible now. In a hurry nothing fails and nothing is started at the side."""
        possible = list(self.possible(hurry))
        if not possible:
            raise Endless(f"nothing can happen at {self.oracle.stands()}")
        if not hurry and self.random.random() < 0.004:
            return Act("cancel")
        return self.act(self.random.choice(possible), hurry)

    def possible(self, hurry: bool) -> Iterator[Stand]:
        """The oldest token at each place; of timers the one that is due first."""
        stands = self.oracle.stands()
        timers = [s for s in stands if s.kind in TIMERS]
        if timers:
            yield min(timers, key=lambda s: s.due)
        seen = set()
        for stand in stands:
            aside = stand.listens or stand.on is not None
            key = (stand.element, stand.identity)
            if stand.kind in ("error", *TIMERS) or key in seen or (hurry and aside):
                continue
            seen.add(key)
            yield stand

    def act(self, stand: Stand, hurry: bool) -> Act:
        place = (stand.element, stand.identity)
        number = self.random.randint(0, 9)
        match stand.kind:
            case "human":
                if stand.element in self.leaves:
                    number = self.leaving(stand, number, hurry)
                values: dict[str, Any] = {f"v_{stand.element}": number}
                if stand.element in self.collect:
                    values[self.collect[stand.element]] = self.random.randint(0, 9)
                return Act("complete", *place, values)
            case "message":
                self.serial += 1
                name = f"h_{stand.name}" if stand.listens else f"v_{stand.name}"
                return Act("message", *place, {name: self.serial if stand.listens else number})
            case "job":
                if stand.incident:
                    return Act("retry", *place)
                how, code = "done", f"E{1 + number % 2}"
                if not hurry:
                    ways = ["done", "done", "done", "fail", "crash", "error"]
                    caught = self.oracle.catches(stand.frame, stand, code)
                    how = self.random.choice([*ways, "error", "error"] if caught else ways)
                return Act("work", *place, {"value": number, "code": code}, how=how)
            case _:
                late = 0 if self.random.random() < 0.7 else self.random.randint(1, 10_000)
                at = max(self.oracle.now, stand.due) + timedelta(seconds=late)
                return Act("fire", *place, at=at)

    def leaving(self, stand: Stand, number: int, hurry: bool) -> int:
        """An error that nobody would catch is not thrown: the engine would rightly refuse."""
        code = self.leaves[stand.element].code
        caught = code is None or self.oracle.catches(stand.frame, None, code) is not None
        return number if caught and not hurry else 9

    def play(self, act: Act) -> None:
        """The act on the oracle."""
        oracle = self.oracle
        if act.verb == "cancel":
            oracle.cancel_all()
            return
        stand = _oldest(oracle.stands(), act)
        match act.verb:
            case "complete":
                oracle.complete(stand, act.values)
            case "message":
                oracle.receive(stand, act.values)
            case "fire":
                assert act.at is not None
                oracle.fire(stand, act.at)
            case "work":
                oracle.work(stand, act.how, act.values["value"], act.values["code"])
            case "retry":
                oracle.retry(stand)


def _oldest(stands: list[Stand], act: Act) -> Stand:
    found = [s for s in stands if (s.element, s.identity) == (act.element, act.identity)]
    return min(found, key=lambda s: s.due) if act.verb == "fire" else found[0]
