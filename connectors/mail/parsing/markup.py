"""Mail HTML in one linear pass: its lines of text, where quotations begin, and tamer markup.

The result is not safe yet: `cleaning.clean_html` has the last word. This pass exists because the
signs of a quotation are classes and ids, which cleaning rightly removes, and because nesting must
be bounded before any tree is built. No tree here: tokens go in, pieces and lines come out.
"""

import re
from dataclasses import dataclass, field
from html import escape, unescape
from urllib.parse import unquote

_TAG = re.compile(
    r"<(/?)([a-zA-Z][^\s/>]*+)((?:=\s*+\"[^\"]*\"|=\s*+'[^']*'|[^>])*+)>",
)
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*)>")
_ATTRIBUTE = re.compile(
    r"([^\s\"'<>/=]+)(?:\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>][^\s>]*)))?"
)
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_RAW_TEXT = frozenset(
    {"script", "style", "title", "xmp", "iframe", "noembed", "noframes", "object"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
)
_BLOCK_NAMES = (
    "address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 "
    "h6 head header hr html li main nav ol p pre section table tbody tfoot thead tr ul"
)
_BLOCK = frozenset(_BLOCK_NAMES.split())
_PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol"})
# HTML Living Standard §13.2.4.3: these are reopened in each block that follows while they are open.
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
     "u"}
)  # fmt: skip
# Their end tags are optional, so many of them in a row are not deep.
_NOT_COUNTED = frozenset({"p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead"})
_DROPPED = frozenset({"html", "head", "body", "meta", "link", "base", "o:p", "form", "input"})
_MAX_DEPTH = 150
_MAX_REOPENED = 400_000
_MAX_BAD_TAGS = 50

# Elements that hold a quotation (class or id), by client.
_CONTAINER = re.compile(
    r"gmail_quote|gmail_extra_quote|yahoo_quoted|yahoo-quoted|protonmail_quote|tutanota_quote|"
    r"zmail_extra|isReplyContent|isForwardContent|replyContent|__aliyun_previous_msg|"
    r"history-quote|lark-mail-quote|adit-html-block--quoted|"
    r"OLK_SRC_BODY_SECTION|qt_mail_quote|quote-block|freebirdFormviewer|mail-quote|"
    r"ms-outlook-mobile-reference-message|mail-editor-reference-message|netease_reply|"
    r"ntes_reply|WPS_quote|moz-forward-container|moz-email-headers-table|airmail_quote|"
    r"front-blockquote|gorgias_quote|hs_reply|ymail_quote|crisp-quote",
    re.IGNORECASE,
)
# Elements after which the rest of the mail is quotation.
_SEPARATOR = re.compile(
    r"stopSpelling|zwchr|divRplyFwdMsg|appendonsend|moz-cite-prefix|x_appendonsend|"
    r"xm_mail_oringinal_describe|ntes_mail_header|AOLMsgPart|OutlookMessageHeader|"
    r"aolReplacedBody|replySplit|isReplyHeader|mobile-original-mail",
    re.IGNORECASE,
)
_QUOTE_STYLE = re.compile(r"border-(?:left|inline-start)\s*:", re.IGNORECASE)
# Outlook's and Windows Mail's line above the header of the mail that is answered.
_BORDER_TOP = re.compile(
    r"border-top(?:-style)?\s*:\s*(?:solid|#?[\w().,% ]*\d[\w%. ]*solid)", re.IGNORECASE
)
_FOXMAIL_HEADER = re.compile(
    r"background(?:-color)?\s*:\s*(?:#efefef|rgb\(239, ?239, ?239\))", re.I
)
_HINT = re.compile(r"class|id\s*=|cite|border|background|name\s*=|data-", re.IGNORECASE)


@dataclass(slots=True)
class MarkupLine:
    """A line as a reader sees it. `piece` is the index of its first piece of markup; `depth` the
    number of quotations around it; `mark` says that a client's separator stands right before it,
    `border` that a drawn line does, `indented` that it stands in a bare blockquote, which is a
    quotation only where the words before it say so."""

    text: str
    piece: int
    depth: int
    mark: bool = False
    border: bool = False
    has_image: bool = False
    indented: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.text and not self.has_image


@dataclass(slots=True)
class Markup:
    """The pieces of tamed markup and the lines that they make up."""

    pieces: list[str] = field(default_factory=list)
    lines: list[MarkupLine] = field(default_factory=list)
    image_sources: set[str] = field(default_factory=set)
    too_complicated: bool = False

    @property
    def html(self) -> str:
        return "".join(self.pieces)

    @property
    def text(self) -> str:
        """The text of all lines, without runs of blank lines."""
        return join_lines([line.text for line in self.lines])


def join_lines(lines: list[str]) -> str:
    """Lines joined, blank ends cut off, more than one blank line in a row made one."""
    out: list[str] = []
    for line in lines:
        if line or (out and out[-1]):
            out.append(line)
    return "\n".join(out).strip("\n")


def read_markup(html: str, locations: dict[str, str] | None = None) -> Markup:
    """Reads `html`. `locations` maps Content-Location values to content ids (RFC 2557)."""
    return _Reader(html, locations or {}).read()


@dataclass(slots=True)
class _Quotation:
    """An open element that holds a quotation, and how many of its name are open within."""

    tag: str
    open: int = 0


class _Reader:
    def __init__(self, html: str, locations: dict[str, str]) -> None:
        self.html = html
        self.locations = locations
        self.result = Markup()
        self.out = self.result.pieces
        self.words: list[str] = []
        self.line_piece = 0
        self.line_image = False
        self.mark = self.border = False
        self.depth = self.formatting = self.reopened = 0
        self.pre = 0
        self.quotes: list[_Quotation] = []
        self.indents = 0
        self.unclosed: set[str] = set()
        self.bad_tags = 0

    def read(self) -> Markup:
        html, length, position = self.html, len(self.html), 0
        while position < length:
            tag_start = html.find("<", position)
            if tag_start < 0:
                self.text(html[position:])
                break
            if tag_start > position:
                self.text(html[position:tag_start])
            position = self.token(tag_start)
        self.break_line()
        return self.result

    def token(self, start: int) -> int:
        match = _TAG.match(self.html, start) if self.bad_tags < _MAX_BAD_TAGS else None
        if match is None:
            return self.odd_token(start)
        slash, name, attributes = match.groups()
        name = name.lower()
        if slash:
            self.end_tag(name, match.group(0))
        elif name in _RAW_TEXT:
            return self.skip_raw_text(name, match.end())
        else:
            self.start_tag(name, attributes, match.group(0))
        return match.end()

    def odd_token(self, start: int) -> int:
        """Comments, declarations, a bare `<`, and tags whose quotes are out of order."""
        html = self.html
        following = html[start + 1 : start + 2]
        if following in ("!", "?"):
            return self.declaration(start)
        is_end = following == "/"
        if not (following.isalpha() or is_end):
            self.text("<")
            return start + 1
        end = html.find(">", start)
        if end < 0:
            return self.rest_as_text(start)
        self.bad_tags += 1
        match = _PLAIN_TAG.match(html, start, end + 1)
        if match is None:
            if not is_end:
                self.text("<")
                return start + 1
        elif is_end:
            self.end_tag(match.group(2).lower(), match.group(0))
        elif match.group(2).lower() in _RAW_TEXT:
            return self.skip_raw_text(match.group(2).lower(), end + 1)
        else:
            self.start_tag(match.group(2).lower(), match.group(3), match.group(0))
        return end + 1

    def rest_as_text(self, start: int) -> int:
        self.text(self.html[start:])
        return len(self.html)

    def declaration(self, start: int) -> int:
        html = self.html
        if html.startswith("<!--", start):
            if "-->" not in self.unclosed:
                end = html.find("-->", start + 2)
                if end >= 0:
                    return end + 3
                self.unclosed.add("-->")
            # A comment that never ends: only its opening is dropped, so that nothing is lost.
            return start + 4
        end = html.find(">", start)
        return end + 1 if end >= 0 else self.rest_as_text(start)

    def skip_raw_text(self, name: str, position: int) -> int:
        if name in self.unclosed:
            return position
        close = re.compile(rf"</{name}(?=[\s/>])[^>]*>?", re.IGNORECASE).search(self.html, position)
        if close is None:
            self.unclosed.add(name)
            return position
        return close.end()

    # -- text ----------------------------------------------------------------------------------

    def text(self, raw: str) -> None:
        plain = unescape(raw) if "&" in raw else raw
        if self.pre:
            for index, line in enumerate(plain.split("\n")):
                if index:
                    self.out.append("\n")
                    self.break_line(force=True)
                self.out.append(escape(line, quote=False))
                self.words.append(line)
        elif plain.isspace():
            self.out.append(plain)
            if self.words:
                self.words.append(" ")
        else:
            plain_markup = plain is raw and ">" not in raw and "<" not in raw
            self.out.append(raw if plain_markup else escape(plain, quote=False))
            self.words.append(plain)

    def break_line(self, *, force: bool = False) -> None:
        if not (self.words or self.line_image or force):
            return
        text = "".join(self.words)
        text = text.rstrip() if self.pre else _SPACES.sub(" ", text).strip()
        lines = self.result.lines
        has_content = bool(text) or self.line_image
        if not has_content and len(lines) > 1 and lines[-1].is_blank and lines[-2].is_blank:
            # Two blank lines in a row are enough; the markup of more stays with them.
            self.line_piece = len(self.out)
            self.words.clear()
            return
        if has_content or force:
            lines.append(
                MarkupLine(
                    text,
                    self.line_piece,
                    len(self.quotes),
                    self.mark,
                    self.border,
                    self.line_image,
                    self.indents > 0,
                )
            )
            self.line_piece = len(self.out)
            if has_content:
                self.mark = self.border = False
            else:
                # A separator stands before words; a blank line hands it on.
                lines[-1].mark = lines[-1].border = False
            self.line_image = False
        self.words.clear()

    def blank_line(self) -> None:
        lines = self.result.lines
        if lines and lines[-1].text:
            lines.append(MarkupLine("", self.line_piece, len(self.quotes)))

    # -- tags ----------------------------------------------------------------------------------

    def start_tag(self, name: str, attributes: str, raw: str) -> None:
        if name in _BLOCK:
            self.break_line()
            if name in _PARAGRAPH:
                self.blank_line()
            self.reopened += self.formatting
            if self.reopened > _MAX_REOPENED:
                self.result.too_complicated = True
        if name == "br":
            self.out.append("<br>")
            self.break_line(force=True)
            return
        if name == "img":
            self.image(attributes)
            return
        if name in ("td", "th") and self.words:
            self.words.append(" ")
        if name == "li":
            self.words.append("- ")
        if name == "hr":
            self.border = True
        if attributes and _HINT.search(attributes):
            self.quotation_start(name, attributes)
        if self.quotes and self.quotes[-1].tag == name:
            self.quotes[-1].open += 1
        if name == "blockquote":
            self.indents += 1
        if name == "pre":
            self.pre += 1
        if name in _DROPPED:
            return
        if name not in _VOID and name not in _NOT_COUNTED and not raw.endswith("/>"):
            self.depth += 1
            if name in _FORMATTING:
                self.formatting += 1
            if self.depth > _MAX_DEPTH:
                return
        self.out.append(raw)

    def end_tag(self, name: str, raw: str) -> None:
        if name in _VOID:
            if name == "br":
                self.start_tag("br", "", raw)
            return
        is_block = name in _BLOCK
        if name == "pre" and self.pre:
            self.break_line()
            self.pre -= 1
        if name not in _DROPPED:
            emit = True
            if name not in _NOT_COUNTED:
                emit = self.depth <= _MAX_DEPTH
                self.depth = max(0, self.depth - 1)
                if name in _FORMATTING:
                    self.formatting = max(0, self.formatting - 1)
            if emit:
                self.out.append(raw)
        if is_block:
            self.break_line()
            if self.line_piece < len(self.out) and not self.words:
                # The closing tag belongs to the line before it.
                self.line_piece = len(self.out)
            if name in _PARAGRAPH:
                self.blank_line()
        elif name in ("td", "th"):
            self.words.append(" ")
        if self.quotes and self.quotes[-1].tag == name:
            self.quotes[-1].open -= 1
            if self.quotes[-1].open <= 0:
                self.quotes.pop()
        if name == "blockquote":
            self.indents = max(0, self.indents - 1)

    def quotation_start(self, name: str, attributes: str) -> None:
        """Notes the signs by which mail clients mark what they quote."""
        values = read_attributes(attributes)
        marks = " ".join(
            values.get(key, "") for key in ("class", "id", "name", "data-html-block", "data-marker")
        )
        style = values.get("style", "")
        if marks and _SEPARATOR.search(marks):
            self.mark = True
            return
        is_quote = bool(marks) and (
            _CONTAINER.search(marks) is not None or marks.strip() in ("quote", "_QUOTED_")
        )
        if name == "blockquote":
            is_quote = (
                is_quote
                or values.get("type", "").lower() == "cite"
                or "cite" in values
                or "quote" in marks.lower()
                or bool(_QUOTE_STYLE.search(style))
            )
        elif style and (_BORDER_TOP.search(style) or _FOXMAIL_HEADER.search(style)):
            self.border = True
        if is_quote and name not in _VOID:
            self.break_line()
            self.quotes.append(_Quotation(name))

    def image(self, attributes: str) -> None:
        values = read_attributes(attributes)
        source = values.get("src", values.get("data-src", "")).strip()
        kept = [
            f'{key}="{escape(values[key])}"'
            for key in ("alt", "title", "width", "height", "style")
            if values.get(key)
        ]
        lowered = source[:40].lower()
        if lowered.startswith("cid:"):
            content_id = _tidy_cid(source[4:])
            self.result.image_sources.add(content_id)
            kept.append(f'src="cid:{escape(content_id)}"')
        elif source in self.locations:
            content_id = self.locations[source]
            self.result.image_sources.add(content_id)
            kept.append(f'src="cid:{escape(content_id)}"')
        elif lowered.startswith("data:"):
            kept.append(f'src="{escape(source)}"')
        elif lowered.startswith(("http://", "https://", "//")):
            if lowered.startswith("//"):
                source = "https:" + source
            kept.append(f'data-src="{escape(source)}"')
        elif source:
            kept.append(f'title="{escape(source[:200])}"')
        self.out.append("<img " + " ".join(kept) + ">")
        is_pixel = values.get("width") in ("0", "1") or values.get("height") in ("0", "1")
        if source and not is_pixel:
            self.line_image = True


def read_attributes(attributes: str) -> dict[str, str]:
    """The attributes of a start tag, names lower case, values unescaped; the first one counts."""
    values: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(attributes):
        value = match.group(2) or match.group(3) or match.group(4) or ""
        values.setdefault(match.group(1).lower(), unescape(value) if "&" in value else value)
    return values


def _tidy_cid(raw: str) -> str:
    return unquote(raw).strip().strip("<>")
