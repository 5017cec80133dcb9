"""Raw mail in, value out: the one entrance to this package.

Reading is total: whatever arrives is read as far as it can be, and what was mended is noted in
`ParsedMail.defects`. Only bytes with nothing to read raise. No database, no network, no clock.
"""

import re

from connectors.mail.parsing.addresses import address_list
from connectors.mail.parsing.automatic import (
    automatic_hints,
    automatic_reason,
    own_marks,
    received_hops,
)
from connectors.mail.parsing.body import Body, Section, read_body, section_html, section_text
from connectors.mail.parsing.charsets import codec_for
from connectors.mail.parsing.cleaning import clean_html
from connectors.mail.parsing.fields import mail_date, message_id, message_ids
from connectors.mail.parsing.headers import Headers, charset_of_words
from connectors.mail.parsing.markup import Markup, read_markup
from connectors.mail.parsing.quotation import HtmlSplit, Split, split_markup, split_text
from connectors.mail.parsing.reports import delivery_report
from connectors.mail.parsing.structure import Budget, Part, parse_structure
from connectors.mail.parsing.values import (
    Address,
    Limits,
    MailUnparseable,
    ParsedAttachment,
    ParsedMail,
)

_PLACEHOLDER = re.compile(
    r"html|rich text|view (?:this|in)|browser|浏览器|客户端不支持|不支持显示", re.IGNORECASE
)
_PLACEHOLDER_LENGTH = 250
_DEFAULT_LIMITS = Limits()
FORWARDED = ("x-original-to", "delivered-to", "x-forwarded-to", "envelope-to")


def parse_mail(
    raw: bytes, *, envelope_from: str | None = None, limits: Limits = _DEFAULT_LIMITS
) -> ParsedMail:
    """The mail that `raw` holds.

    `envelope_from` is the SMTP reverse path when known: "" or "<>" marks an automatic mail.
    Raises `MailUnparseable` when there is nothing to read, and nothing else.
    """
    _refuse_unreadable(raw)
    budget = Budget(limits)
    root = parse_structure(raw, budget)
    root = _with_hints(root)
    headers = root.headers
    body = read_body(root, budget)
    if not headers.fields and body.is_blank and not body.attachments:
        raise MailUnparseable("empty")

    markup = _read_html(body)
    text = _whole_text(body, markup)
    subject = headers.text("subject")
    from_, sender = _senders(headers, envelope_from, limits)
    reason = automatic_reason(headers, from_, envelope_from, root.content_type)
    report = delivery_report(root, from_, text, subject, reason, budget)
    split, html_split = _split(text, markup, is_report=report is not None)
    date, date_is_estimated = mail_date(headers)
    return ParsedMail(
        message_id=message_id(headers),
        in_reply_to=message_ids(headers, "in-reply-to"),
        references=message_ids(headers, "references"),
        from_=from_,
        sender=sender,
        reply_to=address_list(headers, "reply-to", limits.addresses),
        to=address_list(headers, "to", limits.addresses),
        cc=address_list(headers, "cc", limits.addresses),
        subject=subject,
        date=date,
        date_is_estimated=date_is_estimated,
        text=text,
        html=_whole_html(markup, html_split),
        newest_text=split.newest,
        quoted_text=split.quoted,
        signature_text=split.signature,
        newest_html=html_split.newest_html if html_split is not None else "",
        quoted_html=html_split.quoted_html if html_split is not None else "",
        attachments=_attachments(body, markup),
        is_automatic=reason is not None,
        automatic_reason=reason,
        automatic_hints=automatic_hints(headers, from_, subject),
        delivery_report=report,
        own_marks=own_marks(headers),
        received_hops=received_hops(headers),
        delivered_to=tuple(
            address.address
            for name in FORWARDED
            for address in address_list(headers, name, limits.addresses)
        ),
        defects=tuple(budget.defects),
    )


def thread_ids(mail: ParsedMail) -> tuple[str, ...]:
    """The message ids this mail may belong to, the most telling first.

    A delivery report belongs to the mail that it reports on; a reply to what it replies to; then
    the references from the newest to the oldest (RFC 5322 §3.6.4). The mail's own id is not there.
    """
    found: dict[str, None] = {}
    report = mail.delivery_report
    if report is not None and report.original_message_id:
        found.setdefault(report.original_message_id)
    for identifier in (*mail.in_reply_to, *reversed(mail.references)):
        if identifier != mail.message_id:
            found.setdefault(identifier)
    return tuple(found)


def _refuse_unreadable(raw: bytes) -> None:
    if not raw.strip(b"\x00 \t\r\n"):
        raise MailUnparseable("empty")
    start = raw[:4096]
    controls = len(start) - len(start.translate(None, bytes([*range(9), *range(14, 27), 127])))
    if controls > len(start) // 10 and re.match(rb"\s*[!-9;-~]{1,76}[ \t]*:", start) is None:
        raise MailUnparseable("not_mail")


def _with_hints(root: Part) -> Part:
    """Tells every part the charset that the mail itself names, for its raw 8-bit headers."""
    hint = next(
        (part.type_parameters["charset"] for part in root.walk()
         if codec_for(part.type_parameters.get("charset")) not in (None, "ascii")),
        None,
    ) or charset_of_words(root.headers.fields)  # fmt: skip
    if hint:
        for part in root.walk():
            part.headers = Headers(part.headers.fields, hint, part.headers.cut)
    return root


def _senders(
    headers: Headers, envelope_from: str | None, limits: Limits
) -> tuple[Address | None, Address | None]:
    """(author, Sender field). The author falls back to Sender, Reply-To, Return-Path, envelope."""
    senders = address_list(headers, "sender", limits.addresses)
    sender = senders[0] if senders else None
    named: Address | None = None
    for name in ("from", "sender", "x-sender", "resent-from", "reply-to", "return-path"):
        for address in address_list(headers, name, limits.addresses):
            if address.address and ("@" in address.address or name == "from"):
                if named is not None and not address.name:
                    return Address(named.name, address.address), sender
                return address, sender
            named = named or address
    if envelope_from and "@" in envelope_from:
        return Address(named.name if named else "", envelope_from.strip("<> ")), sender
    return named, sender


# -- body ----------------------------------------------------------------------------------------


def _read_html(body: Body) -> Markup | None:
    """The HTML of all sections as one, where any of them has HTML."""
    if not any(section.html for section in body.sections):
        return None
    locations = {
        found.location: found.content_id
        for found in body.attachments
        if found.location and found.content_id
    }
    return read_markup("\n".join(section_html(s) for s in body.sections), locations)


def _whole_text(body: Body, markup: Markup | None) -> str:
    if markup is None:
        return "\n\n".join(t for t in map(section_text, body.sections) if t).strip("\n")
    if len(body.sections) == 1:
        text = body.sections[0].text
        if text is None or not text.strip() or _is_placeholder(text, markup):
            return markup.text
        return text.strip("\n")
    return "\n\n".join(t for t in map(section_text, body.sections) if t).strip("\n")


def _whole_html(markup: Markup | None, split: HtmlSplit | None) -> str:
    if markup is None or split is None:
        return ""
    return clean_html(markup.html) if split.quoted_html else split.newest_html


def _is_placeholder(text: str, markup: Markup) -> bool:
    """ "Your mail program cannot show HTML": no words of the sender."""
    stripped = text.strip()
    return (
        len(stripped) < _PLACEHOLDER_LENGTH
        and _PLACEHOLDER.search(stripped) is not None
        and len(markup.text) > 2 * len(stripped)
    )


def _split(text: str, markup: Markup | None, *, is_report: bool) -> tuple[Split, HtmlSplit | None]:
    """The split of the text, from the HTML where that alone shows what is quoted.

    A mail system's report is not split: its transcripts only look like quotations.
    """
    if markup is not None and markup.too_complicated:
        # Markup built to explode in a browser: its words are shown, without it.
        plain = clean_html(section_html(Section(text)))
        return Split(text, "", ""), HtmlSplit(Split(text, "", ""), plain, "")
    if is_report:
        whole = Split(text, "", "")
        return whole, HtmlSplit(whole, clean_html(markup.html), "") if markup else None
    if markup is None:
        return split_text(text), None
    html_split = split_markup(markup)
    if text == markup.text:
        return html_split.texts, html_split
    split = split_text(text)
    if not split.quoted and html_split.texts.quoted:
        return html_split.texts, html_split
    return split, html_split


def _attachments(body: Body, markup: Markup | None) -> tuple[ParsedAttachment, ...]:
    shown = markup.image_sources if markup is not None else set()
    return tuple(
        ParsedAttachment(
            filename=found.filename,
            content_type=found.content_type,
            content=found.content,
            content_id=found.content_id,
            is_inline=found.content_id is not None and found.content_id in shown,
        )
        for found in body.attachments
    )
