"""A decision model as it is written: plain data, read from XML (DMN 1.5 §6 and §7)."""

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Boxed:
    """Base of all boxed expressions; `type` is the typeRef, "" when there is none."""

    id: str
    type: str


@dataclass(frozen=True, slots=True)
class LiteralExpression(Boxed):
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """Without a variable it is the result of the context."""

    variable: Variable | None
    value: Boxed | None


@dataclass(frozen=True, slots=True)
class BoxedContext(Boxed):
    entries: tuple[ContextEntry, ...]


@dataclass(frozen=True, slots=True)
class BoxedList(Boxed):
    items: tuple[Boxed, ...]


@dataclass(frozen=True, slots=True)
class Relation(Boxed):
    columns: tuple[Variable, ...]
    rows: tuple[tuple[Boxed | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Invocation(Boxed):
    called: Boxed | None
    bindings: tuple[tuple[str, Boxed | None], ...]


@dataclass(frozen=True, slots=True)
class FunctionDefinition(Boxed):
    kind: str
    parameters: tuple[Variable, ...]
    body: Boxed | None


@dataclass(frozen=True, slots=True)
class Conditional(Boxed):
    condition: Boxed | None
    then: Boxed | None
    otherwise: Boxed | None


@dataclass(frozen=True, slots=True)
class BoxedFilter(Boxed):
    domain: Boxed | None
    match: Boxed | None


@dataclass(frozen=True, slots=True)
class BoxedIteration(Boxed):
    """`kind` is "for", "some" or "every"."""

    kind: str
    variable: str
    domain: Boxed | None
    body: Boxed | None


class HitPolicy(Enum):
    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


class Aggregation(Enum):
    NONE = ""
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True, slots=True)
class InputClause:
    id: str
    label: str
    expression: str
    type: str
    values: str  # unary tests, "" when none


@dataclass(frozen=True, slots=True)
class OutputClause:
    id: str
    name: str
    label: str
    type: str
    values: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable(Boxed):
    hit_policy: HitPolicy
    aggregation: Aggregation
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    name: str
    variable: Variable


@dataclass(frozen=True, slots=True)
class Decision:
    """`requires` are hrefs of input data, decisions and knowledge, in document order."""

    id: str
    name: str
    variable: Variable
    requires: tuple[str, ...]
    logic: Boxed | None


@dataclass(frozen=True, slots=True)
class BusinessKnowledge:
    id: str
    name: str
    variable: Variable
    requires: tuple[str, ...]
    logic: FunctionDefinition | None


@dataclass(frozen=True, slots=True)
class DecisionService:
    id: str
    name: str
    variable: Variable
    outputs: tuple[str, ...]
    encapsulated: tuple[str, ...]
    input_decisions: tuple[str, ...]
    input_data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """`values` and `constraint` are unary tests: of an item, and of the whole (DMN 1.5 §7.3.3)."""

    name: str
    base: str
    collection: bool
    values: str
    constraint: str
    components: tuple["ItemDefinition", ...]
    function: tuple[tuple[Variable, ...], str] | None


@dataclass(frozen=True, slots=True)
class Import:
    name: str
    namespace: str


@dataclass(slots=True)
class Definitions:
    name: str
    namespace: str
    imports: list[Import] = field(default_factory=list)
    items: list[ItemDefinition] = field(default_factory=list)
    inputs: list[InputData] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    knowledge: list[BusinessKnowledge] = field(default_factory=list)
    services: list[DecisionService] = field(default_factory=list)
