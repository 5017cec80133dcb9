"""Events that are waited for (BPMN 2.0, 10.5 and 13.5): they start, interrupt and let go on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.kinds.base import TokenSpec, run_later, seen_from_outside
from engine.bpmn.model import Flow, Node, Trigger
from engine.bpmn.schedule import arm_timer, next_round
from engine.bpmn.tokens import STARTED, WAITING, DiagramError, Scope, Token

if TYPE_CHECKING:
    from engine.bpmn.program import ScopeSpec


KEY_LIMIT = 255  # characters of a correlation key


class Waiting(TokenSpec):
    """A node at which a token waits for one of its triggers."""

    waits_outside = True

    def __init__(self, scope_spec: "ScopeSpec", node: Node, name: str | None = None) -> None:
        super().__init__(scope_spec, node, name)
        self.watches = any(t.kind == "conditional" or _follows(t) for t in node.triggers)

    def arm(self, token: Token) -> None:
        """Begin to wait: work out when (timer) or for which key (message), and say so outside."""
        for index, trigger in enumerate(self.node.triggers):
            self.arm_trigger(token, index, trigger)
        token.scope.instance.waits(token)

    def arm_trigger(self, token: Token, index: int, trigger: Trigger) -> None:
        """Remember what one trigger waits for: `due:<index>` or `key:<index>`."""
        if trigger.kind == "timer":
            if trigger.expression is None or trigger.timer is None:
                raise DiagramError(self.node.id, "the timer has no time")
            wanted = self.literal_or_value(token, trigger.expression)
            now = token.scope.instance.world.now
            try:
                token.internal_data[f"due:{index}"] = arm_timer(trigger.timer, wanted, now)
            except ValueError as error:
                raise DiagramError(self.node.id, str(error)) from error
        elif trigger.kind == "message" and trigger.correlation is not None:
            key = self.value(token, trigger.correlation)
            if key is not None:
                if len(str(key)) > KEY_LIMIT:
                    raise DiagramError(self.node.id, f"the key is over {KEY_LIMIT} characters")
                token.internal_data[f"key:{index}"] = str(key)
            elif self.listens:
                # A listener opens with its scope, often before the data that its key is made of.
                token.internal_data["keyless"] = True
                token.scope.instance.keyless.add(token.id)
            else:
                raise DiagramError(self.node.id, f"the key {trigger.correlation!r} is null")

    def hears(self, token: Token, index: int, kind: str, name: str | None, key: str | None) -> bool:
        """Whether a message with this key, or a signal, is what trigger number `index` waits for."""
        trigger = self.node.triggers[index]
        if trigger.kind != kind or trigger.name != name:
            return False
        known = trigger.correlation is None or f"key:{index}" in token.internal_data
        return kind == "signal" or (known and token.internal_data.get(f"key:{index}") == key)

    def find_keys(self, token: Token) -> None:
        """Work out again the correlation keys that were not known when it began to wait."""
        instance, facts = token.scope.instance, token.internal_data
        known = len(facts)
        facts.pop("keyless")
        for index, trigger in enumerate(self.node.triggers):
            if trigger.kind == "message" and f"key:{index}" not in facts:
                self.arm_trigger(token, index, trigger)
        if len(facts) > known or "keyless" not in facts:
            instance.waits_no_more(token)
            instance.waits(token)

    def follow(self, token: Token) -> None:
        """Data has changed: a date that is computed from it moves its timer; where it is null now, nothing is due."""
        instance = token.scope.instance
        for index, trigger in enumerate(self.node.triggers):
            key = f"due:{index}"
            if not _follows(trigger) or key not in token.internal_data:
                continue
            wanted = self.value(token, trigger.expression or "")
            now = instance.world.now
            try:
                armed = None if wanted is None else arm_timer("date", wanted, now)
            except ValueError as error:
                raise DiagramError(self.node.id, str(error)) from error
            if armed != token.internal_data[key]:
                token.internal_data[key] = armed
                if token.id not in instance.opened:
                    instance.waits_no_more(token)
                    instance.waits(token)

    def removed(self, token: Token) -> None:
        """It waits no more."""
        token.scope.instance.waits_no_more(token)

    def fire(self, token: Token, index: int, payload: Mapping[str, Any]) -> None:
        """Trigger number `index` has happened."""
        raise NotImplementedError

    def caught(self, token: Token) -> None:
        """It has what it waited for: nothing else can fire it, and it goes on in its turn."""
        token.scope.instance.waits_no_more(token)
        run_later(token)

    def all_seen(self, token: Token, index: int) -> bool:
        """Whether the node may go on: one trigger is enough unless it is parallel multiple (10.5.5)."""
        if not self.node.parallel_multiple:
            return True
        seen = token.internal_data.setdefault("seen", [])
        if index not in seen:
            seen.append(index)
        return len(seen) >= len(self.node.triggers)


class Catch(Waiting):
    """An intermediate catch event."""

    def arrive(self, scope: Scope, flow: Flow | None) -> None:
        """Wait for the trigger; a link target and a none event just pass."""
        if not self.gathered(scope):
            return
        if not self.node.triggers or self.node.trigger.kind == "link":
            scope.place(self)
            return
        token = scope.place(self, WAITING)
        for boundary in self._wf_spec.boundary_specs(self.node):
            boundary.attach(token)
        self.arm(token)

    def begin(self, scope: Scope) -> None:
        """The trigger has brought the instance to life; the other arms of a gateway that wants all begin to wait."""
        for flow in self.node.incoming:
            gateway = self._wf_spec.spec_of(flow.source)
            if gateway.node.instantiate and gateway.node.all_arms:
                for other, target in gateway.targets:
                    if target is not self:
                        target.arrive(scope, other)
        scope.place(self)

    def fire(self, token: Token, index: int, payload: Mapping[str, Any]) -> None:
        """Go on; the other arms of an event-based gateway are off. A cycle sends a token on at every round."""
        if not self.all_seen(token, index):
            return
        arm = seen_from_outside(token)
        race = arm.internal_data.pop("race", None)
        if race is not None:
            for other in list(arm.scope.tasks.values()):
                if other.internal_data.get("race") == race:
                    other.task_spec.cancel(other)
        receive(self, token.scope, payload)
        if race is None and not self.node.parallel_multiple and goes_round(token, index):
            token.scope.place(self)
            repeat(token, index)
        else:
            self.caught(token)

    def removed(self, token: Token) -> None:
        """Boundary events go with their host."""
        super().removed(token)
        drop_boundary(token)


class Receive(Catch):
    """A receive task: an activity that waits for its message."""

    is_activity = True


class Boundary(Waiting):
    """An event on the edge of an activity."""

    def attach(self, host: Token) -> None:
        """Begin to wait beside a host token."""
        token = host.scope.place(self, WAITING)
        token.internal_data["host"] = host.id.bytes
        self.arm(token)

    def fire(self, token: Token, index: int, payload: Mapping[str, Any]) -> None:
        """Interrupting: the host is cancelled, this token goes on. Else a new token goes on, every time."""
        if not self.all_seen(token, index):
            return
        scope = token.scope
        receive(self, scope, payload)
        if self.node.interrupting:
            host = next(
                (t for t in scope.tasks.values() if t.id.bytes == token.internal_data["host"]), None
            )
            token.internal_data.pop("host")
            if host is not None:
                host.task_spec.cancel(host)
            self.caught(token)
        else:
            self.beside(token)
            token.internal_data.pop("seen", None)
            repeat(token, index)

    def beside(self, token: Token) -> None:
        """A new token leaves; the activity goes on."""
        token.scope.place(self)


class Start(TokenSpec):
    """A start event: the token only passes. Its trigger was seen before (instance) or by a listener (sub-process)."""


class EventSubprocessStart(Waiting):
    """Listens, in the scope around it, for what starts an event sub-process."""

    listens = True

    def __init__(self, scope_spec: "ScopeSpec", node: Node, subprocess: Node) -> None:
        super().__init__(scope_spec, node, name=f"{node.id}#listener")
        self.subprocess = subprocess

    def listen(self, scope: Scope) -> None:
        """Begin to wait when the scope opens."""
        self.arm(scope.place(self, WAITING))

    def fire(self, token: Token, index: int, payload: Mapping[str, Any]) -> None:
        """Open the sub-process; an interrupting one ends everything else in the scope first (13.5.4)."""
        if not self.all_seen(token, index):
            return
        scope = token.scope
        if self.node.interrupting:
            scope.clear()
        else:
            token.internal_data.pop("seen", None)
            repeat(token, index)
        self.open(scope, payload)

    def open(self, scope: Scope, payload: Mapping[str, Any]) -> None:
        """Run the sub-process in a scope of its own that knows the payload."""
        host = scope.place(self._wf_spec.spec_of(self.subprocess.id), STARTED)
        inner = scope.instance.open_scope(self._wf_spec.inner[self.subprocess.id], host)
        inner.local.update(payload)
        if maps(self.node):
            receive(self, scope, payload)
        start = inner.spec.spec_of(self.node.id)
        inner.spec.listen(inner)
        start.arrive(inner, None)


def maps(node: Node) -> bool:
    """Whether the event says what of its payload is kept, and where."""
    return bool(node.outputs or node.data_outputs)


def receive(spec: TokenSpec, scope: Scope, payload: Mapping[str, Any]) -> None:
    """Take the payload into the scope, through the node's mappings or data associations where it has some."""
    carried = dict(payload)
    for association in spec.node.data_outputs:
        value = payload.get(association.source or "")
        if association.transformation is not None:
            value = spec.value_in(scope, association.transformation, carried)
        if association.target is not None and value is not None:
            scope.assign(association.target, value)
        for assignment in association.assignments:
            scope.assign(assignment.target, spec.value_in(scope, assignment.value, carried))
    if not spec.map_out(scope, carried) and not spec.node.data_outputs:
        scope.assign_all(payload)


def _follows(trigger: Trigger) -> bool:
    """Whether it is due at a date that is computed from data: such a timer follows the data."""
    return (
        trigger.kind == "timer"
        and trigger.timer == "date"
        and (trigger.expression or "").startswith("=")
    )


def goes_round(token: Token, index: int) -> bool:
    """Whether a cycle timer has a round after this one."""
    armed = token.internal_data.get(f"due:{index}")
    return armed is not None and next_round(armed, token.scope.instance.world.now) is not None


def repeat(token: Token, index: int) -> None:
    """After a non-interrupting event: a cycle timer waits for its next round, other timers are over."""
    key = f"due:{index}"
    if key in token.internal_data:
        following = next_round(token.internal_data[key], token.scope.instance.world.now)
        instance = token.scope.instance
        instance.waits_no_more(token)
        if following is None:
            del token.internal_data[key]
            if len(token.task_spec.node.triggers) == 1:
                token.scope.remove(token)
                return
        else:
            token.internal_data[key] = following
        instance.waits(token)


def drop_boundary(host: Token) -> None:
    """Take away the boundary events of a host that has ended."""
    spec = host.task_spec
    if not spec._wf_spec.boundary_specs(spec.node):
        return
    for token in list(host.scope.tasks.values()):
        if token.internal_data.get("host") == host.id.bytes:
            host.scope.remove(token)
