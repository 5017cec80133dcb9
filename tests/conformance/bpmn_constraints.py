"""Judges models that break one rule of the standard: refused, and for the right reason?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.actors import SYSTEM
from engine.errors import DeployRefused, Problem
from engine.operators import Operators
from engine.runtime import Engine
from tests.conformance.bpmn_cases import Room
from tests.conformance.bpmn_models import load

# Which constraints of the suite each of our rules stands for. One that stands nowhere here is judged by its report
# alone: a rule that is about the standard, not about what this engine runs, an element and a line.
RULES = {
    "schema": "EXT002 EXT014 EXT039 EXT041 EXT055 EXT060 EXT064 EXT131",
    "element-id": "EXT003",
    "mime-type": "EXT004 EXT010 EXT053 EXT145",
    "artifact-flow": "EXT006 EXT007 EXT008 EXT009",
    "escalation-code": "EXT011",
    "formal-expression": "EXT012 EXT123",
    "empty-expression": "EXT013 EXT123",
    "gateway-direction": "EXT018 EXT019 EXT135",
    "collection": "EXT020 EXT077 EXT083",
    "event-subprocess-flows": "EXT022 EXT057",
    "flow-lists": "EXT023 EXT107",
    "immediate-flow": "EXT024",
    "conditional-flow": "EXT025",
    "default-flow": "EXT026 REF",
    "global-conversation": "EXT027",
    "connected": "EXT028 EXT096 EXT150 EXT152",
    "participant-multiplicity": "EXT030",
    "message-flow": "EXT031 EXT033 EXT102 EXT103 EXT109 EXT119 REF",
    "public-process": "EXT035",
    "foreign-activity": "EXT036 EXT056",
    "token-quantity": "EXT038",
    "message-data": "EXT042 EXT044 EXT045 EXT046 EXT048 EXT050 EXT051 EXT052",
    "start-event": "EXT058 EXT100 EXT129",
    "event-kind": "EXT059 EXT098 EXT110 EXT122 EXT146 EXT147 EXT148 EXT149",
    "ad-hoc-content": "EXT061 EXT062",
    "call-data": "EXT063",
    "io-binding": "EXT064 EXT065",
    "loop-data": "EXT068 EXT069 EXT070",
    "loop-behavior": "EXT072",
    "data-state": "EXT076",
    "subprocess-data": "EXT079",
    "data-association": "EXT080 EXT082 EXT092 REF",
    "data-sets": "EXT085 EXT086 EXT087 EXT089 EXT090",
    "event-data": "EXT093 EXT094",
    "event-definition-reference": "EXT095 REF",
    "start-and-end": "EXT097 EXT105 EXT151",
    "called-start": "EXT099",
    "cancel-event": "EXT106 EXT111 EXT120",
    "boundary-flows": "EXT113 EXT114 EXT143",
    "intermediate-flows": "EXT115 EXT116 EXT117",
    "link-event": "EXT124 EXT125",
    "event-trigger": "EXT127 EXT132 EXT134",
    "message-operation": "EXT128",
    "event-gateway-arms": "EXT136 EXT138 EXT139 EXT140 EXT142",
    "reference": "REF",
}
NOT_A_REASON = {"not-executable", "unknown-element", "unreadable", "executable-process", "operator-call",
                "script-language", "human-task-form", "expression-syntax"}  # fmt: skip


@dataclass(frozen=True)
class Broken:
    """A model with one fault."""

    file: Path
    constraint: str
    case: str

    @property
    def name(self) -> str:
        """What the report calls it."""
        return f"{self.constraint}/{self.case}"


@dataclass(frozen=True)
class Refusal:
    """What the deployment check said."""

    broken: Broken
    problems: Sequence[Problem]

    @property
    def outcome(self) -> Literal["right", "other", "none"]:
        """Refused for the right reason, with element and line; refused for another; not refused."""
        if not self.problems:
            return "none"
        named = [p for p in self.problems if p.element and p.line]
        constraint = self.broken.constraint
        if any(constraint in RULES.get(p.rule, "").split() for p in named):
            return "right"
        listed = any(constraint in constraints.split() for constraints in RULES.values())
        if not listed and any(p.rule not in NOT_A_REASON for p in named):
            return "right"
        return "other"


def judge_constraint(broken: Broken, room: Room) -> Refusal:
    """Try to deploy a broken model."""
    with room.database() as database:
        try:
            with database.transaction() as session:
                Engine(Operators()).deploy(
                    session, {broken.file.name: load(broken.file.read_bytes())}, actor=SYSTEM
                )
        except DeployRefused as refused:
            return Refusal(broken, refused.problems)
    return Refusal(broken, ())
