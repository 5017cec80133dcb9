"""The decision table of a rule: a column for each condition."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from desk.rules.conditions import Asked
from desk.rules.fields import NONE, Custom, field_of
from desk.rules.rule import Rule
from engine.operators import Text


def decision_key(rule: Rule) -> str:
    """The id of a rule's decision."""
    return f"{rule.key}-if"


def table(rule: Rule, columns: Sequence[Asked], custom: Custom = NONE) -> str:
    """The table as DMN: a row for each way to hold, and one for everything else."""
    key = decision_key(rule)
    inputs = "\n".join(
        f'      <input id="i{number}" label={quoteattr(label.zh)}>{_english(label.en)}'
        f'<inputExpression id="e{number}"><text>{escape(one.column)}</text></inputExpression></input>'
        for number, (one, label) in enumerate(zip(columns, _labels(rule, custom), strict=True), 1)
    )
    rows = [_row(number, cells, "then") for number, cells in enumerate(_rows(rule, columns), 1)]
    rows.append(_row(len(rows) + 1, ["-"] * len(columns), "else"))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        'xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" '
        'xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:lanedesk="urn:lanedesk:bpmn:1.0" '
        f'id={quoteattr(f"{rule.key}_decisions")} name={quoteattr(rule.title)} namespace="urn:lanedesk:rules">',
        f"  <decision id={quoteattr(key)} name={quoteattr(rule.title)}>",
        f"    {_english(rule.title_en or rule.title)}",
        '    <decisionTable id="table" hitPolicy="FIRST">',
        inputs,
        '      <output id="o1" label="执行" name="branch" typeRef="string">' + _english("Do") + "</output>",
        *rows,
        "    </decisionTable>",
        "  </decision>",
        f'  <dmndi:DMNDI><dmndi:DMNDiagram id="drd"><dmndi:DMNShape id="drd_1" dmnElementRef={quoteattr(key)}>'
        '<dc:Bounds x="160" y="100" width="180" height="80"/></dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>',
        "</definitions>",
    ]
    return "\n".join(lines) + "\n"


def _labels(rule: Rule, custom: Custom) -> list[Text]:
    """What is over the columns."""
    fields = [one.field for one in rule.conditions]
    known = [field_of(name, custom) for name in fields]
    return [one.title if one else Text(name, name) for one, name in zip(known, fields, strict=True)]


def _english(text: str) -> str:
    said = f'<lanedesk:text lang="en" name={quoteattr(text)}/>'
    return f"<extensionElements>{said}</extensionElements>"


def _rows(rule: Rule, columns: Sequence[Asked]) -> list[list[str]]:
    """A row for each of the conditions of which one is enough, all with those that must hold."""
    fixed = [one.cell for one in columns[: len(rule.all)]]
    others = columns[len(rule.all) :]
    if not others:
        return [fixed]
    return [[*fixed, *(one.cell if one is chosen else "-" for one in others)] for chosen in others]


def _row(number: int, cells: Sequence[str], branch: str) -> str:
    entries = "".join(
        f'<inputEntry id="r{number}i{column}"><text>{escape(cell)}</text></inputEntry>'
        for column, cell in enumerate(cells, 1)
    )
    return (
        f'      <rule id="r{number}">{entries}'
        f'<outputEntry id="r{number}o1"><text>"{branch}"</text></outputEntry></rule>'
    )
