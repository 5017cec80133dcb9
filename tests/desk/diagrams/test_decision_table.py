"""Decision tables as HTML."""

import pytest
from lxml import html

from desk.diagrams.decision_table import NoTable, decision_table
from engine.dmn.errors import DmnError

XML = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="n">
<decision id="sla" name="响应时限"><variable name="响应时限"/><decisionTable hitPolicy="COLLECT" aggregation="MIN">
<input id="i" label="优先级"><inputExpression><text>priority</text></inputExpression></input>
<output id="o" name="minutes"/>
<rule id="r1"><inputEntry><text>"urgent"</text></inputEntry><outputEntry><text>5</text></outputEntry>
<annotationEntry><text>合同第三条</text></annotationEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>&lt;script&gt;25</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_the_table_shows_clauses_rules_and_what_matched() -> None:
    table = html.fromstring(decision_table(XML.encode(), matched=[1]))
    assert table.findtext("caption") == "响应时限"
    assert [cell.text_content() for cell in table.iterfind("thead/tr/th")] == [
        "C<",
        "优先级",
        "minutes",
        "",
    ]
    rows = [[cell.text_content() for cell in row] for row in table.iterfind("tbody/tr")]
    assert rows == [["1 ✓", '"urgent"', "5", "合同第三条"], ["2", "–", "<script>25"]]
    assert [row.get("class") for row in table.iterfind("tbody/tr")] == ["is-matched", None]


def test_a_decision_is_found_by_id_or_name() -> None:
    assert decision_table(XML.encode(), decision="sla") == decision_table(
        XML.encode(), decision="响应时限"
    )
    with pytest.raises(NoTable):
        decision_table(XML.encode(), decision="other")
    with pytest.raises(DmnError):
        decision_table(b"<x>")
