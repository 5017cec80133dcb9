"""Says in words what a diagram must not do. One rule a module; `lint(bundle)` asks them all.

A rule is a module with `ID`, `SEVERITY` and `check(context) -> Iterator[Finding]`; adding the module is all it takes.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from engine.bpmn.document import Document, Element, identity, line
from engine.bpmn.model import Definitions, HumanWork, Node, ProcessModel, ScopeModel
from engine.errors import Problem
from engine.operators import Operators


@dataclass(frozen=True)
class Bundle:
    """What is about to be deployed together. `deployed` are the keys of processes that exist already."""

    files: Mapping[str, Definitions]
    forms: Mapping[str, dict[str, Any]]
    operators: Operators
    deployed: frozenset[str] = frozenset()
    numbered: frozenset[tuple[str, str]] = frozenset()  # versions that are there, by key and number
    decisions: frozenset[str] = frozenset()  # ids of the decisions in the bundle
    deployed_decisions: frozenset[str] = frozenset()

    def decision_keys(self, binding: str) -> frozenset[str]:
        """The decisions that a task with this binding may ask."""
        return self.decisions | (self.deployed_decisions if binding == "latest" else frozenset())

    @property
    def process_keys(self) -> frozenset[str]:
        """All processes that may be called."""
        own = {key for d in self.files.values() for key in d.processes}
        return self.deployed | own


@dataclass(frozen=True)
class Finding:
    """What a rule found: words in both languages, and where."""

    element: str
    en: str
    zh: str
    line: int = 0


def at(element: Element, en: str, zh: str) -> Finding:
    """A finding about an element of the file."""
    return Finding(identity(element), en, zh, line(element))


@dataclass(frozen=True)
class Context:
    """One file as a rule sees it."""

    bundle: Bundle
    definitions: Definitions
    executable: list[ProcessModel] = field(default_factory=list)

    @property
    def document(self) -> Document:
        """The file as XML, for rules that hold whether or not anything in it can run."""
        assert self.definitions.document is not None
        return self.definitions.document

    def nodes(self) -> Iterator[tuple[ScopeModel, Node]]:
        """Every flow node of every executable process, with its scope."""
        for process in self.executable:
            yield from process.scope.walk()

    def steps(self) -> Iterator[tuple[Node, HumanWork, dict[str, Any]]]:
        """Every person's step with its form, empty where it has none; a missing one is human-task-form's to say."""
        for _, node in self.nodes():
            if node.human is None:
                continue
            form = self.bundle.forms.get(node.human.form or "")
            if form is not None or not node.human.form:
                yield node, node.human, form or {}

    def scopes(self) -> Iterator[ScopeModel]:
        """Every scope of every executable process."""
        for process in self.executable:
            yield process.scope
            for _, node in process.scope.walk():
                if node.scope:
                    yield node.scope


@cache
def rules() -> tuple[ModuleType, ...]:
    """All rules, by name of their module."""
    return tuple(
        importlib.import_module(f"{__name__}.{m.name}")
        for m in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name)
    )


def lint(bundle: Bundle) -> list[Problem]:
    """Everything the rules find in a bundle, errors first."""
    problems = []
    for resource, definitions in bundle.files.items():
        executable = [p for p in definitions.processes.values() if p.executable]
        context = Context(bundle, definitions, executable)
        for rule in rules():
            for f in rule.check(context):
                message = {"en": f.en, "zh": f.zh}
                problems.append(
                    Problem(rule.ID, rule.SEVERITY, f.element, message, f.line, resource)
                )
    return sorted(problems, key=lambda p: (p.severity != "error", p.resource, p.line))
