"""The syntax tree of FEEL (DMN 1.5 §10.3.1.2). Plain data: the parser makes it, the compiler reads it.

`at` is the offset in the text where a node begins, for messages.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    source: Node
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] | None  # None: positional


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Negation(Node):
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Logic(Node):
    operator: str  # "and", "or"
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True, eq=False)
class In(Node):
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, eq=False)
class Iteration(Node):
    """`name in domain`, or `name in domain..end`."""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class For(Node):
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Quantified(Node):
    quantifier: str  # "some", "every"
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class TypeName:
    """`list<number>`: name "list", arguments (number,); contexts and functions likewise."""

    name: str
    arguments: tuple["TypeName", ...] = ()
    fields: tuple[tuple[str, "TypeName"], ...] = ()
    result: "TypeName | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class FunctionLiteral(Node):
    parameters: tuple[tuple[str, TypeName | None], ...]
    body: Node
    external: bool


@dataclass(frozen=True, slots=True, eq=False)
class InstanceOf(Node):
    value: Node
    type: TypeName


@dataclass(frozen=True, slots=True, eq=False)
class ListLiteral(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ContextLiteral(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class RangeLiteral(Node):
    start: Node
    end: Node
    start_included: bool
    end_included: bool


@dataclass(frozen=True, slots=True, eq=False)
class UnaryRange(Node):
    """`< 10`, `>= x`, `= y`, `!= y` where a test or a range is wanted."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class UnaryTests(Node):
    """`-` has no tests at all; `negated` is `not(...)`."""

    tests: tuple[Node, ...]
    negated: bool
