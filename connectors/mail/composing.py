"""Making the bytes of an outgoing mail (RFC 5322, RFC 2045 to 2047, RFC 2231).

Written out here rather than with the standard library's message classes: those parse every header they are given and
every part they write, which costs more than all the rest of sending. Bodies are base64: seven bits on the wire, so no
relay can damage them, and no line of a body can be taken for something else. `one_line` keeps every header value on its
own line, whatever it holds.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

MOST_REFERENCES = 20
_WORD_BYTES = 42  # of UTF-8 in one encoded word: 56 characters of base64, 68 with its frame
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


@dataclass(frozen=True)
class OutgoingFile:
    """A file to send along."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class OutgoingMail:
    """A mail that is ready to be put into bytes. Ids are with angle brackets, addresses bare."""

    message_id: str
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str
    subject: str
    text: str
    html: str
    date: datetime
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    cc: Sequence[tuple[str, str]] = ()  # names and addresses
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[OutgoingFile] = ()

    def as_bytes(self) -> bytes:
        """The mail as it goes over the wire: ASCII, lines ending in CRLF."""
        boundary = hashlib.sha256(self.message_id.encode()).hexdigest()[:24]
        body = _multipart(
            "alternative",
            f"a-{boundary}",
            [_text("plain", self.text), _text("html", self.html)],
        )
        if self.files:
            body = _multipart("mixed", f"m-{boundary}", [body, *map(_file, self.files)])
        return "".join(f"{line}\r\n" for line in self._headers()).encode("ascii") + body

    def _headers(self) -> Iterator[str]:
        yield f"From: {_mailbox(self.from_name, self.from_address)}"
        yield f"To: {_mailbox(self.to_name, self.to_address)}"
        if self.cc:
            yield "Cc: " + ",\r\n ".join(_mailbox(name, address) for name, address in self.cc)
        yield f"Reply-To: {_mailbox(self.from_name, self.reply_to)}"
        yield f"Subject: {_unstructured(self.subject)}"
        yield f"Date: {format_datetime(self.date)}"
        yield f"Message-ID: {_structured(self.message_id)}"
        if self.in_reply_to:
            yield f"In-Reply-To: {_structured(self.in_reply_to)}"
        if self.references:
            kept = [*self.references[:1], *self.references[1:][-MOST_REFERENCES:]]
            yield "References: " + "\r\n ".join(map(_structured, kept))
        for name, value in self.headers.items():
            yield f"{name}: {_structured(value)}"
        yield "MIME-Version: 1.0"


def one_line(text: str) -> str:
    """`text` without line breaks and other control characters: fit for a header."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def _structured(text: str) -> str:
    """A value that is ASCII by its kind; what is not is left out rather than sent wrongly."""
    return one_line(text).encode("ascii", "ignore").decode()[:900]


def _unstructured(text: str) -> str:
    clean = one_line(text)
    # "=?" would be read as an encoded word; long lines must be folded
    if clean.isascii() and "=?" not in clean and len(clean) <= 66:
        return clean
    return _encoded_words(clean)


def _mailbox(name: str, address: str) -> str:
    clean, bare = one_line(name), _structured(address).replace(" ", "")
    if not clean:
        return bare
    is_phrase = len(clean) <= 60 and _PHRASE.fullmatch(clean) is not None and "=?" not in clean
    return f"{clean if is_phrase else _encoded_words(clean)}\r\n <{bare}>"


def _encoded_words(text: str) -> str:
    """RFC 2047; no character is cut in two, since each word is decoded by itself (§5)."""
    words: list[bytes] = [b""]
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(words[-1]) + len(encoded) > _WORD_BYTES:
            words.append(b"")
        words[-1] += encoded
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def _text(subtype: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    return _part(f"text/{subtype}; charset=utf-8", lines)


def _file(file: OutgoingFile) -> bytes:
    media_type = file.content_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    name = quote(one_line(file.filename).encode("utf-8", "replace"), safe="")
    return _part(
        media_type,
        file.content,
        f"Content-Disposition: attachment;\r\n filename*=utf-8''{name}\r\n",
    )


def _part(content_type: str, content: bytes, more: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n{more}\r\n"
    return head.encode("ascii") + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """The header fields that begin a multipart entity, and its body (RFC 2046 §5.1)."""
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'
    opening = f"--{boundary}\r\n".encode()
    return (
        head.encode()
        + b"".join(opening + part + b"\r\n" for part in parts)
        + f"--{boundary}--\r\n".encode()
    )
