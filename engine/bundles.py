"""Bundles, files that are deployed together: what their diagrams, forms and decisions say, and what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.model import Definitions
from engine.bpmn.reading import UnreadableDiagram, read_definitions
from engine.dmn import DecisionModel, DmnError, parse_dmn
from engine.errors import Problem
from engine.functions import FUNCTIONS
from engine.lint import Bundle, lint
from engine.tables import deployed_decision, process_version

if TYPE_CHECKING:
    from engine.runtime import Engine

# What is wrong with a form's schema: (component, words by language); the engine itself shows no forms.
FormCheck = Callable[[Mapping[str, Any]], Iterable[tuple[str, dict[str, str]]]]


def check(
    engine: "Engine", session: Session, resources: Mapping[str, bytes]
) -> tuple[Bundle, list[Problem]]:
    """Read and lint a bundle without deploying it."""
    problems: list[Problem] = []
    files: dict[str, Definitions] = {}
    forms: dict[str, dict[str, Any]] = {}
    for name, content in resources.items():
        try:
            if name.endswith(".bpmn"):
                files[name] = read_definitions(content)
            elif name.endswith(".form"):
                form = read_form(content)
                forms[name.rpartition("/")[2].removesuffix(".form")] = form
                problems += [
                    Problem("form", "error", element, words, 0, name)
                    for element, words in engine.check_form(form)
                ]
        except UnreadableDiagram as error:
            problems.append(
                Problem(
                    error.rule, "error", error.element or name, error.message, error.line, name
                )
            )
    models, wrong = read_decisions(resources)
    problems += wrong
    known = session.scalars(select(process_version.c.key).where(process_version.c.latest))
    decided = session.scalars(select(deployed_decision.c.key).distinct())
    bundle = Bundle(
        files,
        forms,
        engine.operators,
        frozenset(known),
        _numbered(engine, session, files.values()),
        frozenset(key for model in models.values() for key in decision_ids(model)),
        frozenset(decided),
    )
    problems += lint(bundle)
    return bundle, problems


def _numbered(
    engine: "Engine", session: Session, files: Iterable[Definitions]
) -> frozenset[tuple[str, str]]:
    """Of the versions that diagrams call by number, those that are there."""
    wanted = {
        (node.called_element, node.called_version)
        for definitions in files
        for process in definitions.processes.values()
        for _, node in process.scope.walk()
        if node.called_element and node.called_version
    }
    if not wanted or not engine.keeps_versions:
        return frozenset(wanted)
    rows = session.execute(
        select(process_version.c.key, process_version.c.version).where(
            process_version.c.key.in_({key for key, _ in wanted})
        )
    )
    return frozenset((key, str(number)) for key, number in rows) & wanted


def read_form(content: bytes) -> dict[str, Any]:
    """A form's schema (form-js JSON). Raises UnreadableDiagram."""
    try:
        schema = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableDiagram(
            f"The form is not JSON: {error}", f"表单不是有效的 JSON：{error}"
        ) from error
    if not isinstance(schema, dict):
        raise UnreadableDiagram("The form is not an object.", "表单内容不是对象。")
    return schema


def read_decisions(
    resources: Mapping[str, bytes],
) -> tuple[dict[str, DecisionModel], list[Problem]]:
    """The decision models of a bundle by file name, imports within the bundle resolved, and what is wrong with them."""
    models: dict[str, DecisionModel] = {}
    problems: list[Problem] = []
    waiting = {n: c for n, c in resources.items() if n.endswith(".dmn")}
    while waiting:
        namespaces = {model.namespace: model for model in models.values()}
        ready = {}
        for name, content in waiting.items():
            try:
                ready[name] = parse_dmn(content, imports=namespaces, functions=FUNCTIONS)
            except DmnError as error:
                problems.append(Problem("decision-model", "error", name, error.message, 0, name))
        missing = {
            name: {one.namespace for one in model.definitions.imports} - set(namespaces)
            for name, model in ready.items()
        }
        offered = {model.namespace for model in ready.values()}
        done = {n for n in ready if not missing[n] & offered}  # nothing it needs is still to come
        models |= {n: ready[n] for n in done}
        if not done:
            models |= ready
            break
        waiting = {n: c for n, c in waiting.items() if n in ready and n not in done}
    for name, model in models.items():
        problems += [
            Problem("decision-model", "error", p.element, p.message, 0, name)
            for p in model.problems
        ]
        problems += [
            Problem("decision-column-type", "warning", p.element, p.message, 0, name)
            for p in model.hints
        ]
    return models, problems


def decision_ids(model: DecisionModel) -> list[str]:
    """What a business rule task may ask of a model: its decisions and services, by id."""
    return [d.id for d in model.definitions.decisions] + [s.id for s in model.definitions.services]
