"""A DMN decision table as an HTML table (DMN 1.5 §8.2.11), with the rules that matched."""

from collections.abc import Collection
from typing import Final

from markupsafe import Markup, escape

from desk.diagrams.wording import cleaned
from engine.dmn.model import Aggregation, Decision, DecisionTable, HitPolicy
from engine.dmn.reader import read_definitions

# The letter in the corner of a table (DMN 1.5 §8.2.10)
_POLICY: Final = {
    HitPolicy.UNIQUE: "U",
    HitPolicy.FIRST: "F",
    HitPolicy.PRIORITY: "P",
    HitPolicy.ANY: "A",
    HitPolicy.COLLECT: "C",
    HitPolicy.RULE_ORDER: "R",
    HitPolicy.OUTPUT_ORDER: "O",
}
_AGGREGATION: Final = {
    Aggregation.NONE: "",
    Aggregation.SUM: "+",
    Aggregation.MIN: "<",
    Aggregation.MAX: ">",
    Aggregation.COUNT: "#",
}


class NoTable(ValueError):
    """The model holds no such decision table; `str()` is a sentence."""


def decision_table(
    xml: bytes, *, decision: str | None = None, matched: Collection[int] = ()
) -> str:
    """The table of a decision (by id or name; the first table if none is named) as `<table class="ld-decision">`.

    `matched`: numbers of rules, from 1; their rows have the class `is-matched` and a tick beside the number.
    Raises engine.dmn.errors.DmnError for what is no DMN, NoTable.
    """
    found, table = _table(xml, decision)
    rows = [_head(table), Markup("<tbody>")]
    for number, rule in enumerate(table.rules, 1):
        hit = number in matched
        cells = Markup("").join(
            [_cell(text, "is-input") for text in rule.inputs]
            + [_cell(text, "is-output") for text in rule.outputs]
            + [_cell(text, "is-note") for text in rule.annotations]
        )
        row = Markup('<tr{}><th scope="row">{}{}</th>{}</tr>')
        rows.append(
            row.format(
                Markup(' class="is-matched"') if hit else "", number, " ✓" if hit else "", cells
            )
        )
    rows.append(Markup("</tbody>"))
    frame = Markup('<table class="ld-decision"><caption>{}</caption>{}</table>')
    return str(frame.format(cleaned(found.name), Markup("").join(rows)))


def _table(xml: bytes, wanted: str | None) -> tuple[Decision, DecisionTable]:
    for found in read_definitions(xml).decisions:
        if wanted in (None, found.id, found.name) and isinstance(found.logic, DecisionTable):
            return found, found.logic
    raise NoTable(
        "The file holds no decision table." if wanted is None else f"There is no table {wanted!r}."
    )


def _head(table: DecisionTable) -> Markup:
    sign = _POLICY[table.hit_policy] + _AGGREGATION[table.aggregation]
    notes = max((len(rule.annotations) for rule in table.rules), default=0)
    titles = (
        [("is-input", clause.label or clause.expression, clause.values) for clause in table.inputs]
        + [("is-output", clause.label or clause.name, clause.values) for clause in table.outputs]
        + [("is-note", "", "")] * notes
    )
    cells = Markup("").join(
        Markup('<th scope="col" class="{}">{}{}</th>').format(
            kind,
            cleaned(title),
            Markup("<small>{}</small>").format(cleaned(values)) if values else "",
        )
        for kind, title, values in titles
    )
    return Markup("<thead><tr><th>{}</th>{}</tr></thead>").format(sign, cells)


def _cell(text: str, kind: str) -> Markup:
    shown = escape(cleaned(text)) if text.strip() not in ("", "-") else Markup("–")
    return Markup('<td class="{}">{}</td>').format(kind, shown)
