"""Every rule refuses what it is for, names the element, and speaks both languages."""

import re
import time
from pathlib import Path

import pytest

from engine import bundles
from engine.bpmn.reading import read_definitions
from engine.errors import DeployRefused
from engine.lint import Bundle, lint, rules
from engine.operators import Operators
from tests.engine.conftest import Rig
from tests.engine.diagrams import diagram, message, on_message, person, script, service, timer

MANUAL = Path(__file__).parents[3] / "docs" / "manual" / "lint"
ENDS = '<startEvent id="s"/><endEvent id="e"/>'

SUB = '<startEvent id="x"/><endEvent id="y"/>x->y'
ITEMS = '<itemDefinition id="one"/><itemDefinition id="many" isCollection="true"/>'
TYPED = ITEMS + '<itemDefinition id="text" structureRef="string"/><message id="m" itemRef="text"/>'
POOLS = '<participant id="P" processRef="p"/><participant id="Q"/>'


def pools(flows: str) -> str:
    return f'<collaboration id="C">{POOLS}{flows}</collaboration>'


def edge(definition: str, more: str = "") -> str:
    event = f'<boundaryEvent id="b" attachedToRef="t"{more}>{definition}</boundaryEvent>'
    return ENDS + f'<task id="t"/>{event}<task id="u"/>s->t t->e u->e '


def data(content: str, task: str = "task", **attributes: str) -> str:
    given = "".join(f' {n}="{v}"' for n, v in attributes.items())
    return ENDS + f'<{task} id="t"{given}>{content}</{task}>s->t t->e'


def specification(inputs: str, outputs: str = "", *, sets: str = "") -> str:
    members = "".join(f"<dataInputRefs>{i}</dataInputRefs>" for i in ("i",) if inputs)
    sets = sets or f"<inputSet>{members}</inputSet><outputSet/>"
    return f"<ioSpecification>{inputs}{outputs}{sets}</ioSpecification>"


COPY = (
    "<dataInputAssociation{id}><sourceRef>{source}</sourceRef><targetRef>{target}</targetRef>"
    "</dataInputAssociation>"
)
MULTI = "<multiInstanceLoopCharacteristics{a}>{c}</multiInstanceLoopCharacteristics>"
CATCH = '<intermediateCatchEvent id="c">{}</intermediateCatchEvent>'
THROW = '<intermediateThrowEvent id="c">{}</intermediateThrowEvent>'
ARMS = '<eventBasedGateway id="g"/>' + "".join(
    f'<intermediateCatchEvent id="{n}">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
    for n in ("a", "b")
)
INPUT = '<dataInput id="i"/>'
CONDITION = "<conditionalEventDefinition><condition>a &gt; 1</condition></conditionalEventDefinition>"

# rule: (the element it names, the body of the process, what stands outside it)
WRONG: dict[str, list[tuple[str, ...]]] = {
    "start-event": [
        ("p", '<task id="t"/><task id="u"/>t->u u->t'),
        ("es", ENDS + f'<subProcess id="es" triggeredByEvent="true">{SUB}</subProcess>s->e'),
        ("c", ENDS + f'<startEvent id="c">{CONDITION}</startEvent>s->e c->e'),
        ("c", ENDS + '<dataStoreReference id="d" dataStoreRef="Visits"/><startEvent id="c"><extensionElements>'
         "<l:startCondition>Visits &gt; 3</l:startCondition></extensionElements>" + on_message("go")
         + "</startEvent>s->e c->e", message("go")),
        ("g", '<eventBasedGateway id="r" instantiate="true"/><intermediateCatchEvent id="g">' + CONDITION
         + '</intermediateCatchEvent><intermediateCatchEvent id="m">' + on_message("go") + "</intermediateCatchEvent>"
         + '<endEvent id="e"/>r->g r->m g->e m->e', message("go")),
        ("p2", ENDS + f'<subProcess id="p2">{SUB}<startEvent id="x2"/>x2->y</subProcess>s->p2 p2->e'),
        ("t", ENDS + '<receiveTask id="t" messageRef="m" instantiate="true"/>s->t t->e', '<message id="m" name="m"/>'),
    ],
    "connected": [
        ("t", ENDS + '<task id="t"/>s->e t->e'),
        ("s", ENDS + '<task id="t"/>s->t t->e t->s'),
    ],
    "operator-call": [
        ("t", ENDS + service("t", "test.work").replace("<l:operator", '<l:operator retries="some"') + "s->t t->e"),
        ("t", ENDS + service("t", "test.work").replace("<l:operator", '<l:operator backoff="soon"') + "s->t t->e"),
        ("t", ENDS + service("t", "test.unknown") + "s->t t->e"),
        ("t", ENDS + service("t", "test.note") + "s->t t->e"),
        ("t", ENDS + service("t", "test.note", text="a", colour="red") + "s->t t->e"),
        ("t", ENDS + '<serviceTask id="t"/>s->t t->e'),
    ],
    "extension-place": [
        ("t", data('<extensionElements><l:operator name="test.note"/></extensionElements>')),
        ("t", data('<extensionElements><l:assign name="a" value="1"/></extensionElements>', "userTask")),
        ("t", data('<extensionElements><l:asign name="a" value="1"/></extensionElements>', "scriptTask")),
        ("s", '<startEvent id="s"><extensionElements><l:startCondition>=true</l:startCondition></extensionElements>'
         f'{timer("Duration", "PT1H")}</startEvent><endEvent id="e"/>s->e'),
    ],
    "input-mapping": [
        ("a", ENDS + person("a", "yes").replace("</extensionElements>",
                                                '<l:input name="x" value="=1"/></extensionElements>')
         + "s->a a->e")
    ],  # fmt: skip
    "expression-syntax": [
        ("h", ENDS + '<adHocSubProcess id="h"><task id="t"/><completionCondition>1 +</completionCondition>'
         "</adHocSubProcess>s->h h->e"),
        ("t", ENDS + script("t", ("a", "1 +")) + "s->t t->e"),
        ("g-a", ENDS + '<exclusiveGateway id="g"/><task id="a"/>s->g g->a[x >] g->>e a->e'),
    ],
    "gateway-flows": [
        ("g-a", ENDS + '<exclusiveGateway id="g"/><task id="a"/>s->g g->a g->>e a->e'),
        ("g", ENDS + '<parallelGateway id="g"/><task id="a"/>s->g g->a[x] g->e a->e'),
    ],
    "event-trigger": [
        ("s", f'<startEvent id="s">{timer("Cycle", "=every")}</startEvent><endEvent id="e"/>s->e'),
        ("c", ENDS + CATCH.format(timer("Date", "soon")) + "s->c c->e"),
        ("c", ENDS + CATCH.format("<messageEventDefinition/>") + "s->c c->e"),
        ("t", data("", "receiveTask")),
        ("t", data("", "sendTask")),
    ],
    "human-task-form": [("a", ENDS + person("a", "yes", "yes", form="missing") + "s->a a->e")],
    "outcome-needs": [
        ("a", ENDS + person("a", "yes").replace('id="yes"', 'id="yes" needs="x|y"') + "s->a a->e")
    ],
    "task-fields": [
        ("a", ENDS + person("a", "yes", readonly="x", hidden="y") + "s->a a->e"),
    ],
    "called-process": [
        ("c", ENDS + '<callActivity id="c" calledElement="nowhere"/>s->c c->e'),
        ("c", ENDS + '<callActivity id="c"/>s->c c->e'),
    ],
    "script-language": [("t", data("<script>import os</script>", "scriptTask"))],
    "loop": [
        ("es", ENDS + '<subProcess id="es" triggeredByEvent="true">'
         + MULTI.format(a="", c="<loopCardinality>2</loopCardinality>")
         + f'<startEvent id="x">{timer("Duration", "PT1H")}</startEvent><endEvent id="y"/>x->y</subProcess>s->e'),
        ("t", data("<standardLoopCharacteristics/>")),
        ("t", data('<standardLoopCharacteristics loopMaximum="-1"/>')),
    ],
    "not-executable": [
        ("cs", ENDS + '<sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
         '<correlationSubscription id="cs" correlationKeyRef="k"/>',
         '<correlationProperty id="cp"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>k'
         '</messagePath></correlationPropertyRetrievalExpression></correlationProperty><message id="m" name="m"/>'
         '<collaboration id="co"><correlationKey id="k"><correlationPropertyRef>cp</correlationPropertyRef>'
         '</correlationKey></collaboration>'),
        ("s", '<startEvent id="s"><conditionalEventDefinition><condition>a</condition>'
              '</conditionalEventDefinition></startEvent><endEvent id="e"/>s->e'),
    ],
    "token-quantity": [("t", data("", completionQuantity="0"))],
    "element-id": [("p", ENDS + "<task/>s->e")],
    "mime-type": [
        ("t", data("<script>x</script>", "scriptTask", scriptFormat="feel")),
        ("t", data("<script>x</script>", "scriptTask")),
    ],
    "artifact-flow": [("s-n", ENDS + 's->n s->e<textAnnotation id="n"/>')],
    "escalation-code": [("c", ENDS + THROW.format("<escalationEventDefinition/>") + "s->c c->e")],
    "error-code": [
        ("e", '<startEvent id="s"/><endEvent id="e"><errorEventDefinition/></endEvent>s->e')
    ],
    "formal-expression": [
        ("t", data("<standardLoopCharacteristics><loopCondition >a</loopCondition></standardLoopCharacteristics>"))
    ],
    "boolean-condition": [
        ("t", data(MULTI.format(a="", c="<loopCardinality>3</loopCardinality>"
                                        "<completionCondition>23</completionCondition>"))),
        ("g-t", ENDS + '<exclusiveGateway id="g"/><task id="t"/>s->g g->t["yes"] g->>e t->e'),
    ],
    "empty-expression": [
        ("c", ENDS + CATCH.format(
            "<conditionalEventDefinition><condition></condition></conditionalEventDefinition>"
        ) + "s->c c->e")
    ],
    "gateway-direction": [
        ("g", ENDS + '<parallelGateway id="g"/>s->g g->e'),
        ("g", ENDS + '<task id="t"/><parallelGateway id="g" gatewayDirection="Converging"/>s->g g->t g->e t->g'),
    ],
    "event-subprocess-flows": [
        ("b", ENDS + f'<subProcess id="es" triggeredByEvent="true"><startEvent id="x">{timer("Duration", "PT1H")}'
         '</startEvent><endEvent id="y"/>x->y</subProcess><boundaryEvent id="b" attachedToRef="es">'
         f'{timer("Duration", "PT1H")}</boundaryEvent>s->e b->e'),
        ("s-es", ENDS + '<subProcess id="es" triggeredByEvent="true"/>s->es s->e')
    ],
    "flow-lists": [
        ("e", '<startEvent id="s"><outgoing>s-e</outgoing></startEvent><endEvent id="e"/>s->e')
    ],
    "immediate-flow": [
        ("f", ENDS + '<sequenceFlow id="f" sourceRef="s" targetRef="e" isImmediate="false"/>')
    ],
    "conditional-flow": [
        ("t-e", ENDS + '<task id="t"/>s->t t->e[x]'),
        ("s-e", ENDS + '<task id="t"/>s->e[x] s->t t->e'),
    ],
    "default-flow": [("t", ENDS + '<task id="t" default="s-t"/>s->t t->e')],
    "global-conversation": [
        ("k", ENDS + "s->e", '<globalConversation id="k"><choreographyRef>c</choreographyRef></globalConversation>'),
        ("a", ENDS + "s->e", '<globalConversation id="k"><textAnnotation id="a"/></globalConversation>'),
        ("k", ENDS + "s->e", '<choreography id="k"><choreographyRef>c</choreographyRef></choreography>'),
    ],
    "participant-multiplicity": [
        ("Q", ENDS + "s->e", '<collaboration id="C"><participant id="Q">'
         '<participantMultiplicity minimum="3" maximum="2"/></participant></collaboration>')
    ],
    "message-flow": [
        ("f", ENDS + '<task id="t"/>s->t t->e', pools('<messageFlow id="f" sourceRef="t" targetRef="P"/>')),
        ("s", ENDS + "s->e", pools('<messageFlow id="f" sourceRef="Q" targetRef="s"/>')),
        ("f", ENDS + "s->e", pools('<messageFlow id="f" sourceRef="s" targetRef="Q"/>')),
    ],
    "public-process": [
        ("q", ENDS + "s->e", '<process id="q" processType="Public" isExecutable="true"/>')
    ],
    "foreign-activity": [
        ("k", ENDS + '<choreographyTask id="k" initiatingParticipantRef="P"><participantRef>P</participantRef>'
         "<participantRef>Q</participantRef><messageFlowRef>f</messageFlowRef></choreographyTask>s->e")
    ],
    "ad-hoc-content": [
        ("h", ENDS + '<adHocSubProcess id="h"/>s->h h->e'),
        ("x", ENDS + '<adHocSubProcess id="h"><task id="t"/><startEvent id="x"/>x->t</adHocSubProcess>s->h h->e'),
    ],
    "called-start": [
        ("c", ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e',
         message("go") + '<process id="q" isExecutable="true"><startEvent id="qs">'
         + on_message("go") + "</startEvent></process>"),
        ("c", ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e',
         '<process id="q" isExecutable="true"><startEvent id="qs"/><startEvent id="q2"/><endEvent id="qe"/>'
         '<sequenceFlow id="q1" sourceRef="qs" targetRef="qe"/><sequenceFlow id="q3" sourceRef="q2" targetRef="qe"/>'
         "</process>"),
    ],
    "event-definition-reference": [
        ("c", ENDS + CATCH.format("<eventDefinitionRef>s</eventDefinitionRef>") + "s->c c->e")
    ],
    "start-and-end": [
        ("p", '<startEvent id="s"/><task id="t"/>s->t'),
        ("p", '<endEvent id="e"/><task id="t"/>t->e'),
        ("t", ENDS + '<task id="t"/>s->t s->e'),
    ],
    "event-kind": [
        ("c", ENDS + CATCH.format("") + "s->c c->e"),
        ("c", ENDS + THROW.format(timer("Duration", "PT1H")) + "s->c c->e"),
        ("b", edge("<terminateEventDefinition/>") + "b->u"),
        ("b", edge("<errorEventDefinition/>", ' cancelActivity="false"') + "b->u"),
    ],
    "cancel-event": [
        ("e", '<startEvent id="s"/><endEvent id="e"><cancelEventDefinition/></endEvent>s->e'),
        ("b", edge("<cancelEventDefinition/>") + "b->u"),
    ],
    "boundary-flows": [
        ("b", edge(timer("Duration", "PT1H"))),
        ("b", edge("<compensateEventDefinition/>") + "b->u"),
        ("b", edge("<compensateEventDefinition/>")),
    ],
    "compensation-handler": [
        ("b", ENDS + '<task id="t"/><boundaryEvent id="c" attachedToRef="t"><compensateEventDefinition/>'
         '</boundaryEvent><task id="u" isForCompensation="true"/><boundaryEvent id="b" attachedToRef="u">'
         '<errorEventDefinition/></boundaryEvent>s->t t->e b->e<association id="a" sourceRef="c" targetRef="u"/>'),
        ("t", ENDS + '<task id="t" isForCompensation="true"/>s->e'),
        ("t", ENDS + '<task id="t" isForCompensation="true"/>s->t t->e'),
    ],
    "intermediate-flows": [
        ("c", ENDS + THROW.format("") + "s->c s->e"),
        ("c", ENDS + THROW.format("") + "c->e s->e"),
    ],
    "link-event": [
        ("s1", '<startEvent id="s"/><intermediateThrowEvent id="s1"><linkEventDefinition name="A"><target>L2</target>'
         '</linkEventDefinition></intermediateThrowEvent><intermediateCatchEvent id="s2">'
         '<linkEventDefinition id="L2" name="B"/></intermediateCatchEvent><endEvent id="e"/>s->s1 s2->e'),
        ("c", ENDS + THROW.format('<linkEventDefinition name="x"/>') + "s->c s->e"),
        ("c", ENDS + CATCH.format('<linkEventDefinition name="x"/>') + "c->e s->e"),
    ],
    "event-gateway-arms": [
        ("g", ENDS + ARMS + "s->g g->a a->e b->e"),
        ("e", ENDS + ARMS + "s->g g->a g->e a->e b->e"),
        ("a", ENDS + ARMS + "s->g s->a g->a g->b a->e b->e"),
    ],
    "data-state": [
        ("r", ENDS + '<dataObject id="d" name="Order"/><dataObjectReference id="r" name="x" dataObjectRef="d">'
         '<dataState name="paid"/></dataObjectReference>s->e')
    ],
    "collection": [("d", ENDS + '<dataObject id="d" itemSubjectRef="many"/>s->e', ITEMS)],
    "data-association": [
        ("t", data(specification(INPUT) + COPY.format(id="", source="s", target="i"))),
        ("k", data(specification('<dataInput id="i" itemSubjectRef="text"/>')
                   + COPY.format(id=' id="k"', source="r", target="i"))
         + '<dataObject id="o" itemSubjectRef="number"/><dataObjectReference id="r" dataObjectRef="o"/>',
         TYPED + '<itemDefinition id="number" structureRef="number"/>'),
    ],
    "subprocess-data": [("t", data(specification(INPUT) + SUB, "subProcess"))],
    "data-sets": [
        ("k", data(specification(INPUT, sets='<inputSet id="k"><optionalInputRefs>i</optionalInputRefs>'
                                 "</inputSet><outputSet/>")))
    ],
    "message-data": [
        ("i", data(specification('<dataInput id="i" itemSubjectRef="one"/>'), "sendTask", messageRef="m"), TYPED)
    ],
    "message-operation": [
        ("c", ENDS + CATCH.format('<messageEventDefinition messageRef="m"/>') + "s->c c->e", TYPED)
    ],
    "event-data": [
        ("c", ENDS + THROW.format('<dataInput id="i"/><inputSet><dataInputRefs>i</dataInputRefs></inputSet>')
         + "s->c c->e")
    ],
    "call-data": [
        ("c", ENDS + '<callActivity id="c" calledElement="q"/>s->c c->e',
         f'<process id="q" isExecutable="true">{specification(INPUT)}<task id="qt"/></process>')
    ],
    "io-binding": [
        ("q", ENDS + "s->e", TYPED + '<interface id="I" name="I"><operation id="o" name="o"><inMessageRef>m'
         '</inMessageRef></operation></interface><process id="q">'
         + specification('<dataInput id="i" itemSubjectRef="one"/>')
         + '<ioBinding operationRef="o" inputDataRef="i" outputDataRef="i"/></process>'),
        ("q", ENDS + "s->e", TYPED + '<interface id="I" name="I"><operation id="o" name="o"><inMessageRef>m'
         '</inMessageRef></operation></interface>'
         '<process id="q"><supportedInterfaceRef>I</supportedInterfaceRef></process>'),
    ],
    "loop-data": [
        ("t", data(MULTI.format(a="", c="<loopDataInputRef>s</loopDataInputRef>")))
    ],
    "loop-behavior": [
        ("t", data(MULTI.format(a=' behavior="Complex"', c="<loopCardinality>3</loopCardinality>")))
    ],
    "reference": [
        ("c", ENDS + CATCH.format('<signalEventDefinition signalRef="s"/>') + "s->c c->e"),
        ("x", ENDS + '<sequenceFlow id="x" sourceRef="s" targetRef="e-"/>s->e'),
        ("t", ENDS + '<sendTask id="t" operationRef="m"/>s->t t->e', '<message id="m" name="m"/>'),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "element", "body", "outside"),
    [
        (rule, element, body, "".join(outside))
        for rule, cases in WRONG.items()
        for element, body, *outside in cases
    ],
)
def test_a_rule_names_the_element_in_both_languages(
    rig: Rig, rule: str, element: str, body: str, outside: str
) -> None:
    with pytest.raises(DeployRefused) as refused:
        rig.deploy(diagram(body, outside=outside))
    found = [p for p in refused.value.problems if p.rule == rule]
    assert element in {p.element for p in found}, refused.value.problems
    assert all(p.message["en"] and p.message["zh"] != p.message["en"] for p in found)
    assert all(p.line for p in found)


def test_every_rule_is_tried_here() -> None:
    elsewhere = {"unknown-element", "executable-process", "called-decision"} | WARNINGS.keys()
    assert {r.ID for r in rules()} == set(WRONG) | elsewhere


@pytest.mark.parametrize(
    ("suffix", "wrong", "right"), [("md", "Wrong:", "Right:"), ("zh-CN.md", "错误：", "正确：")]
)
def test_every_rule_has_its_page_with_a_wrong_and_a_right_diagram(
    suffix: str, wrong: str, right: str
) -> None:
    index = (MANUAL / f"README.{suffix}").read_text()
    for rule in {r.ID for r in rules()} | {"schema", "unreadable"}:
        assert f"[{rule}]({rule}.{suffix})" in index
        page = (MANUAL / f"{rule}.{suffix}").read_text()
        shown = re.split(r"```\w*\n(.*?)```", page, flags=re.DOTALL)
        assert [part.strip() for part in shown[0::2]][1:] == [right, ""], rule
        assert shown[0].rstrip().endswith(wrong), rule
        assert "" != shown[1].strip() != shown[3].strip() != "", rule


def test_a_file_without_executable_process_is_refused(rig: Rig) -> None:
    content = diagram(ENDS + "s->e").replace(b'isExecutable="true"', b'isExecutable="false"')
    with pytest.raises(DeployRefused, match="No process is marked"):
        rig.deploy(content)


WARNINGS = {
    "human-task-offered": diagram(ENDS + person("a") + "s->a a->e"),
    "data-store": diagram(ENDS + '<dataStoreReference id="d" name="Visits"/>s->e'),
}


@pytest.mark.parametrize("rule", WARNINGS)
def test_a_warning_refuses_nothing(rig: Rig, rule: str) -> None:
    with rig.database.transaction() as session:
        _, problems = bundles.check(rig.engine, session, {"a.bpmn": WARNINGS[rule]})
    assert [(p.rule, p.severity) for p in problems] == [(rule, "warning")]
    rig.deploy(WARNINGS[rule])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<definitions", "Not well-formed"),
        (b"<a/>", "no BPMN definitions"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "DOCTYPE"),
        (b"<a>" + b"x" * 10_600_000 + b"</a>", "larger than 10 MB"),
        (diagram('<startEvent id="s"/><startEvent id="s"/>'), "Not valid BPMN"),
        (diagram('<subConversation id="x"/>'), "Not valid BPMN"),
    ],
)
def test_hostile_and_broken_files_are_refused_in_words(
    rig: Rig, content: bytes, words: str
) -> None:
    with pytest.raises(DeployRefused, match=words):
        rig.deploy(content)


def test_a_large_diagram_costs_what_its_size_says() -> None:
    def cost(steps: int) -> float:
        """Seconds of this process for all rules."""
        body = "".join(f'<task id="t{n}"/>' for n in range(steps))
        definitions = read_definitions(diagram(ENDS + body), validate=False)
        began = time.process_time()
        found = lint(Bundle({"x.bpmn": definitions}, {}, Operators()))
        assert len(found) > steps
        return time.process_time() - began

    cost(10)  # once, so that all rules are there
    assert cost(4000) < 25 * cost(500)  # eight times as large; with squares it would be sixty-four times
