"""Writes into a kept file only what an editor has changed in it.

An editor reads a file and writes it anew; what it does not know it may drop, what it holds for better it may add. So
it also sends what it would have written without any change. What differs between its two texts is what the person has
done, and that alone goes into the kept file: all else of it, also what no editor understands, stays.
"""

import re
from collections.abc import Iterable
from copy import copy
from difflib import SequenceMatcher
from typing import Any

from lxml import etree

from designer_api.files.contents import encoding_of, text_of
from designer_api.files.spelling import Spelling

Element = Any
Key = tuple[str, str]
_QNAME = re.compile(r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*")
_NAMES = (
    "id",
    "bpmnElement",
    "dmnElementRef",
    "href",
)  # by which an element is known among its kind
_NAMELESS = "no"
_REFERENCES = ("Ref", "}incoming", "}outgoing", "}source", "}target", "}supports")
_DECLARED = re.compile(r"^\ufeff?\s*(?:<\?xml\s[^>]*\?>\s*)?")


class NotGraftable(Exception):
    """One of the texts is no XML, or they do not belong together: the editor's text is kept as it is."""


def graft(kept: bytes, before: str, content: str) -> bytes:
    """`kept` with what is different between `before` and `content`. Raises NotGraftable."""
    text = text_of(kept)
    stock, old, new = _parse(text), _parse(before), _parse(content)
    spelling = Spelling(stock, _DECLARED.sub("", text, count=1))
    roots = stock.getroot(), old.getroot(), new.getroot()
    if len({root.tag for root in roots}) != 1:
        raise NotGraftable("the roots differ")
    patch = _Patch(*roots)
    patch.run()
    lost = patch.missing()
    if lost:
        raise NotGraftable(f"{', '.join(sorted(lost)[:5])} found no place")
    declaration = _DECLARED.match(text)
    written = (declaration[0] if declaration else "") + spelling.write(stock)
    # a character that the encoding has not is written as a reference
    return written.encode(encoding_of(kept), "xmlcharrefreplace")


def _parse(text: str) -> Any:
    """A tree of the text, whatever encoding it declares."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False
    )
    try:
        tree = etree.ElementTree(
            etree.fromstring(_DECLARED.sub("", text, count=1).encode(), parser)
        )
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotGraftable(str(error)) from error
    if tree.docinfo.doctype:
        raise NotGraftable("a DOCTYPE")
    return tree


class _Patch:
    """One graft: stock is changed, old and new are only read."""

    def __init__(self, stock: Element, old: Element, new: Element) -> None:
        self.stock, self.old, self.new = stock, old, new
        self.stock_ids, self.old_ids, self.new_ids = (_ids(r) for r in (stock, old, new))

    def run(self) -> None:
        """Walk all three together from the root."""
        self._element(self.stock, self.old, self.new)

    def missing(self) -> set[str]:
        """Ids of the editor's text that the stock should have now and has not, or still has and should not."""
        now = _ids(self.stock)
        added = {key for key in self.new_ids if key not in self.old_ids and key not in now}
        stayed = {
            key
            for key in self.old_ids
            if key not in self.new_ids and key in now and key in self.stock_ids
        }
        return added | stayed

    def _element(self, stock: Element, old: Element, new: Element) -> None:
        for name in {*old.attrib, *new.attrib}:
            value = new.get(name)
            if old.get(name) == value:
                continue
            if value is None:
                stock.attrib.pop(name, None)
            else:
                stock.set(name, self._translated(value, new, stock))
        if (old.text or "").strip() != (new.text or "").strip():
            stock.text = self._translated(new.text or "", new, stock)
        self._children(stock, old, new)

    def _children(self, stock: Element, old: Element, new: Element) -> None:
        mine, was, now = _aligned(stock, old, new)
        for key, child in was.items():
            if key not in now and key in mine and not self._elsewhere(child):
                _remove(mine.pop(key))
        last: Element | None = None
        for key, child in now.items():
            there = mine.get(key)
            if key in was and there is not None:
                self._element(there, was[key], child)
            elif key in was:
                if _print(was[key]) != _print(child):  # the editor's own, and now of meaning
                    there = self._insert(stock, self._copied(child, stock), last)
            elif there is None:
                there = self._insert(stock, self._brought(child, stock), last)
            if there is not None:
                last = there

    def _elsewhere(self, child: Element) -> bool:
        """Whether it only has another parent now; what was replaced by another kind of element is gone."""
        there = self.new_ids.get(child.get("id"))
        return there is not None and there.tag == child.tag

    def _brought(self, child: Element, parent: Element) -> Element:
        """What is new here: moved from another place of the stock, else a copy."""
        key = child.get("id")
        stock, old = self.stock_ids.get(key), self.old_ids.get(key)
        if stock is None or old is None or stock.tag != child.tag or parent in stock.iter():
            return self._copied(child, parent)
        _remove(stock)
        self._element(stock, old, child)
        return stock

    def _copied(self, child: Element, parent: Element) -> Element:
        """A copy that means the same below another parent: prefixes in values are those of the stock."""
        made = etree.Element(child.tag, nsmap=_missing_prefixes(child, parent))
        for name, value in child.attrib.items():
            made.set(name, self._translated(value, child, parent))
        made.text = self._translated(child.text or "", child, parent) or None
        for inner in child:
            if isinstance(inner.tag, str):
                made.append(self._copied(inner, parent))
            else:
                made.append(copy(inner))
            made[-1].tail = inner.tail
        return made

    def _insert(self, parent: Element, child: Element, after: Element | None) -> Element:
        """Behind `after`, else first; the white space around is that of its neighbour."""
        tail = after.tail if after is not None else parent.text
        if after is not None and after.getparent() is parent:
            at = parent.index(after) + 1
        else:
            at = 0
        child.tail = tail
        parent.insert(at, child)
        return child

    def _translated(self, value: str, source: Element, target: Element) -> str:
        """A reference by the prefix under which the stock knows its namespace."""
        if not _QNAME.fullmatch(value.strip()):
            return value
        prefix, _, own = value.strip().partition(":")
        space = source.nsmap.get(prefix)
        if space is None or target.nsmap.get(prefix) == space:
            return value
        for known, uri in target.nsmap.items():
            if uri == space:
                return f"{known}:{own}" if known else own
        return value


def _ids(root: Element) -> dict[str, Element]:
    return {e.get("id"): e for e in root.iter() if isinstance(e.tag, str) and e.get("id")}


def _keyed(element: Element) -> dict[Key, Element]:
    """Children by kind and id, else by what they refer to; those that have neither by kind and place.

    A list of references has no order of meaning, and editors take one out and put it back at the end.
    """
    found: dict[Key, Element] = {}
    counts: dict[Key, int] = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        tag, text = str(child.tag), (child.text or "").strip()
        named = next((name for name in _NAMES if child.get(name)), None)
        if named:
            key = (tag, f"{named} {child.get(named).rpartition(':')[2]}")
        elif text and not len(child) and tag.endswith(_REFERENCES):
            key = (tag, f"to {text.rpartition(':')[2]}")
        else:
            key = (tag, _NAMELESS)
        counts[key] = counts.get(key, 0) + 1
        found[(tag, f"{key[1]} {counts[key]}")] = child
    return found


def _aligned(
    stock: Element, old: Element, new: Element
) -> tuple[dict[Key, Element], dict[Key, Element], dict[Key, Element]]:
    """Children of all three, the same key for the same child. Those without a name are the same where they are alike
    and come in the same order: one that the editor left out, or the person took away, shifts no other."""
    mine, was, now = _keyed(stock), _keyed(old), _keyed(new)
    for tag in {tag for tag, name in (*mine, *now) if name.startswith(_NAMELESS)}:
        counts = [sum(_nameless(key, tag) for key in each) for each in (mine, was, now)]
        if len(set(counts)) > 1:
            mine, now = _renamed(mine, was, tag, "kept"), _renamed(now, was, tag, "new")
    return mine, was, now


def _nameless(key: Key, tag: str) -> bool:
    return key[0] == tag and key[1].startswith(_NAMELESS)


def _renamed(
    children: dict[Key, Element], was: dict[Key, Element], tag: str, others: str
) -> dict[Key, Element]:
    """The nameless ones of a kind with the keys of those in `was` that they are; the rest is of the `others`."""
    mine, theirs = ([key for key in each if _nameless(key, tag)] for each in (children, was))
    match = SequenceMatcher(
        None,
        [_print(children[key]) for key in mine],
        [_print(was[key]) for key in theirs],
        autojunk=False,
    )
    names: dict[Key, Key] = {}
    for _, first, end, other, last in match.get_opcodes():
        for at, key in enumerate(mine[first:end]):
            known = other + at < last
            names[key] = theirs[other + at] if known else (tag, f"{others} {key[1]}")
    return {names.get(key, key): child for key, child in children.items()}


def _remove(element: Element) -> None:
    """Take it out; what follows it stays."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and element.tail.strip():
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    elif element.getnext() is None and before is not None:
        before.tail = element.tail
    parent.remove(element)


def _print(element: Element) -> tuple[Any, ...]:
    """What an element says, to be compared; white space around it left out."""
    inner = tuple(_print(child) for child in element if isinstance(child.tag, str))
    return element.tag, frozenset(element.attrib.items()), (element.text or "").strip(), inner


def _missing_prefixes(child: Element, parent: Element) -> dict[str, str]:
    """Prefixes that values of the element use and the place where it goes does not know."""
    values: Iterable[str] = [*child.attrib.values(), child.text or ""]
    found = {}
    for value in values:
        if not _QNAME.fullmatch(value.strip()):
            continue
        prefix = value.strip().partition(":")[0]
        space = child.nsmap.get(prefix)
        if space is not None and space not in parent.nsmap.values():
            found[prefix] = space
    return found
