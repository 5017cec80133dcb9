"""A structured process as a tree: what is generated, drawn, run on the engine and foretold by the oracle.

Every node is immutable and named by `id`, which is also its BPMN id. `index` are the local variables that tell the
tokens at a node apart (items of multi-instance rounds, payloads of event sub-processes), outermost first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

Index = tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """`name > above`; the variable is always a number."""

    name: str
    above: int

    @property
    def text(self) -> str:
        """As FEEL."""
        return f"{self.name} > {self.above}"


@dataclass(frozen=True)
class Trigger:
    """What an event waits for. `seconds` of a timer or of each of a cycle's `rounds`; an error's `code`, None: any."""

    kind: Literal["timer", "cycle", "message", "error"]
    seconds: int = 0
    rounds: int = 0
    code: str | None = None


@dataclass(frozen=True)
class Edge:
    """A boundary event and what follows; an interrupting one's path joins the main path behind the activity."""

    id: str
    index: Index
    trigger: Trigger
    interrupting: bool
    body: "Sequence"


@dataclass(frozen=True)
class Handler:
    """An event sub-process; the payload of a message is `h_<id>` inside."""

    id: str
    index: Index
    trigger: Trigger
    interrupting: bool
    body: "Sequence"


@dataclass(frozen=True)
class Script:
    """Counts itself in `x_<id>`, by a script task or by an inline operator; or whatever passes, in the data store."""

    id: str
    operator: bool = False
    stored: bool = False


@dataclass(frozen=True)
class Human:
    """A user task; its person fills in `v_<id>`, and the round's `collect` where it stands in one."""

    id: str
    index: Index
    collect: str | None = None
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Job:
    """A service task for a worker, who gives `r_<id>`; after `tries` tries it is an incident."""

    id: str
    index: Index
    tries: int
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Pause:
    """A timer catch event."""

    id: str
    index: Index
    seconds: int


@dataclass(frozen=True)
class Receive:
    """A message catch event, or a receive task; the message brings `v_<id>`."""

    id: str
    index: Index
    task: bool
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Arm:
    """One event behind an event-based gateway (timer or message) and what follows it."""

    id: str
    index: Index
    trigger: Trigger
    body: "Sequence"


@dataclass(frozen=True)
class Race:
    """An event-based gateway."""

    id: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class Branch:
    """One way of a gateway; no condition: the default, or a parallel branch."""

    condition: Condition | None
    body: "Sequence"


@dataclass(frozen=True)
class Gateway:
    """A split, its branches and the join of the same kind."""

    id: str
    kind: Literal["exclusive", "parallel", "inclusive"]
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Circle:
    """A loop of sequence flows, counted in `l_<id>`: the body runs `times` times."""

    id: str
    times: int
    body: "Sequence"


@dataclass(frozen=True)
class Leave:
    """A person decides in `v_<id>`: above 4 the path goes on, else it ends its scope by an error or by terminating."""

    id: str
    index: Index
    code: str | None


@dataclass(frozen=True)
class Room:
    """What a process or sub-process holds."""

    body: "Sequence"
    handlers: tuple[Handler, ...] = ()


@dataclass(frozen=True)
class Sub:
    """An embedded sub-process."""

    id: str
    index: Index
    room: Room
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Call:
    """A call activity with a process of its own: `key` and the constants go in, `x_<id>_first` comes out as
    `y_<id>`."""

    id: str
    index: Index
    room: Room
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """An activity in rounds. `items` of multi-instance are the local `i_<id>`; `enough`: how many rounds complete it.

    What its rounds' people give as `o_<id>` is collected in `all_<id>`. A standard loop runs `len(items)` times.
    """

    id: str
    kind: Literal["standard", "sequential", "parallel"]
    items: tuple[int, ...]
    enough: int | None
    inner: "Human | Job | Sub | Call"
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    steps: tuple["Step", ...] = ()


Step = (
    Script | Human | Job | Pause | Receive | Race | Gateway | Circle | Leave | Sub | Call | Repeat
)  # fmt: skip


def walk(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for child in value if isinstance(value, tuple) else (value,):
            if hasattr(child, "__dataclass_fields__"):
                yield from walk(child)


def counters(room: Room) -> list[str]:
    """The counters of the scripts that run in a process, those of called processes left out."""
    found = []

    def look(node: Any) -> None:
        if isinstance(node, Script) and not node.stored:
            found.append(f"x_{node.id}")
        for field in fields(node):
            value = getattr(node, field.name)
            for child in value if isinstance(value, tuple) else (value,):
                called = isinstance(node, Call) and field.name == "room"
                if hasattr(child, "__dataclass_fields__") and not called:
                    look(child)

    look(room)
    return found


def start_data(room: Room) -> dict[str, Any]:
    """With what an instance starts: its key, two constants, all counters at 0."""
    return {"key": "k", "a": 3, "b": 6} | dict.fromkeys(counters(room), 0)
