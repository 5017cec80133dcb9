"""What a process must do, told by plain Python that walks the structure: it knows neither BPMN files nor the engine.

Scopes are frames with data of their own (docs/decisions/0003); whatever a token stands at is a `Stand`; what comes
next is a continuation. Every act from outside gives records in a partial order: `after` names what must come before.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.faults.structure import (
    Arm,
    Call,
    Circle,
    Edge,
    Gateway,
    Handler,
    Human,
    Index,
    Job,
    Leave,
    Pause,
    Race,
    Receive,
    Repeat,
    Room,
    Script,
    Sequence,
    Step,
    Sub,
    Trigger,
    counters,
)

After = tuple[int, ...]
Next = Callable[[After], None]


@dataclass(frozen=True)
class Record:
    """A line of the history; `after` are the numbers of the records that must stand before it."""

    event: str
    element: str
    after: After


@dataclass
class Frame:
    """A scope: its data, what stands in it, how many paths are open in it."""

    parent: "Frame | None"
    ended: Next
    local: dict[str, Any] = field(default_factory=dict)
    isolated: bool = False
    stands: list["Stand"] = field(default_factory=list)
    host: "Stand | None" = None
    paths: int = 0
    ends: After = ()

    def holder(self, name: str) -> "Frame | None":
        """The nearest frame outwards that has the variable."""
        if name in self.local:
            return self
        return None if self.isolated or self.parent is None else self.parent.holder(name)

    def root(self) -> "Frame":
        """Where a new variable goes."""
        return self if self.isolated or self.parent is None else self.parent.root()

    def value(self, name: str) -> Any:
        """What an expression here sees."""
        holder = self.holder(name)
        return None if holder is None else holder.local[name]


@dataclass(eq=False)
class Stand:
    """A token that stands somewhere. `taken` goes on with what came; hosts and joins only wait for others."""

    element: str
    kind: str  # human, job, timer, message, error; host, join
    frame: Frame
    index: Index
    taken: Callable[[After, dict[str, Any]], None] | None = None
    listens: bool = False  # a listener of an event sub-process: does not keep its frame
    on: "Stand | None" = None  # a boundary event's activity
    trigger: Trigger | None = None
    rounds: list[datetime] = field(default_factory=list)  # when a timer is due, and then, and then
    inner: list[Frame] = field(default_factory=list)
    edges: list["Stand"] = field(default_factory=list)
    others: list["Stand"] = field(default_factory=list)  # the other arms of an event-based gateway
    tries: int = 0
    most: int = 0
    incident: bool = False
    crashed: bool = False

    @property
    def identity(self) -> tuple[Any, ...]:
        """Which of the tokens at this element it is."""
        return tuple(self.frame.value(name) for name in ("key", *self.index))

    @property
    def name(self) -> str:
        """The node of the structure: an event sub-process listens at its start event."""
        return self.element.removesuffix("_s") if self.listens else self.element

    @property
    def due(self) -> datetime:
        """When its timer is due."""
        return self.rounds[0]


class Oracle:
    """One instance. `records` of all acts so far; `told` every variable as last set, `data` of the process itself."""

    def __init__(self, room: Room, data: dict[str, Any], now: datetime) -> None:
        self.now = now
        self.records: list[Record] = []
        self.told: dict[str, Any] = dict(data)
        self.incidents = 0
        self.stored = 0  # what the data store of the process, and of all that it calls, has counted
        self.status = "active"
        self.top = Frame(None, self._completed, dict(data))
        self.begin(room, self.top, "p", ())

    @property
    def data(self) -> dict[str, Any]:
        """The data of the process itself."""
        return deepcopy(self.top.local)

    def stands(self) -> list[Stand]:
        """Every token that waits for something outside, oldest first in its frame."""
        found: list[Stand] = []

        def look(frame: Frame) -> None:
            for stand in frame.stands:
                if stand.kind not in ("host", "join"):
                    found.append(stand)
                for inner in stand.inner:
                    look(inner)

        look(self.top)
        return found

    # What comes from outside ------------------------------------------------------------------------------------------

    def complete(self, stand: Stand, values: dict[str, Any]) -> None:
        """A person completes a task."""
        stand.taken((self.record("submitted", stand.element, ()),), values)  # type: ignore[misc]

    def receive(self, stand: Stand, payload: dict[str, Any]) -> None:
        """A message comes."""
        stand.taken((self.record("received", stand.element, ()),), payload)  # type: ignore[misc]

    def fire(self, stand: Stand, now: datetime) -> None:
        """A timer fires, at its time or late; rounds that were missed are not made up for."""
        self.now = now
        stand.rounds = [due for due in stand.rounds[1:] if due > now]
        stand.taken((self.record("fired", stand.element, ()),), {})  # type: ignore[misc]

    def work(self, stand: Stand, how: str, value: int, code: str) -> None:
        """A worker takes the job; every claim is a try, one more than allowed is an incident."""
        stand.tries += 1
        stand.crashed = False
        if stand.tries > stand.most:
            self._give_up(stand)
        elif how == "done":
            stand.taken((), {f"r_{stand.element}": value})  # type: ignore[misc]
        elif how == "crash":
            stand.crashed = True
        elif how == "fail":
            if stand.tries == stand.most:
                self._give_up(stand)
        elif not self.throw(stand.frame, stand, code, "says the job", ()):
            self._give_up(stand)

    def retry(self, stand: Stand) -> None:
        """A person gives a job its tries back."""
        stand.incident, stand.tries = False, 0

    def cancel_all(self) -> None:
        """The instance is cancelled."""
        self.clear(self.top, (self.record("cancelled", None, ()),))
        self.status = "cancelled"

    def _give_up(self, stand: Stand) -> None:
        stand.incident = True
        self.incidents += 1

    def _completed(self, _after: After) -> None:
        self.status = "completed"

    # Scopes -----------------------------------------------------------------------------------------------------------

    def record(self, event: str, element: str | None, after: Iterable[int]) -> int:
        """Something happened; its number."""
        self.records.append(Record(event, element or "", tuple(after)))
        return len(self.records) - 1

    def passed(self, element: str, after: After) -> After:
        """A token went through a node."""
        return (self.record("completed", element, after),)

    def assign(self, frame: Frame, values: dict[str, Any]) -> None:
        """Set variables where they are, else in the process."""
        for name, value in values.items():
            (frame.holder(name) or frame.root()).local[name] = value
            self.told[name] = value

    def begin(self, room: Room, frame: Frame, name: str, after: After) -> None:
        """Open a scope: its listeners, then its main path."""
        for handler in room.handlers:
            self.listen(handler, frame)
        self.open(frame, room.body, f"{name}_s", f"{name}_e", after)

    def open(self, frame: Frame, body: Sequence, start: str, end: str, after: After) -> None:
        """One more path in a scope, from a start (or boundary) event to an end event."""
        frame.paths += 1
        self.run(body, frame, self.passed(start, after),
                 lambda last: self.end(frame, self.passed(end, last)))  # fmt: skip

    def end(self, frame: Frame, after: After) -> None:
        """A path has ended; with the last one, the scope."""
        frame.ends += after
        frame.paths -= 1
        if frame.paths == 0:
            frame.stands.clear()
            if frame.host is not None:
                frame.host.inner.remove(frame)
            frame.ended(frame.ends)

    def clear(self, frame: Frame, after: After) -> After:
        """Cancel whatever stands in a scope; listeners go without a word."""
        records: After = ()
        for stand in list(frame.stands):
            if stand in frame.stands and stand.on is None and not stand.listens:
                records += self.cancel(stand, after)
        frame.stands.clear()
        return records

    def cancel(self, stand: Stand, after: After) -> After:
        """Take a token away with all that it hosts."""
        self.remove(stand)
        own = (self.record("cancelled", stand.element, after),)
        for inner in stand.inner:
            own += self.clear(inner, after)
        stand.inner = []
        return own

    def stand(self, stand: Stand) -> Stand:
        """A token stands still."""
        stand.frame.stands.append(stand)
        return stand

    def remove(self, stand: Stand) -> None:
        """It leaves; its boundary events go with it."""
        stand.frame.stands.remove(stand)
        for edge in stand.edges:
            if edge in edge.frame.stands:
                edge.frame.stands.remove(edge)

    # Steps ------------------------------------------------------------------------------------------------------------

    def run(self, body: Sequence, frame: Frame, after: After, then: Next, at: int = 0) -> None:
        """The steps of a sequence from number `at` on."""
        if at == len(body.steps):
            then(after)
        else:
            self.step(
                body.steps[at], frame, after, lambda last: self.run(body, frame, last, then, at + 1)
            )

    def step(self, step: Step, frame: Frame, after: After, then: Next) -> None:
        """One step."""
        match step:
            case Script(stored=True):
                self.stored += 1
                self.told["Passed"] = self.stored
                then(self.passed(step.id, after))
            case Script():
                name = f"x_{step.id}"
                self.assign(frame, {name: frame.value(name) + 1})
                then(self.passed(step.id, after))
            case Pause():
                self.wait(step.id, step.index, Trigger("timer", step.seconds), frame, then)
            case Receive(task=False):
                self.wait(step.id, step.index, Trigger("message"), frame, then)
            case Gateway():
                self.gateway(step, frame, after, then)
            case Circle():
                self.assign(frame, {f"l_{step.id}": 0})
                self.circle(step, frame, self.passed(f"{step.id}_z", after), then)
            case Race():
                self.race(step, frame, after, then)
            case Leave():
                self.leave(step, frame, after, then)
            case _:
                self.activity(step, step.edges, frame, after, then)

    def wait(self, name: str, index: Index, trigger: Trigger, frame: Frame, then: Next) -> Stand:
        """An event that a token waits for on its way."""

        def taken(after: After, payload: dict[str, Any]) -> None:
            self.remove(stand)
            gone: After = ()
            for other in stand.others:
                gone += self.cancel(other, after)
            self.assign(frame, payload)
            then(self.passed(name, after + gone))

        stand = self.stand(Stand(name, trigger.kind, frame, index, taken, trigger=trigger))
        self.arm(stand)
        return stand

    def arm(self, stand: Stand) -> None:
        """Work out when a timer will be due."""
        trigger = stand.trigger
        if trigger is not None and trigger.kind in ("timer", "cycle"):
            every = timedelta(seconds=trigger.seconds)
            stand.rounds = [self.now + every * (n + 1) for n in range(max(1, trigger.rounds))]

    def gateway(self, step: Gateway, frame: Frame, after: After, then: Next) -> None:
        """One, some or all branches, and the join of those."""
        split, join = f"{step.id}_s", f"{step.id}_j"
        chosen = [
            b for b in step.branches
            if step.kind == "parallel"
            or (b.condition is not None and frame.value(b.condition.name) > b.condition.above)
        ]  # fmt: skip
        chosen = chosen or [b for b in step.branches if b.condition is None]
        after = self.passed(split, after)
        if step.kind == "exclusive":
            self.run(chosen[0].body, frame, after, lambda last: then(self.passed(join, last)))
            return
        waiting: list[Stand] = []
        came: After = ()

        def arrive(last: After) -> None:
            nonlocal came
            came += last
            waiting.append(self.stand(Stand(join, "join", frame, ())))
            if len(waiting) == len(chosen):
                for stand in waiting:
                    self.remove(stand)
                then(self.passed(join, came))

        for branch in chosen:
            self.run(branch.body, frame, after, arrive)

    def circle(self, step: Circle, frame: Frame, after: After, then: Next) -> None:
        """A round, and another one or not."""

        def again(last: After) -> None:
            count = frame.value(f"l_{step.id}") + 1
            self.assign(frame, {f"l_{step.id}": count})
            last = self.passed(f"{step.id}_x", self.passed(f"{step.id}_c", last))
            if count < step.times:
                self.circle(step, frame, last, then)
            else:
                then(self.passed(f"{step.id}_o", last))

        self.run(step.body, frame, self.passed(f"{step.id}_m", after), again)

    def race(self, step: Race, frame: Frame, after: After, then: Next) -> None:
        """The first event wins."""
        self.passed(step.id, after)

        def onward(arm: Arm) -> Next:
            return lambda last: self.run(
                arm.body, frame, last, lambda end: then(self.passed(f"{step.id}_j", end))
            )

        arms = [self.wait(a.id, a.index, a.trigger, frame, onward(a)) for a in step.arms]
        for stand in arms:
            stand.others = [other for other in arms if other is not stand]

    def leave(self, step: Leave, frame: Frame, after: After, then: Next) -> None:
        """Onwards, or out of the scope."""

        def taken(came: After, values: dict[str, Any]) -> None:
            self.remove(stand)
            self.assign(frame, values)
            last = self.passed(f"{step.id}_s", self.passed(step.id, came))
            if values[f"v_{step.id}"] > 4:
                then(self.passed(f"{step.id}_o", last))
                return
            end = self.passed(f"{step.id}_e", last)
            if step.code:
                self.throw(frame, None, step.code, "", end)
            else:
                gone = self.clear(frame, last)
                frame.paths = 1
                self.end(frame, end + gone)

        stand = self.stand(Stand(step.id, "human", frame, step.index, taken))

    # Activities -------------------------------------------------------------------------------------------------------

    def activity(
        self, step: Any, edges: tuple[Edge, ...], frame: Frame, after: After, then: Next
    ) -> None:
        """An activity with its boundary events; interrupting ones join behind it."""
        interrupting = any(e.interrupting for e in edges)

        def onward(last: After) -> None:
            then(self.passed(f"{step.id}_j", last) if interrupting else last)

        def left(last: After) -> None:
            self.remove(stand)
            onward(self.passed(step.id, last))

        def taken(came: After, values: dict[str, Any]) -> None:
            self.assign(frame, values)
            left(came)

        index = getattr(step, "index", ())
        stand = self.stand(Stand(step.id, "host", frame, index))
        for edge in edges:
            stand.edges.append(self.edge(edge, stand, onward))
        match step:
            case Human():
                stand.kind, stand.taken = "human", taken
            case Receive():
                stand.kind, stand.taken = "message", taken
            case Job():
                stand.kind, stand.taken, stand.most = "job", taken, step.tries
            case Sub():
                self.begin(step.room, self.inside(stand, left), step.id, after)
            case Call():
                self.call(step, stand, after, left)
            case Repeat():
                Rounds(self, step, stand, left).start(after)

    def inside(self, host: Stand, ended: Next) -> Frame:
        """A frame that a token hosts."""
        frame = Frame(host.frame, ended, host=host)
        host.inner.append(frame)
        return frame

    def call(self, step: Call, stand: Stand, after: After, left: Next) -> None:
        """A process with data of its own."""
        first = f"x_{step.id}_first"

        def returned(last: After) -> None:
            self.assign(stand.frame, {f"y_{step.id}": inner.local[first]})
            left(last)

        inner = self.inside(stand, returned)
        inner.isolated = True
        inner.local = {
            "key": ".".join(str(value) for value in stand.identity),
            "a": stand.frame.value("a"),
            "b": stand.frame.value("b"),
        } | dict.fromkeys(counters(step.room), 0)
        self.begin(step.room, inner, f"{step.id}", after)

    # Events at the side -----------------------------------------------------------------------------------------------

    def edge(self, edge: Edge, host: Stand, onward: Next) -> Stand:
        """A boundary event waits beside its activity."""
        frame = host.frame

        def taken(after: After, payload: dict[str, Any]) -> None:
            self.assign(frame, payload)
            if edge.interrupting:
                after += self.cancel(host, after)
                self.run(edge.body, frame, self.passed(edge.id, after), onward)
            else:
                self.over(stand)
                self.open(frame, edge.body, edge.id, f"{edge.id}_e", after)

        stand = Stand(edge.id, edge.trigger.kind, frame, edge.index, taken, on=host,
                      trigger=edge.trigger)  # fmt: skip
        self.arm(stand)
        return self.stand(stand)

    def listen(self, handler: Handler, frame: Frame) -> None:
        """An event sub-process waits for its event."""

        def taken(after: After, payload: dict[str, Any]) -> None:
            if handler.interrupting:
                after += self.clear(frame, after)
                frame.paths = 0
            else:
                self.over(stand)
            frame.paths += 1
            host = self.stand(Stand(handler.id, "host", frame, ()))

            def ended(last: After) -> None:
                self.remove(host)
                self.end(frame, self.passed(handler.id, last))

            inner = self.inside(host, ended)
            inner.local = dict(payload)
            name = handler.id
            self.open(inner, handler.body, f"{name}_s", f"{name}_e", after)

        name = f"{handler.id}_s"
        stand = Stand(name, handler.trigger.kind, frame, handler.index, taken, listens=True,
                      trigger=handler.trigger)  # fmt: skip
        self.arm(stand)
        self.stand(stand)

    def over(self, stand: Stand) -> None:
        """A timer without a further round waits no more."""
        if stand.kind in ("timer", "cycle") and not stand.rounds:
            self.remove(stand)

    def catches(self, frame: Frame, activity: Stand | None, code: str) -> Stand | None:
        """Who catches an error: at the activity's edge, in its scope, at the scope's edge, and so on outwards."""
        scope: Frame | None = frame
        while scope is not None:
            here = [s for s in scope.stands if s.kind == "error"]
            for fits in (
                lambda s, on=activity: on is not None and s.on is on,
                lambda s: s.listens,
            ):
                found = [
                    s for s in here if fits(s) and s.trigger and s.trigger.code in (None, code)
                ]
                found.sort(key=lambda s: s.trigger is None or s.trigger.code is None)
                if found:
                    return found[0]
            activity, scope = scope.host, scope.parent
        return None

    def throw(
        self, frame: Frame, activity: Stand | None, code: str, words: str, after: After
    ) -> bool:
        """An error goes outwards; False when nobody catches it."""
        catcher = self.catches(frame, activity, code)
        if catcher is None:
            return False
        catcher.taken(after, {"error": {"code": code, "message": words}})  # type: ignore[misc]
        return True


class Rounds:
    """A loop or multi-instance activity."""

    def __init__(self, oracle: Oracle, step: Repeat, host: Stand, left: Next) -> None:
        self.oracle, self.step, self.host, self.left = oracle, step, host, left
        self.results: dict[int, Any] = {}
        self.ends: After = ()

    def start(self, after: After) -> None:
        """One round or all of them."""
        if not self.step.items:
            self.finish(after)
        elif self.step.kind == "parallel":
            for number in range(len(self.step.items)):
                self.round(number, after)
        else:
            self.round(0, after)

    def round(self, number: int, after: After) -> None:
        """Open a frame for one round."""
        frame = self.oracle.inside(self.host, lambda last: self.done(number, frame, last))
        frame.local = {"loopCounter": number + 1}
        if self.step.kind != "standard":
            frame.local |= {f"i_{self.step.id}": self.step.items[number], f"o_{self.step.id}": None}
        frame.paths = 1
        self.oracle.activity(
            self.step.inner, (), frame, after, lambda last: self.oracle.end(frame, last)
        )

    def done(self, number: int, frame: Frame, last: After) -> None:
        """A round has ended: enough, the next one, or wait for the others."""
        step = self.step
        self.results[number] = frame.local.get(f"o_{step.id}")
        self.ends += last
        if len(self.results) == step.enough:
            for inner in self.host.inner:
                self.ends += self.oracle.clear(inner, last)
            self.host.inner = []
        elif len(self.results) < len(step.items):
            if step.kind != "parallel":
                self.round(number + 1, last)
            return
        self.finish(self.ends)

    def finish(self, after: After) -> None:
        """Hand out what was collected."""
        if self.step.kind != "standard":
            collected = [self.results[n] for n in sorted(self.results)]
            self.oracle.assign(self.host.frame, {f"all_{self.step.id}": collected})
        self.left(after)
