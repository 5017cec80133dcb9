"""Random structured processes: everything that the engine runs, put together so that one right answer exists.

What two tokens do at the same moment has no order, so no condition reads what another token may write in that moment,
and what ends a scope (errors, terminate, completion conditions) is moved by an event from outside, when all else rests.
"""

from dataclasses import dataclass, field, replace
from random import Random

from tests.faults.structure import (
    Arm,
    Branch,
    Call,
    Circle,
    Condition,
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
)

DEEPEST = 4


@dataclass(frozen=True)
class Place:
    """Where a step is about to stand.

    `known`: numbers that are surely set here. `plain`: several tokens may pass here in one scope at a time, so there is
    nothing that would have to know them apart. `shared`: several scopes like this one may run beside each other.
    """

    index: Index = ()
    known: tuple[str, ...] = ("a", "b")
    plain: bool = False
    shared: bool = False
    collect: str | None = None
    depth: int = 0

    def deeper(self) -> "Place":
        """One level down."""
        return replace(self, depth=self.depth + 1)


@dataclass
class Generator:
    """Draws from `random` until about `size` nodes are spent."""

    random: Random
    size: int = 14
    count: int = field(default=0, init=False)

    def process(self) -> Room:
        """A whole process."""
        return self.room(Place(), least=3)

    def name(self, letter: str) -> str:
        """A new id."""
        self.count += 1
        return f"{letter}{self.count}"

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.random.random() < share

    def room(self, place: Place, first: tuple[Step, ...] = (), least: int = 1) -> Room:
        """A scope with up to two event sub-processes."""
        body, _ = self.sequence(place, longest=4, least=least)
        handlers = []
        while place.depth < DEEPEST and len(handlers) < 2 and self.chance(0.25):
            handlers.append(self.handler(place))
        return Room(Sequence(first + body.steps), tuple(handlers))

    def sequence(
        self, place: Place, longest: int = 3, least: int = 1
    ) -> tuple[Sequence, tuple[str, ...]]:
        """Some steps, and what is known behind them."""
        steps: list[Step] = []
        for _ in range(self.random.randint(least, longest)):
            step, known = self.step(place)
            place = replace(place, known=known)
            steps.append(step)
        return Sequence(tuple(steps)), place.known

    def step(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """One step, and what is known behind it."""
        leaves = [self.script, self.human, self.human, self.job, self.pause, self.receive]
        if self.count >= self.size or place.depth >= DEEPEST:
            return self.random.choice(leaves)(place)
        if place.plain:
            return self.random.choice([*leaves, self.gateway])(place)
        blocks = [self.gateway, self.gateway, self.gateway, self.sub, self.sub, self.guarded, self.call,
                  self.repeat, self.repeat, self.race, self.race, self.leave]  # fmt: skip
        if not place.shared:
            blocks += [self.circle, self.circle, self.circle]
        return self.random.choice(leaves if self.chance(0.4) else blocks)(place)

    # Leaves -----------------------------------------------------------------------------------------------------------

    def script(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A script or an inline operator. What a data store holds is not asked: others may write it at that moment."""
        return Script(self.name("s"), self.chance(0.3), self.chance(0.25)), place.known

    def human(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A user task."""
        name = self.name("u")
        edges = self.edges(place, errors=False)
        return Human(name, place.index, place.collect, edges), _after(place, f"v_{name}", edges)

    def job(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A service task."""
        name = self.name("j")
        edges = self.edges(place, errors=True)
        known = _after(place, f"r_{name}", edges)
        return Job(name, place.index, self.random.randint(1, 3), edges), known

    def pause(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A timer."""
        return Pause(self.name("t"), place.index, self.seconds()), place.known

    def receive(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A message."""
        name, task = self.name("m"), self.chance(0.5)
        edges = self.edges(place, errors=False) if task else ()
        return Receive(name, place.index, task, edges), _after(place, f"v_{name}", edges)

    def leave(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A way out of the scope."""
        name = self.name("q")
        code = self.random.choice([None, "E1", "E1", "E2", "E2"])
        return Leave(name, place.index, code), (*place.known, f"v_{name}")

    # Blocks -----------------------------------------------------------------------------------------------------------

    def gateway(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A split with its join; branches that may be empty where that is no parallel branch."""
        name = self.name("g")
        kind = self.random.choice(
            ["exclusive"] if place.plain else ["exclusive", "parallel", "parallel", "inclusive"]
        )
        known = place.known
        branches = []
        for number in range(self.random.randint(2, 3)):
            body, inside = self.sequence(place.deeper(), longest=2)
            condition = None
            if kind == "parallel":
                known += tuple(n for n in inside if n not in known)
            elif number:
                most = 4 if kind == "inclusive" else 8  # more than one branch shall be taken
                condition = Condition(self.random.choice(place.known), self.random.randint(0, most))
            elif self.chance(0.3):
                body = Sequence()
            branches.append(Branch(condition, body))
        return Gateway(name, kind, tuple(branches)), known

    def circle(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A loop of sequence flows."""
        name = self.name("c")
        body, known = self.sequence(place.deeper(), longest=2)
        return Circle(name, self.random.randint(1, 3), body), known

    def sub(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A sub-process."""
        name = self.name("p")
        room = self.room(place.deeper())
        return Sub(name, place.index, room, self.edges(place, errors=True)), place.known

    def guarded(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A sub-process that may be left by an error, which its edge, or else a handler around it, catches."""
        name = self.name("p")
        inside = place.deeper()
        ways = [self.leave(inside)[0], self.gateway(inside)[0], self.human(inside)[0]]
        self.random.shuffle(ways)
        body, _ = self.sequence(place.deeper(), longest=1)
        code = self.random.choice([None, "E1", "E2"])
        edge = Edge(self.name("b"), place.index, Trigger("error", code=code), True, body)
        room = Room(Sequence(tuple(ways)))
        return Sub(name, place.index, room, (edge, *self.edges(place, errors=False))), place.known

    def call(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A call activity: a world of its own, so loops are allowed in it again."""
        name = self.name("k")
        first = Script(f"{name}_first")
        room = self.room(Place(depth=place.depth + 1), (first,))
        edges = self.edges(place, errors=True)
        return Call(name, place.index, room, edges), _after(place, f"y_{name}", edges)

    def repeat(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """A loop or multi-instance activity. A completion condition wants rounds that begin by waiting."""
        name = self.name("l")
        kind = self.random.choice(["standard", "sequential", "parallel", "parallel"])
        items = tuple(self.random.sample(range(1, 9), self.random.choice([0, 1, 2, 3, 3])))
        if kind == "standard":
            items = items or (1,)
        enough = self.random.choice([None, None, 1, 2]) if kind != "standard" else None
        inside = replace(place.deeper(), shared=place.shared or kind == "parallel")
        if kind != "standard":
            item = f"i_{name}"
            inside = replace(
                inside, index=(*place.index, item), known=(*place.known, item), collect=f"o_{name}"
            )
        inner: Human | Job | Sub | Call
        choice = self.random.random()
        if choice < 0.35:
            inner = Human(name, inside.index, inside.collect)
        elif choice < 0.5:
            inner = Job(name, inside.index, self.random.randint(1, 3))
        elif choice < 0.65 and enough is None:
            inside = Place(depth=inside.depth)
            inner = Call(name, (*place.index, f"i_{name}") if kind != "standard" else place.index,
                         self.room(inside, (Script(f"{name}_first"),)))  # fmt: skip
        else:
            begins = Human(self.name("u"), inside.index, inside.collect)
            inner = Sub(name, inside.index, self.room(inside, (begins,)))
        errors = not isinstance(inner, Human)
        return Repeat(name, kind, items, enough, inner, self.edges(place, errors)), place.known

    def race(self, place: Place) -> tuple[Step, tuple[str, ...]]:
        """An event-based gateway."""
        name = self.name("g")
        arms = []
        for number in range(self.random.randint(2, 3)):
            trigger = Trigger("message")
            if number == 0 or self.chance(0.3):
                trigger = Trigger("timer", self.seconds())
            body, _ = self.sequence(place.deeper(), longest=1)
            arms.append(Arm(self.name("e"), place.index, trigger, body))
        return Race(name, tuple(arms)), place.known

    # Events -----------------------------------------------------------------------------------------------------------

    def seconds(self) -> int:
        """How long a timer takes."""
        return self.random.randint(1, 240) * 30

    def trigger(self, interrupting: bool, errors: bool) -> Trigger:
        """What an edge or a handler waits for."""
        kinds = ["timer", "message", "message"]
        if not interrupting:
            kinds.append("cycle")
        if interrupting and errors:
            kinds += ["error", "error", "error"]
        kind = self.random.choice(kinds)
        if kind == "error":
            return Trigger("error", code=self.random.choice([None, "E1", "E2"]))
        rounds = self.random.randint(1, 3) if kind == "cycle" else 0
        return Trigger(kind, self.seconds() if kind in ("timer", "cycle") else 0, rounds)  # type: ignore[arg-type]

    def edges(self, place: Place, errors: bool) -> tuple[Edge, ...]:
        """Boundary events, where the path behind them is plain unless they interrupt."""
        found: list[Edge] = []
        often = 0.3 if place.depth < DEEPEST else 0.05
        # Behind several tokens of one scope nobody could tell whose edge it is.
        while not place.plain and len(found) < 2 and self.chance(often):
            interrupting = self.chance(0.5)
            name = self.name("b")
            inside = replace(place.deeper(), plain=not interrupting)
            body, _ = self.sequence(inside, longest=2)
            trigger = self.trigger(interrupting, errors)
            found.append(Edge(name, place.index, trigger, interrupting, body))
        return tuple(found)

    def handler(self, place: Place) -> Handler:
        """An event sub-process."""
        name = self.name("h")
        interrupting = self.chance(0.35)
        trigger = self.trigger(interrupting, errors=True)
        inside = place.deeper()
        if trigger.kind == "message":
            payload = f"h_{name}"
            inside = replace(
                inside,
                index=(*place.index, payload),
                known=(*place.known, payload),
                shared=place.shared or not interrupting,
            )
        elif not interrupting:
            inside = replace(inside, plain=True)
        body, _ = self.sequence(inside, longest=2)
        return Handler(name, place.index, trigger, interrupting, body)


def _after(place: Place, name: str, edges: tuple[Edge, ...]) -> tuple[str, ...]:
    """What is known behind an activity that sets a variable, unless it may be left before that."""
    return place.known if any(e.interrupting for e in edges) else (*place.known, name)
