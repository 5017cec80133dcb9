"""Boxed expressions to closures over a FEEL Scope (DMN 1.5 §7.3, §8 and §10.2)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.dmn import model
from engine.dmn.conformance import Code, nothing, typed
from engine.dmn.errors import Problem
from engine.dmn.items import Types
from engine.dmn.tables import compile_table
from engine.feel.calls import call_function, call_named, user_function
from engine.feel.errors import FeelSyntaxError
from engine.feel.expression import (
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from engine.feel.external import external_function
from engine.feel.filters import filter_list
from engine.feel.host import HostFunction
from engine.feel.loops import iterate
from engine.feel.runtime import Run, Scope
from engine.feel.types import FeelType
from engine.feel.values import Context

# A context, a list or a table is worth this many steps of the budget for each of its parts.
_COST = 10


class BoxedCompiler:
    """Compiles the logic of one element of a model.

    `names` are those in scope; problems are reported, and what is wrong evaluates to null.
    """

    def __init__(
        self,
        element: str,
        names: Iterable[str],
        types: Types,
        functions: Mapping[str, HostFunction] | None,
        report: Callable[[Problem], None],
    ) -> None:
        self.element = element
        self.names = set(names)
        self.types = types
        self.functions = functions
        self.report = report
        self.parts: list[str] = []

    def problem(self, message: dict[str, str]) -> None:
        self.report(Problem(self.element, ", ".join(self.parts), message))

    def expression(self, text: str) -> Expression | None:
        """FEEL text in the current scope; None, with the problem reported, when it is not FEEL."""
        try:
            return compile_expression(
                text, self.names, functions=self.functions, types=self.types.named
            )
        except FeelSyntaxError as error:
            self.problem(error.message)
            return None

    def tests(self, text: str) -> UnaryTests | None:
        try:
            return compile_unary_tests(
                text, self.names, functions=self.functions, types=self.types.named
            )
        except FeelSyntaxError as error:
            self.problem(error.message)
            return None

    def code(self, text: str) -> Code:
        expression = self.expression(text) if text else None
        return nothing if expression is None else expression.code

    def compile(self, boxed: model.Boxed | None) -> Code:
        """The closure of a boxed expression, its typeRef applied to what it gives."""
        if boxed is None:
            return nothing
        code = self._by_class[boxed.__class__](self, boxed)
        return typed(code, self.types.find(boxed.type))

    def inside(self, names: Iterable[str], boxed: model.Boxed | None) -> Code:
        """Compile with further names in scope."""
        added = [name for name in names if name not in self.names]
        self.names.update(added)
        code = self.compile(boxed)
        self.names.difference_update(added)
        return code

    def literal(self, boxed: model.LiteralExpression) -> Code:
        return self.code(boxed.text)

    def context(self, boxed: model.BoxedContext) -> Code:
        entries: list[tuple[str, Code]] = []
        result: Code | None = None
        added = []
        for entry in boxed.entries:
            self.parts.append(entry.variable.name if entry.variable else "result")
            if isinstance(entry.value, model.FunctionDefinition) and entry.variable:
                added.append(entry.variable.name)
                self.names.add(entry.variable.name)
            code = self.compile(entry.value)
            self.parts.pop()
            if entry.variable is None:
                result = code
                continue
            name = entry.variable.name
            if name not in self.names:
                added.append(name)
                self.names.add(name)
            entries.append((name, typed(code, self.types.find(entry.variable.type))))
        self.names.difference_update(added)
        return context_code(tuple(entries), result)

    def list(self, boxed: model.BoxedList) -> Code:
        items = tuple(self.compile(item) for item in boxed.items)

        def make(scope: Scope) -> list[Any]:
            scope.run.spend(_COST * len(items))
            return [item(scope) for item in items]

        return make

    def relation(self, boxed: model.Relation) -> Code:
        columns = [column.name for column in boxed.columns]
        kinds = [self.types.find(column.type) for column in boxed.columns]
        rows = [
            [
                (name, typed(self.compile(cell), kind))
                for name, kind, cell in zip(columns, kinds, row, strict=False)
            ]
            for row in boxed.rows
        ]

        def make(scope: Scope) -> list[Context]:
            scope.run.spend(_COST * len(rows))
            return [Context((name, code(scope)) for name, code in row) for row in rows]

        return make

    def invocation(self, boxed: model.Invocation) -> Code:
        called = self.compile(boxed.called)
        names = tuple(name for name, _ in boxed.bindings)
        arguments = tuple(self.compile(value) for _, value in boxed.bindings)

        def call(scope: Scope) -> Any:
            function = called(scope)
            values = [argument(scope) for argument in arguments]
            if not names:
                return call_function(function, values, scope.run, 0)
            return call_named(function, names, values, scope.run, 0)

        return call

    def function(self, boxed: model.FunctionDefinition) -> Code:
        names = tuple(parameter.name for parameter in boxed.parameters)
        kinds = tuple(self.types.find(parameter.type) for parameter in boxed.parameters)
        if boxed.kind != "FEEL":
            return self.external(boxed, names, kinds)
        body = self.inside(names, boxed.body)
        return lambda scope: user_function("", names, kinds, None, body, _COST, scope)

    def external(
        self,
        boxed: model.FunctionDefinition,
        names: tuple[str, ...],
        kinds: tuple[FeelType | None, ...],
    ) -> Code:
        """A function of kind Java, when the table of engine.feel.external holds it."""
        mapping = self.compile(boxed.body)(Scope({}, None, Run())) if boxed.kind == "Java" else None
        function = external_function(names, kinds, mapping)
        if function is None:
            self.problem(
                {
                    "en": f"this function of kind {boxed.kind} is not known here",
                    "zh": f"此处没有这个 {boxed.kind} 类型的函数",
                }
            )
        return lambda scope: function

    def conditional(self, boxed: model.Conditional) -> Code:
        condition = self.compile(boxed.condition)
        then, otherwise = self.compile(boxed.then), self.compile(boxed.otherwise)

        def choose(scope: Scope) -> Any:
            answer = condition(scope)
            if answer is not None and answer.__class__ is not bool:
                return scope.run.warn(0, "the condition is not boolean", "条件不是布尔值")
            return then(scope) if answer else otherwise(scope)

        return choose

    def filter(self, boxed: model.BoxedFilter) -> Code:
        domain = self.compile(boxed.domain)
        match = self.inside(("item",), boxed.match)
        return lambda scope: filter_list(domain(scope), match, _COST, scope, strict=True)

    def iteration(self, boxed: model.BoxedIteration) -> Code:
        domain = self.compile(boxed.domain)
        body = self.inside((boxed.variable, "partial"), boxed.body)
        iterations = ((boxed.variable, domain, None, 0),)
        answers = iterate(iterations, body, _COST)
        return answers if boxed.kind == "for" else _quantified(answers, boxed.kind == "some")

    def table(self, boxed: model.DecisionTable) -> Code:
        return compile_table(self, boxed)

    _by_class: dict[type, Callable[["BoxedCompiler", Any], Code]] = {
        model.LiteralExpression: literal,
        model.BoxedContext: context,
        model.BoxedList: list,
        model.Relation: relation,
        model.Invocation: invocation,
        model.FunctionDefinition: function,
        model.Conditional: conditional,
        model.BoxedFilter: filter,
        model.BoxedIteration: iteration,
        model.DecisionTable: table,
    }


def _quantified(answers: Code, some: bool) -> Code:
    """Whether some or every answer is true; null when one is not boolean, unlike in FEEL's own `some` and `every`."""

    def decide(scope: Scope) -> bool | None:
        found = answers(scope)
        if found is None:
            return None
        if any(answer.__class__ is not bool for answer in found):
            scope.run.warn(0, "a condition is not boolean", "有一个条件不是布尔值")
            return None
        return any(found) if some else all(found)

    return decide


def context_code(entries: tuple[tuple[str, Code], ...], result: Code | None) -> Code:
    """A context, or the value of its result entry; entries see the ones before them."""

    def make(scope: Scope) -> Any:
        scope.run.spend(_COST * len(entries))
        context = Context()
        inner = Scope(context, scope, scope.run)
        for name, code in entries:
            if name in context:
                return scope.run.warn(
                    0, f'"{name}" stands twice in this context', f"该上下文中“{name}”出现了两次"
                )
            context[name] = code(inner)
        return context if result is None else result(inner)

    return make
