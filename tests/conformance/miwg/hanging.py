"""What moves along with an element: its flows and associations, attached events and theirs, what is inside it."""

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ENDS = ("sourceRef", "targetRef")
_FLOWS = ("sequenceFlow", "messageFlow", "association", "conversationLink")


def hanging_on(content: bytes, element: str) -> frozenset[str]:
    """The ids of everything whose drawn place may change with the element's, its own among them."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    moved = {element}
    by_id = {
        one.get("id"): one for one in root.iter() if isinstance(one.tag, str) and one.get("id")
    }
    if element in by_id:
        moved |= {
            one.get("id")
            for one in by_id[element].iter()
            if isinstance(one.tag, str) and one.get("id")
        }
    if element in by_id and by_id[element].tag == f"{BPMN}participant":  # a pool, and what is in it
        process = by_id.get(_own(by_id[element].get("processRef")))
        if process is not None:
            moved |= {one.get("id") for one in process.iter() if isinstance(one.tag, str)}
    for one in root.iter(f"{BPMN}boundaryEvent"):
        if _own(one.get("attachedToRef")) in moved:
            moved.add(one.get("id"))
    for kind in _FLOWS:
        for flow in root.iter(f"{BPMN}{kind}"):
            if any(_own(flow.get(end)) in moved for end in _ENDS):
                moved.add(flow.get("id"))
    for kind in ("dataInputAssociation", "dataOutputAssociation"):
        for one in root.iter(f"{BPMN}{kind}"):
            ends = [_own((child.text or "").strip()) for child in one]
            activity = one.getparent().get("id")
            if activity in moved or moved & set(ends):
                moved.add(one.get("id"))
    return frozenset(one for one in moved if one)


def _own(reference: str | None) -> str:
    return (reference or "").rpartition(":")[2]
