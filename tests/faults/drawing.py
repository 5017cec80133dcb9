"""Draws a structure as BPMN, in the notation of tests.engine.diagrams."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from tests.engine.diagrams import diagram, extension, message, on_message, timer
from tests.faults.structure import (
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
    walk,
)

ERRORS = "".join(f'<error id="er_{c}" errorCode="{c}"/>' for c in ("E1", "E2"))
ANY_ERROR = "<errorEventDefinition/>"


def draw(room: Room, key: str) -> dict[str, bytes]:
    """The files of a process: its own and one for each process it calls; `key` keeps them apart from others."""
    drawing = Drawing(key)
    return {f"{name}.bpmn": content for name, content in drawing.process(room, key, "p").items()}


@dataclass
class Drawing:
    """Draws one process; called ones become files of their own."""

    key: str
    messages: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    notation: dict[str, str] = field(default_factory=dict)

    def process(self, room: Room, key: str, name: str) -> dict[str, bytes]:
        """The finished files by process key; `name` is what its start and end events are named after."""
        body = self.room(room, name)
        self.notation[key] = " ".join("".join([*self.messages, body]).split())
        store = f'<dataStore id="{store_key(self.key)}" name="Passed"/>'
        self.files[key] = diagram(body, key=key, outside=ERRORS + store + "".join(self.messages))
        return self.files

    def room(self, room: Room, name: str) -> str:
        """Start, body, end, and the event sub-processes."""
        start, end = f"{name}_s", f"{name}_e"
        text = f'<startEvent id="{start}"/><endEvent id="{end}"/>'
        if any(isinstance(node, Script) and node.stored for node in walk(room)):
            text += f'<dataStoreReference id="{name}_st" dataStoreRef="{store_key(self.key)}"/>'
        text += self.path(room.body, start, end)
        return text + "".join(self.handler(handler) for handler in room.handlers)

    def path(self, body: Sequence, source: str, target: str, condition: str = "") -> str:
        """The steps between two nodes; `condition` stands on the first flow (`>`: it is the default)."""
        text, arrow, here = "", "->", source
        if condition == ">":
            arrow, condition = "->>", ""
        asked = f"[{condition}]" if condition else ""
        for step in body.steps:
            first, last, drawn = self.step(step)
            text += f" {here}{arrow}{first}{asked} {drawn}"
            here, arrow, asked = last, "->", ""
        return f"{text} {here}{arrow}{target}{asked} "

    def step(self, step: Step) -> tuple[str, str, str]:
        """First node, last node, and what is drawn."""
        match step:
            case Script():
                return step.id, step.id, _script(step)
            case Pause():
                definition = timer("Duration", f"PT{step.seconds}S")
                return step.id, step.id, _event("intermediateCatchEvent", step.id, definition)
            case Gateway():
                return self.gateway(step)
            case Circle():
                return self.circle(step)
            case Race():
                return self.race(step)
            case Leave():
                return self.leave(step)
            case _:
                return self.activity(step)

    def activity(self, step: Human | Job | Receive | Sub | Call | Repeat) -> tuple[str, str, str]:
        """An activity with its edges; paths that interrupt join behind it."""
        join = f"{step.id}_j"
        text = self.task(step, "")
        interrupting = [e for e in step.edges if e.interrupting]
        for edge in step.edges:
            text += self.edge(edge, step.id, join)
        if not interrupting:
            return step.id, step.id, text
        return step.id, join, f'{text}<exclusiveGateway id="{join}"/> {step.id}->{join} '

    def task(self, step: Human | Job | Receive | Sub | Call | Repeat, loop: str) -> str:
        """The activity itself."""
        name = f'id="{step.id}"'
        match step:
            case Human():
                return f"<userTask {name}>{extension('<l:humanTask/>')}{loop}</userTask>"
            case Job():
                ours = (
                    f'<l:operator name="faults.work" result="r_{step.id}" retries="{step.tries}"/>'
                )
                return f"<serviceTask {name}>{extension(ours)}{loop}</serviceTask>"
            case Receive(task=True):
                self.declare(step.id, step.index)
                return f'<receiveTask {name} messageRef="m_{step.id}"/>'
            case Receive():
                self.declare(step.id, step.index)
                return _event("intermediateCatchEvent", step.id, on_message(step.id))
            case Sub():
                return f"<subProcess {name}>{loop}{self.room(step.room, step.id)}</subProcess>"
            case Call():
                return self.call(step, loop)
            case Repeat():
                return self.task(step.inner, _loop(step))

    def call(self, step: Call, loop: str) -> str:
        """The activity, and the called process in a file of its own."""
        key = f"{self.key}_{step.id}"
        called = Drawing(self.key)
        self.files |= called.process(step.room, key, step.id)
        self.notation |= called.notation
        given = {"key": f"={correlation(step.index)}", "a": "=a", "b": "=b"}
        given |= dict.fromkeys(counters(step.room), "=0")
        ours = "".join(
            f"<l:input name={quoteattr(n)} value={quoteattr(v)}/>" for n, v in given.items()
        )
        ours += f'<l:output name="y_{step.id}" value="=x_{step.id}_first"/>'
        return f'<callActivity id="{step.id}" calledElement="{key}">{extension(ours)}{loop}</callActivity>'

    def edge(self, edge: Edge, host: str, join: str) -> str:
        """A boundary event and its path."""
        definition = self.definition(edge.id, edge.index, edge.trigger)
        flag = "true" if edge.interrupting else "false"
        text = (
            f'<boundaryEvent id="{edge.id}" attachedToRef="{host}" cancelActivity="{flag}">'
            f"{definition}</boundaryEvent>"
        )
        if edge.interrupting:
            return text + self.path(edge.body, edge.id, join)
        end = f"{edge.id}_e"
        return f'{text}<endEvent id="{end}"/>' + self.path(edge.body, edge.id, end)

    def handler(self, handler: Handler) -> str:
        """An event sub-process."""
        flag = "true" if handler.interrupting else "false"
        definition = self.definition(handler.id, handler.index, handler.trigger)
        start, end = f"{handler.id}_s", f"{handler.id}_e"
        return (
            f'<subProcess id="{handler.id}" triggeredByEvent="true">'
            f'<startEvent id="{start}" isInterrupting="{flag}">{definition}</startEvent>'
            f'<endEvent id="{end}"/>{self.path(handler.body, start, end)}</subProcess>'
        )

    def definition(self, name: str, index: Index, trigger: Trigger) -> str:
        """An event definition."""
        match trigger.kind:
            case "timer":
                return timer("Duration", f"PT{trigger.seconds}S")
            case "cycle":
                return timer("Cycle", f"R{trigger.rounds}/PT{trigger.seconds}S")
            case "message":
                self.declare(name, index)
                return on_message(name)
            case _:
                code = trigger.code
                return f'<errorEventDefinition errorRef="er_{code}"/>' if code else ANY_ERROR

    def declare(self, name: str, index: Index) -> None:
        """A message of the file."""
        key = escape(f"={correlation(index)}", {'"': "&quot;"})
        self.messages.append(message(name, key))

    def gateway(self, step: Gateway) -> tuple[str, str, str]:
        """Split, branches, join."""
        split, join = f"{step.id}_s", f"{step.id}_j"
        text = "".join(f'<{step.kind}Gateway id="{name}"/>' for name in (split, join))
        for branch in step.branches:
            condition = branch.condition.text if branch.condition else ">"
            text += self.path(
                branch.body, split, join, "" if step.kind == "parallel" else condition
            )
        return split, join, text

    def circle(self, step: Circle) -> tuple[str, str, str]:
        """Count from 0, merge, body, count, and back while there is something left."""
        zero, merge, count, split = (f"{step.id}_{part}" for part in "zmcx")
        text = _assign(zero, f"l_{step.id}", "0") + _assign(
            count, f"l_{step.id}", f"l_{step.id} + 1"
        )
        text += f'<exclusiveGateway id="{merge}"/><exclusiveGateway id="{split}"/>'
        text += f'<task id="{step.id}_o"/> {zero}->{merge} {count}->{split} '
        text += self.path(step.body, merge, count)
        text += f" {split}->{merge}[l_{step.id} < {step.times}] {split}->>{step.id}_o "
        return zero, f"{step.id}_o", text

    def race(self, step: Race) -> tuple[str, str, str]:
        """The gateway, its arms, and where they join."""
        join = f"{step.id}_j"
        text = f'<eventBasedGateway id="{step.id}"/><exclusiveGateway id="{join}"/>'
        for arm in step.arms:
            definition = self.definition(arm.id, arm.index, arm.trigger)
            text += _event("intermediateCatchEvent", arm.id, definition)
            text += f" {step.id}->{arm.id} " + self.path(arm.body, arm.id, join)
        return step.id, join, text

    def leave(self, step: Leave) -> tuple[str, str, str]:
        """A person, and a gateway to an end event or onwards."""
        split, end, on = (f"{step.id}_{part}" for part in "seo")
        definition = "<terminateEventDefinition/>"
        if step.code:
            definition = f'<errorEventDefinition errorRef="er_{step.code}"/>'
        text = f'<userTask id="{step.id}">{extension("<l:humanTask/>")}</userTask>'
        text += f'<exclusiveGateway id="{split}"/><task id="{on}"/>'
        text += _event("endEvent", end, definition)
        text += f" {step.id}->{split} {split}->{on}[v_{step.id} > 4] {split}->>{end} "
        return step.id, on, text


def correlation(index: Index) -> str:
    """A key that only the token in this round has, as FEEL."""
    return "key" + "".join(f' + "." + string({name})' for name in index)


def _event(tag: str, name: str, definition: str) -> str:
    return f'<{tag} id="{name}">{definition}</{tag}>'


def _assign(name: str, variable: str, value: str) -> str:
    return (
        f'<scriptTask id="{name}">{extension(f"<l:assign name={quoteattr(variable)} value={quoteattr(value)}/>")}'
        "</scriptTask>"
    )


def store_key(key: str) -> str:
    """The data store of a process and of all that it calls."""
    return f"st_{key}"


def _script(step: Script) -> str:
    variable = "Passed" if step.stored else f"x_{step.id}"
    value = "(if Passed = null then 0 else Passed)" if step.stored else variable
    if not step.operator:
        return _assign(step.id, variable, f"{value} + 1")
    parameter = f'<l:param name="number" value="={value}"/>'
    ours = f'<l:operator name="faults.add" result="{variable}">{parameter}</l:operator>'
    return f'<serviceTask id="{step.id}">{extension(ours)}</serviceTask>'


def _loop(step: Repeat) -> str:
    if step.kind == "standard":
        condition = f"<loopCondition>loopCounter &lt; {len(step.items)}</loopCondition>"
        return f"<standardLoopCharacteristics>{condition}</standardLoopCharacteristics>"
    settings = {
        "collection": f"={list(step.items)}",
        "element": f"i_{step.id}",
        "outputCollection": f"all_{step.id}",
        "outputElement": f"o_{step.id}",
    }
    ours = "<l:loop " + " ".join(f'{n}="{v}"' for n, v in settings.items()) + "/>"
    flag = ' isSequential="true"' if step.kind == "sequential" else ""
    done = ""
    if step.enough is not None:
        text = f"numberOfCompletedInstances &gt;= {step.enough}"
        done = f"<completionCondition>{text}</completionCondition>"
    return f"<multiInstanceLoopCharacteristics{flag}>{extension(ours)}{done}</multiInstanceLoopCharacteristics>"


def readable(room: Room) -> str:
    """The notation, for a person who looks for a fault: one process a line, with its messages before it."""
    drawing = Drawing("p")
    drawing.process(room, "p", "p")
    return "\n".join(f"{key}: {text}" for key, text in drawing.notation.items())
