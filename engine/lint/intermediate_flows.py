"""An intermediate event lies on the way from something to something (BPMN 2.0, 10.5.4)."""

from collections.abc import Iterator

from engine.bpmn.document import local, unprefixed
from engine.lint import Context, Finding, at

ID = "intermediate-flows"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """A flow leads in and one leads out; links stand in for one of them."""
    document = context.document
    arriving = {unprefixed(f.get("targetRef", "")) for f in document.all("sequenceFlow")}
    leaving = {unprefixed(f.get("sourceRef", "")) for f in document.all("sequenceFlow")}
    for event in document.all("intermediateCatchEvent", "intermediateThrowEvent"):
        catches = local(event) == "intermediateCatchEvent"
        link = any(local(d) == "linkEventDefinition" for d in document.event_definitions(event))
        comes, goes = event.get("id") in arriving, event.get("id") in leaving
        if link and (comes if catches else goes):
            yield at(
                event,
                f"No flow may lead {'into a catching' if catches else 'out of a throwing'} link.",
                f"链接{'捕获' if catches else '抛出'}事件不能有流{'入' if catches else '出'}连线。",
            )
        if not comes and not (link and catches) and local(event.getparent()) != "adHocSubProcess":
            yield at(event, "No flow leads into the event.", "没有连线指向此中间事件。")
        if not goes and not (link and not catches):
            yield at(event, "No flow leaves the event.", "没有连线从此中间事件流出。")
