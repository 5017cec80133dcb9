"""Activities (BPMN 2.0, 10.3 and 13.2): tasks, sub-processes, calls."""

from typing import Any

from engine.bpmn.kinds.base import TokenSpec
from engine.bpmn.kinds.events import Boundary, drop_boundary
from engine.bpmn.kinds.throwing import throw, throw_cancel, throw_error
from engine.bpmn.model import Flow
from engine.bpmn.tokens import PENDING, DiagramError, Scope, Token
from engine.operators import BpmnError


class Activity(TokenSpec):
    """What all activities share: boundary events, mappings, and their tidy end."""

    is_activity = True

    def arrive(self, scope: Scope, flow: Flow | None) -> None:
        """A token starts the activity; its boundary events begin to wait first."""
        if not self.gathered(scope):
            return
        token = scope.place(self)
        for boundary in self._wf_spec.boundary_specs(self.node):
            assert isinstance(boundary, Boundary)
            boundary.attach(token)

    def removed(self, token: Token) -> None:
        """Its boundary events, and the scopes it hosts, end with it."""
        drop_boundary(token)
        for scope in token.scope.instance.scopes_of(token):
            token.scope.instance.close_scope(scope)

    def finish(self, token: Token, results: dict[str, Any]) -> None:
        """Take the results into the scope (through output mappings where there are some), then leave."""
        if not self.map_out(token.scope, results):
            token.scope.assign_all(results)
        token.complete()


class Task(Activity):
    """A task of no particular type, or a manual task: nothing for a machine to do."""

    def execute(self, token: Token) -> bool | None:
        """Only the output mappings are made."""
        self.map_out(token.scope, {})
        return True


class HumanTask(Activity):
    """A user task: waits until a person completes it."""

    waits_outside = True

    def execute(self, token: Token) -> bool | None:
        """Offer the work."""
        token.scope.instance.waits(token)
        return None

    def removed(self, token: Token) -> None:
        """It is offered no more."""
        super().removed(token)
        token.scope.instance.waits_no_more(token)


class ScriptTask(Activity):
    """A list of FEEL assignments, each seeing the ones before."""

    def execute(self, token: Token) -> bool | None:
        """Assign in order."""
        for assignment in self.node.assignments:
            token.scope.assign(assignment.target, self.value(token, assignment.value))
        self.map_out(token.scope, {})
        return True


class ServiceTask(Activity):
    """Calls an operator: at once in the step's transaction, or as a job that a worker does."""

    waits_outside = True

    def execute(self, token: Token) -> bool | None:
        """Run an inline operator; a job operator leaves the token waiting."""
        try:
            result = token.scope.instance.world.perform(token)
        except BpmnError as error:
            throw_error(token, error.code, str(error), from_activity=True)
            return None
        if result is PENDING:
            token.scope.instance.waits(token)
            return None
        self.take(token, result)
        return True

    def take(self, token: Token, result: Any) -> None:
        """Put the operator's result where the diagram wants it."""
        name = self.node.call.result if self.node.call else None
        results = {} if result is None else {name: result} if name else result
        if self.map_out(token.scope, {"result": result}):
            return
        if isinstance(results, dict):
            token.scope.assign_all(results)
        else:
            raise DiagramError(self.node.id, "the operator's result has no name to be kept under")

    def removed(self, token: Token) -> None:
        """No worker need do it any more."""
        super().removed(token)
        token.scope.instance.waits_no_more(token)


class DecisionTask(Activity):
    """A business rule task: the result of a DMN decision goes into the scope."""

    def execute(self, token: Token) -> bool | None:
        """Decide."""
        if self.node.decision is None:
            raise DiagramError(self.node.id, "names no decision")
        result = token.scope.instance.world.decide(token, self.node.decision)
        if not self.map_out(token.scope, {"result": result}):
            token.scope.assign(self.node.decision.result, result)
        return True


class SendTask(Activity):
    """A send task without operator: sends its message."""

    def execute(self, token: Token) -> bool | None:
        """Throw the message."""
        for trigger in self.node.triggers:
            throw(token, trigger)
        self.map_out(token.scope, {})
        return True


class SubProcess(Activity):
    """An embedded sub-process: a scope of its own that sees the data around it."""

    def execute(self, token: Token) -> bool | None:
        """Open the scope and start it."""
        inner = token.scope.instance.open_scope(self._wf_spec.inner[self.node.id], token)
        inner.spec.begin(inner)
        return None

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """All its tokens are gone: the activity is done."""
        self.finish(token, {})

    def cancelled(self, token: Token) -> None:
        """A transaction was cancelled and undone: it is left by its cancel boundary event, or not at all."""
        if not throw_cancel(token):
            self.cancel(token)


class CallActivity(Activity):
    """Runs another process in a scope that sees only what is mapped in (all of the data when nothing is mapped)."""

    def execute(self, token: Token) -> bool | None:
        """Open an isolated scope with the called process."""
        spec = self._wf_spec.program.called(self)
        if spec is None:
            raise DiagramError(self.node.id, f"there is no process {self.node.callee!r} to call")
        inner = token.scope.instance.open_scope(spec, token)
        if self.node.inputs:
            given = {a.target: self.literal_or_value(token, a.value) for a in self.node.inputs}
        else:
            variables = token.scope.variables
            given = {name: variables[name] for name in variables}
        inner.isolated = True
        inner.local.update(given)
        inner.spec.begin(inner)
        return None

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """Take the mapped results, or all data when nothing is mapped."""
        self.finish(token, dict(scope.local))
