"""What an element lists as incoming and outgoing are the flows drawn (BPMN 2.0, table 8.44)."""

from collections.abc import Iterator

from engine.bpmn.document import ACTIVITIES, EVENTS, GATEWAYS, references, unprefixed
from engine.lint import Context, Finding, at

ID = "flow-lists"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """In a file that keeps such lists, each is complete and right."""
    document = context.document
    if next(document.all("incoming", "outgoing"), None) is None:
        return
    drawn: dict[tuple[str, str], set[str]] = {}
    for flow in document.all("sequenceFlow"):
        for end, name in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            drawn.setdefault((unprefixed(flow.get(end, "")), name), set()).add(flow.get("id", ""))
    for element in document.all(*ACTIVITIES, *GATEWAYS, *EVENTS):
        for name in ("incoming", "outgoing"):
            listed = set(references(element, name))
            if listed != drawn.get((element.get("id"), name), set()):
                yield at(
                    element,
                    f"The flows listed as {name} are not those that are drawn.",
                    f"{name} 列表与实际连线不一致。",
                )
