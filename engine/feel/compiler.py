"""Syntax tree to Python closures. A closure takes a Scope and returns a FEEL value (DMN 1.5 §10.3.2).

Compiling happens once per text; everything that can be decided then (constants, built-ins that are called
by their name, the number of an index) is. Loops, filters and calls charge the run's budget with the number
of syntax nodes they evaluate, so that the cost of an expression is bounded without counting each node.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel import syntax
from engine.feel.calls import call_function, call_named, user_function
from engine.feel.compare import order_keys
from engine.feel.comparisons import WITH_CONSTANT, compare_values
from engine.feel.external import external_function
from engine.feel.filters import constant_number, filter_list, item_at
from engine.feel.lexer import position
from engine.feel.loops import iterate, quantify
from engine.feel.operators import ARITHMETIC, negate, no_result
from engine.feel.properties import path
from engine.feel.runtime import TURN, Scope
from engine.feel.testing import any_test, matches, passes, unary_range
from engine.feel.types import (
    FeelType,
    accepts,
    resolve_type,
    type_of,
    unconstrained,
    unknown_type,
)
from engine.feel.values import CLEAN, Context, Function, Range, to_feel

Code = Callable[[Scope], Any]
_MISSING = object()
_UNDEFINED_TYPES: Mapping[str, FeelType] = {}


class Compiler:
    """Compiles the nodes of one text and notes the names they read."""

    def __init__(
        self,
        text: str,
        functions: Mapping[str, Function],
        shadowed: Callable[[str], bool],
        types: Mapping[str, FeelType] = _UNDEFINED_TYPES,
    ) -> None:
        self.text = text
        self.functions = functions
        self.shadowed = shadowed
        self.types = types
        self.free: set[str] = set()
        self.bound: list[str] = []
        self.nodes = 0

    def compile(self, node: syntax.Node) -> Code:
        self.nodes += 1
        return self._by_class[node.__class__](self, node)

    def costed(self, node: syntax.Node) -> tuple[Code, int]:
        """(code, number of nodes in it)."""
        before = self.nodes
        code = self.compile(node)
        return code, self.nodes - before

    # --- values ------------------------------------------------------------------------------

    def literal(self, node: syntax.Literal) -> Code:
        value = node.value
        if value is None and self.text.startswith("@", node.at):
            at = node.at
            return lambda scope: scope.run.warn(
                at, "this is no date, time or duration", "这不是日期、时间或时长"
            )
        return lambda scope: value

    def name(self, node: syntax.Name) -> Code:
        name, at = node.name, node.at
        built_in = self.functions.get(name, _MISSING)
        if name not in self.bound and (built_in is _MISSING or self.shadowed(name)):
            self.free.add(name)
        default = built_in

        def read(scope: Scope) -> Any:
            value = scope.vars.get(name, _MISSING)
            if value.__class__ in CLEAN:
                return value
            if value is _MISSING:
                return read_outer(scope, name, default, at)
            return value if scope.clean else to_feel(value)

        return read

    def list_literal(self, node: syntax.ListLiteral) -> Code:
        if all(item.__class__ is syntax.Literal for item in node.items):
            constant = [item.value for item in node.items if isinstance(item, syntax.Literal)]
            self.nodes += len(constant)
            return lambda scope: constant.copy()
        items = tuple(self.compile(item) for item in node.items)
        return lambda scope: [item(scope) for item in items]

    def context_literal(self, node: syntax.ContextLiteral) -> Code:
        keys = [key for key, _ in node.entries]
        depth = len(self.bound)
        compiled: list[tuple[str, Code]] = []
        for key, value in node.entries:
            if isinstance(value, syntax.FunctionLiteral):
                self.bound.append(key)
            compiled.append((key, self.compile(value)))
            self.bound.append(key)
        del self.bound[depth:]
        if len(set(keys)) < len(keys):
            at = node.at
            twice = next(key for key in keys if keys.count(key) > 1)
            return lambda scope: scope.run.warn(
                at, f'"{twice}" stands twice in this context', f"该上下文中“{twice}”出现了两次"
            )
        entries = tuple(compiled)

        def make(scope: Scope) -> Context:
            context = Context()
            inner = Scope(context, scope, scope.run)
            for key, code in entries:
                context[key] = code(inner)
            return context

        return make

    def range_literal(self, node: syntax.RangeLiteral) -> Code:
        start, end = self.compile(node.start), self.compile(node.end)
        start_included, end_included, at = node.start_included, node.end_included, node.at

        def make(scope: Scope) -> Any:
            low, high = start(scope), end(scope)
            if low is not None and high is not None and order_keys(low, high) is None:
                return scope.run.warn(
                    at,
                    f"a range from {type_of(low)} to {type_of(high)} makes no sense",
                    f"从 {type_of(low)} 到 {type_of(high)} 的区间没有意义",
                )
            if low is None and start_included and high is None and end_included:
                return scope.run.warn(at, "a range of nulls", "区间的两端都是 null")
            return Range(low, high, start_included, end_included)

        return make

    def unary_range(self, node: syntax.UnaryRange) -> Code:
        operand, operator = self.compile(node.operand), node.operator

        def make(scope: Scope) -> Range:
            return unary_range(operator, operand(scope))

        return make

    # --- operators -----------------------------------------------------------------------------

    def arithmetic(self, node: syntax.Arithmetic) -> Code:
        """A chain such as a + b + c is walked in a loop: it may be longer than Python's stack."""
        chain: list[syntax.Arithmetic] = []
        first: syntax.Node = node
        while isinstance(first, syntax.Arithmetic):
            chain.append(first)
            first = first.left
        code = self.compile(first)
        for part in reversed(chain):
            code = self.operation(part, code)
        return code

    def operation(self, node: syntax.Arithmetic, left: Code) -> Code:
        self.nodes += 1
        right = self.compile(node.right)
        operator, at = node.operator, node.at
        of_numbers, of_others = ARITHMETIC[operator]

        def calculate(scope: Scope) -> Any:
            a = left(scope)
            b = right(scope)
            if a.__class__ is Decimal and b.__class__ is Decimal:
                try:
                    result: Any = of_numbers(a, b)
                except DecimalException:
                    result = None
            else:
                result = of_others(a, b, scope.run)
            if result is None:
                no_result(operator, a, b, scope.run, at)
            return result

        return calculate

    def negation(self, node: syntax.Negation) -> Code:
        if isinstance(node.operand, syntax.Literal) and isinstance(node.operand.value, Decimal):
            return self.literal(syntax.Literal(node.at, negate(node.operand.value)))
        operand, at = self.compile(node.operand), node.at

        def negated(scope: Scope) -> Any:
            value = operand(scope)
            result = negate(value)
            if result is None:
                kind = type_of(value)
                scope.run.warn(at, f"-{kind} has no result", f"-{kind} 没有结果")
            return result

        return negated

    def logic(self, node: syntax.Logic) -> Code:
        """Three-valued and/or (table 48): a decided operand wins, else anything but booleans is null."""
        operands = tuple(self.compile(operand) for operand in node.operands)
        deciding = node.operator == "or"
        undecided = not deciding

        def decide(scope: Scope) -> bool | None:
            result: bool | None = undecided
            for operand in operands:
                value = operand(scope)
                if value is deciding:
                    return bool(deciding)
                if value is not undecided:
                    result = None
            return result

        return decide

    def comparison(self, node: syntax.Comparison) -> Code:
        left, right = self.compile(node.left), self.compile(node.right)
        operator, at = node.operator, node.at
        if isinstance(node.right, syntax.Literal) and node.right.value.__class__ in (Decimal, str):
            quick = WITH_CONSTANT[operator](left, node.right.value, at)
            if quick is not None:
                return quick

        def compared(scope: Scope) -> bool | None:
            return compare_values(operator, left(scope), right(scope), scope.run, at)

        return compared

    def between(self, node: syntax.Between) -> Code:
        value, low, high = (self.compile(part) for part in (node.value, node.low, node.high))
        at = node.at

        def is_between(scope: Scope) -> bool | None:
            found, run = value(scope), scope.run
            above = compare_values(">=", found, low(scope), run, at)
            below = compare_values("<=", found, high(scope), run, at)
            if above is None or below is None:
                return None
            return above and below

        return is_between

    def is_in(self, node: syntax.In) -> Code:
        value, at = self.compile(node.value), node.at
        tests = tuple(self.test(test) for test in node.tests)

        def is_in(scope: Scope) -> bool | None:
            found = value(scope)
            answer = any_test(tests, Scope({"?": found}, scope, scope.run))
            if answer is None:
                kind = type_of(found)
                scope.run.warn(at, f"{kind} cannot be tested so", f"{kind} 无法这样判断")
            return answer

        return is_in

    def instance_of(self, node: syntax.InstanceOf) -> Code:
        value = self.compile(node.value)
        kind = unconstrained(self.named_type(node.type, node.at))
        return lambda scope: accepts(kind, value(scope), scope.run)

    def named_type(self, written: syntax.TypeName, at: int) -> FeelType:
        try:
            return resolve_type(written, self.types)
        except KeyError as unknown:
            raise unknown_type(unknown.args[0], *position(self.text, at)) from None

    # --- tests (DMN 1.5 §7.3.2 unary tests; §10.3.2.8) ----------------------------------------------

    def test(self, node: syntax.Node, *, in_table: bool = False) -> Code:
        """A test of the value named `?` in scope: gives true, false or null.

        A test that names `?` is its own answer; any other is compared with the value. `in_table` adds
        that a condition which comes out true passes whatever is not a boolean itself.
        """
        outer_asks = "?" in self.free
        self.free.discard("?")
        code = self.test_code(node, in_table)
        self.free.discard("?")
        if outer_asks:
            self.free.add("?")
        return code

    def test_code(self, node: syntax.Node, in_table: bool) -> Code:
        if isinstance(node, syntax.UnaryRange):
            operand, operator, at = self.compile(node.operand), node.operator, node.at
            return lambda scope: compare_values(
                operator, scope.vars["?"], operand(scope), scope.run, at
            )
        code = self.compile(node)
        if "?" in self.free:
            return lambda scope: value if (value := code(scope)).__class__ is bool else None
        if in_table and not isinstance(node, syntax.Literal):
            return lambda scope: passes(scope.vars["?"], code(scope), scope.run)
        return lambda scope: matches(scope.vars["?"], code(scope), scope.run)

    def unary_tests(self, node: syntax.UnaryTests) -> Code:
        """Code over a scope whose own names include `?`."""
        if not node.tests:
            return lambda scope: True
        tests = tuple(self.test(test, in_table=True) for test in node.tests)
        if not node.negated:
            return (lambda scope: any_test(tests, scope)) if len(tests) > 1 else tests[0]

        def none_of(scope: Scope) -> bool | None:
            found = any_test(tests, scope)
            return None if found is None else not found

        return none_of

    # --- control ---------------------------------------------------------------------------------

    def conditional(self, node: syntax.If) -> Code:
        condition, then, otherwise = (
            self.compile(part) for part in (node.condition, node.then, node.otherwise)
        )
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def iterations(
        self, iterations: tuple[syntax.Iteration, ...]
    ) -> tuple[tuple[str, Code, Code | None, int], ...]:
        compiled = []
        for iteration in iterations:
            domain = self.compile(iteration.domain)
            end = self.compile(iteration.end) if iteration.end is not None else None
            self.bound.append(iteration.name)
            compiled.append((iteration.name, domain, end, iteration.at))
        return tuple(compiled)

    def loop(self, node: syntax.For) -> Code:
        depth = len(self.bound)
        iterations = self.iterations(node.iterations)
        self.bound.append("partial")
        body, cost = self.costed(node.body)
        del self.bound[depth:]
        return iterate(iterations, body, cost)

    def quantified(self, node: syntax.Quantified) -> Code:
        depth = len(self.bound)
        iterations = self.iterations(node.iterations)
        condition, cost = self.costed(node.condition)
        del self.bound[depth:]
        return quantify(iterations, condition, cost, node.quantifier == "some")

    # --- paths, filters, functions -------------------------------------------------------------------

    def path(self, node: syntax.Path) -> Code:
        source, name, at = self.compile(node.source), node.name, node.at

        def step(scope: Scope) -> Any:
            value = source(scope)
            if value.__class__ is Context:
                found = value.get(name, _MISSING)
                if found is not _MISSING:
                    return found
            return path(value, name, scope.run, at)

        return step

    def filter(self, node: syntax.Filter) -> Code:
        source = self.compile(node.source)
        self.bound.append("item")
        condition, cost = self.costed(node.condition)
        self.bound.pop()
        constant = constant_number(node.condition)
        if constant is not None:
            index = constant
            return lambda scope: item_at(source(scope), index)

        def filtered(scope: Scope) -> Any:
            return filter_list(source(scope), condition, cost + TURN, scope)

        return filtered

    def call(self, node: syntax.Call) -> Code:
        arguments = tuple(self.compile(argument) for argument in node.arguments)
        names, at = node.names, node.at
        function = node.function
        if isinstance(function, syntax.Name):
            name = function.name
            built_in = self.functions.get(name)
            if built_in is not None and name not in self.bound and not self.shadowed(name):
                return call_known(built_in, arguments, names, at)
        code = self.compile(function)

        def call(scope: Scope) -> Any:
            called = code(scope)
            values = [argument(scope) for argument in arguments]
            if names is None:
                return call_function(called, values, scope.run, at)
            return call_named(called, names, values, scope.run, at)

        return call

    def function(self, node: syntax.FunctionLiteral) -> Code:
        depth = len(self.bound)
        self.bound.extend(name for name, _ in node.parameters)
        body, cost = self.costed(node.body)
        del self.bound[depth:]
        names = tuple(name for name, _ in node.parameters)
        kinds = tuple(
            None if kind is None else self.named_type(kind, node.at) for _, kind in node.parameters
        )
        if node.external:
            return external_code(names, kinds, body, node.at)
        return lambda scope: user_function("", names, kinds, None, body, cost + TURN, scope)

    _by_class: dict[type, Callable[["Compiler", Any], Code]] = {
        syntax.Literal: literal,
        syntax.Name: name,
        syntax.ListLiteral: list_literal,
        syntax.ContextLiteral: context_literal,
        syntax.RangeLiteral: range_literal,
        syntax.UnaryRange: unary_range,
        syntax.Arithmetic: arithmetic,
        syntax.Negation: negation,
        syntax.Logic: logic,
        syntax.Comparison: comparison,
        syntax.Between: between,
        syntax.In: is_in,
        syntax.InstanceOf: instance_of,
        syntax.If: conditional,
        syntax.For: loop,
        syntax.Quantified: quantified,
        syntax.Path: path,
        syntax.Filter: filter,
        syntax.Call: call,
        syntax.FunctionLiteral: function,
    }


def external_code(
    names: tuple[str, ...], kinds: tuple[FeelType | None, ...], body: Code, at: int
) -> Code:
    def make(scope: Scope) -> Any:
        function = external_function(names, kinds, body(scope))
        if function is None:
            scope.run.warn(at, "there is no such external function", "没有这个外部函数")
        return function

    return make


def read_outer(scope: Scope, name: str, default: Any, at: int) -> Any:
    """A name that the innermost scope does not have."""
    outer = scope.parent
    while outer is not None:
        value = outer.vars.get(name, _MISSING)
        if value is not _MISSING:
            return value if outer.clean or value.__class__ in CLEAN else to_feel(value)
        outer = outer.parent
    run = scope.run
    if name in run.functions:
        return run.functions[name]
    if default is not _MISSING:
        return default
    return run.warn(at, f'"{name}" is not known', f"“{name}”未定义")


def call_known(
    function: Function, arguments: tuple[Code, ...], names: tuple[str, ...] | None, at: int
) -> Code:
    """A call of a built-in that is known when compiling."""
    if names is not None:
        given = names
        return lambda scope: call_named(
            function, given, [argument(scope) for argument in arguments], scope.run, at
        )
    invoke = function.invoke
    if invoke is None:
        return lambda scope: call_function(
            function, [argument(scope) for argument in arguments], scope.run, at
        )
    run_built_in = invoke
    return lambda scope: run_built_in(
        [argument(scope) for argument in arguments], None, scope.run, at
    )
