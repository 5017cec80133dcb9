"""What a decision was asked with, told from the history: the variables that had been set, and the inputs of its tables
as they were evaluated then, records included."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.audit.personal import revealed
from engine.bundles import decision_ids, read_decisions
from engine.dmn import DecisionModel
from engine.dmn.model import DecisionTable, InputClause
from engine.tables import deployed_decision, deployed_resource, history, process_version

_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def decision_model(session: Session, engine: Any, row: Any, key: str) -> DecisionModel | None:
    """The model that answered then: of the instance's deployment, else the one that was the latest at that time."""
    own = session.scalar(
        select(process_version.c.deployment_id).where(process_version.c.id == row.version_id)
    )
    latest = session.scalar(
        select(deployed_decision.c.deployment_id)
        .where(deployed_decision.c.key == key, deployed_decision.c.at <= row.at)
        .order_by(deployed_decision.c.at.desc())
        .limit(1)
    )
    for deployment_id in (own, latest):
        if deployment_id is None:
            continue
        models = _models(session, deployment_id)
        if key in models:
            return models[key]
    return None


def asked_with(
    session: Session, row: Any, told: Mapping[str, Any], model: DecisionModel
) -> dict[str, Any] | None:
    """The variables that the decision saw (row: its line of the history, told: what it says); None if that is lost."""
    variables: dict[str, Any] = {}
    earlier = session.execute(
        select(history.c.data)
        .where(history.c.instance_id == row.id, history.c.seq <= row.seq)
        .order_by(history.c.seq)
    )
    for line in earlier:
        values = line.data.get("set")
        if isinstance(values, dict):
            variables |= revealed(session, values)
    tables = _tables(model)
    for table in told.get("tables", []):
        found = tables.get(table.get("decision"))
        if found is None or len(found.inputs) != len(table.get("inputs", [])):
            continue
        for clause, given in zip(found.inputs, table["inputs"], strict=True):
            path = clause.expression.strip()
            if _PATH.fullmatch(path):
                _put(variables, path.split("."), _typed(given.get("value"), clause))
    return variables


def _models(session: Session, deployment_id: Any) -> dict[str, DecisionModel]:
    kept = session.info.setdefault("lanedesk.backtest.models", {})
    if deployment_id not in kept:
        rows = session.execute(
            select(deployed_resource.c.name, deployed_resource.c.content).where(
                deployed_resource.c.deployment_id == deployment_id,
                deployed_resource.c.kind == "dmn",
            )
        )
        models, _ = read_decisions({row.name: bytes(row.content) for row in rows})
        kept[deployment_id] = {key: m for m in models.values() for key in decision_ids(m)}
    found: dict[str, DecisionModel] = kept[deployment_id]
    return found


def _tables(model: DecisionModel) -> dict[str, DecisionTable]:
    return {
        decision.id: decision.logic
        for decision in model.definitions.decisions
        if isinstance(decision.logic, DecisionTable)
    }


def _typed(value: Any, clause: InputClause) -> Any:
    """Numbers beyond JSON's are kept as text; the column says that they are numbers."""
    if isinstance(value, str) and clause.type == "number":
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def _put(variables: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = variables.get(name)
        variables[name] = inner = dict(inner) if isinstance(inner, dict) else {}
        variables = inner
    variables[path[-1]] = value
