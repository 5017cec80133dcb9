"""A default flow is one of the flows that leave its element (BPMN 2.0, table 10.3, 10.6)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, GATEWAYS, local, unprefixed
from engine.lint import Context, Finding, at

ID = "default-flow"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """`default` names an outgoing sequence flow."""
    for element in context.document.all(*ACTIVITIES, *GATEWAYS):
        if element.get("default"):
            flow = context.document.target(element.get("default"))
            own = flow is not None and unprefixed(flow.get("sourceRef", "")) == element.get("id")
            if flow is None or not own or local(flow) != "sequenceFlow":
                yield at(
                    element,
                    "The default flow does not leave this element.",
                    "默认连线不是从此元素出发的。",
                )
