"""A diagram run for looking at: in memory, with real decisions and records, and nothing is done or kept.

Operators are not called; what they would have been called with is the result. Where the diagram waits for a person, an
event or a time, the rehearsal ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from engine.bpmn.model import DecisionCall, Store, Trigger
from engine.bpmn.program import Program
from engine.bpmn.tokens import DiagramError, Instance, Scope, Token
from engine.dmn import DecisionModel
from engine.expressions import evaluate
from engine.feel import to_python
from engine.library import Version
from engine.operators import OperatorError
from engine.step import typed

if TYPE_CHECKING:
    from engine.runtime import Engine


@dataclass(frozen=True)
class Effect:
    """An operator that would be called, and with what."""

    element: str
    operator: str
    parameters: Mapping[str, Any]


@dataclass
class Rehearsed:
    """What would happen: operators in order, elements passed, decisions with the rules that matched."""

    effects: list[Effect] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    decided: list[dict[str, Any]] = field(default_factory=list)
    waits_at: list[str] = field(default_factory=list)


def rehearse(
    engine: "Engine",
    session: Session,
    program: Program,
    data: Mapping[str, Any],
    *,
    start: str | None = None,
    decisions: Mapping[str, DecisionModel] | None = None,
    version: Version | None = None,
) -> Rehearsed:
    """Run from the start event `start` with this data. Decisions come from `decisions`, else from the version.

    Raises DiagramError where the diagram cannot go on, FeelBudgetError.
    """
    world = _World(engine, session, decisions or {}, version)
    instance = Instance(program, world)
    instance.top.local.update(data)
    program.root.begin(instance.top, start)
    instance.run()
    world.result.waits_at = [
        t.task_spec.node.id for t in instance.waiting.values() if not t.task_spec.listens
    ]
    return world.result


class _World:
    """What a running instance asks for; see engine.bpmn.tokens.World."""

    def __init__(
        self,
        engine: "Engine",
        session: Session,
        decisions: Mapping[str, DecisionModel],
        version: Version | None,
    ) -> None:
        self.engine, self.session, self.decisions, self.version = (
            engine, session, decisions, version,
        )  # fmt: skip
        self.result = Rehearsed()
        self._here = engine.here()
        self._host = engine.host(session)
        self._records: dict[str, Any] = {}
        self._stored: dict[str, Any] = {}

    @property
    def now(self) -> datetime:
        """The time of the rehearsal."""
        return self._here

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of an expression."""
        return evaluate(text, variables, lambda: self._here, self._host)

    def knows_record(self, name: str) -> bool:
        """As in a real step."""
        return name in self.engine.records

    def record(self, name: str, scope: Scope) -> Any:
        """As in a real step."""
        if name not in self.engine.records:
            raise KeyError(name)
        if name not in self._records:
            self._records[name] = self.engine.records[name](self.session, scope.variables)
        return self._records[name]

    def stored(self, store: Store) -> Any:
        """What was stored in this rehearsal; the real data stores are not looked at."""
        return self._stored.get(store.key)

    def store(self, store: Store, value: Any) -> None:
        """Kept for the rest of the rehearsal."""
        self._stored[store.key] = value

    def perform(self, token: Token) -> Any:
        """Note the call, do not make it."""
        call = token.task_spec.node.call
        if call is None or call.operator not in self.engine.operators:
            raise DiagramError(token.task_spec.name, "names no operator that is known here")
        operator = self.engine.operators[call.operator]
        given = {
            p.target: token.task_spec.literal_or_value(token, p.value) for p in call.parameters
        }
        try:
            checked = operator.check_arguments(typed(operator, given))
        except OperatorError as error:
            raise DiagramError(token.task_spec.name, str(error)) from error
        self.result.effects.append(Effect(token.task_spec.node.id, operator.name, checked))
        return None

    def decide(self, token: Token, decision: DecisionCall) -> Any:
        """Ask the real decision."""
        model = self.decisions.get(decision.key)
        if model is None and self.version is not None:
            asking = token.scope.spec.bound.version
            model = self.engine.library.decision(self.session, self.version, decision, asking)
        if model is None:
            raise DiagramError(token.task_spec.name, f"there is no decision {decision.key!r}")
        result = model.decide(
            decision.key, token.scope.variables, clock=lambda: self._here, host=self._host
        )
        self.result.decided.append(result.explanation.as_json())
        return to_python(result.value)

    def throw(self, token: Token, trigger: Trigger, payload: Mapping[str, Any]) -> None:
        """Note the event, do not send it."""
        name = f"engine.{trigger.kind}"
        self.result.effects.append(
            Effect(token.task_spec.node.id, name, {"name": trigger.name, "payload": dict(payload)})
        )

    def happened(self, event: str, token: Token, data: Mapping[str, Any]) -> None:
        """Note what was passed."""
        if event == "completed":
            self.result.passed.append(token.task_spec.node.id)
