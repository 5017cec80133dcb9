"""A link that is thrown is caught in the same scope, and the other way round (BPMN 2.0, 10.5.5)."""

from collections.abc import Iterator

from engine.bpmn.document import Element, children, local, references
from engine.lint import Context, Finding, at

ID = "link-event"
SEVERITY = "error"


def check(context: Context) -> Iterator[Finding]:
    """Every link has its other end of the same name, also where it refers to it; catches stand alone under a name."""
    for scope in context.document.all("process", "subProcess", "transaction", "adHocSubProcess"):
        ends: dict[str, list[Element]] = {
            "intermediateThrowEvent": [],
            "intermediateCatchEvent": [],
        }
        for event in children(scope, *ends):
            links = children(event, "linkEventDefinition")
            ends[local(event)] += links
        thrown, caught = ends.values()
        for link in thrown:
            if not any(_fits(link, other) for other in caught):
                yield at(link, "The link leads to no catching link.", "链接没有对应的捕获事件。")
        for link in caught:
            if not any(_fits(other, link) for other in thrown):
                yield at(link, "No throwing link leads here.", "没有链接抛出事件指向此处。")
            if sum(other.get("name") == link.get("name") for other in caught) > 1:
                yield at(
                    link,
                    "Two catching links have the same name.",
                    "存在两个同名的链接捕获事件。",
                )


def _fits(thrown: Element, caught: Element) -> bool:
    named = bool(thrown.get("name")) and thrown.get("name") == caught.get("name")
    target, sources = references(thrown, "target"), references(caught, "source")
    if target and caught.get("id") not in target:
        return False
    if sources and thrown.get("id") not in sources:
        return False
    return named
