"""Gateways (BPMN 2.0, 10.6 and 13.3)."""

from engine.bpmn.kinds.base import TokenSpec, run_later, seen_from_outside
from engine.bpmn.model import Flow
from engine.bpmn.tokens import WAITING, DiagramError, Scope, Token


class Exclusive(TokenSpec):
    """Passes every token on along the first flow that is true, in the order of the file, else the default."""

    def choose(self, token: Token) -> list[tuple[Flow, TokenSpec]]:
        """Exactly one flow (13.3.2)."""
        default = None
        for flow, target in self.targets:
            if flow.id == self.node.default_flow:
                default = (flow, target)
            elif flow.condition is None:
                if len(self.targets) == 1:
                    return [(flow, target)]
                raise DiagramError(self.node.id, f"the flow {flow.id} has no condition")
            elif self.holds(token, flow.condition):
                return [(flow, target)]
        if default is None:
            if not self.targets:
                return []
            raise DiagramError(self.node.id, "no outgoing flow is true and none is the default")
        return [default]


class _Join(TokenSpec):
    """Tokens wait at the gateway, each knowing the flow it came by, until enough are there."""

    def arrive(self, scope: Scope, flow: Flow | None) -> None:
        """Wait; go on when this was the last that had to come."""
        token = scope.place(self, WAITING)
        token.internal_data["flow"] = flow.id if flow else ""
        self.reconsider(scope)

    def waiting(self, scope: Scope) -> dict[str, list[Token]]:
        """The waiting tokens by the flow they came by."""
        found: dict[str, list[Token]] = {}
        for token in scope.tokens_at(self):
            if token._state == WAITING:
                found.setdefault(token.internal_data["flow"], []).append(token)
        return found

    def reconsider(self, scope: Scope) -> None:
        """Go on if the waiting tokens suffice."""
        raise NotImplementedError

    def merge(self, scope: Scope, tokens: list[Token]) -> None:
        """One token goes on for all of these."""
        for token in tokens[1:]:
            scope.remove(token)
        run_later(tokens[0])


class Parallel(_Join):
    """Waits for one token on every incoming flow, then sends one along every outgoing flow (13.3.1)."""

    def reconsider(self, scope: Scope) -> None:
        """Complete when every incoming flow has brought a token; surplus tokens wait for the next round."""
        waiting = self.waiting(scope)
        if len(waiting) >= max(1, len(self.node.incoming)):
            self.merge(scope, [tokens[0] for tokens in waiting.values()])

    def choose(self, token: Token) -> list[tuple[Flow, TokenSpec]]:
        """All flows, whatever stands on them."""
        return self.targets


class Inclusive(_Join):
    """Waits for every token that can still come, then sends tokens along all flows that are true (13.3.3)."""

    def arrive(self, scope: Scope, flow: Flow | None) -> None:
        """Wait; whether others can still come is seen when all else has come to rest."""
        token = scope.place(self, WAITING)
        token.internal_data["flow"] = flow.id if flow else ""
        scope.instance.unsettled.add(scope.id)
        if len(self.node.incoming) <= 1:
            run_later(token)

    def reconsider(self, scope: Scope) -> None:
        """Complete unless a token elsewhere has a path to an incoming flow that has none, and none to one that has."""
        waiting = self.waiting(scope)
        if not waiting:
            return
        empty = {f.id for f in self.node.incoming} - waiting.keys()
        reach = self._wf_spec.reach
        for token in scope.tasks.values():
            spec = token.task_spec
            if spec is self or spec.listens:
                continue
            reachable = reach.flows_before(spec.node.id, self.node.id)
            if reachable & empty and not reachable & waiting.keys():
                return
        self.merge(scope, [tokens[0] for tokens in waiting.values()])


class Complex(_Join):
    """Starts when its activation condition holds over `activationCount`; then swallows the tokens that come by the
    other flows, until all have brought one or nobody is left who could, and is ready again (13.3.5)."""

    def reconsider(self, scope: Scope) -> None:
        """Count what has come; start once a round."""
        waiting = self.waiting(scope)
        if self._key in scope.facts:
            self._swallow(scope, waiting)
        elif waiting:
            self._activate(scope, waiting)

    @property
    def _key(self) -> str:
        """Under which the scope keeps the flows that have brought their token while the gateway waits for reset."""
        return f"complex:{self.node.id}"

    def _activate(self, scope: Scope, waiting: dict[str, list[Token]]) -> None:
        tokens = [group[0] for group in waiting.values()]
        all_in = len(waiting) >= len(self.node.incoming)
        condition = self.node.activation_condition
        if condition is None:
            active = all_in
        else:
            count = sum(len(group) for group in waiting.values())
            active = self.value(tokens[0], condition, {"activationCount": count}) is True
        if active:
            if not all_in:
                scope.facts[self._key] = list(waiting)
            self.merge(scope, tokens)

    def _swallow(self, scope: Scope, waiting: dict[str, list[Token]]) -> None:
        arrived: list[str] = scope.facts[self._key]
        for flow, tokens in waiting.items():
            if flow not in arrived:
                arrived.append(flow)
                scope.remove(tokens[0])
        missing = {f.id for f in self.node.incoming} - set(arrived)
        if not missing or not can_come(self, scope, missing):
            del scope.facts[self._key]
            self.reconsider(scope)


def can_come(join: TokenSpec, scope: Scope, flows: set[str]) -> bool:
    """Whether a token elsewhere in the scope has a path to one of these flows into the join."""
    reach = join._wf_spec.reach
    return any(
        reach.flows_before(token.task_spec.node.id, join.node.id) & flows
        for token in scope.tasks.values()
        if token.task_spec is not join and not token.task_spec.listens
    )


def standing_at(token: Token) -> str:
    """The element a person would point to: what waits at the arms of an event-based gateway stands at the gateway."""
    node = token.task_spec.node
    token = seen_from_outside(token)
    if "race" in token.internal_data:
        for flow in node.incoming:
            if isinstance(token.task_spec._wf_spec.spec_of(flow.source), EventBased):
                return flow.source
    return node.id


class EventBased(TokenSpec):
    """Arms all events that follow; the first that happens takes the token and disarms the others (13.3.4)."""

    def execute(self, token: Token) -> bool | None:
        """Place a waiting token at every arm; this one goes."""
        return True

    def leave(self, token: Token) -> None:
        """The arms know each other by the gateway token's id."""
        for flow, target in self.targets:
            token.scope.instance.taken.append(flow.id)
            before = set(token.scope.tasks)
            target.arrive(token.scope, flow)
            for armed in [t for i, t in token.scope.tasks.items() if i not in before]:
                armed.internal_data["race"] = token.id.bytes
