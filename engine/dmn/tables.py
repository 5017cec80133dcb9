"""Decision tables: which rules match, and what the hit policy makes of them (DMN 1.5 §8)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.dmn import model
from engine.dmn.conformance import Code, conform, nothing
from engine.dmn.explanation import TableTrace
from engine.dmn.index import ColumnIndex
from engine.feel.builtins.lists import maximum, minimum, total
from engine.feel.compare import equal
from engine.feel.expression import UnaryTests
from engine.feel.runtime import Run, Scope
from engine.feel.types import FeelType
from engine.feel.values import Context

if TYPE_CHECKING:
    from engine.dmn.boxed import BoxedCompiler

Policy = model.HitPolicy
_BIT_LENGTH = int.bit_length


@dataclass(slots=True)
class _Input:
    label: str
    code: Code
    type: FeelType | None
    allowed: UnaryTests | None
    cells: list[UnaryTests | None]
    index: ColumnIndex


@dataclass(slots=True)
class _Output:
    name: str
    type: FeelType | None
    cells: list[Code]
    default: Code | None
    order: Code  # the list of output values, best first, for the policies that rank


def compile_table(compiler: "BoxedCompiler", table: model.DecisionTable) -> Code:
    """The closure of a decision table."""
    inputs = [_input(compiler, table, column) for column in range(len(table.inputs))]
    outputs = [_output(compiler, table, column) for column in range(len(table.outputs))]
    return _Table(compiler.element, table, inputs, outputs).evaluate


def _input(compiler: "BoxedCompiler", table: model.DecisionTable, column: int) -> _Input:
    clause = table.inputs[column]
    compiler.parts.append(f"input {column + 1}")
    code = compiler.code(clause.expression)
    allowed = compiler.tests(clause.values) if clause.values else None
    cells: list[UnaryTests | None] = []
    for number, rule in enumerate(table.rules, 1):
        compiler.parts.append(f"rule {number}")
        written = rule.inputs[column] if column < len(rule.inputs) else "-"
        cells.append(compiler.tests(written or "-"))
        compiler.parts.pop()
    compiler.parts.pop()
    kind = compiler.types.find(clause.type)
    label = clause.label or clause.expression
    return _Input(label, code, kind, allowed, cells, ColumnIndex(cells))


def _output(compiler: "BoxedCompiler", table: model.DecisionTable, column: int) -> _Output:
    clause = table.outputs[column]
    compiler.parts.append(f"output {column + 1}")
    cells = []
    for number, rule in enumerate(table.rules, 1):
        compiler.parts.append(f"rule {number}")
        cells.append(compiler.code(rule.outputs[column] if column < len(rule.outputs) else ""))
        compiler.parts.pop()
    default = compiler.code(clause.default) if clause.default else None
    order: Code = nothing
    if table.hit_policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER) and clause.values:
        order = compiler.code(f"[{clause.values}]")
    compiler.parts.pop()
    return _Output(clause.name, compiler.types.find(clause.type), cells, default, order)


class _Table:
    def __init__(
        self,
        element: str,
        table: model.DecisionTable,
        inputs: list[_Input],
        outputs: list[_Output],
    ) -> None:
        self.element = element
        self.table = table
        self.inputs = inputs
        self.outputs = outputs
        self.everything = (1 << len(table.rules)) - 1
        self.single = len(outputs) == 1
        self.first_only = table.hit_policy is Policy.FIRST
        self.finish: Callable[[list[int], list[Any], Scope], Any] = {
            Policy.UNIQUE: self.unique,
            Policy.FIRST: self.first,
            Policy.ANY: self.any,
            Policy.PRIORITY: self.priority,
            Policy.RULE_ORDER: self.rule_order,
            Policy.OUTPUT_ORDER: self.output_order,
            Policy.COLLECT: self.collect,
        }[table.hit_policy]

    def evaluate(self, scope: Scope) -> Any:
        run = scope.run
        values: list[Any] = []
        for column in self.inputs:
            value = column.code(scope)
            if value is not None:
                value = self.admitted(column, value, scope)
                if value is None:
                    return self.trace([], values, None, run)
            values.append(value)
        hits = list(self.matching(values, scope))
        run.spend(4 + len(hits))
        if not hits:
            return self.trace(hits, values, self.default(scope), run)
        return self.trace(hits, values, self.finish(hits, values, scope), run)

    def admitted(self, column: _Input, value: Any, scope: Scope) -> Any:
        """The value in the column's type; null when it is of another, or not among those allowed."""
        run = scope.run
        if column.type is not None:
            value = conform(column.type, value, run)
            if value is None:
                return None
        if column.allowed is None or column.allowed.run(value, scope.vars, run) is True:
            return value
        return run.warn(
            0,
            f'"{column.label}" has a value that is not allowed',
            f"“{column.label}”的取值不在允许范围内",
        )

    def matching(self, values: list[Any], scope: Scope) -> Iterator[int]:
        """The numbers (from 0) of the rules that match, in order."""
        left = self.everything
        tried: list[tuple[int, _Input, Any]] = []
        for column, value in zip(self.inputs, values, strict=True):
            sure, maybe = column.index.candidates(value)
            left &= sure | maybe
            if maybe:
                tried.append((maybe, column, value))
            if not left:
                return
        first_only = self.first_only
        while left:
            bit = left & -left
            left ^= bit
            rule = _BIT_LENGTH(bit) - 1
            if all(
                not maybe & bit or passes(column.cells[rule], value, scope)
                for maybe, column, value in tried
            ):
                yield rule
                if first_only:
                    return

    def output(self, rule: int, scope: Scope) -> Any:
        if self.single:
            return self.cell(self.outputs[0], rule, scope)
        return Context((one.name, self.cell(one, rule, scope)) for one in self.outputs)

    def cell(self, output: _Output, rule: int, scope: Scope) -> Any:
        value = output.cells[rule](scope)
        return value if output.type is None else conform(output.type, value, scope.run)

    def default(self, scope: Scope) -> Any:
        """The default outputs; null, or a count of 0, where there are none."""
        if not any(output.default for output in self.outputs):
            if self.table.aggregation is model.Aggregation.COUNT:
                return Decimal(0)
            return scope.run.warn(0, "no rule matches", "没有规则匹配")
        if self.single:
            return (self.outputs[0].default or nothing)(scope)
        return Context((one.name, (one.default or nothing)(scope)) for one in self.outputs)

    def trace(self, hits: list[int], values: list[Any], result: Any, run: Run) -> Any:
        traces = getattr(run, "tables", None)
        if traces is not None:
            traces.append(TableTrace(self.element, self.table, tuple(values), tuple(hits), result))
        return result

    # --- hit policies (§8.2.8) --------------------------------------------------------------

    def unique(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        if len(hits) > 1:
            return scope.run.warn(
                0,
                f"rules {', '.join(str(hit + 1) for hit in hits[:9])} match, where one may",
                f"规则 {'、'.join(str(hit + 1) for hit in hits[:9])} 同时匹配，而只允许一条",
            )
        return self.output(hits[0], scope)

    def first(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        return self.output(hits[0], scope)

    def any(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        results = [self.output(hit, scope) for hit in hits]
        for result in results[1:]:
            if result is not results[0] and equal(result, results[0], scope.run) is not True:
                return scope.run.warn(
                    0, "the matching rules disagree", "匹配的规则给出了不同的结果"
                )
        return results[0]

    def rule_order(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        return [self.output(hit, scope) for hit in hits]

    def ranked(self, hits: list[int], scope: Scope) -> list[Any]:
        """The outputs of the hits, best first by the output values, column by column."""
        orders = [output.order(scope) or [] for output in self.outputs]

        def rank(result: Any) -> tuple[int, ...]:
            ranks = []
            for output, order in zip(self.outputs, orders, strict=True):
                value = result if self.single else result[output.name]
                places = (
                    place
                    for place, known in enumerate(order)
                    if equal(known, value, scope.run) is True
                )
                ranks.append(next(places, len(order)))
            return tuple(ranks)

        return sorted((self.output(hit, scope) for hit in hits), key=rank)

    def priority(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        return self.ranked(hits, scope)[0]

    def output_order(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        return self.ranked(hits, scope)

    def collect(self, hits: list[int], values: list[Any], scope: Scope) -> Any:
        results = [self.output(hit, scope) for hit in hits]
        aggregation = self.table.aggregation
        if aggregation is model.Aggregation.NONE:
            return results
        if aggregation is model.Aggregation.COUNT:
            return Decimal(len(results))
        aggregate = _AGGREGATES[aggregation]
        if self.single:
            return aggregate(scope.run, results)
        return Context(
            (one.name, aggregate(scope.run, [result[one.name] for result in results]))
            for one in self.outputs
        )


_AGGREGATES: dict[model.Aggregation, Callable[[Run, list[Any]], Any]] = {
    model.Aggregation.SUM: total,
    model.Aggregation.MIN: minimum,
    model.Aggregation.MAX: maximum,
}


def passes(cell: UnaryTests | None, value: Any, scope: Scope) -> bool:
    """Whether a cell's tests hold for a value; an answer of null is no."""
    scope.run.spend(4)
    return cell is not None and cell.code(Scope({"?": value}, scope, scope.run)) is True
