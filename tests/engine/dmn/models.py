"""Small decision models for the tests, written as XML."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.dmn import DecisionModel, DecisionResult, parse_dmn

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(inner: str, namespace: str = "urn:test", version: str = NAMESPACE) -> bytes:
    return (
        f'<definitions xmlns="{version}" name="m" id="m" namespace="{namespace}">{inner}</definitions>'
    ).encode()


def literal(text: str, type: str = "") -> str:
    kind = f" typeRef={quoteattr(type)}" if type else ""
    return f"<literalExpression{kind}><text>{escape(text)}</text></literalExpression>"


def decision(name: str, logic: str, requires: str = "", type: str = "") -> str:
    kind = f" typeRef={quoteattr(type)}" if type else ""
    return (
        f"<decision name={quoteattr(name)} id={quoteattr('_' + name)}>"
        f"<variable name={quoteattr(name)}{kind}/>{requires}{logic}</decision>"
    )


def needs(*names: str, kind: str = "Decision") -> str:
    return "".join(
        f'<informationRequirement><required{kind} href="#_{name}"/></informationRequirement>'
        for name in names
    )


def knows(*names: str) -> str:
    return "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#_{name}"/></knowledgeRequirement>'
        for name in names
    )


def input_data(name: str, type: str = "") -> str:
    kind = f" typeRef={quoteattr(type)}" if type else ""
    return f'<inputData name="{name}" id="_{name}"><variable name="{name}"{kind}/></inputData>'


def table(
    inputs: list[str],
    outputs: list[str],
    rules: list[list[str]],
    policy: str = "UNIQUE",
    aggregation: str = "",
    values: str = "",
    defaults: list[str] | None = None,
) -> str:
    """A decision table; a rule is its input cells and then its output cells."""
    made = [f'<decisionTable hitPolicy="{policy}"']
    made.append(f' aggregation="{aggregation}">' if aggregation else ">")
    for text in inputs:
        made.append(
            f"<input><inputExpression><text>{escape(text)}</text></inputExpression></input>"
        )
    for number, name in enumerate(outputs):
        made.append(f"<output name={quoteattr(name)}>")
        if values:
            made.append(f"<outputValues><text>{escape(values)}</text></outputValues>")
        if defaults:
            text = escape(defaults[number])
            made.append(f"<defaultOutputEntry><text>{text}</text></defaultOutputEntry>")
        made.append("</output>")
    for number, rule in enumerate(rules, 1):
        made.append(f'<rule id="r{number}">')
        for place, cell in enumerate(rule):
            kind = "inputEntry" if place < len(inputs) else "outputEntry"
            made.append(f"<{kind}><text>{escape(cell)}</text></{kind}>")
        made.append("</rule>")
    return "".join([*made, "</decisionTable>"])


def model(inner: str) -> DecisionModel:
    """A model without problems."""
    built = parse_dmn(definitions(inner))
    assert built.problems == []
    return built


def decide(inner: str, name: str, **inputs: Any) -> DecisionResult:
    return model(inner).decide(name, inputs)
