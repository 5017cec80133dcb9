"""A condition on the only way out can leave a token nowhere to go (BPMN 2.0, 8.3.13)."""

from collections import Counter
from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, child, local, unprefixed
from engine.lint import Context, Finding, at

ID = "conditional-flow"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """An activity with a conditional flow has another flow; events have none with conditions."""
    document = context.document
    leaving = Counter(unprefixed(f.get("sourceRef", "")) for f in document.all("sequenceFlow"))
    for flow in document.all("sequenceFlow"):
        source = document.target(flow.get("sourceRef"))
        if source is None or child(flow, "conditionExpression") is None:
            continue
        if local(source) in ACTIVITIES and leaving[source.get("id")] < 2:
            yield at(
                flow,
                "The only flow out of an activity has a condition: add the other way.",
                "活动唯一的流出连线带有条件，请补充另一条分支。",
            )
        elif local(source) in EVENTS:
            yield at(
                flow,
                "A condition on a flow out of an event is not allowed; use a gateway.",
                "事件的流出连线不能带条件，请使用网关。",
            )
