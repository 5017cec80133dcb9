"""Decision graphs: requirements, knowledge, services, imports, types, boxed expressions, bad models."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.dmn import DmnError, parse_dmn
from engine.feel import FeelBudgetError, HostFunction, to_python
from tests.engine.dmn.models import (
    decide,
    decision,
    definitions,
    input_data,
    knows,
    literal,
    model,
    needs,
)


def test_each_node_is_computed_once_and_only_when_asked_for() -> None:
    asked: list[str] = []
    functions = {"ask": HostFunction("what: string", lambda what: asked.append(what) or what)}
    xml = definitions(
        decision("base", literal('ask("base")'))
        + decision("unused", literal('ask("unused")'))
        + decision("left", literal("base"), needs("base"))
        + decision("top", literal("left + base + (if false then unused else base)"),
                   needs("left", "base", "unused"))
    )  # fmt: skip
    built = parse_dmn(xml, functions=functions)
    assert built.decide("top", {}).value == "basebasebase"
    assert asked == ["base"]


def test_logic_sees_what_it_requires_and_nothing_else_of_the_model() -> None:
    inner = decision("a", literal("1")) + decision("b", literal("a"))
    result = decide(inner, "b")
    assert result.value is None
    assert '"a" is not known' in result.warnings[0].message["en"]


def test_a_value_given_for_a_decision_replaces_its_logic() -> None:
    inner = decision("a", literal("1"), type="number") + decision("b", literal("a + 1"), needs("a"))
    assert to_python(decide(inner, "b").value) == 2
    assert to_python(decide(inner, "b", a=10).value) == 11


def test_the_decision_that_is_asked_for_is_worked_out_whatever_the_inputs_are_called() -> None:
    """A process may hold a variable of that name, such as the answer of the time before."""
    inner = decision("rating", literal("rating + 1"), type="number")
    assert to_python(decide(inner, "rating", rating=3).value) == 4


def test_inputs_are_checked_against_their_types() -> None:
    inner = input_data("n", "number") + decision("d", literal("n"), needs("n", kind="Input"))
    assert to_python(decide(inner, "d", n=3).value) == 3
    assert to_python(decide(inner, "d", n=[3]).value) == 3
    refused = decide(inner, "d", n="three")
    assert refused.value is None
    assert refused.warnings


def knowledge(name: str, parameters: str, body: str, requires: str = "") -> str:
    formal = "".join(f'<formalParameter name="{one}"/>' for one in parameters.split())
    return (
        f'<businessKnowledgeModel name="{name}" id="_{name}"><variable name="{name}"/>'
        f"<encapsulatedLogic>{formal}{body}</encapsulatedLogic>{requires}</businessKnowledgeModel>"
    )


def test_business_knowledge_is_a_function() -> None:
    inner = (
        knowledge("twice", "x", literal("x * 2"))
        + knowledge("thrice", "x", literal("twice(x) + x"), knows("twice"))
        + decision("d", literal("thrice(x: 5)"), knows("thrice"))
    )
    assert to_python(decide(inner, "d").value) == 15
    assert to_python(decide(inner, "twice", x=4).value) == 8


def test_invocation_binds_by_name() -> None:
    call = (
        "<invocation>" + literal("minus")
        + f'<binding><parameter name="b"/>{literal("1")}</binding>'
        + f'<binding><parameter name="a"/>{literal("5")}</binding></invocation>'
    )  # fmt: skip
    inner = knowledge("minus", "a b", literal("a - b")) + decision("d", call, knows("minus"))
    assert to_python(decide(inner, "d").value) == 4


def test_a_decision_service_stands_apart() -> None:
    service = (
        '<decisionService name="s" id="_s"><variable name="s"/><outputDecision href="#_out"/>'
        '<inputDecision href="#_source"/></decisionService>'
    )
    inner = (
        service
        + decision("source", literal('"own"'), type="string")
        + decision("out", literal('"got " + source'), needs("source"))
        + decision("d", literal('s("given") + ", " + out'), needs("out") + knows("s"))
    )
    assert decide(inner, "d").value == "got given, got own"
    assert decide(inner, "s", source="x").value == "got x"


def test_imports() -> None:
    lower = definitions(
        '<itemDefinition name="tName"><typeRef>string</typeRef></itemDefinition>'
        + input_data("name", "tName")
        + knowledge("greet", "who", literal('"Hello " + who'))
        + decision(
            "greeting", literal("greet(name)"), needs("name", kind="Input") + knows("greet")
        ),
        "urn:lower",
    )
    upper = definitions(
        '<import name="low" namespace="urn:lower" importType="dmn"/>'
        + '<decision name="d" id="_d"><variable name="d" typeRef="low.tName"/>'
        + '<informationRequirement><requiredDecision href="urn:lower#_greeting"/>'
        + '</informationRequirement><knowledgeRequirement><requiredKnowledge href="urn:lower#_greet"/>'
        + f"</knowledgeRequirement>{literal('low.greeting + low.greet(&quot;!&quot;)')}</decision>",
        "urn:upper",
    ).replace(b"&amp;quot;", b"&quot;")
    built = parse_dmn(upper, {"urn:lower": lower})
    assert built.problems == []
    for inputs in ({"low": {"name": "Ann"}}, {"{urn:lower}name": "Ann"}, {"name": "Ann"}):
        assert built.decide("d", inputs).value == "Hello AnnHello !"
    assert parse_dmn(upper).problems


def test_what_is_imported_twice_has_inputs_of_its_own() -> None:
    lowest = definitions(
        input_data("name")
        + decision("hello", literal('"Hello " + name'), needs("name", kind="Input")),
        "urn:a",
    )

    def middle(namespace: str) -> bytes:
        requires = '<informationRequirement><requiredDecision href="urn:a#_hello"/></informationRequirement>'
        return definitions(
            '<import name="a" namespace="urn:a"/>' + decision("say", literal("a.hello"), requires),
            namespace,
        )

    requires = "".join(
        f'<informationRequirement><requiredDecision href="{one}#_say"/></informationRequirement>'
        for one in ("urn:b", "urn:c")
    )
    top = definitions(
        '<import name="B 1" namespace="urn:b"/><import name="C 1" namespace="urn:c"/>'
        + decision("d", literal("[B 1.say, C 1.say]"), requires)
    )
    imports = {"urn:a": lowest, "urn:b": middle("urn:b"), "urn:c": middle("urn:c")}
    built = parse_dmn(top, imports)
    assert built.problems == []
    inputs = {"B 1": {"a": {"name": "Ann"}}, "C 1": {"a": {"name": "Bo"}}}
    assert built.decide("d", inputs).value == ["Hello Ann", "Hello Bo"]


def test_item_definitions() -> None:
    items = (
        '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"low", "high"</text>'
        "</allowedValues></itemDefinition>"
        '<itemDefinition name="tContact"><itemComponent name="level"><typeRef>tLevel</typeRef>'
        '</itemComponent><itemComponent name="tags" isCollection="true"><typeRef>string</typeRef>'
        "</itemComponent></itemDefinition>"
    )
    inner = items + decision("d", literal("c"), type="tContact")
    good = {"level": "low", "tags": ["x"]}
    assert to_python(decide(inner, "d", c=good).value) == good
    for bad in ({"level": "odd", "tags": []}, {"level": "low"}, {"level": "low", "tags": [1]}):
        assert decide(inner, "d", c=bad).value is None


def test_instance_of_asks_for_the_type_and_not_for_the_allowed_values() -> None:
    inner = (
        '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"low", "high"</text>'
        "</allowedValues></itemDefinition>"
        '<itemDefinition name="tNode"><itemComponent name="level"><typeRef>tLevel</typeRef></itemComponent>'
        '<itemComponent name="below" isCollection="true"><typeRef>tNode</typeRef></itemComponent>'
        "</itemDefinition>"
        + decision("text", literal('"odd" instance of tLevel'))
        + decision("number", literal("1 instance of tLevel"))
        + decision(
            "tree",
            literal('{level: "odd", below: [{level: "low", below: []}]} instance of tNode'),
        )
        + decision("leaf", literal('{level: "odd", below: [{level: 1}]} instance of tNode'))
    )
    assert [decide(inner, name).value for name in ("text", "number", "tree", "leaf")] == [
        True, False, True, False,
    ]  # fmt: skip


BOXED: list[tuple[str, Any]] = [
    (
        f'<context><contextEntry><variable name="a"/>{literal("2")}</contextEntry>'
        f"<contextEntry>{literal('a * 3')}</contextEntry></context>",
        6,
    ),
    (
        f'<context><contextEntry><variable name="a"/>{literal("2")}</contextEntry></context>',
        {"a": 2},
    ),
    (f"<list>{literal('1')}{literal('x')}</list>", [1, 7]),
    (
        f'<relation><column name="a"/><column name="b"/><row>{literal("1")}{literal("2")}</row></relation>',
        [{"a": 1, "b": 2}],
    ),
    (
        f"<conditional><if>{literal('x > 5')}</if><then>{literal('1')}</then>"
        f"<else>{literal('2')}</else></conditional>",
        1,
    ),
    (
        f"<conditional><if>{literal('x')}</if><then>{literal('1')}</then>"
        f"<else>{literal('2')}</else></conditional>",
        None,
    ),
    (
        f"<conditional><if>{literal('null')}</if><then>{literal('1')}</then>"
        f"<else>{literal('2')}</else></conditional>",
        2,
    ),
    (
        f"<filter><in>{literal('[1, 2, 3]')}</in><match>{literal('item > 1')}</match></filter>",
        [2, 3],
    ),
    (f"<filter><in>{literal('[1]')}</in><match>{literal('5 + item')}</match></filter>", None),
    (
        f'<for iteratorVariable="i"><in>{literal("1..3")}</in>'
        f"<return>{literal('i')}</return></for>".replace("1..3", "[1, 2]"),
        [1, 2],
    ),
    (
        f'<some iteratorVariable="i"><in>{literal("[1, 2]")}</in>'
        f"<satisfies>{literal('i > 1')}</satisfies></some>",
        True,
    ),
    (
        f'<some iteratorVariable="i"><in>{literal("[1, 2]")}</in>'
        f"<satisfies>{literal('if i = 2 then true else i')}</satisfies></some>",
        None,
    ),
    (
        f'<every iteratorVariable="i"><in>{literal("[1, 2]")}</in>'
        f"<satisfies>{literal('i > 1')}</satisfies></every>",
        False,
    ),
    (
        f'<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="n"/>'
        f"{literal('if n = 0 then 1 else n * f(n - 1)')}</functionDefinition></contextEntry>"
        f"<contextEntry>{literal('f(5)')}</contextEntry></context>",
        120,
    ),
]


@pytest.mark.parametrize(("logic", "value"), BOXED)
def test_boxed_expressions(logic: str, value: Any) -> None:
    assert to_python(decide(decision("d", logic), "d", x=7).value) == value


@pytest.mark.parametrize(
    "version",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_all_versions_read(version: str) -> None:
    built = parse_dmn(definitions(decision("d", literal("1 + 1")), version=version))
    assert to_python(built.decide("d", {}).value) == 2


def test_the_clock_is_the_callers() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    built = model(decision("d", literal("today()")))
    assert to_python(built.decide("d", {}, clock=lambda: moment).value) == moment.date()


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<definitions/>",
        b"<a",
        b'<!DOCTYPE d [<!ENTITY e "x">]>' + definitions(decision("d", literal("1"))),
        b'<!DOCTYPE d SYSTEM "http://127.0.0.1/x.dtd">' + definitions(""),
        definitions('<decision name="d"><decisionTable hitPolicy="WHATEVER"/></decision>'),
        definitions("<decision name='d'>" + "<list>" * 90 + "</list>" * 90 + "</decision>"),
        definitions("x" * (11 * 1024 * 1024)),
    ],
)
def test_what_is_no_model_is_refused(xml: bytes) -> None:
    with pytest.raises(DmnError) as raised:
        parse_dmn(xml)
    assert set(raised.value.message) == {"en", "zh"}


def test_circles_end() -> None:
    inner = decision("a", literal("b"), needs("b")) + decision("b", literal("a"), needs("a"))
    with pytest.raises(FeelBudgetError):
        decide(inner, "a")
    itself = definitions('<import name="x" namespace="urn:test"/>' + decision("d", literal("1")))
    with pytest.raises(DmnError):
        parse_dmn(itself, {"urn:test": itself})


def test_who_asks_for_what_is_not_there_is_told() -> None:
    with pytest.raises(DmnError, match="no decision"):
        decide(decision("a", literal("1")), "b")
    built = parse_dmn(definitions(decision("a", literal("1 +"), needs("gone"))))
    assert [one.part for one in built.problems] == ["requirement", ""]
    assert built.decide("a", {}).value is None


def test_functions_of_kind_java() -> None:
    def calling(method: str) -> str:
        named = "".join(
            f'<contextEntry><variable name="{name}"/>{literal(text)}</contextEntry>'
            for name, text in (
                ("class", '"java.lang.Math"'),
                ("method signature", f'"{method}(double)"'),
            )
        )
        body = f'<formalParameter name="x" typeRef="number"/><context>{named}</context>'
        logic = f'<encapsulatedLogic kind="Java">{body}</encapsulatedLogic>'
        known = f'<businessKnowledgeModel name="f" id="_f"><variable name="f"/>{logic}</businessKnowledgeModel>'
        return known + decision("d", literal("f(4)"), knows("f"))

    assert to_python(decide(calling("sqrt"), "d").value) == 2
    unknown = parse_dmn(definitions(calling("exit")))
    assert [one.element for one in unknown.problems] == ["_f"]
    assert unknown.decide("d", {}).value is None
