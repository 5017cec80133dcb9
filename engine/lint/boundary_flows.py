"""A boundary event leads somewhere; a compensation is tied to what undoes, by an association (BPMN 2.0, 10.5.4)."""

from collections.abc import Iterator

from engine.bpmn.document import Document, compensates, local, of_kind, unprefixed
from engine.lint import Context, Finding, at

ID = "boundary-flows"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """One flow at least leaves it; none leaves a compensation boundary event, which has a handler."""
    document = context.document
    leaving = {unprefixed(f.get("sourceRef", "")) for f in document.all("sequenceFlow")}
    for event in document.all("boundaryEvent"):
        kinds = {of_kind(local(d)) for d in document.event_definitions(event)}
        if "compensate" not in kinds:
            if event.get("id") not in leaving:
                yield at(event, "No flow leaves the boundary event.", "边界事件没有流出的连线。")
        elif event.get("id") in leaving:
            yield at(
                event,
                "No flow may leave a compensation boundary event; an association leads to the handler.",
                "补偿边界事件不能有流出连线，应以关联指向补偿活动。",
            )
        elif not _handled(document, event.get("id")):
            yield at(
                event,
                "No association leads to an activity that compensates (isForCompensation).",
                "补偿边界事件没有通过关联指向补偿活动（isForCompensation）。",
            )


def _handled(document: Document, event: str) -> bool:
    for association in document.all("association"):
        ends = [unprefixed(association.get(end, "")) for end in ("sourceRef", "targetRef")]
        if event in ends:
            other = document.target(ends[1 - ends.index(event)])
            if other is not None and compensates(other):
                return True
    return False
