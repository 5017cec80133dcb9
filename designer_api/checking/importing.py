"""What a BPMN file from elsewhere is: a layout where it has none, how large it is, what in it is of other vendors."""

from dataclasses import dataclass

from designer_api.files.contents import elements
from designer_api.layout import with_layout
from engine.bpmn.document import BPMN
from engine.bpmn.extensions import LANEDESK
from engine.bpmn.reading import UnreadableDiagram, read_xml

BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
STANDARD = (
    BPMN,
    BPMNDI,
    "http://www.omg.org/spec/DD/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.w3.org/2001/XMLSchema-instance",
    LANEDESK,
)


@dataclass(frozen=True)
class Imported:
    """A file as it came, with a layout where it had none.

    `foreign` are the namespaces whose elements and attributes are kept, not understood.
    """

    content: bytes
    laid_out: bool
    elements: int
    foreign: list[str]


def examine(content: bytes) -> Imported:
    """Look at a file; what cannot be read stays as it is."""
    try:
        root = read_xml(content)
    except UnreadableDiagram:
        return Imported(content, False, 0, [])
    foreign: set[str] = set()
    for element in root.iter():
        for name in (element.tag, *element.attrib):
            if isinstance(name, str) and name.startswith("{"):
                foreign.add(name[1:].partition("}")[0])
    shown = with_layout(content)
    return Imported(
        shown, shown != content, elements(content), sorted(foreign.difference(STANDARD))
    )
