"""Where a scope draws its start, it draws its end, and the other way round (BPMN 2.0, 10.5.2, 10.5.3)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, GATEWAYS, Element, children, compensates, unprefixed
from engine.lint import Context, Finding, at

ID = "start-and-end"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Start and end events only together; with end events, everything leads on until one."""
    for scope in context.document.all("process", "subProcess", "transaction"):
        starts, ends = children(scope, "startEvent"), children(scope, "endEvent")
        if starts and not ends:
            yield at(
                scope,
                "There is a start event, but no end event.",
                "有开始事件，但没有结束事件。",
            )
        elif ends and not starts and not children(scope, *_INSTANTIATING):
            yield at(
                scope,
                "There is an end event, but no start event.",
                "有结束事件，但没有开始事件。",
            )
        if ends:
            yield from _dead_ends(context, scope)


_INSTANTIATING = ("receiveTask", "eventBasedGateway")


def _dead_ends(context: Context, scope: Element) -> Iterator[Finding]:
    left = {unprefixed(f.get("sourceRef", "")) for f in context.document.all("sequenceFlow")}
    for node in children(scope, *ACTIVITIES, *GATEWAYS):
        aside = compensates(node) or node.get("triggeredByEvent") == "true"
        if not aside and node.get("id") not in left:
            yield at(
                node,
                "No flow leaves this element, and it is no end event.",
                "此元素没有流出连线，且不是结束事件。",
            )
