"""Compiles a diagram as read into the specs that run it; one program a deployed version, shared by its instances."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from engine.bpmn.document import ACTIVITIES
from engine.bpmn.kinds import (
    activities,
    adhoc,
    compensation,
    data,
    events,
    gateways,
    loops,
    throwing,
)
from engine.bpmn.kinds.base import TokenSpec
from engine.bpmn.model import Node, ScopeModel, Trigger
from engine.bpmn.tokens import DiagramError, Scope


class Reach:
    """Which flows into a join can still be reached from a node without passing the join (BPMN 2.0, 13.3.3)."""

    def __init__(self, model: ScopeModel) -> None:
        self.model = model
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def flows_before(self, node_id: str, join_id: str) -> frozenset[str]:
        """The incoming flows of `join_id` that a token at `node_id` may still take."""
        key = (node_id, join_id)
        if key not in self._known:
            found: set[str] = set()
            seen, stack = {join_id}, [node_id]
            while stack:
                current = stack.pop()
                if current in seen or current not in self.model.nodes:
                    continue
                seen.add(current)
                node = self.model.nodes[current]
                for flow in node.outgoing:
                    if flow.target == join_id:
                        found.add(flow.id)
                    stack.append(flow.target)
                stack.extend(b.id for b in node.boundary)
                if node.trigger.kind == "link" and node.tag == "intermediateThrowEvent":
                    stack.extend(
                        n.id for n in self.model.nodes.values()
                        if n.tag == "intermediateCatchEvent" and n.trigger.kind == "link"
                        and n.trigger.name == node.trigger.name
                    )  # fmt: skip
            self._known[key] = frozenset(found)
        return self._known[key]


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The specs of one scope."""

    def __init__(
        self, program: "Program", model: ScopeModel, around: "ScopeSpec | None", bound: "Bound"
    ) -> None:
        # Not BpmnProcessSpec.__init__: it adds start and end joins of SpiffWorkflow's own tree.
        self.name = self.description = model.id
        self.path: str = f"{around.path}/{model.id}" if around else bound.name
        self.bound = bound
        self.file = None
        self.task_specs: dict[str, TokenSpec] = {}
        self.data_objects: dict[str, str] = {}
        self.program = program
        self.model = model
        self.reach = Reach(model)
        self.patient_joins: list[gateways.Inclusive | gateways.Complex] = []
        self.listeners: list[events.EventSubprocessStart] = []
        self.inner: dict[str, ScopeSpec] = {}  # by the node that opens it
        self._boundary: dict[str, list[TokenSpec]] = {}
        self.is_ad_hoc = model.tag == "adHocSubProcess"
        self.keeps = False  # what is done here can be compensated later
        self.handlers: dict[str, ScopeSpec] = {}  # compensation handlers, by the activity they undo
        self.undoer: events.EventSubprocessStart | None = None  # a compensation event sub-process
        self.compensator = compensation.Compensator(self)
        self.completion = adhoc.Completion(self) if self.is_ad_hoc else None

    def spec_of(self, node_id: str) -> TokenSpec:
        """The spec of a node."""
        return self.task_specs[node_id]

    def boundary_specs(self, node: Node) -> list[TokenSpec]:
        """The specs of the boundary events on a node; the body of a loop has none, its host has them."""
        return self._boundary.get(node.id, [])

    def link_target(self, link: Trigger) -> TokenSpec | None:
        """The catching link of the same name."""
        for node in self.model.nodes.values():
            if node.tag != "intermediateCatchEvent" or node.trigger.kind != "link":
                continue
            if node.trigger.name == link.name:
                return self.task_specs[node.id]
        return None

    def declare(self, scope: Scope) -> None:
        """The scope has the properties, data objects and data stores of its own that are drawn in it."""
        for name in self.model.variables:
            scope.local.setdefault(name, None)

    def listen(self, scope: Scope) -> None:
        """Start listening for what starts the scope's event sub-processes."""
        for listener in self.listeners:
            listener.listen(scope)

    def begin(self, scope: Scope, start: str | None = None) -> None:
        """Open the scope: at the named start event, else at the one without trigger, else wherever nothing leads to.

        Raises DiagramError where several could be meant: exactly one begins (BPMN 2.0, 10.5.2).
        """
        self.listen(scope)
        if start is not None:
            first = self.task_specs[start]
            if isinstance(first, events.Catch):
                first.begin(scope)
            else:
                first.arrive(scope, None)
            return
        plain = self.model.plain_starts
        if len(plain) > 1:
            names = ", ".join(node.id for node in plain)
            raise DiagramError(self.name, f"has several start events without trigger: {names}")
        starts = plain or self.model.unled
        if not starts:
            raise DiagramError(self.name, "has no start event that may begin it")
        for node in starts:
            self.task_specs[node.id].arrive(scope, None)


@dataclass(frozen=True)
class Bound:
    """A process whose calls are bound to versions. The same version is compiled once, however often it is called."""

    version: str
    model: ScopeModel
    calls: Mapping[str, str]  # {Node.callee: version}
    name: str = ""  # within a program: the process's id, of a second version with its version


class Program:
    """A compiled process with all processes it calls, each in the version that its caller is bound to."""

    def __init__(self, process: Bound, callable_processes: Mapping[str, Bound] | None = None) -> None:
        """`callable_processes`: all that may be called, directly or not, by version."""
        self.model = process.model
        self.nodes: dict[str, Node] = {}
        self.scope_list: list[ScopeSpec] = []
        self._callable = {**(callable_processes or {}), process.version: process}
        self._calls: dict[str, ScopeSpec] = {}
        self._kept_calls = _kept_calls(process, self._callable)
        self.root = self._process(process)
        # Positions are what the stored state names nodes by; the files are immutable, so they are too.
        self.spec_list: list[TokenSpec] = [
            spec for scope in self.scope_list for spec in scope.task_specs.values()
        ]
        self.spec_index = {id(spec): i for i, spec in enumerate(self.spec_list)}
        self.scope_index = {id(scope): i for i, scope in enumerate(self.scope_list)}
        self.scope_at = {scope.path: scope for scope in self.scope_list}
        # Of all that may run here: whoever steps an instance holds them from the beginning (engine.stores).
        self.stores = frozenset(s.key for scope in self.scope_list for s in scope.model.stores.values())

    def version_of(self, element_id: str) -> str:
        """The version of the process that has this element: the program's own, or the first called one."""
        return next(s._wf_spec.bound.version for s in self.spec_list if s.node.id == element_id)

    def called(self, spec: TokenSpec) -> ScopeSpec | None:
        """The process that a call activity runs, None when it was not deployed."""
        version = spec._wf_spec.bound.calls.get(spec.node.callee)
        return None if version is None else self._calls.get(version)

    def _process(self, process: Bound) -> ScopeSpec:
        """Compile a process, once; it may call itself."""
        model = process.model
        taken = any(scope.path == model.id for scope in self._calls.values())
        name = f"{model.id}@{process.version}" if taken else model.id
        scope = self._spec(model, None, replace(process, name=name))
        self._calls[process.version] = scope
        self._fill(scope, kept=process.version in self._kept_calls)
        return scope

    def _scope(self, model: ScopeModel, around: ScopeSpec, *, kept: bool = False) -> ScopeSpec:
        """Compile a scope; `kept`: the scope around it can throw compensation over what is done in here."""
        scope = self._spec(model, around)
        self._fill(scope, kept)
        return scope

    def _fill(self, scope: ScopeSpec, kept: bool) -> None:
        model = scope.model
        scope.keeps = kept or _throws_compensation(model)
        for node in model.nodes.values():
            self.nodes.setdefault(node.id, node)
            body = scope
            on_event = node.scope is not None and node.scope.triggered_by_event
            if (node.loop is not None or _carries_data(node)) and not on_event:
                body = self._spec(ScopeModel(f"{node.id}#body", node.name, "subProcess"), scope)
                body.keeps = scope.keeps
                scope.inner[body.name] = body
                _kind(node)(body, _enclosed(node))
                _host(node)(scope, node)
            else:
                _kind(node)(scope, node)
            if node.scope is not None:
                body.inner[node.id] = self._scope(node.scope, body, kept=scope.keeps)
                if node.scope.triggered_by_event:
                    for start in node.scope.starts:
                        listener = events.EventSubprocessStart(scope, start, node)
                        if start.trigger.kind == "compensate":
                            scope.undoer = listener
                        else:
                            scope.listeners.append(listener)
            version = scope.bound.calls.get(node.callee)
            if version in self._callable and version not in self._calls:
                self._process(self._callable[version])
            if scope.keeps:
                self._handler(scope, body, node)
        for node in model.nodes.values():
            spec = scope.task_specs[node.id]
            spec.targets = [(f, scope.task_specs[f.target]) for f in node.outgoing]
            scope._boundary[node.id] = [
                scope.task_specs[b.id]
                for b in node.boundary
                if b.trigger.kind != "compensate" and b.id in scope.task_specs
            ]
            if isinstance(spec, gateways.Inclusive | gateways.Complex):
                scope.patient_joins.append(spec)

    def _spec(
        self, model: ScopeModel, around: ScopeSpec | None, bound: Bound | None = None
    ) -> ScopeSpec:
        if bound is None:
            assert around is not None, "a scope that is no process stands in another"
            bound = around.bound
        spec = ScopeSpec(self, model, around, bound)
        self.scope_list.append(spec)
        return spec

    def _handler(self, scope: ScopeSpec, body: ScopeSpec, node: Node) -> None:
        """The activity remembers that it was done; its handler runs in a scope of its own."""
        spec = scope.task_specs[node.id]
        spec.keeps = spec.is_activity and not node.for_compensation
        inner = body.task_specs[node.id]
        inner.keeps = spec.keeps
        handler = next(
            (b.compensation_handler for b in node.boundary if b.compensation_handler), None
        )
        if handler is None or handler not in scope.model.nodes:
            return
        undoing = scope.model.nodes[handler]
        model = ScopeModel(f"{node.id}#undo", node.name, "subProcess", nodes={handler: undoing})
        compiled = self._scope(model, scope)
        scope.handlers[node.id] = body.handlers[node.id] = compiled


def _kept_calls(process: Bound, callables: Mapping[str, Bound]) -> set[str]:
    """Called versions of which some call stands where compensation can be thrown. A called process is compiled once:
    it remembers what it did for all of its calls."""
    kept: set[str] = set()
    others: set[str] = set()

    def walk(scope: ScopeModel, within: Bound, keeps: bool) -> None:
        keeps = keeps or _throws_compensation(scope)
        for node in scope.nodes.values():
            if node.scope is not None:
                walk(node.scope, within, keeps)
            version = within.calls.get(node.callee)
            called = None if version is None else callables.get(version)
            found = kept if keeps else others
            if called is not None and called.version not in found:
                found.add(called.version)
                walk(called.model, called, keeps)

    walk(process.model, process, keeps=False)
    return kept


def _throws_compensation(model: ScopeModel) -> bool:
    """Whether a compensation or cancel event stands in this scope, or in an event sub-process that speaks for it."""
    for node in model.nodes.values():
        throws = node.tag in ("intermediateThrowEvent", "endEvent")
        if throws and any(t.kind in ("compensate", "cancel") for t in node.triggers):
            return True
        if node.scope is not None:
            speaks = node.scope.triggered_by_event or _names_outside(node.scope)
            if (speaks and _throws_compensation(node.scope)) or _cancels(model, node.scope):
                return True
    return False


def _names_outside(model: ScopeModel) -> bool:
    """Whether a compensation event inside names an activity that is not of its own scope."""
    return any(
        t.activity is not None and t.activity not in scope.nodes
        for scope, node in model.walk() for t in node.triggers if t.kind == "compensate"
    )  # fmt: skip


def _cancels(model: ScopeModel, inner: ScopeModel) -> bool:
    """Whether a sub-process of this transaction cancels it."""
    return model.tag == "transaction" and any(
        t.kind == "cancel"
        for _, node in inner.walk()
        if node.tag == "endEvent"
        for t in node.triggers
    )


def _carries_data(node: Node) -> bool:
    """Whether an activity declares data of its own, or copies some in or out; events and messages do so themselves."""
    copies = bool(node.data_inputs or node.data_outputs) and node.tag in ACTIVITIES
    return bool(node.local_names) or (copies and node.tag not in ("sendTask", "receiveTask"))


def _enclosed(node: Node) -> Node:
    """The activity as it stands in its body: flows, and how many tokens it takes and sends on, are its host's."""
    return replace(node, outgoing=[], default_flow=None, start_quantity=1, completion_quantity=1)


def _host(node: Node) -> type[TokenSpec]:
    """What an activity with rounds or with data of its own is, seen from outside."""
    if node.loop is None:
        return data.Enclosed
    return loops.StandardLoop if node.loop.kind == "standard" else loops.MultiInstance


def _kind(node: Node) -> type[TokenSpec]:
    match node.tag:
        case "startEvent":
            return events.Start
        case "endEvent":
            return throwing.End
        case "intermediateThrowEvent":
            return throwing.Throw
        case "intermediateCatchEvent":
            return events.Catch
        case "receiveTask":
            return events.Receive
        case "boundaryEvent":
            return events.Boundary
        case "exclusiveGateway":
            return gateways.Exclusive
        case "parallelGateway":
            return gateways.Parallel
        case "inclusiveGateway":
            return gateways.Inclusive
        case "complexGateway":
            return gateways.Complex
        case "eventBasedGateway":
            return gateways.EventBased
        case "userTask":
            return activities.HumanTask
        case "scriptTask":
            return activities.ScriptTask
        case "serviceTask":
            return activities.ServiceTask
        case "businessRuleTask":
            return activities.DecisionTask
        case "sendTask":
            return activities.ServiceTask if node.call else activities.SendTask
        case "subProcess" | "transaction":
            return activities.SubProcess
        case "adHocSubProcess":
            return adhoc.AdHocSubProcess
        case "callActivity":
            return activities.CallActivity
        case "task" | "manualTask":
            return activities.Task
        case _:
            raise DiagramError(node.id, f"{node.tag} cannot be run")
