"""From the MIME tree to what a person sees: the body in its sections, and the attachments."""

import mimetypes
import re
from dataclasses import dataclass, field
from html import escape
from urllib.parse import unquote

from connectors.mail.parsing.charsets import clean_text, decode
from connectors.mail.parsing.filenames import safe_filename
from connectors.mail.parsing.flowed import unflow
from connectors.mail.parsing.headers import parameters
from connectors.mail.parsing.invites import invite_text
from connectors.mail.parsing.markup import read_markup
from connectors.mail.parsing.structure import Budget, Part, parse_nested
from connectors.mail.parsing.tnef import Tnef, TnefUnreadable, read_tnef
from connectors.mail.parsing.transfer import decode_transfer, uuencoded_files

_BODY_TEXT = frozenset(
    {"text/plain", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"}
)
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/news"})
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE
)
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){2}")
_HTML_START = re.compile(r"\s*(?:<!doctype html|<html)\b", re.IGNORECASE)
_ENRICHED_TAG = re.compile(r"<(/?)([a-zA-Z-]{1,60})>")
_SHOWN_HEADERS = ("from", "date", "to", "cc", "subject")
_MAX_SHOWN_DEPTH = 3


@dataclass(slots=True)
class FoundAttachment:
    """An attachment before it is known which of them the HTML shows."""

    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None
    location: str | None = None


@dataclass(slots=True)
class Section:
    """A stretch of the body: as text, as HTML (not yet cleaned), or as both alternatives."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Body:
    sections: list[Section] = field(default_factory=list)
    attachments: list[FoundAttachment] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        return not any((s.text or "").strip() or (s.html or "").strip() for s in self.sections)


def read_body(root: Part, budget: Budget) -> Body:
    """Body and attachments of the whole mail; charges `budget`, notes defects there."""
    return _Collector(budget).collect(root)


class _Collector:
    def __init__(self, budget: Budget, shown_depth: int = 0) -> None:
        self.budget = budget
        self.shown_depth = shown_depth
        self.attachments: list[FoundAttachment] = []
        # Words to fall back to: of invites, and of reports without a part for people.
        self.fallbacks: list[str] = []
        self.wrapped: list[Tnef] = []
        self.in_report = False

    def collect(self, root: Part) -> Body:
        body = Body(self.sections(root), self.attachments)
        if body.is_blank:
            self.fill_blank(body)
        return body

    def fill_blank(self, body: Body) -> None:
        """A body with no words of its own takes those of winmail.dat, an invite or a report."""
        for tnef in self.wrapped:
            if tnef.text or tnef.html:
                body.sections.append(Section(tnef.text or None, tnef.html or None))
        if body.is_blank:
            body.sections.extend(Section(text) for text in self.fallbacks if text)

    def sections(self, part: Part) -> list[Section]:
        kind = part.content_type
        if part.children:
            if kind == "multipart/alternative":
                return self.alternative(part)
            if kind == "multipart/report":
                self.in_report = True
            return [section for child in part.children for section in self.sections(child)]
        if kind in _MESSAGE_TYPES:
            return self.message(part)
        if not self.is_body(part):
            return self.attach(part)
        if kind == "text/html":
            return self.html(part)
        return self.text(part)

    def is_body(self, part: Part) -> bool:
        """Whether a leaf belongs to the words of the mail rather than to its files."""
        if part.content_type not in _BODY_TEXT and part.content_type != "text/html":
            return False
        # A named text is a file, unless it is all there is (some mailers name their body); one
        # without a name is words, even where it calls itself an attachment.
        name = self.declared_name(part)
        return not name or (part.is_whole and part.disposition[0] != "attachment")

    def alternative(self, part: Part) -> list[Section]:
        """RFC 2046 §5.1.4: the same in several forms. The last HTML counts; all texts are kept."""
        texts: list[str] = []
        html: list[Section] = []
        for child in part.children:
            sections = self.sections(child)
            if any((section.html or "").strip() for section in sections):
                html = sections
            else:
                texts.extend(s.text for s in sections if (s.text or "").strip() and s.text)
        if not html:
            return [Section("\n\n".join(dict.fromkeys(texts)))] if texts else []
        if len(html) == 1:
            text = "\n\n".join(dict.fromkeys(texts)) or html[0].text
            return [Section(text, html[0].html)]
        joined = "\n".join(section_html(section) for section in html)
        return [Section("\n\n".join(dict.fromkeys(texts)) or None, joined)]

    # -- leaves --------------------------------------------------------------------------------

    def payload(self, part: Part) -> tuple[bytes, bytes]:
        content, rest, wrong = decode_transfer(part.body, part.encoding)
        if wrong:
            self.budget.note(wrong)
        self.budget.decoded += len(content)
        if self.budget.decoded > self.budget.limits.decoded_total:
            self.budget.note("decoded size beyond the bound")
            return part.body, b""
        return content, rest

    def text(self, part: Part) -> list[Section]:
        content, rest = self.payload(part)
        charset = part.type_parameters.get("charset")
        for start, end, name, file in reversed(uuencoded_files(content)):
            number = len(self.attachments) + 1
            filename = safe_filename(decode(name)[0], "application/octet-stream", number)
            self.attachments.append(FoundAttachment(filename, _type_by_name(filename), file))
            content = content[:start] + content[end:]
        text = clean_text(decode(content, charset, part.headers.hint)[0])
        if rest.strip():
            text += "\n" + clean_text(decode(rest, charset, part.headers.hint)[0])
        if part.content_type in ("text/enriched", "text/richtext"):
            text = _plain_from_enriched(text)
        elif part.type_parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.type_parameters.get("delsp", "").lower() == "yes")
        elif _HTML_START.match(text) and len(text) < self.budget.limits.html_characters:
            return [Section(None, text)]  # HTML that is declared plain
        limit = self.budget.limits.text_characters
        if len(text) > limit:
            self.budget.note("text longer than the bound")
            self.attach_content(part, content, "text.txt")
            text = text[:limit]
        return [Section(text)] if text.strip() else []

    def html(self, part: Part) -> list[Section]:
        content, rest = self.payload(part)
        charset = part.type_parameters.get("charset")
        meta = _META_CHARSET.search(content[:4096])
        in_markup = meta.group(1).decode("ascii") if meta is not None else None
        if in_markup and in_markup.lower().startswith("utf-16"):
            in_markup = "utf-8"  # HTML Living Standard §13.2.3.2
        html = decode(content, charset or in_markup, part.headers.hint or in_markup)[0]
        if rest.strip():
            html += "<br>" + escape(clean_text(decode(rest, charset)[0]), quote=False)
        html = clean_text(html)
        limit = self.budget.limits.html_characters
        if len(html) > limit:
            self.budget.note("HTML longer than the bound")
            self.attach_content(part, content, "message.html")
            html = html[:limit]
        return [Section(None, html)] if html.strip() else []

    def message(self, part: Part) -> list[Section]:
        """A mail within the mail: a file of exactly its bytes, and its words shown below ours."""
        content, _ = self.payload(part)
        nested = parse_nested(part, self.budget)
        name = self.declared_name(part) or nested.headers.text("subject")[:120]
        if name and not name.lower().endswith((".eml", ".msg")):
            name += ".eml"
        self.attach_content(part, content, name)
        if self.in_report or self.shown_depth >= _MAX_SHOWN_DEPTH:
            return []
        inner = _Collector(self.budget, self.shown_depth + 1).collect(nested)
        lines = ["", "---------- Forwarded message ----------"]
        for field_name in _SHOWN_HEADERS:
            value = nested.headers.text(field_name)
            if value:
                lines.append(f"{field_name.capitalize()}: {value}")
        words = "\n\n".join(section_text(section) for section in inner.sections)
        return [Section("\n".join(lines) + "\n\n" + words)]

    def attach(self, part: Part) -> list[Section]:
        content, _ = self.payload(part)
        kind = part.content_type
        name = self.declared_name(part)
        if kind in _TNEF_TYPES or name.lower() == "winmail.dat":
            return self.unwrap(part, content, name)
        if kind == "text/calendar":
            charset = part.type_parameters.get("charset") or "utf-8"
            self.fallbacks.append(invite_text(clean_text(decode(content, charset)[0])))
        elif kind == "message/delivery-status":
            self.fallbacks.append(clean_text(decode(content)[0]).strip())
        if content or name or part.disposition[0]:
            self.attach_content(part, content, name)
        return []

    def unwrap(self, part: Part, content: bytes, name: str) -> list[Section]:
        limits = self.budget.limits
        try:
            tnef = read_tnef(
                content, max_files=limits.tnef_attachments, max_text=limits.text_characters
            )
        except TnefUnreadable as error:
            self.budget.note(f"winmail.dat cannot be read: {error}")
            self.attach_content(part, content, name or "winmail.dat")
            return []
        self.wrapped.append(tnef)
        for file in tnef.files:
            kind = file.content_type if "/" in file.content_type else ""
            number = len(self.attachments) + 1
            filename = safe_filename(file.filename, kind or "application/octet-stream", number)
            self.attachments.append(
                FoundAttachment(
                    filename, kind or _type_by_name(filename), file.content, file.content_id or None
                )
            )
        return []

    def attach_content(self, part: Part, content: bytes, name: str) -> None:
        number = len(self.attachments) + 1
        content_id = part.headers.tokens("content-id").strip().strip("<>").strip()
        location = part.headers.tokens("content-location").replace(" ", "")
        if not name and location:
            name = location.partition("?")[0]
        filename = safe_filename(name, part.content_type, number)
        if location and not content_id:
            content_id = location
        self.attachments.append(
            FoundAttachment(
                filename, part.content_type, content, content_id or None, location or None
            )
        )

    def declared_name(self, part: Part) -> str:
        """The name that the part gives itself, from either field; several spellings are tried."""
        for raw in part.headers.all_raw("content-disposition"):
            name = parameters(raw, part.headers.hint)[1].get("filename", "").strip()
            if name:
                return _unescaped_name(name)
        for raw in part.headers.all_raw("content-type"):
            name = parameters(raw, part.headers.hint)[1].get("name", "").strip()
            if name:
                return _unescaped_name(name)
        return ""


def section_text(section: Section) -> str:
    """The words of a section alone, for where its HTML is not wanted."""
    if section.text is not None and section.text.strip():
        return section.text.strip("\n")
    return read_markup(section.html).text if section.html else ""


def section_html(section: Section) -> str:
    """The section as HTML; plain text keeps its line ends."""
    if section.html is not None and section.html.strip():
        return section.html
    escaped = escape((section.text or "").strip("\n"), quote=False)
    return "<div>" + escaped.replace("  ", " \u00a0").replace("\n", "<br>\n") + "</div>"


def _unescaped_name(name: str) -> str:
    """A name that a web mailer wrote as in an address (`%E5%8F%91.pdf`), as it was meant."""
    if not _PERCENT.search(name):
        return name
    try:
        plain = unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name
    return name if plain.isascii() else plain


def _plain_from_enriched(text: str) -> str:
    """text/enriched (RFC 1896) without its markup: one line end is a blank, n+1 are n."""
    text = re.sub(r"(?is)<param>[^<]{0,500}</param>", "", text)
    text = re.sub(r"\n+", lambda m: " " if len(m[0]) == 1 else "\n" * (len(m[0]) - 1), text)
    return _ENRICHED_TAG.sub("", text.replace("<<", "\x00")).replace("\x00", "<")


def _type_by_name(filename: str) -> str:
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"
