"""Content-Transfer-Encoding undone (RFC 2045 §6), also where it was declared or done wrongly."""

import binascii
import re

_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_")
)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_PADDING = re.compile(rb"=+")
_BROKEN_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_UU_TRIES = 100
_UU_END = re.compile(rb"(?m)^(?:end|====)[ \t]*\r?$")


def normalise_encoding(declared: str) -> str:
    """`base64`, `quoted-printable`, `uuencode` or `identity` for what the header says."""
    name = re.sub(r"[^a-z0-9]", "", declared.lower().split(";", 1)[0])
    if name in ("base64", "b64", "b", "base", "xbase64"):
        return "base64"
    if name in ("quotedprintable", "qp", "quoted", "xquotedprintable", "quotedprint"):
        return "quoted-printable"
    if name in ("xuuencode", "uuencode", "uue", "xuue"):
        return "uuencode"
    return "identity"


def decode_transfer(data: bytes, declared: str) -> tuple[bytes, bytes, str | None]:
    """The content, what follows it that is not encoded, and a word on what was wrong.

    What is declared base64 and plainly is not, is returned as it stands.
    """
    encoding = normalise_encoding(declared)
    if encoding == "base64":
        return _decode_base64_part(data)
    if encoding == "quoted-printable":
        return decode_quoted_printable(data), b"", None
    if encoding == "uuencode":
        files = uuencoded_files(data)
        if files:
            return files[0][3], b"", None
        return data, b"", "uuencode without a begin line"
    return data, b"", None


def _decode_base64_part(data: bytes) -> tuple[bytes, bytes, str | None]:
    if not data.strip():
        return b"", b"", None
    foreign = len(data.translate(None, b"\r\n\t ")) - len(data.translate(None, _NOT_BASE64))
    blanks = len(re.findall(rb"[^\s][ \t]+[^\s]", data[:20_000]))
    if foreign > 0.04 * len(data) or blanks > len(data[:20_000]) / 60 + 1:
        head, footer = _split_footer(data)
        if footer:
            content, wrong = decode_base64(head)
            return content, footer, wrong or "text after base64"
        return data, b"", "declared base64 but is not"
    content, wrong = decode_base64(data)
    head, footer = _split_footer(data)
    if footer:
        content, wrong = decode_base64(head)
        return content, footer, wrong or "text after base64"
    return content, b"", wrong


def _split_footer(data: bytes) -> tuple[bytes, bytes]:
    """Base64, and the words that a list server or a virus scanner wrote below it."""
    match = re.search(rb"\r?\n[ \t]*\r?\n", data.lstrip(b"\r\n"))
    lead = len(data) - len(data.lstrip(b"\r\n"))
    if match is None:
        return data, b""
    head, tail = data[: lead + match.start()], data[lead + match.end() :]
    words = tail.strip()
    if not words or b" " not in words or head.translate(None, _NOT_BASE64 + b"=").__len__() < 4:
        return data, b""
    if len(head.translate(None, b"\r\n\t ")) != len(head.translate(None, _NOT_BASE64)):
        return data, b""
    return head, tail


def decode_base64(data: bytes) -> tuple[bytes, str | None]:
    """Base64 read leniently: foreign bytes skipped, joined pieces and lost padding accepted."""
    clean = data.translate(_URL_SAFE, b"\r\n\t ")
    try:
        return binascii.a2b_base64(clean, strict_mode=True), None
    except binascii.Error:
        clean = data.translate(_URL_SAFE, _NOT_BASE64)
    out: list[bytes] = []
    wrong = "broken base64" if len(clean) % 4 or b"=" in clean.rstrip(b"=") else None
    for piece in _PADDING.split(clean):
        if len(piece) % 4 == 1:
            piece = piece[:-1]
        if piece:
            out.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)))
    return b"".join(out), wrong


def decode_quoted_printable(data: bytes) -> bytes:
    """Quoted-printable; soft breaks with blanks behind them are soft breaks too."""
    if b"= " in data or b"=\t" in data:
        data = _BROKEN_SOFT_BREAK.sub(b"=", data)
    return binascii.a2b_qp(data)


def decode_quoted_words(data: bytes) -> bytes:
    """RFC 2047's Q encoding."""
    return binascii.a2b_qp(data.replace(b"_", b" "), header=False)


def uuencoded_files(data: bytes) -> list[tuple[int, int, bytes, bytes]]:
    """The uuencoded files inside a text, as (start, end, name, content).

    `begin 644 name` must be followed by lines that are uuencoded: people write "begin" too.
    """
    if b"begin" not in data:
        return []
    found: list[tuple[int, int, bytes, bytes]] = []
    position = 0
    for _ in range(_UU_TRIES):
        begin = _UU_BEGIN.search(data, position)
        if begin is None:
            break
        end = _UU_END.search(data, begin.end())
        if end is None:
            break
        content = _decode_uu_lines(data[begin.end() : end.start()], begin.group(0))
        if content is None:
            position = begin.end()
            continue
        found.append((begin.start(), end.end(), begin.group(1).strip(), content))
        position = end.end()
    return found


def _decode_uu_lines(data: bytes, begin: bytes) -> bytes | None:
    if begin.startswith(b"begin-base64"):
        return decode_base64(data)[0]
    out: list[bytes] = []
    for line in data.splitlines():
        if not line.strip() or line in (b"`", b" "):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad the last line short or long; the length byte is the truth.
            size = ((line[0] - 32) & 63) * 4 // 3 + 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                return None
    return b"".join(out)
