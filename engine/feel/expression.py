"""Compiled expressions and unary tests: what the rest of the world holds and evaluates."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine.feel import syntax
from engine.feel.bounds import check_result
from engine.feel.builtins import BUILT_INS
from engine.feel.compiler import Code, Compiler
from engine.feel.errors import FeelSyntaxError, depth_exceeded
from engine.feel.host import HostFunction
from engine.feel.names import KnownNames
from engine.feel.parser import Parser
from engine.feel.properties import PROPERTY_NAMES
from engine.feel.runtime import DEFAULT_LIMITS, Limits, Run, Scope, Warning
from engine.feel.types import BUILT_IN_TYPES, FeelType
from engine.feel.values import Context, Function, to_feel

Clock = Callable[[], datetime]
_NO_TYPES: Mapping[str, FeelType] = {}
_BASE_NAMES = KnownNames([*BUILT_INS, *PROPERTY_NAMES, *BUILT_IN_TYPES])
CACHE_SIZE = 2048


class Expression:
    """A compiled expression. Immutable; may be evaluated by any number of threads.

    `variables` are the top-level names it reads; inside a filter, a name that might be an entry of the
    items counts too, as only the data can tell.
    """

    __slots__ = ("text", "variables", "code", "_limits", "constant")

    def __init__(
        self, text: str, code: Code, variables: frozenset[str], limits: Limits, constant: bool
    ) -> None:
        self.text = text
        self.variables = variables
        self.code = code  # over a Scope, for those who embed expressions in larger ones
        self.constant = constant  # a literal: the value needs no context
        self._limits = limits

    def evaluate(
        self,
        context: Mapping[str, Any],
        *,
        clock: Clock | None = None,
        functions: Mapping[str, Any] | None = None,
        host: Any = None,
    ) -> Any:
        """The FEEL value over `context` (see engine.feel.values for what it may hold).

        Ill-typed data gives null, never an exception. Raises FeelBudgetError only. `clock` answers
        now() and today(); `functions` are further functions by name; `host` is what HostFunctions find as
        `run.host`.
        """
        return self.run(context, Run(clock, functions, self._limits, host))

    def evaluate_with_warnings(
        self,
        context: Mapping[str, Any],
        *,
        clock: Clock | None = None,
        functions: Mapping[str, Any] | None = None,
        host: Any = None,
    ) -> tuple[Any, list[Warning]]:
        """(value, why the nulls in it came about)."""
        run = Run(clock, functions, self._limits, host)
        return self.run(context, run), run.warnings or []

    def run(self, context: Mapping[str, Any], run: Run) -> Any:
        """As evaluate, within a run that others share (its budget, clock and warnings)."""
        try:
            value = self.code(Scope(context, None, run, False))
            if value.__class__ in (list, Context):
                check_result(value, run)
            return value
        except RecursionError:
            raise depth_exceeded() from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """Compiled unary tests, as in a cell of a decision table: `< 10, [20..30], not("x")`."""

    __slots__ = ("text", "variables", "code", "tree", "_limits")

    def __init__(
        self,
        text: str,
        code: Code,
        variables: frozenset[str],
        limits: Limits,
        tree: syntax.UnaryTests,
    ) -> None:
        self.text = text
        self.variables = variables
        self.code = code  # over a Scope whose own names include `?`
        self.tree = tree  # for those who index constant tests
        self._limits = limits

    def matches(
        self,
        input_value: Any,
        context: Mapping[str, Any],
        *,
        clock: Clock | None = None,
        functions: Mapping[str, Any] | None = None,
        host: Any = None,
    ) -> bool | None:
        """Whether the value passes; None where that cannot be said. Raises FeelBudgetError only."""
        return self.run(input_value, context, Run(clock, functions, self._limits, host))

    def run(self, input_value: Any, context: Mapping[str, Any], run: Run) -> bool | None:
        outer = Scope(context, None, run, False)
        try:
            answer = self.code(Scope({"?": to_feel(input_value)}, outer, run))
        except RecursionError:
            raise depth_exceeded() from None
        return answer if answer.__class__ is bool else None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


@dataclass(frozen=True)
class _Environment:
    """What compiling depends on besides the text; its hash is the cache's key."""

    names: frozenset[str]
    functions: Mapping[str, HostFunction] | None
    types: Mapping[str, FeelType] | None
    limits: Limits

    def __hash__(self) -> int:
        return hash((self.names, id(self.functions), id(self.types), self.limits))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Environment)
            and self.names == other.names
            and self.functions is other.functions
            and self.types is other.types
            and self.limits == other.limits
        )


def compile_expression(
    text: str,
    names: Iterable[str] = (),
    *,
    functions: Mapping[str, HostFunction] | None = None,
    types: Mapping[str, FeelType] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Expression:
    """Compile a FEEL expression; cached by text and environment.

    `names` are names in scope: needed only for names that hold operators or keywords (`a-b`,
    `date of birth and place`), and a declared name hides a built-in of the same name. `functions` are
    the host's functions by name, `types` named types for `instance of` (both are cached by identity:
    pass the same mapping each time). Raises FeelSyntaxError.
    """
    return _expression(text, _Environment(frozenset(names), functions, types, limits))


def compile_unary_tests(
    text: str,
    names: Iterable[str] = (),
    *,
    functions: Mapping[str, HostFunction] | None = None,
    types: Mapping[str, FeelType] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> UnaryTests:
    """Compile unary tests (`-`, `not(...)`, or tests separated by commas); else as above."""
    return _unary_tests(text, _Environment(frozenset(names), functions, types, limits))


def syntax_tree(text: str, *, functions: Mapping[str, HostFunction] | None = None) -> syntax.Node:
    """The tree of an expression, for those who look at what it asks. Raises FeelSyntaxError."""
    return _prepare(text, _Environment(frozenset(), functions, None, DEFAULT_LIMITS))[
        0
    ].expression_only()


@lru_cache(maxsize=256)
def _names_of(environment: _Environment) -> KnownNames:
    known = KnownNames(environment.names, _BASE_NAMES)
    for name in (*(environment.functions or ()), *(environment.types or ())):
        known.add(name)
    return known


@lru_cache(maxsize=256)
def _functions_of(environment: _Environment) -> Mapping[str, Function]:
    """The built-ins, and the host's functions, which hide built-ins of the same name."""
    if not environment.functions:
        return BUILT_INS
    hosted = {name: one.as_value(name) for name, one in environment.functions.items()}
    return {**BUILT_INS, **hosted}


def _prepare(text: str, environment: _Environment) -> tuple[Parser, Compiler]:
    parser = Parser(text, _names_of(environment))
    compiler = Compiler(
        text,
        _functions_of(environment),
        environment.names.__contains__,
        environment.types or _NO_TYPES,
    )
    return parser, compiler


@lru_cache(maxsize=CACHE_SIZE)
def _expression(text: str, environment: _Environment) -> Expression:
    parser, compiler = _prepare(text, environment)
    try:
        tree = parser.expression_only()
        code = compiler.compile(tree)
    except RecursionError:
        raise _too_deep() from None
    constant = isinstance(tree, syntax.Literal)
    return Expression(text, code, frozenset(compiler.free), environment.limits, constant)


@lru_cache(maxsize=CACHE_SIZE)
def _unary_tests(text: str, environment: _Environment) -> UnaryTests:
    parser, compiler = _prepare(text, environment)
    try:
        tree = parser.unary_tests_only()
        code = compiler.unary_tests(tree)
    except RecursionError:
        raise _too_deep() from None
    return UnaryTests(text, code, frozenset(compiler.free), environment.limits, tree)


def _too_deep() -> FeelSyntaxError:
    return FeelSyntaxError(1, 1, "", "the expression is nested too deeply", "表达式嵌套过深")
