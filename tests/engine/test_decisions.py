"""Business rule tasks ask DMN decisions, bound to what was deployed with the diagram or to the latest."""

import pytest

from engine import inspection
from engine.actors import SYSTEM
from engine.errors import DeployRefused
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, extension

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="urn:test:d">
<inputData id="i" name="level"><variable name="level" typeRef="number"/></inputData>
<decision id="priority" name="priority"><variable name="priority"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement>
<decisionTable hitPolicy="FIRST"><input><inputExpression><text>level</text></inputExpression></input>
<output name="priority"/>
<rule id="r1"><inputEntry><text>&gt; 5</text></inputEntry><outputEntry><text>"%s"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def process(binding: str) -> bytes:
    ask = extension(f'<l:decision key="priority" result="chosen" binding="{binding}"/>')
    return diagram(
        '<startEvent id="s"/><endEvent id="e"/>'
        f'<businessRuleTask id="t">{ask}</businessRuleTask>s->t t->e'
    )


def deploy(rig: Rig, **resources: bytes) -> None:
    files = {f"{name.replace('_', '.')}": content for name, content in resources.items()}
    with rig.database.transaction() as session:
        rig.engine.deploy(session, files, actor=SYSTEM)


def test_a_decision_is_made_and_explained_in_the_history(rig: Rig) -> None:
    deploy(rig, p_bpmn=process("deployment"), d_dmn=(TABLE % "high").encode())
    assert rig.data(rig.start(level=7))["chosen"] == "high"
    instance = rig.start(level=3)
    assert rig.data(instance)["chosen"] == "low"
    with rig.database.reading() as session:
        (decided,) = [
            r for r in inspection.history_of(session, instance) if r["event"] == "decided"
        ]
    (table,) = decided["data"]["tables"]
    assert [r["id"] for r in table["rules"]] == ["r2"]
    assert table["inputs"] == [{"label": "level", "value": 3}]


def test_the_binding_says_which_version_is_asked(rig: Rig) -> None:
    deploy(rig, p_bpmn=process("deployment"), d_dmn=(TABLE % "high").encode())
    rig.now = rig.now.replace(hour=10)
    deploy(rig, d_dmn=(TABLE % "urgent").encode())
    assert rig.data(rig.start(level=7))["chosen"] == "high"
    deploy(rig, p_bpmn=process("latest"))
    assert rig.data(rig.start(level=7))["chosen"] == "urgent"


def test_an_unknown_decision_and_a_broken_model_are_refused(rig: Rig) -> None:
    with pytest.raises(DeployRefused, match="no decision “priority”"):
        deploy(rig, p_bpmn=process("deployment"))
    with pytest.raises(DeployRefused) as refused:
        deploy(rig, d_dmn=(TABLE % "high").replace("&gt; 5", "&gt; &gt;").encode())
    assert {p.rule for p in refused.value.problems} == {"decision-model"}
