"""The small part of Markdown that forms and the manual need, and the cleaning of HTML.

Headings, paragraphs (a line break stays one), **bold**, *italic*, `code`, [links](https://…),
lists, quotes, rules, tables and text between fences. Everything is escaped first and cleaned by nh3
last, so that neither a text of the schema nor data inside it can bring markup of its own.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

import nh3
from markupsafe import Markup, escape

_TAGS: Final = {
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "*": {"class", "lang", "dir"},
    "a": {"href", "target"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}

_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\[([^\[\]\n]{1,500})\]\(([^()\s]{1,2000})\)")
_BOLD: Final = re.compile(r"(\*\*|__)(?=\S)([^\n]{1,2000}?)(?<=\S)\1")
_ITALIC: Final = re.compile(r"(?<!\w)([*_])(?=\S)([^*_\n]{1,2000}?)(?<=\S)\1(?!\w)")
_HEADING: Final = re.compile(r"(#{1,6})\s+(.*?)\s*#*")
_RULE: Final = re.compile(r"(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}")
_BULLET: Final = re.compile(r"[-*+]\s+(.*)")
_NUMBER: Final = re.compile(r"\d{1,9}[.)]\s+(.*)")
_QUOTE: Final = re.compile(r">\s?(.*)")
_ROW: Final = re.compile(r"\|(.*)\|")
_UNDER_HEAD: Final = re.compile(r"\|(\s*:?-+:?\s*\|)+")
_FENCED: Final = re.compile(r"^```[^`\n]*\n(.*?)^```[ \t]*$", re.M | re.S)
# Escaped characters travel through the rules as private-use characters, so no rule sees them.
_PRIVATE: Final = 0xE000


def clean_html(html: str) -> Markup:
    """HTML with only harmless tags, attributes and addresses left."""
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return Markup(cleaned)  # noqa: S704 - this is where HTML becomes safe


def escape_markdown(text: str) -> str:
    """Plain text that Markdown shows as it is."""
    return _PUNCTUATION.sub(r"\\\1", text).replace("\n", " ")


def markdown(text: str) -> Markup:
    """Markdown as clean HTML."""
    text = _strip_private(text.replace("\r\n", "\n").replace("\r", "\n"))
    parts = _FENCED.split(text)  # every second one stood between fences
    return clean_html(
        "\n".join(_fenced(part) if n % 2 else _marked(part) for n, part in enumerate(parts))
    )


def _fenced(text: str) -> str:
    return f"<pre>{escape(text.rstrip())}</pre>"


def _marked(text: str) -> str:
    text = _ESCAPED.sub(lambda match: chr(_PRIVATE + ord(match[1])), text)
    return "\n".join(_blocks(text.split("\n")))


def _strip_private(text: str) -> str:
    return re.sub("[\ue000-\ue07f]", "", text)


def _kind(line: str) -> str:
    for kind, pattern in (
        ("rule", _RULE),
        ("heading", _HEADING),
        ("ul", _BULLET),
        ("ol", _NUMBER),
        ("blockquote", _QUOTE),
        ("table", _ROW),
    ):
        if pattern.fullmatch(line.strip()):
            return kind
    return "paragraph" if line.strip() else "blank"


def _blocks(lines: list[str]) -> Iterator[str]:
    for kind, group in groupby(lines, _kind):
        block = [line.strip() for line in group]
        if kind == "rule":
            yield "<hr>"
        elif kind == "heading":
            for match in filter(None, map(_HEADING.fullmatch, block)):
                level = min(len(match[1]) + 1, 6)  # the page has the heading of level 1
                yield f"<h{level}>{_inline(match[2])}</h{level}>"
        elif kind in ("ul", "ol"):
            pattern = _BULLET if kind == "ul" else _NUMBER
            matches = filter(None, map(pattern.fullmatch, block))
            items = "".join(f"<li>{_inline(match[1])}</li>" for match in matches)
            yield f"<{kind}>{items}</{kind}>"
        elif kind == "blockquote":
            quoted = [match[1] for match in filter(None, map(_QUOTE.fullmatch, block))]
            yield f"<blockquote><p>{_lines(quoted)}</p></blockquote>"
        elif kind == "table":
            yield _table(block)
        elif kind == "paragraph":
            yield f"<p>{_lines(block)}</p>"


def _table(rows: list[str]) -> str:
    """A table with a head, where the second row says that the first is one; else the lines as they are."""
    if len(rows) < 2 or not _UNDER_HEAD.fullmatch(rows[1]):
        return f"<p>{_lines(rows)}</p>"
    head, *body = [_row(row) for row in (rows[0], *rows[2:])]
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>" for cells in body
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _row(line: str) -> list[str]:
    return [_inline(cell.strip()) for cell in line[1:-1].split("|")]


def _lines(lines: list[str]) -> str:
    return "<br>".join(map(_inline, lines))


def _link(match: re.Match[str]) -> str:
    address = re.sub(r"[*_]", lambda char: chr(_PRIVATE + ord(char[0])), match[2])
    return f'<a href="{address}">{match[1]}</a>'


def _inline(text: str) -> str:
    """One line: escaped, then marked up. What stands in `code` is kept out of the other rules."""
    parts = _CODE.split(str(escape(text)))
    for index, part in enumerate(parts):
        if index % 2:
            parts[index] = f"<code>{part}</code>"
        else:
            part = _LINK.sub(_link, part)
            part = _BOLD.sub(r"<strong>\2</strong>", part)
            parts[index] = _ITALIC.sub(r"<em>\2</em>", part)
    return re.sub(
        "[\ue000-\ue07f]",
        lambda match: str(escape(chr(ord(match[0]) - _PRIVATE))),
        "".join(parts),
    )
