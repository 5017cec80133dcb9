"""Are all mails of a folder read whole?  python -m tests.conformance.mail DIR [--verbose]

Takes any folder, recursively: files without extension and those of `MAIL_SUFFIXES`; LICENSE*,
README* and `*_reply_text` companions are no mails. A file that begins with header fields is a
mail; one that does not is the body of a mail (plain text, or HTML by its suffix) and is judged by
the rules on bodies alone.

A mail is whole when every rule below holds. The rules compare with a second reading by the stdlib
`email` package (compat32), which shares no code with ours, or with the raw bytes.

error       Nothing is raised. `MailUnparseable` counts as raised unless the file is blank.
time        Reading takes under 2 seconds.
raw         The bytes, put into a store under their SHA-256, come back byte for byte.
subject     A Subject with words in it is there, decoded and unfolded. A mail without a Subject, or
            with a blank one, has none to lose.
sender      An address in From, Sender, Reply-To, X-Sender, Resent-From or Return-Path is found as
            the sender. Where the header gives a name and no address, the name is. A mail with none
            of them has no sender to lose.
recipients  Every address in To and Cc is found. Groups without members (undisclosed recipients)
            and lists of blanks have none.
date        A Date that the stdlib reads as a year from 1900 to 2099 is read as the same instant.
            A Date that says no instant (month "paX", year 3609) is whole when the day the mail
            arrived stands in for it, or when no Received line gives one either.
body        Every text part's words are in the body, in the HTML or in an attachment, read in the
            declared charset (or, where a gateway made UTF-8 of it as if it were ISO-8859-1, with
            that undone), else in UTF-8; every other part's bytes are an attachment. Where the
            transfer encoding is broken, so that no two readers agree on the bytes, something must
            still be there for the part. A mail without a body has none to lose.
characters  No U+FFFD, no C1 control and no UTF-8 read as Windows-1252 in subject, names or body.
            Exempt is what the sender wrote that way: when the raw bytes are valid in the charset
            that they declare and say exactly this, or when bytes are invalid in it.
quotation   Where `NAME_reply_text` stands next to `NAME.eml`, the newest words (with or without
            the signature, which such companions differ on) are exactly those. Where all `>` lines
            stand below all other words but the attribution, none of them is among the newest
            words. In a folder of replies (`repl` in its name), a body with a sign of quotation in
            it is split in two. Nothing is lost in splitting: each line is on one side.
safe        The HTML has no script, no event handler, no remote image that loads.

Prints a line per mail that is not whole, with the rule and the reason; the last line is
`N of M mails whole`. Exits 1 when N < M or M is 0.
"""

import argparse
import hashlib
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path

from connectors.mail.parsing import MailUnparseable, ParsedMail, parse_mail, split_html, split_text

MAIL_SUFFIXES = {"", ".eml", ".txt", ".box", ".mbox", ".mbx", ".mail", ".email", ".mime", ".msg",
                 ".html", ".htm"}  # fmt: skip
COMPANION = "_reply_text"
SECONDS = 2.0
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,76}[ \t]*:")
_MAIL_FIELD = re.compile(
    rb"(?im)^(from|to|subject|date|received|message-id|mime-version|content-type|return-path|"
    rb"delivered-to|x-[\w-]+)[ \t]*:"
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w][\w.-]*\w")
_WORD = re.compile(r"[^\W_]{3,}")
_HTML_NOISE = re.compile(r"(?is)<!--.*?-->|<(script|style|title)\b.*?</\1\s*>|<[^>]*>")
_QUOTE_SIGN = re.compile(
    r"(?m)^\s*>|original message|wrote:\s*$|^\*?from:\*? .*\n\*?(sent|date):|gmail_quote|"
    r"<blockquote|stopSpelling|border-top",
    re.IGNORECASE,
)
_MOJIBAKE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021]+")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # U+0085 is a line end in EBCDIC mail
_UNDISCLOSED = re.compile(r"undisclosed|unlisted", re.IGNORECASE)


class RawStore:
    """Raw mails under their SHA-256, as the product keeps them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, raw: bytes) -> str:
        digest = hashlib.sha256(raw).hexdigest()
        (self.folder / digest).write_bytes(raw)
        return digest

    def get(self, digest: str) -> bytes:
        raw = (self.folder / digest).read_bytes()
        if hashlib.sha256(raw).hexdigest() != digest:
            raise ValueError("stored bytes differ from their digest")
        return raw


def mails_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        name = path.name
        if not path.is_file() or name.startswith((".", "LICENSE", "README", "COPYING")):
            continue
        if name.endswith(COMPANION) or path.suffix.lower() not in MAIL_SUFFIXES:
            continue
        if path.read_bytes()[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            continue  # an OLE file of Outlook's: no mail by RFC 5322
        yield path


def is_mail(raw: bytes) -> bool:
    """Whether the file begins with header fields, after blank and mbox lines."""
    lines = raw.lstrip(b"\xef\xbb\xbf\r\n\x00").splitlines()
    while lines and re.match(rb">?From [^:]", lines[0]):
        lines = lines[1:]
    if not lines or _HEADER_LINE.match(lines[0]) is None:
        return False
    block = b"\n".join(lines).split(b"\n\n", 1)[0]
    return _MAIL_FIELD.search(block) is not None


def problems(path: Path, store: RawStore) -> list[str]:
    """Why the mail in `path` is not whole; empty when it is."""
    raw = path.read_bytes()
    found = []
    if store.get(store.put(raw)) != raw:
        found.append("raw: the stored bytes differ")
    if not is_mail(raw):
        return found + body_problems(path, raw)
    started = time.perf_counter()
    try:
        parsed = parse_mail(raw)
    except MailUnparseable as error:
        return found if not raw.strip(b"\0\r\n \t") else [*found, f"error: {error}"]
    except Exception as error:  # noqa: BLE001 - what this program is there to find
        return [*found, f"error: {type(error).__name__}: {error}"]
    seconds = time.perf_counter() - started
    if seconds >= SECONDS:
        found.append(f"time: {seconds:.1f} s")
    reference = message_from_bytes(_without_envelope(raw))
    found += subject_problems(reference, parsed)
    found += address_problems(reference, parsed)
    found += date_problems(reference, parsed)
    found += part_problems(reference, parsed)
    found += character_problems(reference, raw, parsed)
    found += reply_problems(path, parsed)
    found += safety_problems(parsed.html + parsed.newest_html + parsed.quoted_html)
    return found


# -- header --------------------------------------------------------------------------------------


def subject_problems(reference: Message, parsed: ParsedMail) -> list[str]:
    values = _values(reference, "subject")
    given = next((value for value in values if value.strip()), "")
    if not given.strip():
        return []
    if "=?" not in given:
        if given.isascii() and "\x1b" not in given:
            same = _squeeze(given) == _squeeze(parsed.subject)
            return [] if same else [f"subject: {parsed.subject!r} for {given!r}"]
        return [] if parsed.subject else ["subject: lost"]
    try:
        words = "".join(
            piece.decode(charset or "ascii") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(_unfold(given))
        )
    except (LookupError, UnicodeError, ValueError):
        words = ""
    if words and _letters(words) != _letters(parsed.subject):
        return [f"subject: {parsed.subject!r} for {words!r}"]
    if re.search(r"=\?[\w-]+\?[bqBQ]\?[^?]*\?=", parsed.subject):
        return [f"subject: left encoded: {parsed.subject!r}"]
    return [] if parsed.subject or not words.strip() else ["subject: lost"]


def address_problems(reference: Message, parsed: ParsedMail) -> list[str]:
    found = []
    for name in ("from", "sender", "x-sender", "resent-from", "reply-to", "return-path"):
        value = " ".join(_values(reference, name))
        expected = {a.lower() for a in _addresses(value)}
        if expected:
            if parsed.from_ is None or parsed.from_.key not in expected:
                found.append(f"sender: {parsed.from_} for {name}: {value.strip()!r}")
            break
        if name == "from" and _letters(value) and value.strip("<> ") and parsed.from_ is None:
            found.append(f"sender: lost {value.strip()!r}")
    for name, mailboxes in (("to", parsed.to), ("cc", parsed.cc)):
        value = " ".join(_values(reference, name))
        there = {a.key for a in mailboxes} | {a.name.lower() for a in mailboxes}
        for address in _addresses(value):
            if address.lower() not in there and not _UNDISCLOSED.search(address):
                found.append(f"recipients: {address} of {name} is lost")
    return found


def date_problems(reference: Message, parsed: ParsedMail) -> list[str]:
    value = _unfold(next(iter(_values(reference, "date")), ""))
    if not value.strip():
        return []
    try:
        expected = parsedate_to_datetime(value)
        if not 1900 <= expected.year < 2100:
            raise ValueError
    except (ValueError, TypeError, IndexError, OverflowError):
        received = _values(reference, "received")
        readable = any(re.search(r";.*\d\d:\d\d", _unfold(value)) for value in received)
        return ["date: neither Date nor Received"] if parsed.date is None and readable else []
    if expected.tzinfo is None:
        expected = expected.replace(tzinfo=UTC)
    if parsed.date is None or parsed.date != expected:
        return [f"date: {parsed.date} for {value!r}"]
    return []


# -- body ----------------------------------------------------------------------------------------


def part_problems(reference: Message, parsed: ParsedMail) -> list[str]:
    """What the stdlib finds in the mail and we do not."""
    words = set(_WORD.findall(" ".join([parsed.text, _html_text(parsed.html)]).lower()))
    contents = [attachment.content for attachment in parsed.attachments]
    blob = b"\n".join(contents)
    found = []
    for part in _leaves(reference):
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload.strip():
            continue
        if _same_bytes(payload, contents):
            continue
        kind = part.get_content_type()
        broken = bool(part.defects) or not _is_plain_transfer(part)
        if part.get_content_maintype() == "text" or kind.startswith("message/"):
            text = _decoded(payload, part)
            if kind in ("text/html", "text/enriched", "text/richtext"):
                text = _html_text(text)
            wanted = _WORD.findall(text.lower())
            missing = [w for w in wanted if w not in words and w.encode() not in blob.lower()]
            if len(missing) > len(wanted) * 0.02 + (2 if broken else 0):
                found.append(
                    f"body: {len(missing)} of {len(wanted)} words of {kind}: {missing[:5]}"
                )
        elif not (broken and (contents or words)) and not _is_unpacked(part, parsed):
            found.append(f"body: {kind} of {len(payload)} bytes is lost")
    return found


def _leaves(message: Message) -> Iterator[Message]:
    """Leaf parts; what is inside a message/* part counts as that part's content."""
    if message.get_content_maintype() == "message" and message.is_multipart():
        return
    if message.is_multipart():
        for child in message.get_payload():
            if isinstance(child, Message):
                yield from _leaves(child)
    else:
        yield message


def _same_bytes(payload: bytes, contents: list[bytes]) -> bool:
    squeezed = payload.replace(b"\r\n", b"\n").strip()
    return any(c == payload or c.replace(b"\r\n", b"\n").strip() == squeezed for c in contents)


def _is_plain_transfer(part: Message) -> bool:
    declared = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
    return declared in ("7bit", "8bit", "binary", "base64", "quoted-printable")


def _is_unpacked(part: Message, parsed: ParsedMail) -> bool:
    name = (part.get_filename() or "").lower()
    is_tnef = part.get_content_type().endswith("ms-tnef") or name == "winmail.dat"
    return is_tnef and bool(parsed.attachments or parsed.text)


def _decoded(payload: bytes, part: Message) -> str:
    charset = part.get_content_charset() or "ascii"
    try:
        return payload.decode("utf-8").encode("latin-1").decode(charset)
    except (LookupError, UnicodeError):
        pass
    for candidate in (charset, "utf-8", "latin-1"):
        try:
            return payload.decode(candidate)
        except (LookupError, UnicodeError):
            continue
    return payload.decode("latin-1")


def character_problems(reference: Message, raw: bytes, parsed: ParsedMail) -> list[str]:
    names = [parsed.from_, *parsed.to, *parsed.cc, *parsed.reply_to]
    header_raw = raw[: len(raw) - len(_body_of(raw))]
    header = "\n".join([parsed.subject, *(a.name for a in names if a is not None)])
    found = _bad_characters("header", header, [_try_utf8(header_raw)])
    texts = []
    invalid = False
    for part in _all_leaves(reference):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            charset = part.get_content_charset()
            try:
                texts.append(payload.decode(charset or "utf-8"))
            except (LookupError, UnicodeError):
                invalid = invalid or (charset is not None and "\ufffd" in parsed.text)
    texts.append(_try_utf8(raw))
    body = parsed.text + "\n" + _html_text(parsed.html)
    if not invalid:
        found += _bad_characters("body", body, texts)
    for attachment in parsed.attachments:
        found += _bad_characters("file name", attachment.filename, [_try_utf8(raw)])
    return found


def _all_leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _bad_characters(where: str, text: str, sources: list[str]) -> list[str]:
    """Characters that no sender means, unless one of `sources`, read strictly, has them."""
    found = []
    for match in (*re.finditer("\ufffd+", text), *_C1.finditer(text), *_MOJIBAKE.finditer(text)):
        piece = match.group(0)
        if _MOJIBAKE.fullmatch(piece) and not _is_misread_utf8(piece):
            continue
        if any(piece in source for source in sources):
            continue
        found.append(
            f"characters: {text[max(0, match.start() - 10) : match.end() + 10]!r} in {where}"
        )
        break
    return found


def _is_misread_utf8(piece: str) -> bool:
    try:
        piece.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


# -- quotation -----------------------------------------------------------------------------------


def reply_problems(path: Path, parsed: ParsedMail) -> list[str]:
    found = []
    companion = path.with_name(path.stem + COMPANION)
    if path.suffix and companion.is_file():
        expected = _squeeze(companion.read_text("utf-8", "replace"))
        newest = _squeeze(parsed.newest_text)
        if expected not in (newest, _squeeze(f"{parsed.newest_text} {parsed.signature_text}")):
            found.append(f"quotation: newest is {newest[:80]!r}, not {expected[:80]!r}")
    if parsed.delivery_report is None:
        found += _top_post_problems(parsed.text, parsed.newest_text)
        found += _must_split(path, parsed.text, parsed.newest_text, parsed.quoted_text)
    if not (parsed.text.strip() == "" or (parsed.newest_text + parsed.quoted_text).strip()):
        found.append("quotation: the words are on neither side")
    return found


def body_problems(path: Path, raw: bytes) -> list[str]:
    """The rules for a file that is the body of a mail and no more."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    started = time.perf_counter()
    try:
        if path.suffix.lower() in (".html", ".htm"):
            split = split_html(text)
            found = safety_problems(split.newest_html + split.quoted_html)
            newest, quoted = split.texts.newest, split.texts.quoted
            lines = _squeeze(_html_text(text))
        else:
            parts = split_text(text)
            found = []
            newest, quoted = parts.newest, parts.quoted
            lines = _squeeze(text)
            found += _top_post_problems(text, newest)
    except Exception as error:  # noqa: BLE001 - what this program is there to find
        return [f"error: {type(error).__name__}: {error}"]
    if time.perf_counter() - started >= SECONDS:
        found.append("time: splitting took too long")
    if sorted(_WORD.findall(lines)) != sorted(_WORD.findall(_squeeze(f"{newest} {quoted}"))):
        found.append("quotation: words are lost or doubled in splitting")
    return found + _must_split(path, text, newest, quoted)


def _must_split(path: Path, text: str, newest: str, quoted: str) -> list[str]:
    if "repl" not in path.parent.name or not _QUOTE_SIGN.search(text):
        return []
    return [] if newest.strip() and quoted.strip() else ["quotation: not separated"]


def _top_post_problems(text: str, newest: str) -> list[str]:
    """In a mail that is answered on top, no quoted line is among the newest words."""
    lines = [line for line in text.split("\n") if line.strip()]
    first = next((i for i, line in enumerate(lines) if line.startswith(">")), None)
    if not first or any(not line.startswith(">") for line in lines[first:]):
        return []
    above = [line for line in lines[:first] if not re.search(r"[:\uff1a]\s*$|\d{4}.*<", line)]
    if above and any(line.startswith(">") for line in newest.split("\n")):
        return ["quotation: quoted lines among the newest words"]
    return []


def safety_problems(html: str) -> list[str]:
    found = []
    if re.search(r"<\s*(script|style|iframe|object|form|meta|link|base)\b", html, re.IGNORECASE):
        found.append("safe: an element that must not be there")
    for tag in re.findall(r"<[^>]*>", html):
        bare = re.sub(r"\"[^\"]*\"", '""', tag)
        if re.search(r"\son\w+\s*=", bare) or "javascript:" in tag.lower():
            found.append(f"safe: {tag[:80]}")
        if re.search(r"\ssrc=\"(?!cid:|data:image/)", tag):
            found.append(f"safe: loads {tag[:80]}")
    return found[:3]


# -- small readings of our own -------------------------------------------------------------------


def _without_envelope(raw: bytes) -> bytes:
    """The mail from its first field on, with CR-only line ends made LF for the stdlib."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    raw = raw.lstrip(b"\xef\xbb\xbf\r\n\x00")
    while re.match(rb">?From (?![ \t]*:)", raw):
        raw = raw.partition(b"\n")[2]
    # The stdlib ends the header at a stray line; folded, such a line belongs to the field above.
    block, blank, body = re.match(rb"(?s)(.*?)(\r?\n\r?\n|\Z)(.*)", raw).groups()  # type: ignore[union-attr]
    lines = block.split(b"\n")
    lines = [re.sub(rb"^([!-9;-~]{1,76})[ \t]+:", rb"\1:", line) for line in lines]
    fields = [i for i, line in enumerate(lines) if _MAIL_FIELD.match(line)]
    for i, line in enumerate(lines[: max(fields, default=0)]):
        if i and line[:1] not in b" \t" and _HEADER_LINE.match(line) is None:
            lines[i] = b" " + line
    return b"\n".join(lines) + blank + body


def _body_of(raw: bytes) -> bytes:
    match = re.search(rb"\r?\n\r?\n|\r\r", raw)
    return raw[match.end() :] if match is not None else b""


def _values(message: Message, name: str) -> list[str]:
    """The raw values of a field; 8-bit bytes read as UTF-8."""
    return [
        str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for key, value in message.raw_items()
        if key.lower() == name
    ]


def _unfold(text: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", text)


def _addresses(value: str) -> list[str]:
    """Addresses in a raw field: comments and encoded words taken out, blanks at @ and dots closed."""
    value = re.sub(r"=\?[^?\s]*\?[bqBQ]\?[^?]*\?=", " ", _unfold(value))
    for _ in range(3):
        value = re.sub(r"\([^()]*\)", "", value.replace("\\)", "").replace("\\(", ""))
    value = re.sub(r"\s+\.\s+", ".", value)
    value = re.sub(r"<[^<>]*>", lambda match: re.sub(r"\s", "", match[0]), value)
    value = re.sub(r"\s*([.@])\s+|\s+([.@])\s*", r"\1\2", value) if "<" not in value else value
    value = re.sub(r"\"[^\"]*\"(?!@)", " ", value) if "<" in value else value
    return [address.strip(".") for address in _ADDRESS.findall(re.sub(r"<@[^:>]*:", "<", value))]


def _html_text(html: str) -> str:
    return unescape(_HTML_NOISE.sub(" ", html))


def _letters(text: str) -> str:
    return "".join(re.findall(r"\w", text))


def _squeeze(text: str) -> str:
    return re.sub(r"[\s\u00a0]+", " ", text).strip()


def _try_utf8(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.mail")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verbose", action="store_true", help="also name the mails that are whole")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"{options.folder} is no folder", file=sys.stderr)
        return 1
    whole = total = 0
    with tempfile.TemporaryDirectory() as folder:
        store = RawStore(Path(folder))
        for path in mails_in(options.folder):
            total += 1
            found = problems(path, store)
            name = path.relative_to(options.folder)
            if found:
                print(f"NOT WHOLE {name}: {'; '.join(found)}")
            else:
                whole += 1
                if options.verbose:
                    print(f"whole {name}")
    print(f"{whole} of {total} mails whole")
    return 0 if whole == total and total else 1


if __name__ == "__main__":
    sys.exit(main())
