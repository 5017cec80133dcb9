"""Definitions to a DecisionModel: types resolved, requirements linked, logic compiled."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.dmn import model
from engine.dmn.boxed import BoxedCompiler
from engine.dmn.columns import contradictions
from engine.dmn.errors import DmnError, Problem
from engine.dmn.explanation import Explanation, TableTrace, explain
from engine.dmn.graph import (
    DecisionNode,
    Frame,
    InputNode,
    KnowledgeNode,
    Node,
    ServiceNode,
    given_or_null,
)
from engine.dmn.items import Types
from engine.dmn.reader import read_definitions
from engine.feel.bounds import check_result
from engine.feel.errors import depth_exceeded
from engine.feel.host import HostFunction
from engine.feel.runtime import Limits, Run, Warning
from engine.feel.types import FeelType, FunctionType, NamedType
from engine.feel.values import to_feel

Clock = Callable[[], datetime]
# A graph of decisions may do more than one expression.
LIMITS = Limits(steps=1_000_000, size=100_000, depth=80)


class _ModelRun(Run):
    """A Run that also keeps what an explanation needs."""

    __slots__ = ("tables", "decisions")

    def __init__(
        self,
        clock: Clock | None,
        functions: Mapping[str, Any] | None,
        limits: Limits,
        host: Any,
    ) -> None:
        super().__init__(clock, functions, limits, host)
        self.tables: list[TableTrace] = []
        self.decisions: dict[str, Any] = {}


class DecisionResult:
    """`value` is a FEEL value (engine.feel.to_python, to_json); `warnings` say why nulls came about."""

    __slots__ = ("value", "warnings", "_run")

    def __init__(self, value: Any, run: _ModelRun) -> None:
        self.value = value
        self.warnings: list[Warning] = run.warnings or []
        self._run = run

    @property
    def explanation(self) -> Explanation:
        """Which rules matched with which inputs, and the value of each decision on the way."""
        tables = [explain(trace) for trace in self._run.tables]
        return Explanation(tables, dict(self._run.decisions))


class DecisionModel:
    """A model, compiled. Immutable; may be asked by any number of threads.

    `problems` lists what is wrong inside (evaluates to null); a deployment should refuse a model that
    has any.
    """

    def __init__(
        self,
        definitions: model.Definitions,
        imports: Mapping[str, "DecisionModel"],
        functions: Mapping[str, HostFunction] | None,
        limits: Limits,
    ) -> None:
        self.name = definitions.name
        self.namespace = definitions.namespace
        self.definitions = definitions
        self.problems: list[Problem] = []
        self.nodes: dict[str, Node] = {}  # by "namespace#id", own and imported
        self._functions = functions
        self._limits = limits
        self._imports = [(one, imports.get(one.namespace)) for one in definitions.imports]
        self.types = Types(definitions.items, self._imported_types(), self.problems.append)
        self._own: list[Node] = []
        self._link()
        self._names = frozenset(node.name for node in self.nodes.values())

    @property
    def hints(self) -> list[Problem]:
        """What is allowed and yet most likely a mistake: columns whose type contradicts their cells."""
        return contradictions(self.definitions)

    # --- asking ---------------------------------------------------------------------------

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of the decisions of this model."""
        return tuple(decision.name for decision in self.definitions.decisions)

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(service.name for service in self.definitions.services)

    def decide(
        self,
        name_or_id: str,
        inputs: Mapping[str, Any],
        *,
        clock: Clock | None = None,
        functions: Mapping[str, Any] | None = None,
        host: Any = None,
    ) -> DecisionResult:
        """Evaluate a decision, decision service or business knowledge model.

        `inputs` are values by the names of input data (of a service: also of its input decisions; of
        knowledge: of its parameters), Python or FEEL. `clock`, `functions` and `host` as an expression's
        (engine.feel.Expression.evaluate). Raises DmnError for a name that the model does
        not have, FeelBudgetError for an evaluation that gets too large.
        """
        node = self.find(name_or_id)
        if node is None:
            raise DmnError(
                f'the model has no decision "{name_or_id}"', f"模型中没有决策“{name_or_id}”"
            )
        run = _ModelRun(clock, functions, self._limits, host)
        try:
            value = _value(node, inputs, self._names, run)
            check_result(value, run)
            return DecisionResult(value, run)
        except RecursionError:
            raise depth_exceeded() from None

    def find(self, name_or_id: str) -> Node | None:
        """A node of this model by its name or id; decisions before services before knowledge.

        `{namespace}name` finds one of an imported model.
        """
        if name_or_id.startswith("{"):
            namespace, _, name = name_or_id[1:].partition("}")
            for key, node in self.nodes.items():
                if key.startswith(f"{namespace}#") and name in (node.name, node.id):
                    return node
        for kind in (DecisionNode, ServiceNode, KnowledgeNode, InputNode):
            for node in self._own:
                if isinstance(node, kind) and name_or_id in (node.name, node.id):
                    return node
        return None

    # --- building -------------------------------------------------------------------------

    def _imported_types(self) -> dict[str, FeelType]:
        found: dict[str, FeelType] = {}
        for one, imported in self._imports:
            if imported is None:
                continue
            prefix = f"{one.name}." if one.name else ""
            for name, kind in imported.types.named.items():
                found[prefix + name] = kind
        return found

    def _key(self, href: str) -> str:
        namespace, _, id = href.rpartition("#")
        return f"{namespace or self.namespace}#{id}"

    def _link(self) -> None:
        for _, imported in self._imports:
            if imported is not None:
                self.nodes.update(imported.nodes)
        definitions = self.definitions
        for item in definitions.inputs:
            self._add(InputNode, item)
        decisions = [(self._add(DecisionNode, one), one) for one in definitions.decisions]
        knowledge = [(self._add(KnowledgeNode, one), one) for one in definitions.knowledge]
        services = [(self._add(ServiceNode, one), one) for one in definitions.services]
        hints = self._hints()
        for decision, written in decisions:
            assert isinstance(decision, DecisionNode)
            decision.requires = self._visible(written.id, written.requires)
            if written.logic is not None:
                compiler = self._compiler(written.id, decision.requires, hints)
                decision.code = compiler.compile(written.logic)
        for node, known in knowledge:
            assert isinstance(node, KnowledgeNode)
            self._compile_knowledge(node, known, hints)
        for node, service in services:
            assert isinstance(node, ServiceNode)
            node.outputs = self._targets(service.id, service.outputs)
            node.parameters = self._targets(
                service.id, (*service.input_data, *service.input_decisions)
            )

    def _add(self, kind: type[Node], written: Any) -> Node:
        key = f"{self.namespace}#{written.id}"
        name = written.variable.name or written.name
        node = kind(key, written.id, name, self._type_of(written, kind))
        self.nodes[key] = node
        self._own.append(node)
        return node

    def _type_of(self, written: Any, kind: type[Node]) -> FeelType | None:
        """The type of the value; of a function, the type of what it returns."""
        found = self.types.find(written.variable.type)
        if kind not in (KnowledgeNode, ServiceNode):
            return found
        while isinstance(found, NamedType):
            found = found.target
        return found.result if isinstance(found, FunctionType) else None

    def _compile_knowledge(
        self, node: KnowledgeNode, written: model.BusinessKnowledge, hints: Iterable[str]
    ) -> None:
        node.requires = self._visible(written.id, written.requires)
        logic = written.logic
        if logic is None:
            return
        node.parameters = tuple((one.name, self.types.find(one.type)) for one in logic.parameters)
        compiler = self._compiler(written.id, node.requires, hints)
        if logic.kind != "FEEL":
            node.external = compiler.function(logic)
            return
        node.result = self.types.find(logic.type)
        node.code = compiler.inside((one.name for one in logic.parameters), logic.body)

    def _hints(self) -> set[str]:
        """Names of components of types, which paths may name."""
        found: set[str] = set()

        def collect(items: Iterable[model.ItemDefinition]) -> None:
            for item in items:
                found.update(one.name for one in item.components)
                collect(item.components)

        collect(self.definitions.items)
        for _, imported in self._imports:
            if imported is not None:
                found |= imported._hints()
                found.update(node.name for node in imported._own)
        return found

    def _compiler(
        self, element: str, requires: Mapping[str, Any], hints: Iterable[str]
    ) -> BoxedCompiler:
        return BoxedCompiler(
            element, {*requires, *hints}, self.types, self._functions, self.problems.append
        )

    def _targets(self, element: str, hrefs: Iterable[str]) -> tuple[Node, ...]:
        found = []
        for href in hrefs:
            node = self.nodes.get(self._key(href))
            if node is None:
                self._missing(element, href)
            else:
                found.append(node)
        return tuple(found)

    def _visible(self, element: str, hrefs: Iterable[str]) -> dict[str, Any]:
        """Required nodes by name; those of an import under the import's name."""
        visible: dict[str, Any] = {}
        prefixes = {one.namespace: one.name for one in self.definitions.imports}
        for node in self._targets(element, hrefs):
            namespace = node.key.rpartition("#")[0]
            prefix = "" if namespace == self.namespace else prefixes.get(namespace, "")
            if prefix:
                visible.setdefault(prefix, {})[node.name] = node
            else:
                visible[node.name] = node
        return visible

    def _missing(self, element: str, href: str) -> None:
        self.problems.append(
            Problem(
                element,
                "requirement",
                {"en": f'there is no "{href}" here', "zh": f"找不到“{href}”"},
            )
        )


def _value(node: Node, inputs: Mapping[str, Any], names: frozenset[str], run: _ModelRun) -> Any:
    frame = Frame(inputs, names, run)
    if isinstance(node, ServiceNode):
        function = node.value(frame)
        values = [given_or_null(frame, one) for one in node.parameters]
        return function.call(run, 0, *values)
    if isinstance(node, KnowledgeNode):
        knowledge = node.value(frame)
        if knowledge is None:
            return None
        values = [to_feel(inputs.get(name)) for name, _ in node.parameters]
        return knowledge.call(run, 0, *values)
    if isinstance(node, DecisionNode):
        # It is asked for: an input of its own name is no answer, but one that its logic may read.
        return node.decided(Frame(inputs, names - {node.name}, run))
    return frame.value_of(node)


def parse_dmn(
    xml: bytes,
    imports: Mapping[str, "bytes | DecisionModel"] | None = None,
    *,
    functions: Mapping[str, HostFunction] | None = None,
    limits: Limits = LIMITS,
) -> DecisionModel:
    """Read and compile a DMN model (1.1 to 1.5).

    `imports` holds the models it imports, by namespace. `functions` are host functions that expressions
    may call; pass the same mapping each time. Raises DmnError; what is wrong inside of a well-formed model
    is in `problems` instead.
    """
    return _build(read_definitions(xml), imports or {}, functions, limits, ())


def _build(
    definitions: model.Definitions,
    imports: Mapping[str, "bytes | DecisionModel"],
    functions: Mapping[str, HostFunction] | None,
    limits: Limits,
    importing: tuple[str, ...],
) -> DecisionModel:
    if definitions.namespace in importing:
        raise DmnError(
            f'the model "{definitions.name}" imports itself', f"模型“{definitions.name}”引入了自身"
        )
    resolved: dict[str, DecisionModel] = {}
    missing = []
    for one in definitions.imports:
        source = imports.get(one.namespace)
        if isinstance(source, DecisionModel):
            resolved[one.namespace] = source
        elif source is not None:
            inner = read_definitions(source)
            chain = (*importing, definitions.namespace)
            resolved[one.namespace] = _build(inner, imports, functions, limits, chain)
        else:
            missing.append(one)
    built = DecisionModel(definitions, resolved, functions, limits)
    for one in missing:
        built.problems.append(
            Problem(
                one.name,
                "import",
                {
                    "en": f'the imported model "{one.namespace}" is not at hand',
                    "zh": f"缺少被引入的模型“{one.namespace}”",
                },
            )
        )
    return built
