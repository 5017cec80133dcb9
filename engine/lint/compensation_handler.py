"""What undoes an activity stands beside the flow, tied to what it undoes (BPMN 2.0, 10.7.1)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, compensates, unprefixed
from engine.lint import Context, Finding, at

ID = "compensation-handler"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Compensation activities have no flows and are reached by an association; named activities can be compensated."""
    document = context.document
    tied = {
        unprefixed(association.get(end, ""))
        for association in document.all("association")
        for end in ("sourceRef", "targetRef")
    }
    flows = {
        unprefixed(flow.get(end, ""))
        for flow in document.all("sequenceFlow")
        for end in ("sourceRef", "targetRef")
    }
    for event in document.all("boundaryEvent"):
        host = document.target(event.get("attachedToRef"))
        if host is not None and compensates(host):
            yield at(
                event,
                "A compensation activity carries no boundary events; put it into a sub-process that has them inside.",
                "补偿活动上不能附着边界事件；请改用内部处理这些事件的补偿子流程。",
            )
    for activity in document.all(*ACTIVITIES):
        if not compensates(activity):
            continue
        if activity.get("id") in flows:
            yield at(
                activity,
                "No flow may lead into or out of a compensation activity.",
                "补偿活动不能有流入或流出的连线。",
            )
        elif activity.get("id") not in tied:
            yield at(
                activity,
                "No association ties the compensation activity to what it undoes.",
                "补偿活动没有通过关联与被补偿的活动相连。",
            )
