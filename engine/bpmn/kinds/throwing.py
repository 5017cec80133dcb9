"""Events that are thrown (BPMN 2.0, 10.5 and 13.5), and how they find who catches them."""

from typing import Any

from engine.bpmn.kinds.base import TokenSpec
from engine.bpmn.kinds.compensation import cancel_transaction, compensate
from engine.bpmn.kinds.events import Boundary, EventSubprocessStart, Waiting
from engine.bpmn.model import Trigger
from engine.bpmn.tokens import WAITING, DiagramError, Scope, Token, UncaughtError


class Throw(TokenSpec):
    """An intermediate throw event: throws all that its definitions say, one after the other."""

    def execute(self, token: Token) -> bool | None:
        """Throw; a token that was interrupted by what it threw goes no further, nor one that waits for compensation."""
        for trigger in self.node.triggers:
            if token.alive:
                throw(token, trigger)
        return True if token.alive and not token.internal_data.get("undoing") else None

    def leave(self, token: Token) -> None:
        """A link goes on at its target (10.5.1)."""
        if self.node.trigger.kind == "link" and self.node.tag == "intermediateThrowEvent":
            target = self._wf_spec.link_target(self.node.trigger)
            if target is None:
                raise DiagramError(self.node.id, f"no link target {self.node.trigger.name!r}")
            target.arrive(token.scope, None)
        else:
            super().leave(token)


class End(Throw):
    """An end event: throws, then ends its token, or with it what its kind says."""

    def execute(self, token: Token) -> bool | None:
        """What leaves or ends the scope comes last, wherever it stands among the definitions."""
        if super().execute(token) is None:
            return None
        last = next(
            (t for t in self.node.triggers if t.kind in ("error", "cancel", "terminate")), None
        )
        if last is None:
            return True
        if last.kind == "terminate":
            token.scope.clear(keep=lambda t: t is token)
            return True
        self.left(token)
        token.scope.remove(token)
        if last.kind == "error":
            self._end_in_error(token, last.name or "")
        else:
            cancel_transaction(token)
        return None

    def _end_in_error(self, token: Token, code: str) -> None:
        """The error goes to who catches it; where nobody does, the process ends in it (see docs/decisions/0009)."""
        try:
            throw_error(token, code, "")
        except UncaughtError as error:
            token.scope.instance.fail(error)

    def leave(self, token: Token) -> None:
        """Nothing follows."""


def throw(token: Token, trigger: Trigger) -> None:
    """Throw an event from a token; what ends the token's scope is for the end event itself."""
    if trigger.kind in ("message", "signal"):
        payload = payload_of(token)
        token.scope.instance.world.throw(token, trigger, payload)
        if trigger.kind == "signal":
            token.scope.instance.broadcast(trigger.name, payload)
    elif trigger.kind == "escalation":
        throw_escalation(token, trigger.name or "")
    elif trigger.kind == "compensate":
        compensate(token, trigger)


def payload_of(token: Token) -> dict[str, Any]:
    """What an event carries: its input mappings, or its data inputs by name."""
    spec = token.task_spec
    payload = {a.target: spec.literal_or_value(token, a.value) for a in spec.node.inputs}
    variables = token.scope.variables
    for association in spec.node.data_inputs:
        if association.target is None:
            continue
        if association.transformation is not None:
            payload[association.target] = spec.value(token, association.transformation)
        elif association.source is not None and association.source in variables:
            payload[association.target] = variables[association.source]
        for assignment in association.assignments:
            payload[assignment.target] = spec.value(token, assignment.value)
    return payload


def throw_cancel(host: Token) -> bool:
    """Leave a cancelled transaction by its cancel boundary event; False when it has none."""
    for catcher in _catchers(host.scope, "cancel", "", host):
        catcher.task_spec.fire(catcher, _index(catcher, "cancel", ""), {})
        return True
    return False


def announce(host: Token, trigger: Trigger) -> None:
    """An event that a multi-instance activity throws about its progress (10.3.8.2).

    It reports on an activity that goes on: who catches it at the activity's edge runs beside it, whatever
    cancelActivity says.
    """
    at_edge = [
        (token, index)
        for token in host.scope.tasks.values()
        if token.internal_data.get("host") == host.id.bytes
        and isinstance(token.task_spec, Boundary)
        for index, caught in enumerate(token.task_spec.node.triggers)
        if caught.kind == trigger.kind and caught.name == trigger.name
    ]
    for token, index in at_edge:
        if token.task_spec.all_seen(token, index):
            token.task_spec.beside(token)
    if not at_edge:
        throw(host, trigger)


def _catchers(scope: Scope, kind: str, code: str, host: Token | None) -> list[Token]:
    """Who catches here: boundary events of `host`, else listeners of the scope. A code beats no code."""
    found = []
    for token in scope.tasks.values():
        spec = token.task_spec
        if not isinstance(spec, Waiting) or token._state != WAITING:
            continue
        if host is None:
            if not isinstance(spec, EventSubprocessStart):
                continue
        elif token.internal_data.get("host") != host.id.bytes:
            continue
        for trigger in spec.node.triggers:
            if trigger.kind == kind and trigger.name in (None, "", code):
                found.append((trigger.name in (None, ""), token))
    return [t for _, t in sorted(found, key=lambda pair: pair[0])]


def throw_error(token: Token, code: str, message: str, *, from_activity: bool = False) -> None:
    """Look outwards for who catches the error: the activity's edge, the scope's listeners, the host's edge…

    Raises UncaughtError when nobody does.
    """
    scope: Scope | None = token.scope
    host: Token | None = token if from_activity else None
    payload = {"error": {"code": code, "message": message}}
    while scope is not None:
        if host is not None:
            for catcher in _catchers(scope, "error", code, host):
                catcher.task_spec.fire(catcher, _index(catcher, "error", code), payload)
                return
        for catcher in _catchers(scope, "error", code, None):
            catcher.task_spec.fire(catcher, _index(catcher, "error", code), payload)
            return
        host, scope = scope.host, scope.outer
    raise UncaughtError(token.task_spec.name, code, message)


def throw_escalation(token: Token, code: str) -> None:
    """Look outwards for who catches the escalation; unlike an error it may go unheard (10.5.7)."""
    scope: Scope | None = token.scope
    host: Token | None = None
    payload = {"escalation": {"code": code}}
    while scope is not None:
        catchers = _catchers(scope, "escalation", code, host) if host else []
        catchers = catchers or _catchers(scope, "escalation", code, None)
        if catchers:
            catcher = catchers[0]
            catcher.task_spec.fire(catcher, _index(catcher, "escalation", code), payload)
            return
        host, scope = scope.host, scope.outer


def _index(token: Token, kind: str, code: str) -> int:
    triggers = token.task_spec.node.triggers
    return next(i for i, t in enumerate(triggers) if t.kind == kind and t.name in (None, "", code))
