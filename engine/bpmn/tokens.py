"""Tokens and the scopes they live in, on SpiffWorkflow's `Task` and `Workflow`.

SpiffWorkflow grows a tree: it predicts what may come and keeps all that was. Here a task is a token and nothing else:
it is made when a token arrives and taken away when the token leaves, so the state and the cost of a step depend on the
tokens that are alive. Data belongs to the scope (process, sub-process, loop instance), as BPMN has it (10.4), so
branches neither copy nor lose it. See docs/decisions/0002-tokens.md.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.model import DecisionCall, Store, Trigger

if TYPE_CHECKING:
    from engine.bpmn.kinds.base import TokenSpec
    from engine.bpmn.program import Program, ScopeSpec

READY = TaskState.READY
WAITING = TaskState.WAITING
STARTED = TaskState.STARTED


class DiagramError(Exception):
    """The diagram cannot go on here; `element_id` says where, the text says why."""

    def __init__(self, element_id: str, reason: str) -> None:
        super().__init__(f"{element_id}: {reason}")
        self.element_id = element_id
        self.reason = reason


class UncaughtError(DiagramError):
    """A BPMN error (or a failed operator's) that no event of the diagram catches."""

    def __init__(self, element_id: str, code: str, message: str = "") -> None:
        super().__init__(element_id, f"nothing catches the error {code!r}. {message}".strip())
        self.code = code


class World(Protocol):
    """What a running instance asks of its surroundings."""

    @property
    def now(self) -> datetime:
        """The time of this step."""

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL expression."""

    def record(self, name: str, scope: "Scope") -> Any:
        """A record that an expression names (`ticket`), or KeyError."""

    def knows_record(self, name: str) -> bool:
        """Whether such a record may be named."""

    def stored(self, store: Store) -> Any:
        """The value of a data store."""

    def store(self, store: Store, value: Any) -> None:
        """Give a data store a value."""

    def perform(self, token: "Token") -> Any:
        """Run the operator of a service task; `PENDING` when a job was written instead."""

    def decide(self, token: "Token", decision: DecisionCall) -> Any:
        """The result of a DMN decision for this token's data."""

    def throw(self, token: "Token", trigger: Trigger, payload: Mapping[str, Any]) -> None:
        """Send a message or signal out of the instance."""

    def happened(self, event: str, token: "Token", data: Mapping[str, Any]) -> None:
        """A line of the history."""


PENDING = object()


class Token(Task):  # type: ignore[misc]
    """A token at a flow node. `internal_data` keeps what the node has to remember about it (plain values only)."""

    task_spec: "TokenSpec"
    workflow: "Scope"
    id: UUID
    internal_data: dict[str, Any]

    def __init__(
        self, scope: "Scope", spec: "TokenSpec", state: int = READY, id: UUID | None = None
    ) -> None:
        # Not Task.__init__: it links the task into a tree of what was and may be, which is not kept here.
        self.id = id or uuid4()
        self.workflow = scope
        self.task_spec = spec
        self._parent = None
        self._children: list[UUID] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.internal_data = {}
        self.last_state_change = scope.instance.moment  # when it came here
        scope.tasks[self.id] = self

    @property
    def scope(self) -> "Scope":
        """Where the token lives."""
        return self.workflow

    @property
    def data(self) -> "dict[str, Any]":
        """The data of the token's scope: tokens have none of their own."""
        return self.workflow.local

    def _set_state(self, value: int) -> None:
        # Task._set_state gathers a log line on every change, wanted or not: half the cost of a step.
        self._state = value

    @property
    def alive(self) -> bool:
        """Whether it is still in its scope."""
        return self.workflow.tasks.get(self.id) is self


class Scope(BpmnSubWorkflow):  # type: ignore[misc]
    """A running process, sub-process, call or loop instance: tokens and the data they share."""

    tasks: dict[UUID, Token]
    spec: "ScopeSpec"

    def __init__(
        self, instance: "Instance", spec: "ScopeSpec", host: Token | None, id: UUID
    ) -> None:
        # Not BpmnSubWorkflow.__init__, for the reason given at Token.
        self.id = id
        self.instance = instance
        self.top_workflow = instance
        self.spec = spec
        self.host = host
        self.parent_task_id = host.id if host else None
        self.tasks = {}
        self.local: dict[str, Any] = {}
        self.isolated = False  # a called process does not see its caller's data
        self.completed = False
        self.success = True
        self.facts: dict[
            str, Any
        ] = {}  # what gateways, ad-hoc sub-processes and compensation remember

    @property
    def outer(self) -> "Scope | None":
        """The scope around this one, None for the process itself."""
        return self.host.scope if self.host else None

    def place(self, spec: "TokenSpec", state: int = READY) -> Token:
        """A new token at a node; a READY one is run in its turn."""
        token = Token(self, spec, state)
        if state == READY:
            self.instance.queue.append(token)
        return token

    def remove(self, token: Token) -> None:
        """Take a token away, with whatever waits or runs on its behalf."""
        del self.tasks[token.id]
        self.instance.unsettled.add(self.id)
        token.task_spec.removed(token)

    def clear(self, keep: Callable[[Token], bool] = lambda _t: False) -> None:
        """Cancel the scope's tokens, innermost first."""
        for token in list(self.tasks.values()):
            if token.alive and not keep(token):
                token.task_spec.cancel(token)

    def tokens_at(self, spec: "TokenSpec") -> list[Token]:
        """The tokens at a node, oldest first."""
        return [t for t in self.tasks.values() if t.task_spec is spec]

    @property
    def has_open_tokens(self) -> bool:
        """Whether anything but listeners for events is left."""
        return any(not t.task_spec.listens for t in self.tasks.values())

    # Data -----------------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> "Variables":
        """What an expression in this scope can name."""
        return Variables(self)

    def store(self, name: str) -> Store | None:
        """The data store that a name means here, None where it means a variable or nothing."""
        scope: Scope | None = self if self.instance.program.stores else None
        while scope is not None:
            if name in scope.spec.model.stores:
                return scope.spec.model.stores[name]
            if name in scope.local:
                return None
            scope = None if scope.isolated else scope.outer
        return None

    def holder(self, name: str) -> "Scope | None":
        """The nearest scope that has the variable."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.local:
                return scope
            scope = None if scope.isolated else scope.outer
        return None

    @property
    def root(self) -> "Scope":
        """The process this scope belongs to: where a new variable goes."""
        scope = self
        while not scope.isolated and scope.outer is not None:
            scope = scope.outer
        return scope

    def assign(self, name: str, value: Any) -> None:
        """Set a variable where it exists, else in the process; or a data store."""
        if (store := self.store(name)) is not None:
            self.instance.world.store(store, value)
        else:
            holder = self.holder(name) or self.root
            holder.local[name] = value
        self.instance.changed[name] = value
        self.instance.conditions_due = True

    def assign_all(self, values: Mapping[str, Any]) -> None:
        """Set several variables."""
        for name, value in values.items():
            self.assign(name, value)


class Variables(Mapping[str, Any]):
    """A scope's data seen from inside, then the records that the desk offers (`ticket.priority`).

    What goes through all names meets no data stores: they are shared already, and copied by nobody.
    """

    def __init__(self, scope: Scope, extra: Mapping[str, Any] | None = None) -> None:
        self.scope = scope
        self.extra = extra or {}

    def __getitem__(self, name: str) -> Any:
        if name in self.extra:
            return self.extra[name]
        if (store := self.scope.store(name)) is not None:
            return self.scope.instance.world.stored(store)
        holder = self.scope.holder(name)
        if holder is not None:
            return holder.local[name]
        return self.scope.instance.world.record(name, self.scope)

    def __contains__(self, name: object) -> bool:
        return (
            name in self.extra
            or self.scope.holder(str(name)) is not None
            or self.scope.store(str(name)) is not None
            or self.scope.instance.world.knows_record(str(name))
        )

    def __iter__(self) -> Iterator[str]:
        seen = set(self.extra)
        yield from seen
        scope: Scope | None = self.scope
        while scope is not None:
            for name in scope.local:
                if name not in seen:
                    seen.add(name)
                    if self.scope.store(name) is None:
                        yield name
            scope = None if scope.isolated else scope.outer

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Instance(BpmnWorkflow):  # type: ignore[misc]
    """A running process instance: its scopes and the queue of tokens to run."""

    def __init__(self, program: "Program", world: World, root_id: UUID | None = None) -> None:
        # Not BpmnWorkflow.__init__, for the reason given at Token.
        self.program = program
        self.spec = program.root
        self.world = world
        self.scopes: dict[UUID, Scope] = {}
        self.hosted: dict[UUID, list[Scope]] = {}  # scopes by the token that hosts them
        self.queue: deque[Token] = deque()
        self.unsettled: set[UUID] = set()
        self.waiting: dict[UUID, Token] = {}  # tokens that wait for something outside
        self.watching: dict[UUID, Token] = {}  # those that wait for a condition
        self.conditions_due = True  # data may have changed since the conditions were asked
        self.opened: dict[UUID, Token] = {}  # those that began to wait in this step
        self.closed: dict[UUID, Token] = {}  # those that waited before it and wait no more
        self.keyless: set[UUID] = set()  # listeners whose correlation key is not known yet
        self.changed: dict[str, Any] = {}
        self.taken: list[str] = []  # the sequence flows of this step, for coverage
        self.steps = 0
        self.completed = False
        self.success = True
        self.failure: UncaughtError | None = None  # it ended in an error that nothing caught
        self.top = Scope(self, program.root, None, root_id or uuid4())
        self.scopes[self.top.id] = self.top

    def token(self, token_id: UUID) -> Token | None:
        """A living token by its id."""
        if token_id in self.waiting:
            return self.waiting[token_id]
        for scope in self.scopes.values():
            if token_id in scope.tasks:
                return scope.tasks[token_id]
        return None

    def tokens(self) -> Iterator[Token]:
        """All living tokens."""
        for scope in list(self.scopes.values()):
            yield from list(scope.tasks.values())

    @property
    def moment(self) -> float:
        """The time of this step, in seconds."""
        return self.world.now.timestamp()

    @property
    def token_count(self) -> int:
        """How many tokens are alive."""
        return sum(len(scope.tasks) for scope in self.scopes.values())

    def open_scope(self, spec: "ScopeSpec", host: Token) -> Scope:
        """A scope for a sub-process, called process or loop instance, with no tokens yet."""
        scope = Scope(self, spec, host, uuid4())
        self.found_scope(scope)
        self.unsettled.add(scope.id)
        spec.declare(scope)
        return scope

    def found_scope(self, scope: Scope) -> None:
        """There is this scope, since before this step or from now on."""
        self.scopes[scope.id] = scope
        if scope.host is not None:
            self.hosted.setdefault(scope.host.id, []).append(scope)

    def _forget(self, scope: Scope) -> None:
        if self.scopes.pop(scope.id, None) is not None and scope.host is not None:
            siblings = self.hosted[scope.host.id]
            siblings.remove(scope)
            if not siblings:
                del self.hosted[scope.host.id]

    def close_scope(self, scope: Scope) -> None:
        """Cancel what is in a scope and forget it."""
        scope.clear()
        self._forget(scope)

    def scopes_of(self, host: Token) -> list[Scope]:
        """The scopes that a token hosts."""
        return list(self.hosted.get(host.id, ()))

    def waits(self, token: Token) -> None:
        """The token now waits for somebody or something outside."""
        self.opened[token.id] = token
        self.found_waiting(token)

    def found_waiting(self, token: Token) -> None:
        """The token waits, since before this step or from now on."""
        self.waiting[token.id] = token
        if token.task_spec.watches:
            self.watching[token.id] = token
            self.conditions_due = True

    def waits_no_more(self, token: Token) -> None:
        """The reverse of `waits`."""
        if self.waiting.pop(token.id, None) is not None:
            self.watching.pop(token.id, None)
            if self.opened.pop(token.id, None) is None:
                self.closed[token.id] = token

    def run(self, limit: int = 100_000) -> None:
        """Run until only waiting is left. Raises DiagramError when the diagram runs in a circle without waiting."""
        while True:
            while self.queue or (self.conditions_due and self.watching):
                if self.conditions_due:
                    self.conditions_due = False
                    self._ask_conditions()
                    continue
                token = self.queue.popleft()
                if token.alive and token._state == READY:
                    self.steps += 1
                    if self.steps > limit:
                        raise DiagramError(token.task_spec.name, f"no wait in {limit} steps")
                    token.run()
            if not self._settle() and not (self.conditions_due and self.watching):
                self._find_keys()
                return

    def _settle(self) -> bool:
        """What follows when nothing runs any more: joins that can wait for nobody, scopes that have ended."""
        if not self.unsettled:
            return False
        scopes = [self.scopes[i] for i in self.unsettled if i in self.scopes]
        self.unsettled.clear()
        for scope in sorted(scopes, key=_depth, reverse=True):
            if scope.id not in self.scopes:
                continue
            for join in scope.spec.patient_joins:
                join.reconsider(scope)
            if self.queue:
                self.unsettled.add(scope.id)
            elif not scope.has_open_tokens and not self._held_open(scope):
                self.end_scope(scope)
        return bool(self.queue or self.unsettled)

    def _held_open(self, scope: Scope) -> bool:
        """Whether the host of an empty scope keeps it: an ad-hoc sub-process may have more to start."""
        return scope.host is not None and scope.host.task_spec.scope_idle(scope.host, scope)

    def _find_keys(self) -> None:
        """Listeners that had no correlation key when their scope opened may have one now."""
        for token_id in list(self.keyless):
            self.keyless.discard(token_id)
            token = self.token(token_id)
            if token is not None:
                token.task_spec.find_keys(token)

    def _ask_conditions(self) -> None:
        """Fire conditional events whose condition has become true (10.5.5: on the change, not while it lasts).

        What is true when the event is armed counts as a change: the event has not seen it before.
        """
        for token in list(self.watching.values()):
            if token.id in self.watching:
                token.task_spec.follow(token)
            for index, trigger in enumerate(token.task_spec.node.triggers):
                if trigger.kind != "conditional" or token.id not in self.watching:
                    continue
                key = f"was:{index}"
                holds = token.task_spec.holds(token, trigger.expression or "")
                before = token.internal_data.get(key, False)
                token.internal_data[key] = holds
                if holds and not before:
                    token.task_spec.fire(token, index, {})

    def broadcast(self, name: str | None, payload: Mapping[str, Any]) -> None:
        """A signal thrown in this instance reaches all that wait for it here at once (10.5.1: thrower and catcher
        may be of one process), before the thrower goes on; the world takes it to the others."""
        for token in list(self.waiting.values()):
            for index, trigger in enumerate(token.task_spec.node.triggers):
                if trigger.kind != "signal" or trigger.name != name or token.id not in self.waiting:
                    continue
                self.world.happened("received", token, {"signal": name, "payload": payload})
                token.task_spec.fire(token, index, payload)

    def fail(self, error: UncaughtError) -> None:
        """The process ends in an error: nothing of it goes on."""
        self.top.clear()
        self.unsettled.clear()
        self.queue.clear()
        self.failure, self.completed, self.success = error, True, False

    def end_scope(self, scope: Scope) -> None:
        """The scope is done; whoever hosts it goes on."""
        host = scope.host
        scope.clear()
        scope.completed = True
        self._forget(scope)
        if host is None:
            self.completed = True
        elif host.alive:
            host.task_spec.scope_completed(host, scope)


def _depth(scope: Scope) -> int:
    depth = 0
    outer = scope.outer
    while outer is not None:
        depth, outer = depth + 1, outer.outer
    return depth
