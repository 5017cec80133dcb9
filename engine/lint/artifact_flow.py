"""Artifacts explain; no flow begins or ends at them (BPMN 2.0, 8.3.1)."""

from collections.abc import Iterator

from engine.bpmn.document import local
from engine.lint import Context, Finding, at

ID = "artifact-flow"
SEVERITY = "error"

_ARTIFACTS = ("textAnnotation", "association", "group")


def check(context: Context) -> Iterator[Finding]:
    """Ends of sequence and message flows are no artifacts."""
    for flow in context.document.all("sequenceFlow", "messageFlow"):
        for end in ("sourceRef", "targetRef"):
            target = context.document.target(flow.get(end))
            if target is not None and local(target) in _ARTIFACTS:
                yield at(
                    flow,
                    "A flow cannot begin or end at an annotation, association or group.",
                    "连线不能以注释、关联或分组为起点或终点。",
                )
