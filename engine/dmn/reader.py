"""DMN XML to Definitions."""

from collections.abc import Callable

from engine.dmn import model
from engine.dmn.errors import DmnError
from engine.dmn.xml import Element, attribute, child, children, local, read, text, type_reference

MAX_NESTING = 60


def read_definitions(xml: bytes) -> model.Definitions:
    """Read a model. Raises DmnError when it is no DMN, or not well formed."""
    root = read(xml)
    definitions = model.Definitions(attribute(root, "name"), attribute(root, "namespace"))
    for element in children(root):
        match local(element):
            case "import":
                definitions.imports.append(
                    model.Import(attribute(element, "name"), attribute(element, "namespace"))
                )
            case "itemDefinition":
                definitions.items.append(_item(element))
            case "inputData":
                definitions.inputs.append(
                    model.InputData(*_identity(element), _variable_of(element))
                )
            case "decision":
                definitions.decisions.append(_decision(element))
            case "businessKnowledgeModel":
                definitions.knowledge.append(_knowledge(element))
            case "decisionService":
                definitions.services.append(_service(element))
    return definitions


def _identity(element: Element) -> tuple[str, str]:
    """(id, name); an element without an id is known by its name."""
    name = attribute(element, "name")
    return attribute(element, "id") or name, name


def _variable_of(element: Element) -> model.Variable:
    """The information item of an element; it has the element's name."""
    variable = child(element, "variable")
    name = attribute(element, "name")
    if variable is None:
        return model.Variable(name, "")
    return model.Variable(attribute(variable, "name") or name, type_reference(variable))


def _variable(element: Element) -> model.Variable:
    return model.Variable(attribute(element, "name"), type_reference(element))


def _item(element: Element) -> model.ItemDefinition:
    function = child(element, "functionItem")
    return model.ItemDefinition(
        name=attribute(element, "name"),
        base=type_reference(element),
        collection=attribute(element, "isCollection") == "true",
        values=text(child(element, "allowedValues")),
        constraint=text(child(element, "typeConstraint")),
        components=tuple(_item(inner) for inner in children(element, "itemComponent")),
        function=None
        if function is None
        else (
            tuple(_variable(parameter) for parameter in children(function, "parameters")),
            attribute(function, "outputTypeRef"),
        ),
    )


def _hrefs(element: Element, name: str) -> tuple[str, ...]:
    return tuple(attribute(inner, "href") for inner in children(element, name))


def _requires(element: Element) -> tuple[str, ...]:
    return tuple(
        attribute(target, "href")
        for requirement in children(element)
        if local(requirement) in ("informationRequirement", "knowledgeRequirement")
        for target in children(requirement)
        if attribute(target, "href")
    )


def _decision(element: Element) -> model.Decision:
    return model.Decision(
        *_identity(element), _variable_of(element), _requires(element), _boxed_in(element)
    )


def _knowledge(element: Element) -> model.BusinessKnowledge:
    logic = child(element, "encapsulatedLogic")
    return model.BusinessKnowledge(
        *_identity(element),
        _variable_of(element),
        _requires(element),
        None if logic is None else _function(logic, 0),
    )


def _service(element: Element) -> model.DecisionService:
    return model.DecisionService(
        *_identity(element),
        _variable_of(element),
        _hrefs(element, "outputDecision"),
        _hrefs(element, "encapsulatedDecision"),
        _hrefs(element, "inputDecision"),
        _hrefs(element, "inputData"),
    )


# --- boxed expressions --------------------------------------------------------------------------


def _boxed_in(element: Element | None, depth: int = 0) -> model.Boxed | None:
    """The one boxed expression that an element holds, if it holds one."""
    if element is None:
        return None
    for inner in children(element):
        if local(inner) in _BOXED:
            return _boxed(inner, depth)
    return None


def _boxed(element: Element, depth: int) -> model.Boxed:
    if depth > MAX_NESTING:
        raise DmnError("the model is nested too deeply", "模型嵌套过深")
    return _BOXED[local(element)](element, depth + 1)


def _head(element: Element) -> tuple[str, str]:
    return attribute(element, "id"), type_reference(element)


def _literal(element: Element, depth: int) -> model.Boxed:
    return model.LiteralExpression(*_head(element), text(child(element, "text")))


def _context(element: Element, depth: int) -> model.Boxed:
    entries = []
    for entry in children(element, "contextEntry"):
        variable = child(entry, "variable")
        entries.append(
            model.ContextEntry(
                None if variable is None else _variable(variable), _boxed_in(entry, depth)
            )
        )
    return model.BoxedContext(*_head(element), tuple(entries))


def _list(element: Element, depth: int) -> model.Boxed:
    return model.BoxedList(*_head(element), _all_boxed(element, depth))


def _all_boxed(element: Element, depth: int) -> tuple[model.Boxed, ...]:
    return tuple(_boxed(inner, depth) for inner in children(element) if local(inner) in _BOXED)


def _relation(element: Element, depth: int) -> model.Boxed:
    columns = tuple(_variable(column) for column in children(element, "column"))
    rows = tuple(_all_boxed(row, depth) for row in children(element, "row"))
    return model.Relation(*_head(element), columns, rows)


def _invocation(element: Element, depth: int) -> model.Boxed:
    bindings = []
    for binding in children(element, "binding"):
        parameter = child(binding, "parameter")
        name = "" if parameter is None else attribute(parameter, "name")
        bindings.append((name, _boxed_in(binding, depth)))
    return model.Invocation(*_head(element), _boxed_in(element, depth), tuple(bindings))


def _function(element: Element, depth: int) -> model.FunctionDefinition:
    parameters = tuple(_variable(one) for one in children(element, "formalParameter"))
    kind = attribute(element, "kind") or "FEEL"
    return model.FunctionDefinition(*_head(element), kind, parameters, _boxed_in(element, depth))


def _conditional(element: Element, depth: int) -> model.Boxed:
    parts = (_boxed_in(child(element, name), depth) for name in ("if", "then", "else"))
    return model.Conditional(*_head(element), *parts)


def _filter(element: Element, depth: int) -> model.Boxed:
    parts = (_boxed_in(child(element, name), depth) for name in ("in", "match"))
    return model.BoxedFilter(*_head(element), *parts)


def _iteration(element: Element, depth: int) -> model.Boxed:
    kind = local(element)
    body = child(element, "return" if kind == "for" else "satisfies")
    return model.BoxedIteration(
        *_head(element),
        kind,
        attribute(element, "iteratorVariable"),
        _boxed_in(child(element, "in"), depth),
        _boxed_in(body, depth),
    )


def _table(element: Element, depth: int) -> model.Boxed:
    policy = attribute(element, "hitPolicy") or "UNIQUE"
    aggregation = attribute(element, "aggregation")
    try:
        hit_policy, aggregated = model.HitPolicy(policy), model.Aggregation(aggregation)
    except ValueError:
        raise DmnError(
            f'there is no hit policy "{policy} {aggregation}"',
            f"没有名为“{policy} {aggregation}”的命中策略",
        ) from None
    return model.DecisionTable(
        *_head(element),
        hit_policy,
        aggregated,
        tuple(_input(one) for one in children(element, "input")),
        tuple(_output(one) for one in children(element, "output")),
        tuple(_rule(one) for one in children(element, "rule")),
    )


def _input(element: Element) -> model.InputClause:
    expression = child(element, "inputExpression")
    return model.InputClause(
        attribute(element, "id"),
        attribute(element, "label"),
        text(expression),
        "" if expression is None else type_reference(expression),
        text(child(element, "inputValues")),
    )


def _output(element: Element) -> model.OutputClause:
    default = child(element, "defaultOutputEntry")
    return model.OutputClause(
        attribute(element, "id"),
        attribute(element, "name"),
        attribute(element, "label"),
        type_reference(element),
        text(child(element, "outputValues")),
        None if default is None else text(default),
    )


def _rule(element: Element) -> model.Rule:
    return model.Rule(
        attribute(element, "id"),
        tuple(text(cell) for cell in children(element, "inputEntry")),
        tuple(text(cell) for cell in children(element, "outputEntry")),
        tuple(text(cell) for cell in children(element, "annotationEntry")),
    )


_BOXED: dict[str, Callable[[Element, int], model.Boxed]] = {
    "literalExpression": _literal,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "invocation": _invocation,
    "functionDefinition": _function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iteration,
    "some": _iteration,
    "every": _iteration,
    "decisionTable": _table,
}
