"""Reads the data of activities and events: inputs, outputs, properties and associations (BPMN 2.0, 10.4)."""

from engine.bpmn.document import ACTIVITIES, Document, Element, unprefixed
from engine.bpmn.extensions import NS, text_of, words_of
from engine.bpmn.model import Assignment, DataAssociation, Node, Store


def read_data(document: Document, e: Element, node: Node) -> None:
    """Data inputs, outputs and properties with the associations around them. A collection that a multi-instance
    activity runs over is taken from its source at once, not once an instance."""
    loop = e.find("b:multiInstanceLoopCharacteristics", NS)
    whole = set()
    if loop is not None:
        whole = {
            text_of(loop.find(f"b:{t}", NS)) for t in ("loopDataInputRef", "loopDataOutputRef")
        }
    if node.tag in ACTIVITIES:
        declared = [
            *e.iterfind("b:ioSpecification/b:dataInput", NS),
            *e.iterfind("b:ioSpecification/b:dataOutput", NS),
            *e.iterfind("b:property", NS),
        ]
        names = [variable(document, d.get("id")) for d in declared if d.get("id") not in whole]
        node.local_names = tuple(n for n in names if n)
    node.data_inputs = _associations(document, e, "dataInputAssociation", "targetRef", whole)
    node.data_outputs = _associations(document, e, "dataOutputAssociation", "sourceRef", whole)


def _associations(
    document: Document, e: Element, tag: str, end: str, without: set[str | None]
) -> tuple[DataAssociation, ...]:
    found = []
    for association in e.iterfind(f"b:{tag}", NS):
        if text_of(association.find(f"b:{end}", NS)) in without:
            continue
        source, target = (
            variable(document, text_of(association.find(f"b:{r}", NS)))
            for r in ("sourceRef", "targetRef")
        )
        assignments = tuple(
            Assignment(text_of(a.find("b:to", NS)) or "", text_of(a.find("b:from", NS)) or "")
            for a in association.iterfind("b:assignment", NS)
        )
        transformation = text_of(association.find("b:transformation", NS))
        found.append(DataAssociation(source, target, transformation, assignments))
    return tuple(found)


def variable(document: Document, reference: str | None) -> str | None:
    """The variable that a data element is: its name, else its id; a reference to a data object
    or store is what it refers to."""
    if not reference:
        return None
    element = document.target(reference)
    if element is None:
        return unprefixed(reference)
    for kind in ("dataObjectRef", "dataStoreRef"):
        if element.get(kind):
            return variable(document, element.get(kind))
    return str(element.get("name") or element.get("id"))


def store_of(document: Document, reference: Element) -> Store | None:
    """The data store that a reference names; None for one that names none: each instance has that to itself."""
    named = reference.get("dataStoreRef")
    if not named:
        return None
    store = document.target(named)
    if store is None:  # it stands in another file
        return Store(unprefixed(named), words_of(reference))
    capacity = store.get("capacity")
    bounded = capacity is not None and store.get("isUnlimited", "true") == "false"
    return Store(store.get("id"), words_of(store), int(capacity) if bounded else None)


def item(multiple: Element, tag: str) -> str | None:
    item = multiple.find(f"b:{tag}", NS)
    return None if item is None else str(item.get("name") or item.get("id"))


def collection(document: Document, multiple: Element, tag: str) -> str | None:
    """The variable behind the data input or output that holds the whole collection."""
    reference = text_of(multiple.find(f"b:{tag}", NS))
    if reference is None:
        return None
    here, there = ("targetRef", "sourceRef") if "Input" in tag else ("sourceRef", "targetRef")
    kind = "dataInputAssociation" if "Input" in tag else "dataOutputAssociation"
    for association in multiple.getparent().iterfind(f"b:{kind}", NS):
        if text_of(association.find(f"b:{here}", NS)) == reference:
            return variable(document, text_of(association.find(f"b:{there}", NS)))
    return variable(document, reference)
