"""What the elements of a deployed diagram are called, in both languages, read from the diagram as it was deployed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.diagrams.kinds import KINDS
from engine.tables import deployed_resource, process_version

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
TEXT = "{urn:lanedesk:bpmn:1.0}text"
EXTENSIONS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}extensionElements"

# element id → {"zh": …, "en": …}, and of a gateway or event that is drawn without a name {"kind": its BPMN element}
Names = Mapping[str, Mapping[str, str]]


def names_of(session: Session, version_id: UUID) -> Names:
    """The names of all elements of a version's diagram; empty when its diagram is not kept.

    Versions never change, so each is read once a process.
    """
    if version_id not in _known:
        content = session.scalar(
            select(deployed_resource.c.content)
            .join(
                process_version,
                process_version.c.deployment_id == deployed_resource.c.deployment_id,
            )
            .where(
                process_version.c.id == version_id,
                deployed_resource.c.name == process_version.c.resource,
            )
        )
        if len(_known) > 500:
            _known.clear()
        _known[version_id] = names_in(bytes(content)) if content else {}
    return _known[version_id]


_known: dict[UUID, Names] = {}


@lru_cache(maxsize=100)
def names_in(diagram: bytes) -> Names:
    """The names in a diagram's XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    found: dict[str, dict[str, str]] = {}
    for element in etree.fromstring(diagram, parser).iter(etree.Element):
        identity, name = element.get("id"), element.get("name")
        kind = element.tag.removeprefix(BPMN)
        if identity and not name and kind in KINDS:
            found[identity] = {"kind": kind}
        if not identity or not name:
            continue
        words = {"zh": name, "en": name}
        for extension in element.findall(f"{EXTENSIONS}/{TEXT}"):
            if extension.get("lang") and extension.get("name"):
                words[str(extension.get("lang"))] = str(extension.get("name"))
        if identity not in found or element.tag.startswith(BPMN):
            found[identity] = words  # an outcome may have the id of a step: the step counts
    return found


def name_in(names: Names, element: str | None, locale: str) -> str:
    """An element's name in a locale such as `zh_CN`; its id when it has none."""
    words: Mapping[str, Any] = names.get(element or "", {})
    return words.get("zh" if locale.startswith("zh") else "en") or element or ""


def said_in(names: Names, element: str | None, locale: str) -> str:
    """How a sentence calls an element: by its name, one without a name by its kind where that says something."""
    kind = names.get(element or "", {}).get("kind")
    return KINDS[kind].in_(locale) if kind else name_in(names, element, locale)
