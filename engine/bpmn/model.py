"""A diagram as read: plain values, before anything runs. The linter and the compiler both work on these.

Names follow BPMN 2.0 (OMG formal/2013-12-09); the clause is given where a reading needs one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.bpmn.document import Document

# Words by language: {"zh": …, "en": …}. A diagram's `name` attributes are in its first language.
Words = Mapping[str, str]

EventKind = Literal[
    "none", "message", "signal", "timer", "error", "escalation", "terminate", "conditional",
    "link", "compensate", "cancel", "multiple",
]  # fmt: skip
TimerKind = Literal["date", "duration", "cycle"]


@dataclass(frozen=True)
class Trigger:
    """An event definition. `name` is the message's, signal's or link's name, or the error's or escalation's code."""

    kind: EventKind
    name: str | None = None
    expression: str | None = None  # the timer's text, the condition
    timer: TimerKind | None = None
    correlation: str | None = None
    activity: str | None = None  # compensate: the activity to compensate, none: all of the scope
    wait: bool = True  # compensate: go on only when all is undone
    reference: str | None = None  # the id that was referred to, for the linter


@dataclass(frozen=True)
class Assignment:
    """`target = expression`; a script task is a list of these, mappings are too."""

    target: str
    value: str


@dataclass(frozen=True)
class Call:
    """A service task's operator with its parameters as written (`=` starts FEEL, anything else is a literal)."""

    operator: str
    parameters: tuple[Assignment, ...] = ()
    result: str | None = None
    retries: int | None = None
    backoff: str | None = None


@dataclass(frozen=True)
class DecisionCall:
    """A business rule task's decision, by id. Bound to what was deployed with the diagram, or to the latest."""

    key: str
    result: str
    binding: Literal["deployment", "latest"] = "deployment"


@dataclass(frozen=True)
class Outcome:
    """A button under a human task's form. `style` is primary, default or danger.

    `needs` are the form's keys without which it cannot be chosen, each a group of which one is enough; the other fields
    are then optional. None: the form's own rules hold.
    """

    id: str
    label: Words
    style: str = "default"
    needs: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True)
class HumanWork:
    """Who does a human task, with which form, by when. Texts are literals or FEEL (`=`)."""

    form: str | None = None
    subject: str | None = None  # what it is about (WS-HumanTask: presentation subject)
    assignee: str | None = None
    candidates: str | None = None
    excluded: str | None = None  # who may not, though a candidate (WS-HumanTask: excluded owners)
    due: str | None = None
    follow_up: str | None = None
    priority: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    readonly: frozenset[str] = frozenset()  # the form's fields that this task only shows
    hidden: frozenset[str] = frozenset()  # and those that it does not show


@dataclass(frozen=True)
class Announcement:
    """What a multi-instance activity throws when one of its instances has completed, if the condition holds."""

    triggers: tuple[Trigger, ...]
    condition: str | None = None


@dataclass(frozen=True)
class Store:
    """A data store that outlives instances (BPMN 2.0, 10.4.1). `key` is its id, in whichever file it stands; `capacity`
    how many entries a list in it may have, None: any number."""

    key: str
    name: Words
    capacity: int | None = None


@dataclass(frozen=True)
class DataAssociation:
    """Copies data (BPMN 2.0, 10.4.2): `source` and `target` are variables, None where an expression says it."""

    source: str | None
    target: str | None
    transformation: str | None = None
    assignments: tuple[Assignment, ...] = ()


@dataclass(frozen=True)
class Loop:
    """Loop characteristics (BPMN 2.0, 10.3.8)."""

    kind: Literal["standard", "parallel", "sequential"]
    condition: str | None = None  # standard: go on while true
    maximum: int | None = None
    test_before: bool = False
    cardinality: str | None = None
    collection: str | None = None
    element: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    completion: str | None = None
    behavior: Literal["All", "One", "None", "Complex"] = "All"
    announcements: tuple[Announcement, ...] = ()


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None
    name: str | None = None
    line: int = 0


@dataclass
class Node:
    """A flow node. `line` is where it stands in the file (1-based)."""

    id: str
    tag: str  # the BPMN element's local name
    name: Words
    line: int
    lane: Words | None = None
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    default_flow: str | None = None
    triggers: tuple[Trigger, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True  # cancelActivity, isInterrupting
    attached_to: str | None = None
    boundary: list["Node"] = field(default_factory=list)
    for_compensation: bool = False
    compensation_handler: str | None = None
    start_quantity: int = 1
    completion_quantity: int = 1
    local_names: tuple[str, ...] = ()  # data inputs, data outputs and properties: seen inside only
    data_inputs: tuple[DataAssociation, ...] = ()
    data_outputs: tuple[DataAssociation, ...] = ()
    loop: Loop | None = None
    call: Call | None = None
    assignments: tuple[Assignment, ...] = ()
    inputs: tuple[Assignment, ...] = ()
    outputs: tuple[Assignment, ...] = ()
    human: HumanWork | None = None
    script: str | None = None
    called_element: str | None = None
    called_version: str | None = None  # "latest" or a number; None: as deployed with the diagram
    decision: DecisionCall | None = None
    activation_condition: str | None = None
    instantiate: bool = False
    all_arms: bool = False  # an instantiating event-based gateway that waits for all its events
    start_condition: str | None = None
    scope: "ScopeModel | None" = None
    documentation: str | None = None

    @property
    def callee(self) -> str:
        """What a call activity runs, as its process is bound to it: `key`, `key@latest` or `key@3`."""
        version = f"@{self.called_version}" if self.called_version else ""
        return f"{self.called_element or ''}{version}"

    @property
    def trigger(self) -> Trigger:
        """The event definition of an event that has at most one."""
        return self.triggers[0] if self.triggers else Trigger("none")

    @property
    def is_gateway(self) -> bool:
        """Whether this is a gateway of any kind."""
        return self.tag.endswith("Gateway")


@dataclass
class ScopeModel:
    """A process or an embedded sub-process: what runs together and shares data."""

    id: str
    name: Words
    tag: str
    triggered_by_event: bool = False
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    completion_condition: str | None = None  # ad-hoc
    sequential: bool = False  # ad-hoc ordering
    cancel_remaining: bool = True
    line: int = 0
    variables: list[str] = field(default_factory=list)  # properties, data objects, own data stores
    stores: dict[str, Store] = field(default_factory=dict)  # shared data stores, by what they are called here

    @property
    def starts(self) -> list[Node]:
        """Its start events."""
        return [n for n in self.nodes.values() if n.tag == "startEvent"]

    @property
    def plain_starts(self) -> list[Node]:
        """Those without trigger."""
        return [n for n in self.starts if not n.triggers]

    @property
    def entries(self) -> list[Node]:
        """Whatever may bring an instance to life: start events, instantiating receive tasks and gateways' arms."""
        found = self.starts
        for node in self.nodes.values():
            if node.tag == "receiveTask" and node.instantiate:
                found.append(node)
            elif node.tag == "eventBasedGateway" and node.instantiate:
                found += [self.nodes[f.target] for f in node.outgoing]
        return found

    @property
    def unled(self) -> list[Node]:
        """What a token may begin at where no start event is drawn: nothing leads to it, and nothing else starts it."""
        return [
            n for n in self.nodes.values()
            if not n.incoming and n.tag not in ("startEvent", "boundaryEvent")
            and not n.for_compensation and not n.instantiate
            and not (n.scope and n.scope.triggered_by_event)
            and not (n.tag == "intermediateCatchEvent" and n.trigger.kind == "link")
        ]  # fmt: skip

    def walk(self) -> Iterator[tuple["ScopeModel", Node]]:
        """All nodes with the scope they stand in, sub-processes included, outer first."""
        for node in self.nodes.values():
            yield self, node
            if node.scope:
                yield from node.scope.walk()


@dataclass
class ProcessModel:
    """An executable process of a file."""

    scope: ScopeModel
    executable: bool
    line: int
    title: Words

    @property
    def key(self) -> str:
        """The process id: what it is started and called by."""
        return self.scope.id


@dataclass
class Definitions:
    """One BPMN file."""

    processes: dict[str, ProcessModel]
    messages: dict[str, str]
    unknown: list[tuple[str, str, int]]  # (tag, id, line) of elements that are not understood
    document: Document | None = None  # the file itself, for rules about what the reader leaves out
