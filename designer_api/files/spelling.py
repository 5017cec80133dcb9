"""XML written anew keeps the spelling of the file where it says the same.

A serialiser has its own way with empty elements, quotes, line ends, references and the white space inside of tags. What
was not changed is therefore copied from the text that the tree was read from, tag by tag.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

Element = Any
_PIECE = re.compile(
    r"""(?P<whole><!--.*?-->|<\?.*?\?>)|(?P<text><!\[CDATA\[.*?\]\]>|[^<]+)"""
    r"""|<(?P<end>/)?(?:[^<>"']|"[^"]*"|'[^']*')*>""",
    re.DOTALL,
)


@dataclass(slots=True)
class _Spelt:
    """A node as text: its start tag, what follows that, its end tag (none of `<a/>`), what follows that."""

    start: str
    text: str = ""
    end: str = ""
    tail: str = ""


class Spelling:
    """How `text`, from which `tree` was just parsed, spells each node of it."""

    def __init__(self, tree: Any, text: str) -> None:
        # The nodes are held, so that lxml gives the same objects later.
        nodes = list(_nodes(tree))
        self.head, file = _spelt(text)
        _, own = _spelt(_serialised(tree))
        self._known = dict(zip(nodes, zip(file, own, strict=True), strict=True))
        self._breaks = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"

    def write(self, tree: Any) -> str:
        """The tree as it is now, in the file's own spelling where that still holds."""
        _, own = _spelt(_serialised(tree))
        now = dict(zip(_nodes(tree), own, strict=True))
        root = tree.getroot()
        around = [*reversed([*root.itersiblings(preceding=True)]), root, *root.itersiblings()]
        return self.head + "".join(piece for node in around for piece in self._node(node, now))

    def _node(self, node: Element, now: dict[Element, _Spelt]) -> Iterator[str]:
        new = now[node]
        file, before = self._known.get(node, (new, new))
        tags = file if (before.start, before.end) == (new.start, new.end) else new
        yield self._broken(tags.start) if tags is new else tags.start
        yield file.text if before.text == new.text else self._broken(new.text)
        for child in node:
            yield from self._node(child, now)
        yield tags.end
        yield file.tail if before.tail == new.tail else self._broken(new.tail)

    def _broken(self, text: str) -> str:
        """With the line ends of the file."""
        return text if self._breaks == "\n" else text.replace("\n", self._breaks)


def _serialised(tree: Any) -> str:
    return str(etree.tostring(tree, encoding="unicode"))


def _nodes(tree: Any) -> Iterator[Element]:
    """All elements, comments and instructions in the order of the file, also those around the root."""
    root = tree.getroot()
    yield from reversed([*root.itersiblings(preceding=True)])
    yield from root.iter()
    yield from root.itersiblings()


def _spelt(text: str) -> tuple[str, list[_Spelt]]:
    """What stands before the first node, and all nodes of well-formed XML in their order."""
    head, found, around = "", list[_Spelt](), list[_Spelt]()
    last: _Spelt | None = (
        None  # what the next text follows: it is its text while it is open, else its tail
    )
    for piece in _PIECE.finditer(text):
        said = piece[0]
        if piece["text"]:
            if last is None:
                head += said
            elif around and last is around[-1]:
                last.text += said
            else:
                last.tail += said
        elif piece["end"]:
            last = around.pop()
            last.end = said
        else:
            last = _Spelt(said)
            found.append(last)
            if not piece["whole"] and not said.endswith("/>"):
                around.append(last)
    return head, found
