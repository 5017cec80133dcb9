"""A diagram's words in another language: names replaced by the translations it carries."""

from lxml import etree

from engine.bpmn.document import BPMN
from engine.bpmn.extensions import LANEDESK
from engine.bpmn.reading import read_xml

_TEXT = f"{{{BPMN}}}extensionElements/{{{LANEDESK}}}text"


def in_language(content: bytes, language: str) -> bytes:
    """The file with every `name` in `language` ("en", "zh") where it has one; for showing, not for storing."""
    root = read_xml(content)
    for element in root.iter(f"{{{BPMN}}}*"):
        for text in element.iterfind(_TEXT):
            if text.get("lang") == language and text.get("name"):
                element.set("name", text.get("name"))
    translated: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return translated
