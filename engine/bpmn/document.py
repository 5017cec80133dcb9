"""A BPMN file as XML: elements by local name and id, references resolved, lines. What the linter's rules about
the standard's constraints look at, whether or not the file holds anything that can run."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

Element = Any  # lxml's element; lxml ships no types

ACTIVITIES = {
    "task", "userTask", "manualTask", "scriptTask", "serviceTask", "sendTask", "receiveTask",
    "businessRuleTask", "callActivity", "subProcess", "transaction", "adHocSubProcess",
}  # fmt: skip
GATEWAYS = {
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway",
}  # fmt: skip
EVENTS = {
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
}  # fmt: skip


class Document:
    """One file. Elements are lxml's; names are local names of BPMN's namespace."""

    def __init__(self, root: Element) -> None:
        self.root = root

    @cached_property
    def by_id(self) -> dict[str, Element]:
        """BPMN elements by id."""
        found: dict[str, Element] = {}
        for element in self.root.iter(f"{{{BPMN}}}*"):
            if element.get("id"):
                found.setdefault(element.get("id"), element)
        return found

    def all(self, *names: str) -> Iterator[Element]:
        """Every element of these local names, in the order of the file."""
        found: Iterator[Element] = self.root.iter(*(f"{{{BPMN}}}{name}" for name in names))
        return found

    def target(self, reference: str | None) -> Element | None:
        """The element of this file that a reference (a QName or an id) names."""
        return self.by_id.get(unprefixed(reference)) if reference else None

    def event_definitions(self, event: Element) -> list[Element]:
        """The definitions of an event: those in it, then those it refers to."""
        inside = [c for c in event if local(c).endswith("EventDefinition")]
        referred = [self.target(text(c)) for c in children(event, "eventDefinitionRef")]
        return inside + [r for r in referred if r is not None]

    def equivalent(self, one: str | None, other: str | None) -> bool:
        """Whether two references to item definitions mean the same type (BPMN 2.0, 10.3.3: equivalent)."""
        if unprefixed(one or "") == unprefixed(other or ""):
            return True
        first, second = self.target(one), self.target(other)
        if first is None or second is None or not first.get("structureRef"):
            return False
        return bool(first.get("structureRef") == second.get("structureRef"))


def unprefixed(reference: str) -> str:
    """The local part of a QName."""
    return reference.strip().rpartition(":")[2]


def local(element: Element) -> str:
    """An element's local name; "" for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """The children of these local names."""
    return [c for c in element if local(c) in names]


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    found: Element | None = element.find(f"{{{BPMN}}}{name}")
    return found


def text(element: Element | None) -> str:
    """The text in an element, stripped; "" where there is none."""
    return "" if element is None else "".join(element.itertext()).strip()


def references(element: Element, name: str) -> list[str]:
    """The references in the children of that name, or in the attribute of that name, without prefixes."""
    found = [unprefixed(text(c)) for c in children(element, name)]
    if element.get(name):
        found += [unprefixed(r) for r in element.get(name).split()]
    return found


def compensates(activity: Element) -> bool:
    """Whether it stands beside the flow to undo something. An event sub-process is started by its event, whatever the
    attribute says."""
    beside: bool = activity.get("isForCompensation") == "true"
    return beside and activity.get("triggeredByEvent") != "true"


def of_kind(kind: str) -> str:
    """`message` for messageEventDefinition."""
    return kind.removesuffix("EventDefinition")


def identity(element: Element) -> str:
    """The id of the element, else of the nearest one around that has one."""
    for around in (element, *element.iterancestors()):
        if around.get("id"):
            return str(around.get("id"))
    return local(element)


def line(element: Element) -> int:
    """Where it stands (1-based)."""
    return int(element.sourceline or 0)
