"""Data inputs, outputs and properties of an activity, and the associations that fill and read them (BPMN 2.0, 10.4)."""

from engine.bpmn.kinds.activities import Activity
from engine.bpmn.kinds.base import TokenSpec
from engine.bpmn.model import DataAssociation
from engine.bpmn.tokens import Scope, Token


class Enclosed(Activity):
    """Runs an activity that declares data in a scope of its own, which holds that data and nothing else."""

    def execute(self, token: Token) -> bool | None:
        """Fill the inputs and run the activity inside."""
        inner = token.scope.instance.open_scope(self._wf_spec.inner[f"{self.node.id}#body"], token)
        fill(self, token, inner)
        inner.spec.spec_of(self.node.id).arrive(inner, None)
        return None

    def scope_ended(self, token: Token, scope: Scope) -> None:
        """Hand the outputs out."""
        hand_out(self, token, scope)
        token.complete()


def fill(spec: TokenSpec, token: Token, inner: Scope) -> None:
    """Run the data input associations: from the scope around into the activity's own."""
    for name in spec.node.local_names:
        inner.local.setdefault(name, None)
    for association in spec.node.data_inputs:
        _copy(spec, token, association, inner, inner)


def hand_out(spec: TokenSpec, token: Token, inner: Scope) -> None:
    """Run the data output associations; an output that was never set is not handed out."""
    for association in spec.node.data_outputs:
        _copy(spec, token, association, inner, token.scope)


def _copy(
    spec: TokenSpec, token: Token, association: DataAssociation, source: Scope, target: Scope
) -> None:
    variables = source.variables
    if association.transformation is not None:
        value = spec.value_in(source, association.transformation)
    elif association.source is not None and association.source in variables:
        value = variables[association.source]
    else:
        value = None
    if value is not None and association.target is not None:
        target.assign(association.target, value)
    for assignment in association.assignments:
        target.assign(assignment.target, spec.value_in(source, assignment.value))
