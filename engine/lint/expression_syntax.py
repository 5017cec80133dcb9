"""Every expression must be FEEL that can be read, before a ticket meets it."""

from collections.abc import Iterator

from engine.bpmn.model import Node
from engine.expressions import compiled
from engine.feel import FeelSyntaxError
from engine.lint import Context, Finding

ID = "expression-syntax"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Compile all expressions of all nodes and flows."""
    for scope, node in context.nodes():
        for text in _expressions(node):
            yield from _compile(node.id, text, node.line)
        for flow in node.outgoing:
            if flow.condition is not None and flow.id in scope.flows:
                yield from _compile(flow.id, flow.condition, node.line)


def _expressions(node: Node) -> Iterator[str]:
    """Texts that are always FEEL, and those that are when they begin with `=`."""
    always = [node.start_condition, node.activation_condition]
    always += [a.value for a in node.assignments]
    always += [t.correlation for t in node.triggers if t.correlation]
    always += [t.expression for t in node.triggers if t.kind == "conditional"]
    if node.loop is not None:
        loop = node.loop
        always += [loop.condition, loop.cardinality, loop.collection, loop.completion]
        always += [a.condition for a in loop.announcements]
    if node.scope is not None:
        always.append(node.scope.completion_condition)
    for association in (*node.data_inputs, *node.data_outputs):
        always.append(association.transformation)
        always += [a.value for a in association.assignments]
    maybe = [a.value for a in (*node.inputs, *node.outputs)]
    maybe += [t.expression or "" for t in node.triggers if t.kind == "timer"]
    maybe += [p.value for p in node.call.parameters] if node.call else []
    if node.human is not None:
        h = node.human
        people = (h.assignee, h.candidates, h.excluded)
        maybe += [x or "" for x in (*people, h.subject, h.due, h.follow_up, h.priority)]
    yield from (text for text in always if text)
    yield from (text for text in maybe if text.startswith("="))


def _compile(element: str, text: str, line: int) -> Iterator[Finding]:
    try:
        compiled(text.removeprefix("="))
    except FeelSyntaxError as error:
        words = error.message
        yield Finding(element, f"“{text}”: {words['en']}", f"“{text}”：{words['zh']}", line)
