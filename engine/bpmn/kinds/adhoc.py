"""Ad-hoc sub-processes (BPMN 2.0, 10.3.5.2 and 13.3.5): what nothing leads to may start, side by side or one by one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.kinds.activities import SubProcess
from engine.bpmn.kinds.events import Waiting
from engine.bpmn.model import Node, Trigger
from engine.bpmn.tokens import WAITING, Scope, Token

if TYPE_CHECKING:
    from engine.bpmn.program import ScopeSpec


class AdHocSubProcess(SubProcess):
    """Offers every activity once. The completion condition is asked whenever one has completed: when it holds, the rest
    is cancelled, or with cancelRemainingInstances="false" what runs is waited for. When all is done and it does not
    hold, the sub-process stays open until it does; without one it ends when all is done."""

    def execute(self, token: Token) -> bool | None:
        """Open the scope; parallel: start everything, sequential: the first starts when the scope is found idle."""
        inner = token.scope.instance.open_scope(self._wf_spec.inner[self.node.id], token)
        inner.spec.listen(inner)
        offered = [node.id for node in inner.spec.model.unled]
        if inner.spec.model.sequential:
            inner.facts["todo"] = offered
        else:
            for node_id in offered:
                inner.spec.spec_of(node_id).arrive(inner, None)
        return None

    def completed_inside(self, token: Token, scope: Scope) -> None:
        """An activity has completed: enough?"""
        if scope.id not in scope.instance.scopes or not self._enough(token, scope):
            return
        if scope.spec.model.cancel_remaining:
            scope.instance.end_scope(scope)
        else:
            scope.facts["enough"] = True

    def scope_idle(self, token: Token, scope: Scope) -> bool:
        """Nothing runs: start what comes next, or wait for the condition."""
        if scope.facts.get("enough"):
            return False
        if scope.facts.get("todo"):
            scope.spec.spec_of(scope.facts["todo"].pop(0)).arrive(scope, None)
            return True
        if scope.spec.model.completion_condition is None or self._enough(token, scope):
            return False
        assert scope.spec.completion is not None
        scope.spec.completion.arrive(scope, None)
        return True

    def _enough(self, token: Token, scope: Scope) -> bool:
        condition = scope.spec.model.completion_condition
        return condition is not None and self.value(token, condition) is True


class Completion(Waiting):
    """Keeps an ad-hoc sub-process open, when all was done, until its completion condition holds."""

    watches = True

    def __init__(self, scope_spec: "ScopeSpec") -> None:
        model = scope_spec.model
        trigger = Trigger("conditional", expression=model.completion_condition)
        node = Node(model.id, model.tag, model.name, 0, triggers=(trigger,))
        super().__init__(scope_spec, node, f"{model.id}#completion")

    def arrive(self, scope: Scope, flow: object) -> None:
        """Wait for the condition."""
        self.arm(scope.place(self, WAITING))

    def fire(self, token: Token, index: int, payload: Mapping[str, Any]) -> None:
        """It holds now."""
        token.scope.instance.end_scope(token.scope)
