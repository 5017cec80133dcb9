"""Trying a rule against a ticket without doing anything: which conditions hold, and what would be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from desk.rules.conditions import asked
from desk.rules.fields import custom_fields
from desk.rules.rule import Condition, Rule
from desk.rules.writing import write
from engine.bpmn.program import Bound, Program
from engine.bpmn.reading import read_definitions
from engine.dmn import parse_dmn
from engine.rehearsal import Effect, rehearse
from engine.runtime import Engine
from engine.starts import Asking, holds


@dataclass(frozen=True)
class Tried:
    """What a dry run says. `answers` has each condition with whether it holds now."""

    answers: tuple[tuple[Condition, bool], ...]
    acts: bool  # whether the conditions hold as a whole
    effects: tuple[Effect, ...]


def try_rule(
    session: Session,
    engine: Engine,
    rule: Rule,
    ticket_id: int,
    *,
    data: Mapping[str, Any] | None = None,
) -> Tried:
    """Ask the rule's conditions about a ticket as it is now, and rehearse its diagram. Nothing is written.

    `data` are further variables: what the event carried, what the page shows. Conditions on changes see no change
    without them. Raises what writing the rule raises, and DiagramError.
    """
    payload: dict[str, Any] = {
        "ticket_id": ticket_id,
        "fields": [],
        "old": {},
        "new": {},
        **(data or {}),
    }
    asking = Asking(payload, engine.records, session, engine.here, engine.host(session))
    custom = custom_fields(session)
    answers = tuple((c, holds(asked(c, custom).expression, asking)) for c in rule.conditions)
    all_ = [held for condition, held in answers[: len(rule.all)]]
    any_ = [held for condition, held in answers[len(rule.all) :]]
    acts = all(all_) and (not any_ or any(any_))
    files = write(rule, session)
    model = read_definitions(files[f"{rule.key}.bpmn"], validate=False).processes[rule.key]
    table = files.get(f"{rule.key}.dmn")
    decisions = {f"{rule.key}-if": parse_dmn(table)} if table else {}
    scope, start = model.scope, model.scope.starts[0].id
    if rule.kind == "automation":
        loop = next(node for node in scope.nodes.values() if node.scope)
        assert loop.scope is not None
        scope, start = loop.scope, loop.scope.starts[0].id
    found = rehearse(engine, session, Program(Bound("", scope, {})), payload, start=start, decisions=decisions)
    return Tried(answers, acts, tuple(found.effects))
