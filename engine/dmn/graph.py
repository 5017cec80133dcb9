"""Decision graphs: a model compiled, and one evaluation of it (DMN 1.5 §6 and §10.4).

Each node (input data, decision, knowledge, service) is compiled once. An evaluation is a Frame that computes
a node when something asks for it, and no node twice; a decision service runs in a frame of its own,
where its parameters stand for input data and decisions.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from engine.dmn.conformance import Code, conform
from engine.feel.calls import user_function
from engine.feel.runtime import Run, Scope
from engine.feel.types import FeelType
from engine.feel.values import Context, Function, to_feel

_MISSING = object()


class Node:
    """What has a name and a value in a graph. `key` is namespace and id."""

    def __init__(self, key: str, id: str, name: str, type: FeelType | None) -> None:
        self.key = key
        self.id = id
        self.name = name
        self.type = type
        self.qualified = f"{{{key.rpartition('#')[0]}}}{name}"

    def value(self, frame: "Frame") -> Any:
        raise NotImplementedError


class InputNode(Node):
    """Input data: the value given for it, when that conforms to its type."""

    def value(self, frame: "Frame") -> Any:
        value = frame.given(self)
        if value is _MISSING:
            return frame.run.warn(0, f'"{self.name}" is not given', f"未提供“{self.name}”")
        return value if self.type is None else conform(self.type, value, frame.run)


class DecisionNode(Node):
    def __init__(self, key: str, id: str, name: str, type: FeelType | None) -> None:
        super().__init__(key, id, name, type)
        self.code: Code | None = None
        self.requires: dict[str, Any] = {}

    def value(self, frame: "Frame") -> Any:
        run = frame.run
        given = frame.given(self)
        if given is not _MISSING:  # stands for the decision's own logic
            return given if self.type is None else conform(self.type, given, run)
        return self.decided(frame)

    def decided(self, frame: "Frame") -> Any:
        """What the decision's own logic says."""
        run = frame.run
        if self.code is None:
            return run.warn(0, f'"{self.name}" has no logic', f"“{self.name}”没有决策逻辑")
        run.enter()
        value = self.code(Scope(Visible(frame, self.requires), None, run))
        run.leave()
        value = value if self.type is None else conform(self.type, value, run)
        frame.note(self, value)
        return value


class KnowledgeNode(Node):
    """A business knowledge model: a function that sees what it requires."""

    def __init__(self, key: str, id: str, name: str, type: FeelType | None) -> None:
        super().__init__(key, id, name, type)
        self.parameters: tuple[tuple[str, FeelType | None], ...] = ()
        self.result: FeelType | None = None
        self.code: Code | None = None
        self.external: Code | None = None  # gives the function itself
        self.requires: dict[str, Any] = {}

    def value(self, frame: "Frame") -> Any:
        if self.code is None:
            return None if self.external is None else self.external(Scope({}, None, frame.run))
        return user_function(
            self.name,
            tuple(name for name, _ in self.parameters),
            tuple(kind for _, kind in self.parameters),
            self.result,
            self.code,
            1,
            Scope(Visible(frame, self.requires), None, frame.run),
        )


class ServiceNode(Node):
    """A decision service: a function of its input data and input decisions (§6.2.1.4, §10.4.5)."""

    def __init__(self, key: str, id: str, name: str, type: FeelType | None) -> None:
        super().__init__(key, id, name, type)
        self.parameters: tuple[Node, ...] = ()
        self.outputs: tuple[Node, ...] = ()

    def value(self, frame: "Frame") -> Function:
        def call(run: Run, at: int, *values: Any) -> Any:
            given: dict[str, Any] = {}
            for node, value in zip(self.parameters, values, strict=True):
                checked = value if node.type is None else conform(node.type, value, run)
                if checked is None and value is not None:
                    return None
                given[node.key] = checked
            run.enter()
            result = self.run(Frame(frame.inputs, frame.names, run, given))
            run.leave()
            return result

        names = tuple(node.name for node in self.parameters)
        kinds = tuple(node.type for node in self.parameters)
        return Function(self.name, names, call, kinds, self.type)

    def run(self, frame: "Frame") -> Any:
        """The value of the one output decision, or a context of several."""
        if len(self.outputs) == 1:
            result = frame.value_of(self.outputs[0])
        else:
            result = Context((node.name, frame.value_of(node)) for node in self.outputs)
        return result if self.type is None else conform(self.type, result, frame.run)


class Frame:
    """One evaluation: the inputs, and the values computed so far. `names` are the model's own."""

    def __init__(
        self,
        inputs: Mapping[str, Any],
        names: frozenset[str],
        run: Run,
        given: dict[str, Any] | None = None,
    ) -> None:
        self.inputs = inputs
        self.names = names
        self.run = run
        self.values: dict[str, Any] = given or {}
        self.imported: dict[str, Frame] = {}

    def value_of(self, node: Node) -> Any:
        value = self.values.get(node.key, _MISSING)
        if value is _MISSING:
            value = self.values[node.key] = node.value(self)
        return value

    def given(self, node: Node) -> Any:
        """The input for a node, by `{namespace}name` or by name, or _MISSING."""
        value = self.inputs.get(node.qualified, _MISSING)
        if value is _MISSING:
            value = self.inputs.get(node.name, _MISSING)
        return value if value is _MISSING else to_feel(value)

    def under(self, prefix: str) -> "Frame":
        """The frame of what was imported under a name: one of its own where inputs are given for it."""
        frame = self.imported.get(prefix)
        if frame is None:
            inner = self.inputs.get(prefix)
            frame = self
            if isinstance(inner, Mapping):
                frame = Frame(
                    ChainMap(_as_dict(inner), _as_dict(self.inputs)), self.names, self.run
                )
            self.imported[prefix] = frame
        return frame

    def free_input(self, name: str, default: Any) -> Any:
        """An input that is no element of the model: such are seen everywhere, as many models are
        drawn without their input data."""
        if name in self.names:
            return default
        value = self.inputs.get(name, _MISSING)
        return default if value is _MISSING else to_feel(value)

    def note(self, node: Node, value: Any) -> None:
        decisions = getattr(self.run, "decisions", None)
        if decisions is not None:
            decisions[node.id] = value


def given_or_null(frame: Frame, node: Node) -> Any:
    value = frame.given(node)
    return None if value is _MISSING else value


def _as_dict(inputs: Mapping[str, Any]) -> MutableMapping[str, Any]:
    return inputs if isinstance(inputs, MutableMapping) else dict(inputs)


class Visible(Mapping[str, Any]):
    """What the logic of a node sees: its requirements, computed when they are read.

    A value of `requires` is a Node, or a dict of those that an import's name stands before.
    """

    __slots__ = ("frame", "requires")

    def __init__(self, frame: Frame, requires: Mapping[str, Any]) -> None:
        self.frame = frame
        self.requires = requires

    def get(self, key: str, default: Any = None) -> Any:
        target = self.requires.get(key)
        if target is None:
            return self.frame.free_input(key, default)
        if isinstance(target, Node):
            return self.frame.value_of(target)
        return Visible(self.frame.under(key), target)

    def __getitem__(self, key: str) -> Any:
        if key not in self.requires:
            raise KeyError(key)
        return self.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self.requires

    def __iter__(self) -> Iterator[str]:
        return iter(self.requires)

    def __len__(self) -> int:
        return len(self.requires)
