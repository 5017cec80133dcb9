"""Two BPMN files as trees: what one has and the other has not, whatever is free to differ left out.

Free are white space between elements, the order of attributes, prefixes (references are resolved through them),
comments, and attributes that say what the standard's schema says anyway. Everything else counts: elements, attributes
and texts of the standard and of vendors, the order among elements of one kind, every coordinate.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_QNAME = re.compile(r"[A-Za-z_][\w.-]*:[\w.-]+")
_NUMBERS = {"x", "y", "width", "height", "size", "resolution"}
# Said by the schemas of BPMN 2.0 and its interchange where a file does not say it: (element, attribute) → value.
_DEFAULTS = {
    ("*", "implementation"): "##unspecified", ("*", "isForCompensation"): "false", ("*", "startQuantity"): "1",
    ("*", "completionQuantity"): "1", ("*", "instantiate"): "false", ("*", "triggeredByEvent"): "false",
    ("*", "gatewayDirection"): "Unspecified", ("*", "isInterrupting"): "true", ("*", "cancelActivity"): "true",
    ("*", "parallelMultiple"): "false", ("*", "isCollection"): "false", ("*", "isUnlimited"): "true",
    ("*", "isClosed"): "false", ("*", "processType"): "None", ("*", "associationDirection"): "None",
    ("*", "eventGatewayType"): "Exclusive", ("*", "isSequential"): "false", ("*", "behavior"): "All",
    ("*", "testBefore"): "false", ("*", "waitForCompletion"): "true", ("*", "itemKind"): "Information",
    ("*", "textFormat"): "text/plain", ("*", "ordering"): "Parallel", ("*", "cancelRemainingInstances"): "true",
    ("*", "method"): "##Compensate", ("*", "minimum"): "0", ("*", "maximum"): "1",
    ("*", "expressionLanguage"): "http://www.w3.org/1999/XPath",
    ("*", "typeLanguage"): "http://www.w3.org/2001/XMLSchema", ("*", "strength"): "None",
    ("Font", "isBold"): "false", ("Font", "isItalic"): "false", ("Font", "isUnderline"): "false",
    ("Font", "isStrikeThrough"): "false",
    ("Bounds", "x"): "0", ("Bounds", "y"): "0",
}  # fmt: skip
_OTHERWISE = {("serviceTask", "implementation"), ("sendTask", "implementation"),
              ("receiveTask", "implementation")}  # their default is ##WebService  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """What is otherwise, where (the nearest id), of which sort: semantics, layout or foreign."""

    sort: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"[{self.sort}] {self.where}: {self.what}"


def compare(before: bytes, after: bytes, moved: frozenset[str] = frozenset()) -> list[Difference]:
    """Every difference; the drawn places of elements in `moved`, and of what hangs on them, may differ."""
    return list(_compare(_parse(before), _parse(after), moved, "definitions"))


def _parse(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(content, parser)


def _compare(one: Any, other: Any, moved: frozenset[str], where: str) -> Iterator[Difference]:
    where = one.get("id") or one.get("bpmnElement") or where
    sort = _sort(one)
    here = moved | ({"*"} if _moves(one, moved) else set())
    if not (here and "*" in here and _is_place(one)):
        yield from _attributes(one, other, sort, where)
    if _text(one) != _text(other):
        yield Difference(
            sort, where, f"{_tag(one)} says {_text(other)!r:.80}, not {_text(one)!r:.80}"
        )
    kinds: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, parent in enumerate((one, other)):
        for child in parent:
            kinds[str(child.tag)][side].append(child)
    for mine, theirs in kinds.values():
        if "*" in here and _local((mine or theirs)[0]) in ("waypoint", "Bounds", "BPMNLabel"):
            continue
        yield from _children(mine, theirs, here, where)


def _children(
    mine: list[Any], theirs: list[Any], moved: frozenset[str], where: str
) -> Iterator[Difference]:
    """Elements of one kind: those with an id by it (an id twice: in their order), the others by their place."""
    found: dict[str, list[Any]] = defaultdict(list)
    for child in theirs:
        if child.get("id"):
            found[child.get("id")].append(child)
    keys = [child.get("id") for child in mine if child.get("id") in found]
    if (
        keys != [c.get("id") for c in theirs if c.get("id") in set(keys)]
        and _sort(mine[0]) == "semantics"
    ):
        yield Difference("semantics", where, f"the order of {_tag(mine[0])} is another")
    rest = [child for child in theirs if not child.get("id")]
    for child in mine:
        same = found[child.get("id")] if child.get("id") else rest
        other = same.pop(0) if same else None
        if other is None:
            yield Difference(_sort(child), where, f"{_tag(child)} {child.get('id') or ''} is lost")
        else:
            yield from _compare(child, other, moved, where)
    for child in [*chain.from_iterable(found.values()), *rest]:
        yield Difference(_sort(child), where, f"{_tag(child)} {child.get('id') or ''} was added")


def _attributes(one: Any, other: Any, sort: str, where: str) -> Iterator[Difference]:
    was, now = _values(one), _values(other)
    for name in sorted({*was, *now}):
        if was.get(name) == now.get(name):
            continue
        if name not in was or name not in now:
            value = was.get(name, now.get(name))
            if _default(one, name) == value:
                continue
        foreign = name.startswith("{") and not name.startswith((f"{{{XSI}}}", f"{{{BPMN}}}"))
        yield Difference(
            "foreign" if foreign else sort,
            where,
            f"{_tag(one)} {_short(name)} is {now.get(name)!r}, not {was.get(name)!r}",
        )


def _values(element: Any) -> dict[str, str]:
    values = {}
    for name, value in element.attrib.items():
        if name.startswith(f"{{{XSI}}}") and name.endswith("schemaLocation"):
            continue
        if element.getparent() is None and name in ("exporter", "exporterVersion"):
            continue
        values[str(name)] = _value(element, str(name), value)
    return values


def _value(element: Any, name: str, value: str) -> str:
    """Numbers as numbers, booleans as words, references resolved through their prefix."""
    if _local_name(name) in _NUMBERS or _is_place(element):
        try:
            return repr(float(value))
        except ValueError:
            return value
    if value in ("1", "0") and name.startswith(
        ("is", "cancelActivity", "instantiate", "triggered")
    ):
        return "true" if value == "1" else "false"
    return _resolved(element, value)


def _resolved(element: Any, value: str) -> str:
    if not _QNAME.fullmatch(value.strip()):
        return value
    prefix, _, own = value.strip().partition(":")
    space = element.nsmap.get(prefix)
    if space is None:
        return value
    if space == element.getroottree().getroot().get("targetNamespace"):
        return own
    return f"{{{space}}}{own}"


def _default(element: Any, name: str) -> str | None:
    kind = _local(element)
    if (kind, name) in _OTHERWISE:
        return "##WebService"
    if kind == "BPMNShape" and name in (
        "isHorizontal",
        "isExpanded",
        "isMarkerVisible",
        "isMessageVisible",
    ):
        return None
    return _DEFAULTS.get((kind, name), _DEFAULTS.get(("*", name)))


def _text(element: Any) -> str:
    """What stands in an element; white space is free around child elements only."""
    text = element.text or ""
    pieces = [text, *((child.tail or "") for child in element)]
    if len(element) or not text.strip():
        return " ".join(piece.strip() for piece in pieces if piece.strip())
    return _resolved(element, text.replace("\r\n", "\n"))


def _moves(element: Any, moved: frozenset[str]) -> bool:
    if "*" in moved:
        return _local(element) in ("Bounds", "waypoint", "BPMNLabel")
    return _local(element) in ("BPMNShape", "BPMNEdge") and (
        _resolved(element, element.get("bpmnElement") or "").rpartition("}")[2] in moved
    )


def _is_place(element: Any) -> bool:
    return _local(element) in ("Bounds", "waypoint") and element.tag.startswith(
        (f"{{{DC}}}", f"{{{DD}}}")
    )


def _sort(element: Any) -> str:
    space = str(element.tag)[1:].partition("}")[0]
    return "semantics" if space == BPMN else "layout" if space in (DI, DC, DD) else "foreign"


def _local(element: Any) -> str:
    return _local_name(str(element.tag))


def _local_name(name: str) -> str:
    return name.rpartition("}")[2]


def _tag(element: Any) -> str:
    return _local(element)


def _short(name: str) -> str:
    space, _, own = name.rpartition("}")
    return f"{space.rstrip('/').rpartition('/')[2]}:{own}" if space else own
