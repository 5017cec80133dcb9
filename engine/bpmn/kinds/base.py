"""What all flow nodes have in common: a token arrives, is run, leaves along the sequence flows."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.model import Flow, Node
from engine.bpmn.tokens import READY, WAITING, DiagramError, Scope, Token, Variables

if TYPE_CHECKING:
    from engine.bpmn.program import ScopeSpec


class TokenSpec(BpmnTaskSpec):  # type: ignore[misc]
    """A flow node. Subclasses say what happens in `execute`; True: done, None: the token stays for now."""

    listens = False  # a listener does not keep its scope open
    waits_outside = False  # a token that stays here waits for a person, an event or a worker
    watches = False  # it waits for a condition among others
    is_activity = False
    hosts_rounds = False
    keeps = False  # it can be compensated later: what it did is remembered
    _wf_spec: "ScopeSpec"

    def __init__(self, scope_spec: "ScopeSpec", node: Node, name: str | None = None) -> None:
        super().__init__(scope_spec, name or node.id)
        self.node = node
        self.bpmn_id = node.id
        self.bpmn_name = node.name.get("zh")
        self.targets: list[tuple[Flow, TokenSpec]] = []  # filled when all nodes are known
        self.has_conditions = node.default_flow is not None or any(
            flow.condition is not None for flow in node.outgoing
        )

    # SpiffWorkflow's hooks ------------------------------------------------------------------------------------------

    def _run(self, my_task: Token) -> bool | None:
        return self.execute(my_task)

    def _on_complete(self, my_task: Token) -> None:
        if len(self.targets) > 1:
            my_task.internal_data["chosen"] = self.choose(my_task)
        self.left(my_task)
        if self.keeps:
            remember(my_task)
        my_task.scope.remove(my_task)
        self.leave(my_task)
        if self._wf_spec.is_ad_hoc and self.is_activity:
            host = my_task.scope.host
            assert host is not None
            host.task_spec.completed_inside(host, my_task.scope)

    # The life of a token --------------------------------------------------------------------------------------------

    def arrive(self, scope: Scope, flow: Flow | None) -> None:
        """A token comes along a sequence flow (None: the scope starts here)."""
        scope.place(self)

    def execute(self, token: Token) -> bool | None:
        """Do what the node is for."""
        return True

    def leave(self, token: Token) -> None:
        """Send tokens on along the flows that are chosen, as many along each as the completion quantity says."""
        for flow, target in token.internal_data.get("chosen") or self.choose(token):
            for _ in range(self.node.completion_quantity):
                token.scope.instance.taken.append(flow.id)
                target.arrive(token.scope, flow)

    def choose(self, token: Token) -> list[tuple[Flow, "TokenSpec"]]:
        """The outgoing flows that take a token: all without a condition and all whose condition is true; the default
        when no condition is (BPMN 2.0, 10.5.3 and 8.3.13: an implicit inclusive split)."""
        if not self.has_conditions:
            return self.targets
        chosen, default, met = [], None, False
        for flow, target in self.targets:
            if flow.id == self.node.default_flow:
                default = (flow, target)
            elif flow.condition is None:
                chosen.append((flow, target))
            elif self.holds(token, flow.condition):
                chosen.append((flow, target))
                met = True
        if default is not None and not met:
            chosen.append(default)
        if not chosen:
            raise DiagramError(self.node.id, "no outgoing flow is true and none is the default")
        return chosen

    def cancel(self, token: Token) -> None:
        """The token is taken away before its time."""
        if token.alive:
            token._set_state(TaskState.CANCELLED)
            token.scope.instance.world.happened("cancelled", token, {})
            token.scope.remove(token)

    def left(self, token: Token) -> None:
        """Write the line of the history: since when it was here where it had to wait, and which flows it takes where
        it does not take all of them."""
        instance = token.scope.instance
        data: dict[str, Any] = {}
        if instance.moment > token.last_state_change:
            data["since"] = since(token)
        chosen = token.internal_data.get("chosen")
        if chosen is not None and len(chosen) < len(self.targets):
            data["flows"] = [flow.id for flow, _ in chosen]
        instance.world.happened("completed", token, data)

    def follow(self, token: Token) -> None:
        """Data has changed: what waits for a time that is computed from it waits for the new one."""

    def removed(self, token: Token) -> None:
        """Tidy up what the token caused; called for any end of it."""

    def scope_completed(self, token: Token, scope: Scope) -> None:
        """A scope that the token hosts has ended: remember what it did as long as that can be compensated."""
        if scope.spec.keeps:
            remember_scope(token, scope)
        self.scope_ended(token, scope)

    def scope_idle(self, token: Token, scope: Scope) -> bool:
        """A hosted scope has nothing open any more; True keeps it."""
        return False

    def completed_inside(self, token: Token, scope: Scope) -> None:
        """An activity in a hosted ad-hoc scope has completed."""

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """A scope that the token hosts has ended."""
        raise DiagramError(self.node.id, "hosts no scope")

    def gathered(self, scope: Scope) -> bool:
        """Whether as many tokens have come as the activity needs to start (13.3.2: startQuantity)."""
        if self.node.start_quantity == 1:
            return True
        waiting = next((t for t in scope.tokens_at(self) if "have" in t.internal_data), None)
        if waiting is None:
            waiting = scope.place(self, WAITING)
            waiting.internal_data["have"] = 0
        waiting.internal_data["have"] += 1
        if waiting.internal_data["have"] < self.node.start_quantity:
            return False
        del scope.tasks[waiting.id]
        return True

    # Small helpers --------------------------------------------------------------------------------------------------

    def holds(self, token: Token, condition: str) -> bool:
        """Whether a condition is true; anything that is not `true` is not (DMN: null is no yes)."""
        return self.value(token, condition) is True

    def value(self, token: Token, text: str, extra: dict[str, Any] | None = None) -> Any:
        """The value of an expression; a leading `=` may stand before it."""
        return self.value_in(token.scope, text, extra)

    def value_in(self, scope: Scope, text: str, extra: dict[str, Any] | None = None) -> Any:
        """The value of an expression as seen from a scope."""
        expression = text[1:] if text.startswith("=") else text
        try:
            return scope.instance.world.evaluate(expression, Variables(scope, extra))
        except DiagramError:
            raise
        except Exception as error:
            raise DiagramError(self.node.id, f"{text!r}: {error}") from error

    def literal_or_value(self, token: Token, text: str) -> Any:
        """`=…` is FEEL, anything else is the text itself."""
        return self.value(token, text) if text.startswith("=") else text

    def map_out(self, scope: Scope, results: dict[str, Any]) -> bool:
        """Assign the output mappings, which see the results beside the scope's data; False where there are none."""
        for output in self.node.outputs:
            value: Any = output.value
            if output.value.startswith("="):
                value = self.value_in(scope, output.value, results)
            scope.assign(output.target, value)
        return bool(self.node.outputs)


def beside_the_flow(token: Token) -> bool:
    """Whether it listens, in a scope or on the edge of an activity: no token that a person would point to."""
    return token.task_spec.listens or token.task_spec.node.tag == "boundaryEvent"


def seen_from_outside(token: Token) -> Token:
    """The token that stands at the node in the diagram: of one that runs in the body of its node, the host."""
    body = f"{token.task_spec.node.id}#body"
    while token.scope.spec.name == body and token.scope.host is not None:
        token = token.scope.host
    return token


def since(token: Token) -> str:
    """When the token came where it is: ISO 8601, in UTC."""
    return datetime.fromtimestamp(token.last_state_change, UTC).isoformat()


def run_later(token: Token) -> None:
    """Put a waiting token back into the queue."""
    token._set_state(READY)
    token.scope.instance.queue.append(token)


def remember(token: Token) -> None:
    """An activity has completed: its scope keeps what compensating it will take, oldest first.

    Each entry is `[activity, path of a scope's spec, its data, inner entries]`: a scope to open again. A handler's
    scope simply begins (inner is None); a sub-process without a handler has its own entries undone inside it.
    """
    spec = token.task_spec
    handler = spec._wf_spec.handlers.get(spec.node.id)
    if handler is not None and not spec.hosts_rounds:
        entries: list[list[Any]] = [[handler.path, {}, None]]
    else:
        entries = token.internal_data.get("undo", [])
    if entries:
        done = token.scope.facts.setdefault("done", [])
        done += [[spec.node.id, *entry] for entry in entries]


def remember_scope(host: Token, scope: Scope) -> None:
    """A sub-process or a round of a loop has ended; its host carries on what was done in it."""
    inner = scope.facts.get("done", [])
    if inner or scope.spec.undoer is not None:
        host.internal_data.setdefault("undo", []).append(
            [scope.spec.path, dict(scope.local), inner]
        )
