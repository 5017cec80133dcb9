"""Columns of decision tables whose declared type contradicts what stands in their cells.

Editors write a type into a new column without asking (dmn-js: "string"). A number that comes into a column of strings
does not conform to its type, is null, and no rule matches (DMN 1.5 §10.3.2.9.4): worth a word before a deployment.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from engine.dmn import model
from engine.dmn.errors import Problem
from engine.feel import FeelSyntaxError, compile_unary_tests, syntax
from engine.feel.types import BUILT_IN_TYPES, SimpleType, type_of

_COMPARABLE = frozenset({"date", "date and time"})
_ENDS = (
    (syntax.Negation, ("operand",)),
    (syntax.UnaryRange, ("operand",)),
    (syntax.RangeLiteral, ("start", "end")),
)


def contradictions(definitions: model.Definitions) -> list[Problem]:
    """One for each such column of each table in the model."""
    written = [(one.id, one.logic) for one in definitions.decisions]
    written += [(one.id, one.logic) for one in definitions.knowledge]
    return [
        problem for element, logic in written for table in _tables(logic)
        for problem in _columns(element, table)
    ]  # fmt: skip


def _tables(part: Any) -> Iterator[model.DecisionTable]:
    """The tables anywhere in a boxed expression."""
    if isinstance(part, model.DecisionTable):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _tables(one)
    elif isinstance(part, (model.Boxed, model.ContextEntry)):
        for field in fields(part):
            yield from _tables(getattr(part, field.name))


def _columns(element: str, table: model.DecisionTable) -> Iterator[Problem]:
    for number, clause in enumerate(table.inputs):
        cells = (rule.inputs[number] for rule in table.rules if number < len(rule.inputs))
        name = clause.label or clause.expression
        yield from _column(element, f"input {number + 1}", name, clause.type, cells)
    for number, output in enumerate(table.outputs):
        cells = (rule.outputs[number] for rule in table.rules if number < len(rule.outputs))
        name = output.label or output.name
        yield from _column(element, f"output {number + 1}", name, output.type, cells)


def _column(
    element: str, part: str, name: str, reference: str, cells: Iterable[str]
) -> Iterator[Problem]:
    declared = BUILT_IN_TYPES.get(reference.rpartition(":")[2])
    if not isinstance(declared, SimpleType) or declared.name in ("Any", "Null"):
        return
    found: Counter[str] = Counter()
    for cell in cells:
        found.update({kind for kind in _kinds(cell) if not _fits(kind, declared.name)})
    if not found:
        return
    ((kind, count),) = found.most_common(1)
    yield Problem(
        element,
        part,
        {
            "en": f'the column "{name}" is of type {declared.name}, but {count} of its cells hold a {kind}:'
            f" such values become null; is its type {kind}?",
            "zh": f"列“{name}”的类型是 {declared.name}，但有 {count} 个单元格的值是 {kind}："
            f"这样的值会变成空值；类型是否应为 {kind}？",
        },
    )


def _fits(kind: str, declared: str) -> bool:
    return kind == declared or {kind, declared} <= _COMPARABLE


def _kinds(cell: str) -> set[str]:
    """The types of the constants that a cell names; none for one that is not FEEL by itself."""
    try:
        tree = compile_unary_tests(cell or "-").tree
    except FeelSyntaxError:
        return set()
    return {type_of(value) for test in tree.tests for value in _constants(test)}


def _constants(node: syntax.Node) -> Iterator[Any]:
    if isinstance(node, syntax.Literal):
        if node.value is not None:
            yield node.value
        return
    for kind, ends in _ENDS:
        if isinstance(node, kind):
            for end in ends:
                yield from _constants(getattr(node, end))
