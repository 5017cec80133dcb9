"""Two versions of a diagram, element by element: added, removed, moved, and which property says something else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from designer_api.compare.changes import Change
from engine.bpmn.document import BPMN, Element, local
from engine.bpmn.extensions import LANEDESK
from engine.bpmn.reading import read_xml

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
# Kept by hand or worked out from flows: a flow that is added says it already.
_SILENT = {
    "incoming",
    "outgoing",
    "flowNodeRef",
    "extensionElements",
    "laneSet",
    "sourceRef",
    "targetRef",
}
# Properties that say an element's id: people read its name.
_LEADS_TO = {"sourceRef", "targetRef", "default", "attachedToRef"}
# Our extension elements of which each attribute is a property.
_BY_ATTRIBUTE = {"operator", "humanTask", "called", "decision", "subscription", "rule"}
_MOVED_LEAST = 1.0  # pixels; less is rounding


@dataclass
class _Seen:
    """An element as it stands in one version: its properties by name, its place on the page."""

    type: str
    names: dict[str, str]
    properties: dict[str, str]
    place: tuple[float, ...] | None = None


def compare_bpmn(left: bytes, right: bytes) -> list[Change]:
    """The differences in the order of the right file, what was removed last. Raises UnreadableDiagram."""
    before, after = _elements(left), _elements(right)
    changes: list[Change] = []
    for key, new in after.items():
        old = before.get(key)
        if old is None or old.type != new.type:
            changes.append(Change("added", key, new.type, new.names))
            continue
        changes += _properties(key, before, after)
        if _moved(old, new):
            changes.append(Change("moved", key, new.type, new.names))
    for key, old in before.items():
        if key not in after or after[key].type != old.type:
            changes.append(Change("removed", key, old.type, old.names))
    return changes


def _properties(
    key: str, before: Mapping[str, _Seen], after: Mapping[str, _Seen]
) -> Iterator[Change]:
    old, new = before[key], after[key]
    for name in dict.fromkeys([*old.properties, *new.properties]):
        was, now = old.properties.get(name), new.properties.get(name)
        if was != now:
            ends = (
                [before.get(was or ""), after.get(now or "")] if name in _LEADS_TO else [None] * 2
            )
            led, leads = (end.names if end else None for end in ends)
            yield Change("changed", key, new.type, new.names, name, was, now, led, leads)


def _moved(old: _Seen, new: _Seen) -> bool:
    if old.place is None or new.place is None:
        return old.place is not new.place and (old.place or new.place) is not None
    return len(old.place) != len(new.place) or any(
        abs(a - b) >= _MOVED_LEAST for a, b in zip(old.place, new.place, strict=True)
    )


def _elements(content: bytes) -> dict[str, _Seen]:
    root = read_xml(content)
    found: dict[str, _Seen] = {}
    for element in root.iter(f"{{{BPMN}}}*"):
        key = element.get("id")
        if key and key not in found and not local(element).endswith("EventDefinition"):
            found[key] = _Seen(local(element), _names(element), dict(_facts(element)))
    for flow in root.iter(f"{{{BPMN}}}sequenceFlow", f"{{{BPMN}}}messageFlow"):
        ends = [found.get(flow.get(end) or "") for end in ("sourceRef", "targetRef")]
        if not flow.get("name") and flow.get("id") in found and all(ends):
            found[flow.get("id") or ""].names = {
                tag: " → ".join(end.names[tag] for end in ends if end) for tag in ("zh", "en")
            }
    for lane in root.iter(f"{{{BPMN}}}lane"):
        for reference in lane.iterfind(f"{{{BPMN}}}flowNodeRef"):
            member = found.get((reference.text or "").strip())
            if member is not None:
                member.properties["lane"] = lane.get("name") or lane.get("id") or ""
    for drawn in root.iter(f"{{{DI}}}BPMNShape", f"{{{DI}}}BPMNEdge"):
        seen = found.get((drawn.get("bpmnElement") or "").rpartition(":")[2])
        if seen is not None:
            seen.place = tuple(_numbers(drawn))
    return found


def _names(element: Element) -> dict[str, str]:
    name = element.get("name") or element.get("id") or ""
    names = {"zh": name, "en": name}
    for text in element.iterfind(f"{{{BPMN}}}extensionElements/{{{LANEDESK}}}text"):
        if text.get("lang") in ("zh", "en"):
            names[text.get("lang")] = text.get("name") or name
    return names


def _numbers(drawn: Element) -> Iterator[float]:
    """Bounds of a shape, waypoints of an edge; not those of its label."""
    for child in drawn:
        if local(child) == "Bounds":
            names: tuple[str, ...] = ("x", "y", "width", "height")
        elif local(child) == "waypoint":
            names = ("x", "y")
        else:
            continue
        for name in names:
            try:
                yield float(child.get(name) or 0)
            except ValueError:
                yield 0.0


def _facts(element: Element) -> Iterator[tuple[str, str]]:
    """What an element says of itself, as (property, text): attributes, children without an id of their own, ours."""
    for name, value in element.attrib.items():
        if name != "id":
            yield _plain(name), value
    texts: dict[str, list[str]] = {}
    for child in element:
        kind = local(child)
        if not kind or kind in _SILENT:
            continue
        if kind.endswith("EventDefinition"):
            texts.setdefault(kind.removesuffix("EventDefinition"), []).append(_trigger(child))
        elif kind.endswith("LoopCharacteristics"):
            yield from _loop(child)
        elif not child.get("id") or kind == "conditionExpression":
            texts.setdefault(kind, []).append(_said(child))
    for name, values in texts.items():
        yield name, "\n".join(values)
    yield from _extensions(element)


def _trigger(definition: Element) -> str:
    """A timer's time, a condition, the name of a message, signal, error or escalation; else what there is."""
    for child in definition:
        if local(child) not in (None, "extensionElements") and (child.text or "").strip():
            return str(child.text).strip()
    references = [value for name, value in definition.attrib.items() if name.endswith("Ref")]
    for root in definition.getroottree().getroot() if references else ():
        if root.get("id") == references[0].rpartition(":")[2]:
            return root.get("errorCode") or root.get("escalationCode") or root.get("name") or ""
    return _said(definition)


def _loop(loop: Element) -> Iterator[tuple[str, str]]:
    """How often a step is done: each attribute and expression a property."""
    own = loop.iterfind(f"{{{BPMN}}}extensionElements/{{{LANEDESK}}}loop")
    for said in (loop, *own):
        for name, value in said.attrib.items():
            if name != "id":
                yield f"loop.{_plain(name)}", value
    for child in loop:
        if local(child) not in (None, "extensionElements"):
            yield f"loop.{local(child)}", _said(child)


def _extensions(element: Element) -> Iterator[tuple[str, str]]:
    """Extension elements: parameters, assignments, outcomes each a property; others as they are written."""
    counts: dict[str, int] = {}
    for extension in element.iterfind(f"{{{BPMN}}}extensionElements/*"):
        kind = local(extension)
        name = extension.get("lang") or extension.get("name") or extension.get("id")
        owned = (
            extension.tag.startswith(f"{{{LANEDESK}}}") if isinstance(extension.tag, str) else False
        )
        if not owned:
            key = _plain(extension.tag)
            counts[key] = counts.get(key, 0) + 1
            yield f"{key} {counts[key]}" if counts[key] > 1 else key, _said(extension)
            continue
        if kind == "text":
            yield f"text {extension.get('lang')}", extension.get("name") or _said(extension)
        elif kind in _BY_ATTRIBUTE:
            for attribute, value in extension.attrib.items():
                yield f"{kind}.{_plain(attribute)}", value
            if (extension.text or "").strip():
                yield kind, (extension.text or "").strip()
            for inner in extension:
                if local(inner):
                    inner_name = inner.get("name") if local(inner) == "param" else inner.get("id")
                    yield f"{local(inner)} {inner_name or ''}".strip(), _said(inner)
        else:
            yield f"{kind} {name or ''}".strip(), _said(extension)


def _said(element: Element) -> str:
    """An element as short text: its value or text, else its attributes, then what is in it."""
    if element.get("value") is not None and local(element) in (
        "assign",
        "input",
        "output",
        "param",
    ):
        return str(element.get("value"))
    parts = [
        f"{_plain(name)}={value}"
        for name, value in sorted(element.attrib.items())
        if name != "id" and not name.startswith("{http://www.w3.org/2001/XMLSchema-instance}")
    ]
    text = (element.text or "").strip()
    if text:
        parts.append(text)
    for child in element:
        if local(child):
            said = _said(child)
            parts.append(f"{local(child)}: {said}" if said else local(child))
    return " ".join(parts)


def _plain(name: Any) -> str:
    """`colour` for `{urn:vendor}colour`: the local name, with the vendor where it is not the standard's."""
    text = str(name)
    if not text.startswith("{"):
        return text
    space, _, own = text[1:].partition("}")
    if space in (BPMN, LANEDESK):
        return own
    return f"{space.rstrip('/').rpartition('/')[2].rpartition(':')[2]}:{own}"
