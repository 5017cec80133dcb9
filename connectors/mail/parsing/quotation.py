"""What the sender wrote this time, apart from what is quoted and from the signature.

One set of rules for plain text and for HTML: both come as lines, and each line is labelled new,
quoted or signature. Nothing is dropped: new, quoted and signature lines together are the mail.
Where nothing would be left as new, everything is new: words are never hidden for want of others.
Rules look at a line and a bounded number of its neighbours, so the work is linear.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from connectors.mail.parsing import phrases
from connectors.mail.parsing.cleaning import clean_html
from connectors.mail.parsing.markup import Markup, join_lines, read_markup

_PREFIX = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+|[ \t]{0,3}\uff1e")
_RULE = re.compile(r"[\s*]*(?:[-_=*\u2014\u2500\u2501]\s?){4,}[\s*]*")
_FRAMED = re.compile(
    r"[\s*_>]*[-\u2014\u2013_=\u2500\u2501*#]{2,}(.{2,70}?)[-\u2014\u2013_=\u2500\u2501*#]{2,}[\s*]*"
)
_ADDRESS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+")
_DATE = re.compile(
    r"\d{1,4}\s?[-/.\u5e74]\s?\d{1,2}|\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d{2}\b|\d\s?[AP]M\b",
    re.IGNORECASE,
)
# A mail of more lines than this is a log; it is shown whole.
_MAX_LINES = 50_000
_LONG_LINE = 600
_ATTRIBUTION_ENDS = (":", "\uff1a", "\u5199\u9053", "\u5beb\u9053")
_HEADER_SPAN = 12
_ATTRIBUTION_LINES = 4
_SIGNATURE_LINES = 40
_LOOSE_SIGNATURE_LINES = 12


class Label(Enum):
    NEW = "new"
    QUOTED = "quoted"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Split:
    """`newest` is free of quotation and signature; `quoted` is all the rest, in its order;
    `signature` is the part of the rest that is the sender's own."""

    newest: str
    quoted: str
    signature: str


@dataclass(frozen=True, slots=True)
class HtmlSplit:
    """A split of HTML: texts as in `Split`, and both halves as cleaned HTML."""

    texts: Split
    newest_html: str
    quoted_html: str


@dataclass(slots=True)
class _Line:
    """A line under judgement. `quoted` and `mark` come from prefixes or from markup; `header`
    is the kind of mail header that the line could be."""

    text: str
    quoted: bool
    mark: bool = False
    border: bool = False
    indented: bool = False
    image: bool = False
    label: Label = Label.NEW
    header: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.header = _header_kind(self.text)

    @property
    def blank(self) -> bool:
        return not self.text and not self.image


def split_text(text: str) -> Split:
    """Splits a plain text body."""
    raw_lines = text.split("\n")
    if len(raw_lines) > _MAX_LINES:
        return Split(text, "", "")
    lines = []
    for raw in raw_lines:
        prefix = _PREFIX.match(raw)
        stripped = raw.replace("\u00a0", " ").strip()
        quoted = prefix is not None and not stripped.startswith(">From ")
        lines.append(_Line(stripped, quoted))
    _label(lines)
    return _texts(raw_lines, lines)


def split_html(html: str) -> HtmlSplit:
    """Splits an HTML body; the halves that come back are cleaned."""
    return split_markup(read_markup(html))


def split_markup(markup: Markup) -> HtmlSplit:
    """Splits HTML that was read already."""
    if len(markup.lines) > _MAX_LINES:
        return HtmlSplit(Split(markup.text, "", ""), clean_html(markup.html), "")
    lines = [
        _Line(
            line.text.strip(), line.depth > 0 or line.text.startswith(">"), line.mark, line.border,
            line.indented, line.has_image,
        )
        for line in markup.lines
    ]  # fmt: skip
    _label(lines)
    texts = _texts([line.text for line in markup.lines], lines)
    if all(line.label is Label.NEW for line in lines):
        return HtmlSplit(texts, clean_html(markup.html), "")
    halves: dict[bool, list[str]] = {True: [], False: []}
    for index, line in enumerate(markup.lines):
        start = line.piece if index else 0
        last = index + 1 == len(lines)
        end = len(markup.pieces) if last else markup.lines[index + 1].piece
        halves[lines[index].label is Label.NEW].extend(markup.pieces[start:end])
    return HtmlSplit(texts, clean_html("".join(halves[True])), clean_html("".join(halves[False])))


def _texts(raw: Sequence[str], lines: list[_Line]) -> Split:
    def joined(*labels: Label) -> str:
        out: list[str] = []
        gap = False
        for text, line in zip(raw, lines, strict=True):
            if line.label in labels:
                if gap and out and out[-1].strip():
                    out.append("")
                out.append(text.rstrip())
                gap = False
            else:
                gap = True
        return "\n".join(out).strip("\n")

    if all(line.label is Label.NEW for line in lines):
        return Split("\n".join(text.rstrip() for text in raw).strip("\n"), "", "")
    return Split(
        _squeeze(joined(Label.NEW)),
        joined(Label.QUOTED, Label.SIGNATURE),
        _squeeze(joined(Label.SIGNATURE)),
    )


def _squeeze(text: str) -> str:
    """`text` without leading blank lines and trailing blanks; the inner layout is the sender's."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()


# -- rules ---------------------------------------------------------------------------------------


def _label(lines: list[_Line]) -> None:
    for line in lines:
        if line.quoted:
            line.label = Label.QUOTED
    _label_tails(lines)
    _label_wrapped_quotes(lines)
    _label_signatures(lines)
    _keep_interleaved(lines)
    _label_blanks(lines)
    _never_hide_everything(lines)


def _label_tails(lines: list[_Line]) -> None:
    """Attributions, separators and header blocks, and what they introduce."""
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.label is not Label.NEW or line.blank or len(line.text) > _LONG_LINE:
            if line.mark and line.label is Label.NEW:
                return _quote_from(lines, index)
            index += 1
            continue
        end = _introduction(lines, index)
        if end is None:
            index += 1
            continue
        following = _next_words(lines, end)
        for i in range(index, end):
            lines[i].label = Label.QUOTED
        if following is None or lines[following].label is not Label.QUOTED:
            return _quote_from(lines, index)
        index = following
    return None


def _quote_from(lines: list[_Line], index: int) -> None:
    for line in lines[index:]:
        line.label = Label.QUOTED


def _introduction(lines: list[_Line], index: int) -> int | None:
    """Where the quotation begins that the words at `index` introduce; None when they do not."""
    line = lines[index]
    if line.mark:
        end = _header_block(lines, index, needed=1) or _attribution(lines, index)
        return end if end is not None else index
    if _is_separator(line.text):
        after = _next_words(lines, index + 1)
        block = _header_block(lines, after, needed=1) if after is not None else None
        return block if block is not None else index + 1
    if _RULE.fullmatch(line.text) or line.text.strip("*_: ") in phrases.BARE_SEPARATORS:
        after = _next_words(lines, index + 1)
        if after is None or after > index + 3:
            return None
        return _header_block(lines, after, needed=2)
    block = _header_block(lines, index, needed=2 if line.border else 3)
    return block if block is not None else _attribution(lines, index)


def _is_separator(text: str) -> bool:
    if len(text) > 160:
        return False
    lowered = text.lower().replace("\u2019", "'")
    if lowered.strip("*_ ").rstrip(":\uff1a") in phrases.UNFRAMED_SEPARATORS:
        return True
    if any(words in lowered for words in phrases.REPLY_ABOVE):
        return True
    framed = _FRAMED.fullmatch(lowered)
    return framed is not None and any(words in framed.group(1) for words in phrases.SEPARATORS)


def _header_block(lines: list[_Line], index: int, needed: int) -> int | None:
    """The end of a block of mail headers at `index` (From, Sent, To, Subject in any language).

    Three different headers make a block, one of them the sender; with a drawn line or a separator
    above it, fewer do. Forms that customers fill have From and To as well: a block without a
    subject or an address is none.
    """
    first = lines[index].header
    if first is None or first in ("to", "cc", "other"):
        return None
    kinds = {first}
    end = index + 1
    blanks = 0
    address = "@" in lines[index].text
    for i in range(index + 1, min(len(lines), index + _HEADER_SPAN)):
        line = lines[i]
        if line.blank:
            blanks += 1
            if blanks > 1:
                break
            continue
        kind = line.header
        if kind is None:
            if blanks or len(line.text) > 200 or kinds >= {"from", "sent", "subject"}:
                break
            continue  # a value that goes on over the line end
        kinds.add(kind)
        address = address or "@" in line.text
        end = i + 1
        blanks = 0
    counted = kinds - {"other"}
    if needed <= 1:
        return end
    if "from" not in counted or len(counted) < needed:
        return None
    if "subject" in counted or address or needed == 2:
        return end
    return None


def _header_kind(text: str) -> str | None:
    position = min((p for p in (text.find(":"), text.find("\uff1a")) if p > 0), default=-1)
    if not 0 < position <= 30:
        return None
    label = text[:position].strip("*_ \t\u3000\u00a0").lower()
    return phrases.HEADER_LABELS.get(label) or phrases.HEADER_LABELS.get(
        label.replace(" ", "").replace("\u3000", "")
    )


def _attribution(lines: list[_Line], index: int) -> int | None:
    """The end of an attribution ("On …, … wrote:") that begins at `index`.

    One that opens as mail clients do ends the new words even where no quotation prefix follows;
    a weaker one (a date and an address, no verb) needs a quotation right after it.
    """
    end = _closing_line(lines, index)
    first = lines[index].text
    if end is None or not (_opens(first) or _ADDRESS.search(first) or _DATE.search(first)):
        return None
    joined = " ".join(line.text for line in lines[index : end + 1])
    if len(joined) > _LONG_LINE:
        return None
    following = _next_words(lines, end + 1)
    is_indented = following is not None and lines[following].indented
    before_quote = following is not None and (is_indented or lines[following].label is Label.QUOTED)
    if not _is_attribution(joined, before_quote=before_quote):
        return None
    if is_indented and following is not None:
        _quote_indented(lines, following)
    return end + 1


def _closing_line(lines: list[_Line], index: int) -> int | None:
    """The first of the lines from `index` on that ends as attributions do, in one paragraph."""
    for end in range(index, min(len(lines), index + _ATTRIBUTION_LINES)):
        line = lines[end]
        if line.blank or line.label is not Label.NEW:
            return None
        if line.text.rstrip("*_ ").endswith(_ATTRIBUTION_ENDS):
            return end
    return None


def _is_attribution(joined: str, *, before_quote: bool) -> bool:
    dated = _DATE.search(joined) is not None
    addressed = _ADDRESS.search(joined) is not None
    spoken = phrases.WROTE.search(joined.rstrip("*_ ")[-60:]) is not None
    if spoken and (dated or addressed):
        opening = _opens(joined) or joined[:1].isdigit() or (addressed and dated)
        return opening or before_quote
    return before_quote and dated and addressed


def _opens(text: str) -> bool:
    return phrases.OPENING.match(text) is not None


def _quote_indented(lines: list[_Line], index: int) -> None:
    for line in lines[index:]:
        if not (line.indented or line.blank):
            return
        line.label = Label.QUOTED


def _label_wrapped_quotes(lines: list[_Line]) -> None:
    """A quoted line that a mailer broke in two: its second half lost the prefix."""
    for index in range(1, len(lines) - 1):
        line, before, after = lines[index], lines[index - 1], lines[index + 1]
        if (
            line.label is Label.NEW
            and before.label is after.label is Label.QUOTED
            and before.quoted
            and after.quoted
            and 60 <= len(before.text) <= 85
            and 0 < len(line.text) <= 40
            and before.text[-1] not in ".?!:;\u3002\uff1f\uff01\uff1a"
            and (line.text[0].islower() or line.text[0].isdigit())
        ):
            line.label = Label.QUOTED


def _label_signatures(lines: list[_Line]) -> None:
    """Signatures at the end of each run of new lines (RFC 3676 §4.3 and mobile mailers' lines)."""
    start = 0
    while start < len(lines):
        if lines[start].label is not Label.NEW:
            start += 1
            continue
        end = start
        while end < len(lines) and lines[end].label is Label.NEW:
            end += 1
        _label_signature(lines, start, end)
        start = end


def _label_signature(lines: list[_Line], start: int, end: int) -> None:
    last = end - 1
    while last >= start and lines[last].blank:
        last -= 1
    for index in range(max(start, last - _SIGNATURE_LINES), last + 1):
        text = lines[index].text
        if text == "--" or text == "\u2014\u2014" or (text == "\u2014" and last - index <= 6):
            if last - index <= _LOOSE_SIGNATURE_LINES or _is_last_delimiter(lines, index, last):
                return _mark_signature(lines, index, end)
        elif _RULE.fullmatch(text) and "_" in text and _is_footer(lines, index + 1, last):
            return _mark_signature(lines, index, end)
    for index in range(max(start, last - 2), last + 1):
        text = lines[index].text
        if len(text) <= 120 and phrases.SENT_FROM.fullmatch(text):
            return _mark_signature(lines, index, end)
    return None


def _is_last_delimiter(lines: list[_Line], index: int, last: int) -> bool:
    return not any(lines[i].text == "--" for i in range(index + 1, last + 1))


def _is_footer(lines: list[_Line], start: int, last: int) -> bool:
    """A few lines with an address of a list or a page: what list servers add."""
    texts = [lines[i].text for i in range(start, last + 1) if not lines[i].blank]
    return 0 < len(texts) <= 6 and any("://" in text or "@" in text for text in texts)


def _mark_signature(lines: list[_Line], start: int, end: int) -> None:
    for line in lines[start:end]:
        line.label = Label.SIGNATURE


def _keep_interleaved(lines: list[_Line]) -> None:
    """Answers written between the quoted lines keep the lines that they answer.

    Two or more answers below quotations make such a mail; a single one is an answer at the bottom.
    """
    answers = 0
    last_answer = -1
    previous: Label | None = None
    for index, line in enumerate(lines):
        if line.blank:
            continue
        if line.label is Label.NEW:
            answers += previous is Label.QUOTED
            last_answer = index
        previous = line.label
    if answers >= 2:
        for line in lines[: last_answer + 1]:
            line.label = Label.NEW


def _label_blanks(lines: list[_Line]) -> None:
    """A blank line belongs to the line before it, unless both its neighbours agree otherwise."""
    label = Label.NEW
    for line in lines:
        if line.blank:
            line.label = label
        else:
            label = line.label
    if lines and lines[0].blank:
        first = next((line.label for line in lines if not line.blank), Label.NEW)
        for line in lines:
            if not line.blank:
                break
            line.label = first


def _never_hide_everything(lines: list[_Line]) -> None:
    if any(line.label is Label.NEW and not line.blank for line in lines):
        return
    only = Label.SIGNATURE if any(
        line.label is Label.SIGNATURE and not line.blank for line in lines
    ) else Label.QUOTED  # fmt: skip
    for line in lines:
        if line.label is only:
            line.label = Label.NEW


def _next_words(lines: list[_Line], index: int) -> int | None:
    for i in range(index, len(lines)):
        if not lines[i].blank:
            return i
    return None


__all__ = ["HtmlSplit", "Split", "join_lines", "split_html", "split_markup", "split_text"]
