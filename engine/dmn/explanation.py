"""Why a decision came out as it did: for the audit trail and the designer."""

from dataclasses import dataclass, field
from typing import Any

from engine.dmn.model import DecisionTable
from engine.feel.convert import to_json


@dataclass(frozen=True, slots=True)
class TableTrace:
    """One evaluation of a table. `hits` are indexes of rules, `values` those of the input columns."""

    element: str
    table: DecisionTable
    values: tuple[Any, ...]
    hits: tuple[int, ...]
    result: Any


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule as people count them: from 1."""

    number: int
    id: str
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableExplanation:
    """Which rules matched, with which inputs, in the table of which decision (its id)."""

    element: str
    hit_policy: str
    inputs: tuple[tuple[str, Any], ...]
    matched: tuple[MatchedRule, ...]
    result: Any


@dataclass(slots=True)
class Explanation:
    """All that was evaluated: tables in the order they were, and the value of each decision by id."""

    tables: list[TableExplanation] = field(default_factory=list)
    decisions: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same for storing."""
        return {
            "decisions": {name: to_json(value) for name, value in self.decisions.items()},
            "tables": [
                {
                    "decision": table.element,
                    "hitPolicy": table.hit_policy,
                    "inputs": [
                        {"label": label, "value": to_json(value)} for label, value in table.inputs
                    ],
                    "rules": [
                        {"number": rule.number, "id": rule.id, "annotations": [*rule.annotations]}
                        for rule in table.matched
                    ],
                    "result": to_json(table.result),
                }
                for table in self.tables
            ],
        }


def explain(trace: TableTrace) -> TableExplanation:
    """A trace in words: labels, rule numbers and ids instead of indexes."""
    labels = [clause.label or clause.expression for clause in trace.table.inputs]
    rules = trace.table.rules
    return TableExplanation(
        trace.element,
        f"{trace.table.hit_policy.value} {trace.table.aggregation.value}".strip(),
        tuple(zip(labels, trace.values, strict=False)),
        tuple(MatchedRule(hit + 1, rules[hit].id, rules[hit].annotations) for hit in trace.hits),
        trace.result,
    )
