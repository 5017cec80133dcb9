"""Reading the test files of the DMN Technology Compatibility Kit: cases, inputs, expected values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.feel.temporal_text import parse_date, parse_datetime, parse_duration, parse_time

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "boolean": lambda text: text.strip() in ("true", "1"),
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_datetime,
    "duration": parse_duration,
    "dayTimeDuration": parse_duration,
    "yearMonthDuration": parse_duration,
}
_NUMBERS = {"decimal", "double", "float", "integer", "int", "long", "short"}


@dataclass(frozen=True)
class Expected:
    name: str
    value: Any
    error: bool


@dataclass(frozen=True)
class Case:
    """`service` is the decision service to call, "" where decisions are asked one by one."""

    id: str
    kind: str
    service: str
    inputs: dict[str, Any]
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class TestFile:
    path: Path
    model: Path
    cases: tuple[Case, ...]

    @property
    def level(self) -> str:
        return self.path.parent.parent.name

    @property
    def folder(self) -> str:
        return self.path.parent.name


def test_files(root: Path) -> Iterator[TestFile]:
    """All test files below a folder, in the order of their paths."""
    for path in sorted(root.rglob("*.xml")):
        element = etree.parse(str(path), etree.XMLParser(resolve_entities=False)).getroot()
        if _name(element) == "testCases":
            model = next(_children(element, "modelName")).text or ""
            cases = tuple(_case(one) for one in _children(element, "testCase"))
            yield TestFile(path, path.parent / model.strip(), cases)


def _case(element: Any) -> Case:
    kind = element.get("type") or "decision"
    inputs: dict[str, Any] = {}
    for node in _children(element, "inputNode"):
        inputs[_qualified(node)] = _value(node)
    expected = tuple(
        Expected(
            _qualified(node),
            next((_value(one) for one in _children(node, "expected")), None),
            node.get("errorResult") == "true",
        )
        for node in _children(element, "resultNode")
    )
    return Case(element.get("id"), kind, element.get("invocableName") or "", inputs, expected)


def _qualified(element: Any) -> str:
    """The name of a node, with the namespace of its model where that is given."""
    name, namespace = element.get("name"), element.get("namespace")
    return f"{{{namespace}}}{name}" if namespace else str(name)


def _value(element: Any) -> Any:
    """The FEEL value of an element that holds `value`, `component`s or a `list`."""
    components = {}
    for child in _children(element):
        nil = child.get(XSI + "nil") == "true"
        if _name(child) == "value":
            return None if nil else _simple(child)
        if _name(child) == "list":
            return None if nil else [_value(item) for item in _children(child, "item")]
        if _name(child) == "component":
            components[child.get("name")] = None if nil else _value(child)
    return components if len(element) else None


def _simple(element: Any) -> Any:
    kind = (element.get(XSI + "type") or "string").rpartition(":")[2]
    text = element.text or ""
    if kind in _NUMBERS:
        return Decimal(text.strip())
    value = _READERS[kind](text if kind == "string" else text.strip())
    if value is None:
        raise ValueError(f"{text!r} is no {kind}")
    return value


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: Any, name: str = "") -> Iterator[Any]:
    return (one for one in element if isinstance(one.tag, str) and name in ("", _name(one)))
