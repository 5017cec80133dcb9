"""Two versions of decisions: elements as in a diagram, tables cell by cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from designer_api.compare.changes import Change, Words
from designer_api.compare.order import merged, moved
from designer_api.files.contents import words_of_column, words_of_decision
from engine.bpmn.document import Element, local
from engine.bpmn.reading import read_xml

_DRG = {"decision", "inputData", "knowledgeSource", "businessKnowledgeModel", "decisionService"}


@dataclass(frozen=True)
class Cell:
    """One cell that differs. `row` is the id of the rule (None: the head), `column` that of the input or output."""

    decision: str
    row: str | None
    row_number: int | None
    column: str | None
    kind: str
    old: str | None
    new: str | None

    def as_json(self) -> dict[str, Any]:
        """As designer_api.compare.schemas.DiffCellSchema has it."""
        return dict(self.__dict__)


@dataclass
class _Table:
    """A decision table: columns by id in their order (with headings), rules by id in theirs (cells by column)."""

    hit_policy: str
    columns: dict[str, tuple[str, Words]]  # id → (input | output | annotation, heading)
    rules: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Comparison:
    """What is different: as changes, as cells, and every table that has a difference drawn as one of both."""

    changes: list[Change]
    cells: list[Cell]
    tables: list[dict[str, Any]]  # as designer_api.compare.schemas.DiffTableSchema has it


def compare_dmn(left: bytes, right: bytes) -> Comparison:
    """All differences of two decision files. Raises UnreadableDiagram."""
    before, after = read_xml(left), read_xml(right)
    drawn: list[dict[str, Any]] = []
    changes: list[Change] = []
    cells: list[Cell] = []
    old, new = _elements(before), _elements(after)
    for key, element in new.items():
        if key not in old:
            changes.append(Change("added", key, local(element), words_of_decision(element)))
            drawn += _drawn(element, None, _table(element))
            continue
        changes += _facts_differ(key, old[key], element)
        was, now = _table(old[key]), _table(element)
        found = list(_cells(key, was, now))
        cells += found
        told = list(_said(key, element, found, was, now))
        changes += told
        if told:
            drawn += _drawn(element, was, now)
    for key, element in old.items():
        if key not in new:
            changes.append(Change("removed", key, local(element), words_of_decision(element)))
            drawn += _drawn(element, _table(element), None)
    return Comparison(changes, cells, drawn)


def _elements(root: Element) -> dict[str, Element]:
    return {e.get("id"): e for e in root.iter() if local(e) in _DRG and e.get("id")}


def _facts_differ(key: str, old: Element, new: Element) -> Iterator[Change]:
    was, now = dict(_facts(old)), dict(_facts(new))
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield Change(
                "changed", key, local(new), words_of_decision(new), name, was.get(name), now.get(name)
            )


def _facts(element: Element) -> Iterator[tuple[str, str]]:
    """Attributes, requirements, the variable's type, and logic that is no table, as text."""
    for name, value in element.attrib.items():
        if name != "id" and not name.startswith("{"):
            yield name, value
    for language, name in words_of_decision(element).items():
        if name != element.get("name") and name != element.get("id"):
            yield f"text {language}", name
    needs = sorted(
        r.get("href", "")
        for child in element
        if local(child).endswith("Requirement")
        for r in child
    )
    if needs:
        yield "requires", " ".join(needs)
    for child in element:
        kind = local(child)
        if kind == "variable":
            yield "type", child.get("typeRef") or ""
        elif kind == "literalExpression":
            yield "expression", _text(child)
        elif kind in ("description", "question", "allowedAnswers"):
            yield kind, "".join(child.itertext()).strip()
        elif kind in (
            "context",
            "invocation",
            "relation",
            "list",
            "encapsulatedLogic",
            "functionDefinition",
        ):
            yield kind, " ".join("".join(child.itertext()).split())


def _table(element: Element) -> _Table | None:
    found = next((e for e in element.iter() if local(e) == "decisionTable"), None)
    if found is None:
        return None
    columns: dict[str, tuple[str, Words]] = {}
    order: list[str] = []
    rules: dict[str, dict[str, str]] = {}
    for number, child in enumerate(found):
        kind = local(child)
        if kind in ("input", "output", "annotation"):
            key = child.get("id") or f"{kind} {number + 1}"
            order.append(key)
            columns[key] = (kind, _head(child))
        elif kind == "rule":
            entries = [
                e for e in child if local(e) in ("inputEntry", "outputEntry", "annotationEntry")
            ]
            key = child.get("id") or f"rule {len(rules) + 1}"
            rules[key] = {c: _text(e) for c, e in zip(order, entries, strict=False)}
    policy = f"{found.get('hitPolicy', 'UNIQUE')} {found.get('aggregation', '')}".strip()
    return _Table(policy, columns, rules)


def _head(column: Element) -> Words:
    expression = next((e for e in column if local(e) == "inputExpression"), None)
    text = _text(expression) if expression is not None else ""
    kind = (expression if expression is not None else column).get("typeRef") or ""
    return {
        language: " · ".join(part for part in (label, text, kind) if part)
        for language, label in words_of_column(column).items()
    }


def _text(element: Element) -> str:
    child = next((e for e in element if local(e) == "text"), None)
    return "".join(child.itertext()).strip() if child is not None else ""


def _cells(decision: str, old: _Table | None, new: _Table | None) -> Iterator[Cell]:
    empty = _Table("", {}, {})
    old, new = old or empty, new or empty
    for column in dict.fromkeys([*new.columns, *old.columns]):
        was, now = old.columns.get(column), new.columns.get(column)
        if was != now:
            kind = "added" if was is None else "removed" if now is None else "changed"
            heads = (head and head[1]["zh"] for head in (was, now))
            yield Cell(decision, None, None, column, kind, *heads)
    elsewhere = moved(list(old.rules), list(new.rules))
    for number, (rule, entries) in enumerate(new.rules.items(), 1):
        if rule not in old.rules:
            yield Cell(decision, rule, number, None, "added", None, " | ".join(entries.values()))
            continue
        if rule in elsewhere:
            place = str(list(old.rules).index(rule) + 1)
            yield Cell(decision, rule, number, None, "moved", place, str(number))
        before = old.rules[rule]
        for column in dict.fromkeys([*before, *entries]):
            if column in old.columns and column in new.columns:
                was_text, now_text = before.get(column, ""), entries.get(column, "")
                if was_text != now_text:
                    yield Cell(decision, rule, number, column, "changed", was_text, now_text)
    for number, (rule, entries) in enumerate(old.rules.items(), 1):
        if rule not in new.rules:
            yield Cell(decision, rule, number, None, "removed", " | ".join(entries.values()), None)


def _drawn(element: Element, old: _Table | None, new: _Table | None) -> Iterator[dict[str, Any]]:
    """Both tables as one, row by row: what only one of them has stands in it as added or removed."""
    if old is None and new is None:
        return
    empty = _Table("", {}, {})
    old, new = old or empty, new or empty
    columns = merged(list(old.columns), list(new.columns))
    rules = merged(list(old.rules), list(new.rules))
    numbers = [{key: n for n, key in enumerate(table.rules, 1)} for table in (old, new)]
    elsewhere = moved(list(old.rules), list(new.rules))
    yield {
        "decision": element.get("id"),
        "name": words_of_decision(element),
        "hit_policy": {"old": old.hit_policy or None, "new": new.hit_policy or None},
        "columns": [
            {
                "kind": (old.columns.get(column) or new.columns[column])[0],
                "old": old.columns[column][1] if column in old.columns else None,
                "new": new.columns[column][1] if column in new.columns else None,
            }
            for column in columns
        ],
        "rules": [
            {
                "old_number": numbers[0].get(rule),
                "new_number": numbers[1].get(rule),
                "moved": rule in elsewhere,
                "cells": [
                    {
                        "old": old.rules.get(rule, {}).get(column),
                        "new": new.rules.get(rule, {}).get(column),
                    }
                    for column in columns
                ],
            }
            for rule in rules
        ],
    }


def _said(
    key: str, element: Element, cells: list[Cell], old: _Table | None, new: _Table | None
) -> Iterator[Change]:
    """Cells as changes of the decision, with the rule and the column by name."""
    if old is not None and new is not None and old.hit_policy != new.hit_policy:
        yield Change(
            "changed", key, "decision", words_of_decision(element), "hitPolicy", old.hit_policy, new.hit_policy
        )
    columns = (old.columns if old else {}) | (new.columns if new else {})
    decision = words_of_decision(element)
    for cell in cells:
        if cell.row is None:
            kind, head = columns[cell.column or ""]
            names = {language: text or kind for language, text in head.items()}
            if cell.kind == "changed" and old is not None and new is not None:
                heads = (table.columns[cell.column or ""][1] for table in (old, new))
                yield Change("changed", key, kind, names, "expression", cell.old, cell.new, *heads)
            else:
                yield Change(_kind(cell.kind), key, kind, names)
            continue
        named = {
            "en": f"{decision['en']}, rule {cell.row_number}",
            "zh": f"{decision['zh']} 第 {cell.row_number} 条",
        }
        if cell.kind == "changed":
            head = columns[cell.column or ""][1]
            names = {language: text or cell.column or "" for language, text in head.items()}
            yield Change(
                "changed", key, "rule", named, names["zh"], cell.old, cell.new, fact_name=names
            )
        elif cell.kind == "moved":
            yield Change("changed", key, "rule", named, "position", cell.old, cell.new)
        else:
            yield Change(_kind(cell.kind), key, "rule", named)


def _kind(text: str) -> Any:
    return text
