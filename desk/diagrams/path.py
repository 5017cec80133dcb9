"""Which sequence flows were passed, from the history of an instance.

Gateways and activities with conditions say in the history which flows they chose. For all others the history names the
elements, not the flows between them: a flow counts as passed when its target was completed, or is reached now, after
its source was.
"""

from collections.abc import Iterable, Sequence

from engine.bpmn.document import Document, unprefixed
from engine.bpmn.reading import read_xml

Completed = tuple[str, Sequence[str] | None]


def passed_flows(
    xml: bytes, completed: Sequence[Completed], active: Iterable[str] = ()
) -> set[str]:
    """Ids of flows.

    `completed`: (element, the flows that it chose or None), in the order of completion, repeats included; `active`:
    where tokens stand.
    """
    chosen = {flow for _, flows in completed for flow in flows or ()}
    choosing = {element for element, flows in completed if flows is not None}
    order = [element for element, _ in completed]
    first = {element: at for at, element in reversed(list(enumerate(order)))}
    last = {element: at for at, element in enumerate(order)} | dict.fromkeys(active, len(order))
    found = set()
    for flow in Document(read_xml(xml)).all("sequenceFlow"):
        source = unprefixed(flow.get("sourceRef") or "")
        target = unprefixed(flow.get("targetRef") or "")
        if source in choosing:
            passed = flow.get("id") in chosen
        else:
            passed = source in first and target in last and last[target] > first[source]
        if passed:
            found.add(str(flow.get("id")))
    return found
