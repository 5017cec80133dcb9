"""The header block of a mail or a part: split, looked up, decoded, whatever was done to it.

Works on bytes: the stdlib parser ends the header at the first line it does not like and rewrites
what it re-serialises; here a stray line is kept with the header before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from connectors.mail.parsing.charsets import clean_text, codec_for, decode
from connectors.mail.parsing.transfer import decode_base64, decode_quoted_words

_FIELD = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_LINE = re.compile(rb"[^\r\n]*(?:\r\r\n|\r\n|\n|\r|\Z)")
_MBOX_LINE = re.compile(
    rb">?From (?![ \t]*:)[^\r\n]*(?:\r\n|\n|\r)(?=[!-9;-~]{1,76}[ \t]*:|>?From )"
)
_WORD_CHARSET = re.compile(rb"=\?([\w.:-]{2,40})\?[bBqQ]\?")
_SCANNED_LINES = 300
_FOLD = re.compile(r"(?<![ \t])[ \t]*[\r\n]+[ \t]*")  # looked for at the beginning of blanks only: else quadratic
_SPACES = re.compile(r"[ \t\n]+")
# Enough of the registered names to tell a header block from a text that has a colon in it.
KNOWN_FIELDS = frozenset(
    b"from to cc bcc subject date sender reply-to message-id in-reply-to references received "
    b"return-path mime-version content-type content-transfer-encoding content-disposition "
    b"delivered-to x-mailer user-agent x-original-to envelope-to dkim-signature precedence "
    b"auto-submitted list-id importance x-priority content-id content-description "
    b"content-location content-language thread-topic thread-index comments keywords".split()
)


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in their order, as (lower-case name, raw unfolded-not value)."""

    fields: tuple[tuple[str, bytes], ...] = ()
    hint: str | None = None
    cut: bool = field(default=False, compare=False)

    def raw(self, name: str) -> bytes | None:
        """The first non-blank value of the field, else a blank one, else None."""
        found = None
        for key, value in self.fields:
            if key == name:
                if value.strip():
                    return value
                found = value if found is None else found
        return found

    def all_raw(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def text(self, name: str) -> str:
        """The decoded, unfolded value of the field; empty when it is missing."""
        value = self.raw(name)
        return "" if value is None else decode_text(value, self.hint)

    def tokens(self, name: str) -> str:
        """The unfolded value, encoded words left alone: for structured fields."""
        value = self.raw(name)
        return "" if value is None else unfold(value, self.hint)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def split_headers(
    data: bytes, start: int, end: int, *, max_block: int, max_value: int
) -> tuple[Headers, int]:
    """The header block that begins at `start`, and the offset at which the body begins.

    A line that is no field is a continuation that lost its indent when a field follows it, and
    the beginning of the body when none does: nothing of either is lost.
    """
    fields: list[tuple[str, bytes]] = []
    position = start
    stop = min(end, start + max_block)
    name = ""
    pieces: list[bytes] = []
    cut = False

    def close() -> None:
        nonlocal cut
        if name:
            value = b"".join(pieces)
            cut = cut or len(value) > max_value
            fields.append((name, value[:max_value]))

    while position < stop:
        match = _LINE.match(data, position, end)
        assert match is not None
        line_end = match.end()
        line = data[position:line_end]
        content = line.rstrip(b"\r\n")
        if not content:
            position = line_end
            break
        field_match = _FIELD.match(content)
        if field_match is not None and content[:1] not in b" \t":
            close()
            name = field_match.group(1).decode("ascii").lower()
            pieces = [content[field_match.end() :], b"\n"]
        elif content[:1] in b" \t" and name:
            pieces.append(line)
        elif _field_follows(data, line_end, stop):
            pieces.append(b" " + line)
        else:
            if name and pieces and not pieces[-1].strip() and len(pieces) > 2:
                pieces.pop()  # a separator line that holds blanks is no continuation
            break
        position = line_end
    else:
        cut = cut or position < end
    close()
    return Headers(tuple(fields), cut=cut), position


def skip_envelope_lines(data: bytes) -> int:
    """Where the header begins: after blank lines, a byte order mark and mbox `From ` lines."""
    position = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while True:
        while position < len(data) and data[position] in b"\r\n\x00":
            position += 1
        match = _MBOX_LINE.match(data, position)
        if match is None:
            return position
        position = match.end()


def charset_of_words(fields: tuple[tuple[str, bytes], ...]) -> str | None:
    """The charset that an encoded word of the header names first, other than ASCII."""
    for _, value in fields:
        match = _WORD_CHARSET.search(value)
        if match is not None:
            name = match.group(1).decode("ascii")
            if codec_for(name) not in (None, "ascii"):
                return name
    return None


def looks_like_headers(data: bytes, start: int = 0) -> bool:
    """Whether the block at `start` is a mail's header rather than the first lines of a text."""
    match = _FIELD.match(data, start)
    if match is None:
        return False
    known = unknown = 0
    in_first_run = True
    for line in data[start : start + 65536].splitlines()[:_SCANNED_LINES]:
        if not line:
            break
        if line[:1] in b" \t":
            continue
        found = _FIELD.match(line)
        if found is None:
            unknown += 1
            in_first_run = False
        elif found.group(1).lower() in KNOWN_FIELDS or found.group(1)[:2].lower() == b"x-":
            if in_first_run:
                return True
            known += 1
    return known > 0 and known >= unknown


def _field_follows(data: bytes, position: int, stop: int) -> bool:
    """Whether the next line that is not indented is a field that mails have."""
    found = None
    for _ in range(20):
        match = _LINE.match(data, position, stop)
        if match is None or match.end() == position:
            return False
        line = match.group(0)
        if line[:1] not in b" \t":
            found = _FIELD.match(line)
            break
        position = match.end()
    return found is not None and (
        found.group(1).lower() in KNOWN_FIELDS
        or found.group(1)[:2].lower() in (b"x-", b"re", b"de")
    )


# -- values ------------------------------------------------------------------------------------


def unfold(value: bytes, hint: str | None = None) -> str:
    """A raw value as one line of text, encoded words untouched (RFC 5322 §2.2.3)."""
    text = value.decode("ascii") if value.isascii() else decode(value, None, hint)[0]
    if "\x1b" in text:
        text = decode(value, None, hint)[0]
    return clean_text(_FOLD.sub(" ", text)).strip()


def decode_text(value: bytes, hint: str | None = None) -> str:
    """An unstructured value: unfolded, encoded words (RFC 2047) and raw 8-bit text decoded."""
    text = decode_words(unfold(value, hint), hint)
    return _SPACES.sub(" ", clean_text(text)).strip()


def decode_words(text: str, hint: str | None = None) -> str:
    """Replaces the encoded words in `text`; what only looks like one is left as it stands.

    Neighbouring words of one character set are joined as bytes before they are decoded, since
    mailers cut multi-byte characters in two. Linear: each `?=` is looked for once.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    held: list[bytes] = []
    held_charset = ""
    last_end = 0

    def release() -> None:
        if held:
            out.append(decode(b"".join(held), held_charset, hint)[0])
            held.clear()

    for start, end, charset, payload in _encoded_words(text):
        between = text[last_end:start]
        if not held or between.strip(" \t\n"):
            release()
            out.append(between)
        elif charset.lower() != held_charset.lower():
            release()
        held_charset = charset
        held.append(payload)
        last_end = end
    release()
    out.append(text[last_end:])
    return "".join(out)


def _encoded_words(text: str) -> Iterator[tuple[int, int, str, bytes]]:
    position = 0
    while True:
        start = text.find("=?", position)
        if start < 0:
            return
        position = start + 2
        charset_end = text.find("?", position, position + 80)
        if charset_end < 0 or text[charset_end + 2 : charset_end + 3] != "?":
            continue
        charset = text[position:charset_end].strip()
        encoding = text[charset_end + 1].lower()
        if not charset or encoding not in "bq":
            continue
        end = text.find("?=", charset_end + 3)
        if end < 0:
            # The closing mark was cut off, with the rest of the line.
            end = len(text)
        body = text[charset_end + 3 : end]
        if "=?" in body:
            # An unclosed word before a whole one: read what is there of it.
            end = charset_end + 3 + body.index("=?")
            body = text[charset_end + 3 : end].rstrip()
            close = end
        else:
            close = min(end + 2, len(text))
        raw = body.encode("utf-8", "surrogateescape")
        payload = decode_base64(raw)[0] if encoding == "b" else decode_quoted_words(raw)
        yield start, close, charset, payload
        position = close


# -- parameters (RFC 2045 §5.1, RFC 2231) --------------------------------------------------------


def parameters(value: bytes | None, hint: str | None = None) -> tuple[str, dict[str, str]]:
    """The bare value, lower case, and its parameters, decoded, of a Content-* field.

    Reads RFC 2231 continuations and charsets, encoded words where the standard forbids them,
    raw 8-bit text, names with blanks and no quotes, and missing semicolons.
    """
    if value is None:
        return "", {}
    text = unfold(value, hint)
    pieces = _split_parameters(text)
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[bool, str]]] = {}
    for piece in pieces[1:]:
        key, equals, content = piece.partition("=")
        key = key.strip().lower()
        if not equals or not key or len(key) > 80:
            continue
        content = _unquote(content.strip())
        if "*" in key:
            base, _, rest = key.partition("*")
            encoded = rest.endswith("*") or rest == ""
            digits = rest.rstrip("*")
            number = int(digits) if digits.isdigit() and len(digits) < 4 else 0
            segments.setdefault(base.strip(), {}).setdefault(number, (encoded, content))
        else:
            plain.setdefault(key, decode_words(content, hint) if "=?" in content else content)
    for base, parts in segments.items():
        plain[base] = _join_segments(parts, hint)
    return pieces[0].strip().lower(), {key: clean_text(text) for key, text in plain.items()}


def _split_parameters(text: str) -> list[str]:
    """`text` cut at semicolons outside quotes; a quote that is never closed does not count."""
    pieces: list[str] = []
    start = position = 0
    length = len(text)
    while position < length:
        char = text[position]
        if char == ";":
            pieces.append(text[start:position])
            start = position + 1
        elif char == '"':
            close = position + 1
            while close < length and text[close] != '"':
                close += 2 if text[close] == "\\" else 1
            if close >= length:
                break
            position = close
        position += 1
    rest = text[start:]
    pieces.extend([rest] if position < length and '"' not in rest else _unclosed(rest))
    return pieces


def _unclosed(rest: str) -> list[str]:
    if rest.count('"') % 2 == 0:
        return [rest]
    return rest.replace('"', "").split(";")


def _unquote(content: str) -> str:
    if content.startswith('"'):
        body = content[1:]
        close = 0
        while close < len(body) and body[close] != '"':
            close += 2 if body[close] == "\\" else 1
        # A backslash before a letter is a Windows path, not a quoted pair.
        return re.sub(r'\\(["\\])', r"\1", body[:close])
    if content.startswith("'") and content.endswith("'") and len(content) > 1:
        return content[1:-1]
    return content


def _join_segments(parts: dict[int, tuple[bool, str]], hint: str | None) -> str:
    charset: str | None = None
    joined = b""
    for index, number in enumerate(sorted(parts)):
        encoded, content = parts[number]
        if encoded and index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = content.encode("utf-8", "surrogateescape")
        joined += unquote_to_bytes(raw) if encoded else raw
    if b"=?" in joined:
        return decode_words(decode(joined, charset, hint)[0], hint)
    return decode(joined, charset if codec_for(charset) else None, hint)[0]
