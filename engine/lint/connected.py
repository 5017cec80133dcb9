"""A node that no token can reach is a mistake that nobody would see."""

from collections.abc import Iterator

from engine.bpmn.model import Node
from engine.lint import Context, Finding

ID = "connected"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Flows lead somewhere; every node is reached; ends end and starts start."""
    for scope in context.scopes():
        begins = bool(scope.starts) or scope.triggered_by_event
        for flow in scope.flows.values():
            if flow.source not in scope.nodes or flow.target not in scope.nodes:
                yield Finding(
                    flow.id,
                    "The flow must begin and end at elements of the same scope.",
                    "连线的两端必须是同一层级中的元素。",
                    flow.line,
                )
        for node in scope.nodes.values():
            if node.tag == "endEvent" and node.outgoing:
                yield Finding(
                    node.id,
                    "Nothing may follow an end event.",
                    "结束事件之后不能再有连线。",
                    node.line,
                )
            if node.tag in ("startEvent", "boundaryEvent") and node.incoming:
                yield Finding(
                    node.id,
                    "No flow may lead into a start or boundary event.",
                    "连线不能指向开始事件或边界事件。",
                    node.line,
                )
            if node.tag == "boundaryEvent" and node.attached_to not in scope.nodes:
                yield Finding(
                    node.id,
                    "The boundary event is attached to nothing.",
                    "边界事件没有附着在任何活动上。",
                    node.line,
                )
            if begins and not node.incoming and not _may_begin(node):
                yield Finding(
                    node.id,
                    "No flow leads here: a token can never reach it.",
                    "没有连线指向此元素，令牌永远无法到达。",
                    node.line,
                )


def _may_begin(node: Node) -> bool:
    return (
        node.tag in ("startEvent", "boundaryEvent")
        or node.for_compensation
        or node.instantiate
        or (node.scope is not None and node.scope.triggered_by_event)
        or (node.tag == "intermediateCatchEvent" and node.trigger.kind == "link")
    )
