"""DMN XML, read without trusting it: no DOCTYPE, no entities, no network, bounded in size.

Elements are known by their local names, so that the namespaces of DMN 1.1 to 1.5 all read alike.
"""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.dmn.errors import DmnError

MAX_BYTES = 10 * 1024 * 1024
Element = Any  # lxml.etree._Element; lxml has no types


def read(xml: bytes) -> Element:
    """The root `definitions` element. Raises DmnError."""
    if len(xml) > MAX_BYTES:
        raise DmnError(
            f"the model is larger than {MAX_BYTES // 1024 // 1024} MB",
            f"模型文件超过了 {MAX_BYTES // 1024 // 1024} MB",
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise DmnError(f"this is no XML: {error}", f"这不是有效的 XML：{error}") from None
    if root.getroottree().docinfo.doctype:
        raise DmnError("a DOCTYPE is not allowed", "不允许使用 DOCTYPE")
    namespace = etree.QName(root).namespace or ""
    if local(root) != "definitions" or "omg.org/spec/DMN" not in namespace:
        raise DmnError("this is no DMN model", "这不是 DMN 模型")
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def children(element: Element, name: str = "") -> Iterator[Element]:
    """The child elements, all or those of one local name."""
    for child in element:
        if isinstance(child.tag, str) and (not name or local(child) == name):
            yield child


def child(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def text(element: Element | None) -> str:
    """The text of the element's `text` child, or its own."""
    if element is None:
        return ""
    inner = child(element, "text")
    return "".join((element if inner is None else inner).itertext()).strip()


def attribute(element: Element, name: str) -> str:
    return str(element.get(name) or "")


def type_reference(element: Element) -> str:
    """The `typeRef`, an attribute since DMN 1.2, a child element of item definitions."""
    written = attribute(element, "typeRef")
    if not written:
        inner = child(element, "typeRef")
        written = "".join(inner.itertext()) if inner is not None else ""
    return written.strip()
